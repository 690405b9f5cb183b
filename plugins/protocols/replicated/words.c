/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bits to integers as words (after ABY3, Mohassel and Rindal 2018): z = x mod 2^l by an adder.
 *
 * A block of elements has a dealer d. Pieces d and d + 1 of z are key stream, t_d of K_d and t_d+1 of K_d+1, both known to
 * d, who deals -(t_d + t_d+1) as bits: piece d of them is key stream of K_d, piece d + 1 goes to d + 1, piece d + 2 is zero.
 * An adder mod 2^l adds x; its sum, opened to d + 1 and d + 2, is piece d + 2 of z. l + 3 (l - 1) + 2 l bits an element,
 * 2 rounds and one for each of l - 1 levels.
 *
 * Masking: the dealt piece by a stream of K_d, which d + 1 lacks; the sum x - t_d - t_d+1 by t_d from d + 1, by t_d+1 from d + 2;
 * the opened pieces are those that their receivers lack. Each stream is a range of its own, in which an element has its own place.
 */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "parties.h"
#include "rows.h"
#include "wire.h"

struct rep_adder {
	unsigned width, ring;
	bool is_signed;
	quo_circuit *circuit;
};

unsigned rep_words_per_element(const struct rep_conversion *job)
{
	return 6u * job->z->spec.width - 3;
}

void rep_adders_free(struct replicated *r)
{
	for (size_t i = 0; i < r->n_adders; i++)
		quo_circuit_free(r->adders[i].circuit);
	free(r->adders);
	r->adders = NULL;
	r->n_adders = 0;
}

/* x and the dealt word r to x + r mod 2^ring. */
static quo_status adder_of(struct replicated *r, const struct rep_conversion *job,
			   const quo_circuit **out, quo_err *err)
{
	struct rep_adder a = { .width = job->x->spec.width,
			       .ring = job->z->spec.width,
			       .is_signed = job->x->spec.is_signed };

	for (size_t i = 0; i < r->n_adders; i++) {
		const struct rep_adder *b = &r->adders[i];
		*out = b->circuit;
		if (a.width == b->width && a.ring == b->ring && a.is_signed == b->is_signed)
			return QUO_OK;
	}
	struct rep_adder *list = realloc(r->adders, (r->n_adders + 1) * sizeof *list);
	if (!list)
		return quo_fail(err, QUO_FAILED, "out of memory: a list of circuits");
	r->adders = list;
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, a.width, a.is_signed, false);
	quo_int dealt = quo_input(b, "r", QUO_PORT_BITS, a.ring, false, false);
	quo_output(b, "sum", quo_add_mod(b, x, dealt, a.ring));
	if (!(a.circuit = quo_circuit_finish(b, err)))
		return QUO_FAILED;
	list[r->n_adders++] = a;
	*out = a.circuit;
	return QUO_OK;
}

/* A job on its way: dealt words and sums, as bits. */
struct work {
	const struct rep_conversion *job;
	quo_tensor *dealt, *sum;
	struct rep_range t, mask;
	size_t number;
};

struct block {
	const struct work *work;
	size_t first, n, bytes; /* bytes: of a message */
	int dealer, role;
};

static struct block block_of(const quo_session *s, const struct work *w, size_t i)
{
	size_t first = i * REP_BLOCK, left = w->job->z->n - first;
	struct block b = { .work = w, .first = first, .n = left < REP_BLOCK ? left : REP_BLOCK };

	b.bytes = w->job->z->spec.width * rep_row_bytes(b.n);
	b.dealer = rep_dealer(w->number, i);
	b.role = rep_after(quo_me(s), REP_PARTIES - b.dealer);
	return b;
}

static size_t blocks_of(const struct work *w)
{
	return (w->job->z->n + REP_BLOCK - 1) / REP_BLOCK;
}

/* The block's words of plane k in a part of a tensor. */
static uint64_t *row(const struct block *b, const quo_tensor *t, unsigned part, unsigned k)
{
	quo_tensor view = quo_part(t, part);

	return quo_plane(&view, k) + b->first / 64;
}

/* The block's words of z in a part, from the stream of that part's key. */
static uint32_t *draw_piece(const struct replicated *r, const struct block *b, unsigned part)
{
	const struct work *w = b->work;
	uint32_t t[REP_BLOCK], *z = quo_part(w->job->z, part).a + b->first;

	rep_words(&r->keys, part, w->t, b->first, t, b->n);
	for (size_t i = 0; i < b->n; i++)
		z[i] = t[i] & quo_mask32(w->job->z->spec.width);
	quo_wipe(t, sizeof t);
	return z;
}

