/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a product call sends, from public shapes alone: the run and its forecast walk the same plan.
 *
 * The COTs of one direction are numbered job by job, plane by plane, row by row. A *piece* is a run
 * of them within one plane of one job; every COT of a piece carries a row of n integers of `width`
 * bits.
 */
#ifndef QUOTIENT_COT_PLAN_H
#define QUOTIENT_COT_PLAN_H

#include <quotient/products.h>

/* Z[m, n] = P[m, p] x Y[p, n] mod 2^ring, and which party has to send. */
typedef struct cot_shape {
	size_t m, p, n;
	unsigned ring;
	bool direction[2]; /* party i multiplies its part of Y with the peer's part of P, as COT
			      sender */
	bool local[2];     /* party i adds w_i * y_i and has no COT in which to do it */
	/* Payloads travel as bit planes of whole bytes; otherwise as words packed over many COTs:
	 * short rows and those that would waste more than one part in eight. */
	bool sliced;
} cot_shape;

cot_shape cot_shape_of(const quo_matrix_job *job);

typedef struct cot_piece {
	const quo_matrix_job *job;
	size_t job_index;
	unsigned plane;
	size_t first, count; /* COT number r * p + j within the plane */
	/* The coefficient is +- odd * 2^shift; what is above bit `width` = ring - shift is lost to
	 * the ring. */
	unsigned shift, width;
	uint32_t odd;
	bool negative;
} cot_piece;

typedef struct cot_cursor {
	const quo_matrix_job *jobs;
	size_t n_jobs;
	int direction;
	size_t job;
	unsigned plane;
	size_t done;
} cot_cursor;

/* The next piece, of at most `room` > 0 COTs. False at the end. */
bool cot_cursor_next(cot_cursor *cursor, size_t room, cot_piece *piece);

/* Bytes of one COT's row as planes, and of `count` COTs of a piece on the wire. */
size_t cot_plane_bytes(const cot_shape *shape);
size_t cot_wire_bytes(const cot_shape *shape, unsigned width, size_t count);

/* Split plane k's coefficient; false when the plane adds nothing mod 2^ring. */
bool cot_split_coef(const quo_matrix_job *job, unsigned k, cot_piece *piece);

#endif
