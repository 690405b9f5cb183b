/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wave's inputs.
 *
 * Planes of bits are rows as they are. An integer x in pieces is u + v: u = x_d + x_d+1 is known to a dealer d, v =
 * x_d+2 to the two others; the circuit adds them. As bits, v is a sharing of one piece that is not zero, d + 2. Of u,
 * piece d is key stream of K_d, which d + 2 has too, and piece d + 1 is u xor it, sent by d to d + 1: one bit for each bit of u.
 * Dealers take turns by blocks of elements, so that all links carry the same.
 * Masking: party d + 1 lacks K_d; a block has its own place in the range that its part takes for the port.
 */
#include "ports.h"

#include <string.h>

#include "parties.h"
#include "rows.h"
#include "wire.h"

/* Planes of an arith port's two summands, in this part of a job. */
struct port {
	const struct rep_part *part;
	const quo_tensor *x;
	unsigned width;
	size_t first, n, words; /* elements (1 of a scalar), and words of a row: an even number */
	struct rep_row *u, *v;
	struct rep_range stream;
};

/* One block of a port, and where the messages stand. */
struct block {
	const struct port *port;
	size_t at, n; /* elements, from the port's first on */
	int dealer, role;
};

static size_t port_blocks(const struct port *p)
{
	return (p->n + REP_BLOCK - 1) / REP_BLOCK;
}

static struct block block_of(const quo_session *s, const struct port *p, size_t i)
{
	size_t at = i * REP_BLOCK;
	struct block b = { p, at, p->n - at < REP_BLOCK ? p->n - at : REP_BLOCK, 0, 0 };

	b.dealer = rep_dealer(p->part->job->number, p->first / REP_BLOCK + i);
	b.role = rep_after(quo_me(s), REP_PARTIES - b.dealer);
	return b;
}

/* The block's planes of the sum of its words in both parts, or in one (part 0 or 1). */
static void planes_of(const struct block *b, int part, uint64_t *planes)
{
	const quo_tensor *x = b->port->x;
	size_t at = b->port->first + b->at;
	uint32_t sum[REP_BLOCK];
	const uint32_t *words = quo_part(x, part == 1 ? 1 : 0).a + at;

	if (part == 2) {
		rep_kernels()->sum(sum, words, quo_part(x, 1).a + at, UINT32_MAX, b->n);
		words = sum;
	}
	quo_planes_from_words(words, b->n, b->port->width, planes);
	quo_wipe(sum, sizeof sum);
}

/* Key stream of a plane of the block to `out`, bits beyond the block cleared. */
static void stream_row(const struct replicated *r, const struct block *b, unsigned part, unsigned k,
		       uint64_t *out)
{
	const struct port *p = b->port;
	quo_block row[REP_BLOCK / 128];
	size_t words = quo_words(b->n);

	rep_stream(NULL, &r->keys, part == 0 ? REP_PART_0 : REP_PART_1, p->stream,
		   (k * p->words + b->at / 64) / 2, row, rep_blocks(8 * words));
	memcpy(out, row, 8 * words);
	if (b->n % 64)
		out[words - 1] &= (UINT64_C(1) << b->n % 64) - 1;
}

static uint64_t *word_of(const struct block *b, struct rep_row *row, unsigned piece)
{
	return row->piece[piece] + b->at / 64;
}

/* The block at its dealer, with its message, and at d + 2: all there is to do before the exchange. */
static void deal(const struct replicated *r, const struct block *b, uint8_t *message)
{
	const struct port *p = b->port;
	const struct rep_kernels *kernels = rep_kernels();
	size_t words = quo_words(b->n), bytes = rep_row_bytes(b->n);
	uint64_t planes[32 * (REP_BLOCK / 64)];

	planes_of(b, b->role == 0 ? 2 : 2 - b->role, planes);
	for (unsigned k = 0; k < p->width; k++) {
		uint64_t *plane = planes + k * words;
		if (b->role == 0) {
			uint64_t *u0 = word_of(b, &p->u[k], 0), *u1 = word_of(b, &p->u[k], 1);
			stream_row(r, b, 0, k, u0);
			kernels->xor_rows(u1, plane, u0, words);
			memcpy(message + k * bytes, u1, bytes);
			continue;
		}
		/* v is piece d + 2: part 1 of party d + 1, part 0 of party d + 2. */
		memcpy(word_of(b, &p->v[k], b->role == 1), plane, 8 * words);
		if (b->role == 2)
			stream_row(r, b, 1, k, word_of(b, &p->u[k], 1));
	}
	quo_wipe(planes, sizeof planes);
}

/* At d + 1, after the exchange. */
static void take(const struct block *b, const uint8_t *message)
{
	const struct rep_kernels *kernels = rep_kernels();

	for (unsigned k = 0; k < b->port->width; k++)
		kernels->read(word_of(b, &b->port->u[k], 0), message + k * rep_row_bytes(b->n),
			      b->n);
}

/* Every port of a wave, in order; blocks before or after the exchange. */
static void deal_all(const struct replicated *r, const quo_session *s, const struct port *ports,
		     size_t n_ports, const struct rep_round *round, bool after)
{
	size_t out = 0, in = 0;
	int me = quo_me(s);

	for (size_t i = 0; i < n_ports; i++)
		for (size_t j = 0; j < port_blocks(&ports[i]); j++) {
			struct block b = block_of(s, &ports[i], j);
			size_t bytes = ports[i].width * rep_row_bytes(b.n);
			uint8_t *message = b.role == 0 ? round->out[rep_after(me, 1)] + out : NULL;
			if (!after)
				deal(r, &b, message);
			else if (b.role == 1)
				take(&b, round->in[rep_after(me, 2)] + in);
			out += b.role == 0 ? bytes : 0;
			in += b.role == 1 ? bytes : 0;
		}
}