/* Piece d of the dealt bits' plane k: key stream of K_d. */
static void draw_row(const struct replicated *r, const struct block *b, unsigned part, unsigned k)
{
	const struct work *w = b->work;
	quo_block stream[REP_BLOCK / 128];
	size_t words = quo_words(b->n), step = (quo_words(w->job->z->n) + 1) / 2;
	uint64_t *out = row(b, w->dealt, part, k);

	rep_stream(NULL, &r->keys, part ? REP_PART_1 : REP_PART_0, w->mask,
		   k * step + b->first / 128, stream, rep_blocks(8 * words));
	rep_kernels()->read(out, (const uint8_t *)stream, b->n);
}

static void deal(const struct replicated *r, const struct block *b, uint8_t *message)
{
	const struct work *w = b->work;
	unsigned ring = w->job->z->spec.width;
	size_t words = quo_words(b->n), bytes = rep_row_bytes(b->n);
	uint64_t planes[32 * (REP_BLOCK / 64)];
	uint32_t sum[REP_BLOCK];

	const uint32_t *z0 = draw_piece(r, b, 0), *z1 = draw_piece(r, b, 1);
	for (size_t i = 0; i < b->n; i++)
		sum[i] = 0 - (z0[i] + z1[i]);
	quo_planes_from_words(sum, b->n, ring, planes);
	for (unsigned k = 0; k < ring; k++) {
		draw_row(r, b, 0, k);
		uint64_t *other = row(b, w->dealt, 1, k);
		rep_kernels()->xor_rows(other, planes + k * words, row(b, w->dealt, 0, k), words);
		memcpy(message + k * bytes, other, bytes);
	}
	quo_wipe(planes, sizeof planes);
	quo_wipe(sum, sizeof sum);
}

/* Round 1 at the two others: d + 2 draws what it has of the dealt bits and its piece d of z; d + 1 reads. */
static void receive(const struct replicated *r, const struct block *b, const uint8_t *message)
{
	const struct work *w = b->work;
	size_t bytes = rep_row_bytes(b->n);

	draw_piece(r, b, b->role == 1 ? 0 : 1);
	for (unsigned k = 0; k < w->job->z->spec.width; k++) {
		if (b->role == 1)
			rep_kernels()->read(row(b, w->dealt, 0, k), message + k * bytes, b->n);
		else
			draw_row(r, b, 1, k);
	}
}

/* The piece of the sum that the other of the two lacks: d + 1 (of d + 1) and d (of d + 2). */
static void send_sum(const struct block *b, uint8_t *message)
{
	size_t bytes = rep_row_bytes(b->n);

	for (unsigned k = 0; k < b->work->job->z->spec.width; k++)
		memcpy(message + k * bytes, row(b, b->work->sum, b->role == 1 ? 0 : 1, k), bytes);
}

static void open_sum(const struct block *b, const uint8_t *message)
{
	const struct work *w = b->work;
	const struct rep_kernels *kernels = rep_kernels();
	unsigned ring = w->job->z->spec.width;
	size_t words = quo_words(b->n), bytes = rep_row_bytes(b->n);
	uint64_t planes[32 * (REP_BLOCK / 64)];

	for (unsigned k = 0; k < ring; k++) {
		uint64_t *plane = planes + k * words;
		kernels->read(plane, message + k * bytes, b->n);
		for (unsigned part = 0; part < 2; part++)
			kernels->xor_rows(plane, plane, row(b, w->sum, part, k), words);
	}
	uint32_t *z = quo_part(w->job->z, b->role == 1 ? 1 : 0).a + b->first;
	quo_words_from_planes(planes, b->n, ring, false, z);
	quo_wipe(planes, sizeof planes);
}

/* ---- a call ---- */

enum step { DEAL, RECEIVE, SEND, OPEN };

