/* SPDX-License-Identifier: Apache-2.0 */
/* A job's operands in the layout of the inner loops, and its result back. Local to one party. */
#ifndef QUOTIENT_COT_OPERAND_H
#define QUOTIENT_COT_OPERAND_H

#include "plan.h"

typedef struct cot_operand {
	cot_shape shape;
	const uint64_t *planes; /* P as [m, p], this party's share; plane k at k * plane_words */
	size_t plane_words;
	/* Odd part of plane k's coefficient times Y [p, n]: sliced rows, or words. */
	const void *y[64];
	void *z;         /* Z [m, n], in the same layout */
	uint32_t *local; /* sliced: words [m, n] to add to z; NULL: none */
} cot_operand;

/* Bytes of a row of y or z. */
size_t cot_row_bytes(const cot_shape *shape);

/* Everything from the arena. z and local hold the party's own term where no COT carries it. */
quo_status cot_operand_open(cot_operand *op, const quo_matrix_job *job, int party, quo_pool *pool,
			    quo_arena *arena, quo_err *err);
/* Write job->z. */
quo_status cot_operand_close(const cot_operand *op, const quo_matrix_job *job, quo_pool *pool,
			     quo_arena *arena, quo_err *err);

#endif
