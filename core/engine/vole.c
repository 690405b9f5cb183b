/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/bits.h>
#include <quotient/vole.h>

#include <string.h>

/* COTs of one pass: the matrix and what is sent stay in the second-level cache. */
#define CHUNK ((size_t)1 << 14)
#define CHUNK_BLOCKS (CHUNK / 128)
/* Rows of the matrix are a cache line longer than a power of two, so that a transpose does not hit
 * one cache set. */
#define ROW_BLOCKS (CHUNK_BLOCKS + 4)

struct quo_vole {
	unsigned k;
	bool is_sender;
	quo_block delta;
	uint64_t next_block; /* PRG counter of every seed; never restarts */
	quo_aes_key *keys;
	quo_block *matrix;  /* 128 rows of ROW_BLOCKS */
	quo_block *choices; /* CHUNK_BLOCKS */
	quo_block *wire;    /* blocks - 1 rows of at most CHUNK_BLOCKS */
};

static size_t row_bytes(size_t n)
{
	return n / 8 + (n % 8 != 0);
}

static size_t row_blocks(size_t n)
{
	return n / 128 + (n % 128 != 0);
}

uint64_t quo_vole_bytes(unsigned k, size_t n)
{
	return (quo_vole_blocks(k) - 1) * (uint64_t)row_bytes(n);
}

quo_vole *quo_vole_new(unsigned k, const quo_block *delta, const quo_block *seeds, quo_err *err)
{
	quo_vole *v = quo_alloc(1, sizeof *v, err);

	if (!v)
		return NULL;
	v->k = k;
	v->is_sender = delta != NULL;
	if (delta)
		v->delta = *delta;
	v->keys = quo_alloc(quo_vole_seeds(k), sizeof *v->keys, err);
	v->matrix = quo_alloc(128 * ROW_BLOCKS + CHUNK_BLOCKS, sizeof *v->matrix, err);
	v->wire = quo_alloc((quo_vole_blocks(k) - 1) * CHUNK_BLOCKS, sizeof *v->wire, err);
	if (!v->keys || !v->matrix || !v->wire) {
		quo_vole_free(v);
		return NULL;
	}
	v->choices = v->matrix + 128 * ROW_BLOCKS;
	quo_aes_key_set(seeds, quo_vole_seeds(k), v->keys);
	return v;
}

void quo_vole_free(quo_vole *v)
{
	if (!v)
		return;
	quo_free(v->keys);
	quo_free(v->matrix);
	quo_free(v->wire);
	quo_free(v);
}

/* Rows to COTs; n <= CHUNK need not be a multiple of 128. */
static void transpose(const quo_vole *v, size_t n, quo_block *out)
{
	const uint64_t *rows = v->matrix->w;
	size_t whole = n / 128 * 128;
	quo_block last[128];

	quo_transpose_128(rows, 2 * ROW_BLOCKS, whole, out);
	if (whole == n)
		return;
	quo_transpose_128(rows + whole / 64, 2 * ROW_BLOCKS, 128, last);
	memcpy(out + whole, last, (n - whole) * sizeof *out);
	quo_wipe(last, sizeof last);
}

/*
 * On the wire a row is ceil(n / 8) bytes; in memory it is whole blocks. The rows of a chunk are
 * moved together in place before they are sent, and apart after they came.
 */
static void squeeze(quo_block *wire, size_t rows, size_t n)
{
	uint8_t *to = (uint8_t *)wire;

	if (n % 128)
		for (size_t i = 1; i < rows; i++)
			memmove(to + i * row_bytes(n), wire + i * row_blocks(n), row_bytes(n));
}

static void spread(quo_block *wire, size_t rows, size_t n)
{
	const uint8_t *from = (const uint8_t *)wire;

	if (n % 128)
		for (size_t i = rows; i-- > 1;)
			memmove(wire + i * row_blocks(n), from + i * row_bytes(n), row_bytes(n));
}

static quo_status extend_receiver(quo_vole *v, quo_session *s, size_t n, quo_block *out,
				  uint64_t *choices, quo_err *err)
{
	unsigned blocks = quo_vole_blocks(v->k);
	size_t width = row_blocks(n);

	for (unsigned b = 0; b < blocks; b++)
		quo_prg_fold(v->keys + ((size_t)b << v->k), quo_vole_bits(v->k, b), v->next_block,
			     width, b ? v->choices : NULL,
			     b ? v->wire + (b - 1) * width : v->choices,
			     v->matrix + b * v->k * ROW_BLOCKS, ROW_BLOCKS);
	memcpy(choices, v->choices, quo_words(n) * sizeof *choices);
	if (n % 64)
		choices[n / 64] &= (UINT64_C(1) << n % 64) - 1;
	squeeze(v->wire, blocks - 1, n);
	QUO_TRY(quo_channel_send(s->peer, v->wire, quo_vole_bytes(v->k, n), err));
	transpose(v, n, out);
	return QUO_OK;
}

static quo_status extend_sender(quo_vole *v, quo_session *s, size_t n, quo_block *out, quo_err *err)
{
	unsigned blocks = quo_vole_blocks(v->k);
	size_t width = row_blocks(n);

	QUO_TRY(quo_channel_recv(s->peer, v->wire, quo_vole_bytes(v->k, n), err));
	spread(v->wire, blocks - 1, n);
	for (unsigned b = 0; b < blocks; b++) {
		unsigned at = b * v->k;
		/* Past the end of a word the low bits of the next one. */
		uint64_t bits = v->delta.w[at / 64] >> (at % 64);
		if (at < 64 && at % 64)
			bits |= v->delta.w[1] << (64 - at);
		quo_prg_fold_punctured(v->keys + ((size_t)b << v->k), quo_vole_bits(v->k, b),
				       v->next_block, width, b ? v->wire + (b - 1) * width : NULL,
				       bits, v->matrix + (size_t)at * ROW_BLOCKS, ROW_BLOCKS);
	}
	transpose(v, n, out);
	return QUO_OK;
}

quo_status quo_vole_extend(quo_vole *v, quo_session *s, size_t n, quo_block *out, uint64_t *choices,
			   quo_err *err)
{
	for (size_t at = 0; at < n; at += CHUNK) {
		size_t m = n - at < CHUNK ? n - at : CHUNK;
		if (v->is_sender)
			QUO_TRY(extend_sender(v, s, m, out + at, err));
		else
			QUO_TRY(extend_receiver(v, s, m, out + at, choices + at / 64, err));
		v->next_block += row_blocks(m);
	}
	return QUO_OK;
}