/* One step of all blocks; each keeps its place in the messages. */
static void walk(const struct replicated *r, const quo_session *s, const struct work *work,
		 size_t n_jobs, const struct rep_round *round, enum step step)
{
	size_t out[REP_PARTIES] = { 0 }, in[REP_PARTIES] = { 0 };

	for (size_t i = 0; i < n_jobs; i++)
		for (size_t j = 0; j < blocks_of(&work[i]); j++) {
			struct block b = block_of(s, &work[i], j);
			int d1 = rep_after(b.dealer, 1), d2 = rep_after(b.dealer, 2);
			int other = b.role == 1 ? d2 : d1;
			if (step == DEAL && b.role == 0) {
				deal(r, &b, round->out[d1] + out[d1]);
				out[d1] += b.bytes;
			} else if (step == RECEIVE && b.role != 0) {
				receive(r, &b,
					b.role == 1 ? round->in[b.dealer] + in[b.dealer] : NULL);
				in[b.dealer] += b.role == 1 ? b.bytes : 0;
			} else if (step == SEND && b.role != 0) {
				send_sum(&b, round->out[other] + out[other]);
				out[other] += b.bytes;
			} else if (step == OPEN && b.role != 0) {
				open_sum(&b, round->in[other] + in[other]);
				in[other] += b.bytes;
			}
		}
}

static void measure(const quo_session *s, const struct work *work, size_t n_jobs,
		    struct rep_round *dealt, struct rep_round *opened)
{
	for (size_t i = 0; i < n_jobs; i++)
		for (size_t j = 0; j < blocks_of(&work[i]); j++) {
			struct block b = block_of(s, &work[i], j);
			int d = b.dealer, d1 = rep_after(d, 1), d2 = rep_after(d, 2);
			dealt->m.bytes[d][d1] += b.bytes;
			opened->m.bytes[d1][d2] += b.bytes;
			opened->m.bytes[d2][d1] += b.bytes;
		}
}

static quo_status prepare(struct replicated *r, quo_session *s, const struct rep_conversion *job,
			  struct work *w, quo_map_job *map, quo_err *err)
{
	quo_spec spec = job->z->spec;

	spec.kind = QUO_BITS;
	spec.is_signed = false;
	w->job = job;
	w->dealt = quo_tensor_new(quo_step_arena(s), spec, quo_parts(s), err);
	w->sum = quo_tensor_new(quo_step_arena(s), spec, quo_parts(s), err);
	if (!w->dealt || !w->sum)
		return QUO_FAILED;
	map->n = job->z->n;
	map->in[0] = job->x;
	map->in[1] = w->dealt;
	map->out[0] = w->sum;
	QUO_TRY(adder_of(r, job, &map->circuit, err));
	QUO_TRY(rep_take(&r->keys, 4 * (uint64_t)job->z->n, &w->t, err));
	return rep_take(&r->keys, spec.width * (uint64_t)((quo_words(map->n) + 1) / 2 * 16),
			&w->mask, err);
}

static quo_status convert(struct replicated *r, quo_session *s, const struct rep_conversion *jobs,
			  size_t n_jobs, quo_err *err)
{
	quo_arena *arena = quo_step_arena(s);
	struct work *work = quo_arena_alloc(arena, n_jobs, sizeof *work, err);
	quo_map_job *maps = quo_arena_alloc(arena, n_jobs, sizeof *maps, err);
	struct rep_round dealt = { 0 }, opened = { 0 };
	bool dry = quo_is_dry(s);

	if (!work || !maps)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++) {
		work[i].number = i;
		QUO_TRY(prepare(r, s, &jobs[i], &work[i], &maps[i], err));
	}
	measure(s, work, n_jobs, &dealt, &opened);
	QUO_TRY(rep_round_buffers(s, &dealt, err));
	QUO_TRY(rep_round_buffers(s, &opened, err));
	if (!dry)
		walk(r, s, work, n_jobs, &dealt, DEAL);
	QUO_TRY(rep_round_run(s, &dealt, err));
	if (!dry)
		walk(r, s, work, n_jobs, &dealt, RECEIVE);
	QUO_TRY(rep_map(r, s, maps, n_jobs, err));
	if (!dry)
		walk(r, s, work, n_jobs, &opened, SEND);
	QUO_TRY(rep_round_run(s, &opened, err));
	if (!dry)
		walk(r, s, work, n_jobs, &opened, OPEN);
	return QUO_OK;
}

quo_status rep_convert_words(struct replicated *r, quo_session *s,
			     const struct rep_conversion *jobs, size_t n_jobs, quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = n_jobs ? convert(r, s, jobs, n_jobs, err) : QUO_OK;

	quo_arena_release(quo_step_arena(s), mark);
	return status;
}
