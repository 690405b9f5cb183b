/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds with their buffers, and tensors as bytes and as key stream. */
#include "wire.h"

#include <string.h>

#include "rows.h"

quo_status rep_round_buffers(quo_session *s, struct rep_round *r, quo_err *err)
{
	int me = quo_me(s);

	for (int p = 0; p < REP_PARTIES && !quo_is_dry(s); p++) {
		size_t out = r->m.bytes[me][p], in = r->m.bytes[p][me];
		if (out && !(r->out[p] = quo_arena_alloc(quo_step_arena(s), out + 16, 1, err)))
			return QUO_FAILED;
		if (in && !(r->in[p] = quo_arena_alloc(quo_step_arena(s), in + 16, 1, err)))
			return QUO_FAILED;
	}
	return QUO_OK;
}

quo_status rep_round_run(quo_session *s, struct rep_round *r, quo_err *err)
{
	for (int p = 0; p < REP_PARTIES; p++) {
		r->m.out[p] = r->out[p];
		r->m.in[p] = r->in[p];
	}
	return quo_exchange(s, &r->m, err);
}

size_t rep_wire_bytes(const quo_tensor *t)
{
	return t->spec.kind == QUO_BITS ? t->spec.width * rep_row_bytes(t->n)
					: quo_packed_bytes(t->n, t->spec.width);
}

void rep_pack(const quo_tensor *t, uint8_t *wire)
{
	size_t bytes = rep_row_bytes(t->n);

	if (t->spec.kind == QUO_ARITH) {
		quo_pack(t->a, t->n, t->spec.width, wire);
		return;
	}
	for (unsigned k = 0; k < t->spec.width; k++)
		memcpy(wire + k * bytes, quo_plane(t, k), bytes);
}

void rep_unpack(const uint8_t *wire, quo_tensor *t)
{
	size_t bytes = rep_row_bytes(t->n);

	if (t->spec.kind == QUO_ARITH) {
		quo_unpack(wire, t->n, t->spec.width, t->a);
		return;
	}
	for (unsigned k = 0; k < t->spec.width; k++)
		rep_kernels()->read(quo_plane(t, k), wire + k * bytes, t->n);
}

void rep_combine(quo_tensor *t, const quo_tensor *u, bool subtract)
{
	const struct rep_kernels *k = rep_kernels();
	uint32_t mask = quo_mask32(t->spec.width);

	if (t->spec.kind == QUO_ARITH) {
		(subtract ? k->difference : k->sum)(t->a, t->a, u->a, mask, t->n);
		return;
	}
	for (unsigned i = 0; i < t->spec.width; i++)
		k->xor_rows(quo_plane(t, i), quo_plane(t, i), quo_plane(u, i), quo_words(t->n));
}

/* A plane's stream begins with a block. */
static size_t plane_blocks(const quo_tensor *t)
{
	return rep_blocks(8 * quo_words(t->n));
}

uint64_t rep_stream_bytes(const quo_tensor *t)
{
	return t->spec.kind == QUO_BITS ? (uint64_t)t->spec.width * 16 * plane_blocks(t)
					: (uint64_t)t->n * 4;
}

/* Bytes of a range from block `at` on. */
static void copy_stream(const struct rep_keys *keys, unsigned part, struct rep_range range,
			uint64_t at, void *out, size_t bytes)
{
	quo_block chunk[256];

	for (size_t done = 0; done < bytes; done += sizeof chunk) {
		size_t n = bytes - done < sizeof chunk ? bytes - done : sizeof chunk;
		rep_stream(NULL, keys, (enum rep_stream)part, range, at + done / 16, chunk,
			   rep_blocks(n));
		memcpy((uint8_t *)out + done, chunk, n);
	}
	quo_wipe(chunk, sizeof chunk);
}

void rep_draw(const struct rep_keys *keys, unsigned part, struct rep_range range, quo_tensor *t)
{
	size_t words = quo_words(t->n);

	if (t->spec.kind == QUO_ARITH) {
		uint32_t mask = quo_mask32(t->spec.width);
		copy_stream(keys, part, range, 0, t->a, t->n * sizeof *t->a);
		for (size_t i = 0; i < t->n; i++)
			t->a[i] &= mask;
		return;
	}
	for (unsigned k = 0; k < t->spec.width; k++) {
		uint64_t *plane = quo_plane(t, k);
		copy_stream(keys, part, range, k * plane_blocks(t), plane, 8 * words);
		if (t->n % 64)
			plane[words - 1] &= (UINT64_C(1) << t->n % 64) - 1;
	}
}