/* ---- rows ---- */

/* Rows of planes of bits: the tensor's own. */
static quo_status bit_rows(quo_session *s, const struct rep_part *part, const quo_port *port,
			   const quo_tensor *t, struct rep_row *rows, quo_err *err)
{
	uint64_t *words = NULL;

	if (port->scalar &&
	    !(words = quo_arena_alloc(quo_step_arena(s), 2u * port->width, sizeof *words, err)))
		return QUO_FAILED;
	for (unsigned piece = 0; piece < 2; piece++) {
		quo_tensor view = quo_part(t, piece);
		for (unsigned k = 0; k < port->width; k++) {
			uint64_t *row = quo_plane(&view, k) + (port->scalar ? 0 : part->first / 64);
			if (port->scalar) {
				*words = 0 - (*row & 1);
				row = words++;
			}
			rows[k].piece[piece] = row;
		}
	}
	return QUO_OK;
}

/* An arith port: zero rows for both summands. */
static quo_status arith_rows(struct replicated *r, quo_session *s, struct port *p,
			     struct rep_row *rows, quo_err *err)
{
	p->words = (quo_words(p->n) + 1) / 2 * 2;
	QUO_TRY(rep_take(&r->keys, 8 * (uint64_t)p->width * p->words, &p->stream, err));
	if (quo_is_dry(s))
		return QUO_OK;
	uint64_t *words =
		quo_arena_alloc(quo_step_arena(s), 4u * p->width * p->words, sizeof *words, err);
	if (!words)
		return QUO_FAILED;
	for (unsigned k = 0; k < 2 * p->width; k++)
		for (unsigned piece = 0; piece < 2; piece++, words += p->words)
			rows[k].piece[piece] = words;
	p->u = rows;
	p->v = rows + p->width;
	return QUO_OK;
}

/* Inputs of one part; its arith ports to the list. */
static quo_status part_rows(struct replicated *r, quo_session *s, struct rep_part *part,
			    struct port *ports, size_t *n_ports, quo_err *err)
{
	const quo_map_job *map = part->job->map;
	size_t at = 0;

	for (uint32_t i = 0; i < map->circuit->n_in; i++) {
		const quo_port *port = &map->circuit->in[i];
		struct rep_row *rows = part->rows ? part->rows + at : NULL;
		if (port->kind == QUO_PORT_BITS) {
			if (!quo_is_dry(s))
				QUO_TRY(bit_rows(s, part, port, map->in[i], rows, err));
			at += port->width;
			continue;
		}
		struct port *p = &ports[(*n_ports)++];
		*p = (struct port){ .part = part,
				    .x = map->in[i],
				    .width = port->width,
				    .first = port->scalar ? 0 : part->first,
				    .n = port->scalar ? 1 : part->m };
		QUO_TRY(arith_rows(r, s, p, rows, err));
		at += 2 * port->width;
	}
	return QUO_OK;
}

/* A scalar's one bit to all bits of its word. */
static void spread_scalars(const struct port *ports, size_t n_ports)
{
	for (size_t i = 0; i < n_ports; i++) {
		const struct port *p = &ports[i];
		bool scalar = p->n == 1;
		for (unsigned k = 0; scalar && k < 2 * p->width; k++)
			for (unsigned piece = 0; piece < 2; piece++)
				p->u[k].piece[piece][0] = 0 - (p->u[k].piece[piece][0] & 1);
	}
}

static size_t count_ports(const struct rep_part *parts, size_t n_parts)
{
	size_t n = 0;

	for (size_t i = 0; i < n_parts; i++)
		for (uint32_t p = 0; p < parts[i].job->map->circuit->n_in; p++)
			n += parts[i].job->map->circuit->in[p].kind == QUO_PORT_ARITH;
	return n;
}

quo_status rep_load_inputs(struct replicated *r, quo_session *s, struct rep_part *parts,
			   size_t n_parts, quo_err *err)
{
	size_t n_ports = 0;
	struct rep_round round = { 0 };
	struct port *ports =
		quo_arena_alloc(quo_step_arena(s), count_ports(parts, n_parts), sizeof *ports, err);

	if (!ports)
		return QUO_FAILED;
	for (size_t i = 0; i < n_parts; i++)
		QUO_TRY(part_rows(r, s, &parts[i], ports, &n_ports, err));
	for (size_t i = 0; i < n_ports; i++)
		for (size_t j = 0; j < port_blocks(&ports[i]); j++) {
			struct block b = block_of(s, &ports[i], j);
			round.m.bytes[b.dealer][rep_after(b.dealer, 1)] +=
				ports[i].width * rep_row_bytes(b.n);
		}
	if (!n_ports)
		return QUO_OK;
	QUO_TRY(rep_round_buffers(s, &round, err));
	if (!quo_is_dry(s))
		deal_all(r, s, ports, n_ports, &round, false);
	QUO_TRY(rep_round_run(s, &round, err));
	if (quo_is_dry(s))
		return QUO_OK;
	deal_all(r, s, ports, n_ports, &round, true);
	spread_scalars(ports, n_ports);
	return QUO_OK;
}
