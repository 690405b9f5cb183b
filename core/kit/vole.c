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
/* Chunks under way at once; more threads than that share chunks by columns. */
#define MAX_LANES 8u
/* Columns of a chunk are shared out in runs of so many blocks: whole cache lines. */
#define PART_BLOCKS ((size_t)8)

/* One chunk on its way. */
struct lane {
	quo_block *matrix;  /* 128 rows of ROW_BLOCKS */
	quo_block *choices; /* CHUNK_BLOCKS */
	quo_block *wire;    /* blocks - 1 rows of at most CHUNK_BLOCKS */
};

struct quo_vole {
	unsigned k;
	bool is_sender;
	quo_block delta;
	uint64_t next_block; /* PRG counter of every seed; never restarts */
	quo_aes_key *keys;
	struct lane lane[MAX_LANES];
	size_t n_lanes;
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

static quo_status need_lanes(quo_vole *v, size_t n, quo_err *err)
{
	for (; v->n_lanes < n; v->n_lanes++) {
		struct lane *lane = &v->lane[v->n_lanes];
		lane->matrix =
			quo_alloc(128 * ROW_BLOCKS + CHUNK_BLOCKS, sizeof *lane->matrix, err);
		lane->wire = quo_alloc((quo_vole_blocks(v->k) - 1) * CHUNK_BLOCKS,
				       sizeof *lane->wire, err);
		if (!lane->matrix || !lane->wire) {
			quo_free(lane->matrix);
			quo_free(lane->wire);
			*lane = (struct lane){ 0 };
			return QUO_FAILED;
		}
		lane->choices = lane->matrix + 128 * ROW_BLOCKS;
	}
	return QUO_OK;
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
	if (!seeds)
		return v;
	v->keys = quo_alloc(quo_vole_seeds(k), sizeof *v->keys, err);
	if (!v->keys || need_lanes(v, 1, err) != QUO_OK) {
		quo_vole_free(v);
		return NULL;
	}
	quo_aes_key_set(seeds, quo_vole_seeds(k), v->keys);
	return v;
}

void quo_vole_free(quo_vole *v)
{
	if (!v)
		return;
	quo_free(v->keys);
	for (size_t i = 0; i < v->n_lanes; i++) {
		quo_free(v->lane[i].matrix);
		quo_free(v->lane[i].wire);
	}
	quo_free(v);
}

/* Rows to COTs; n <= CHUNK need not be a multiple of 128. */
static void transpose(const quo_block *matrix, size_t n, quo_block *out)
{
	const uint64_t *rows = matrix->w;
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

/* Several chunks, each cut into parts by columns; what the pool's tasks share. */
struct group {
	const quo_vole *v;
	size_t n, chunks, parts; /* COTs in all; parts of each chunk */
	quo_block *out;
};

static size_t chunk_cots(const struct group *g, size_t chunk)
{
	size_t left = g->n - chunk * CHUNK;

	return left < CHUNK ? left : CHUNK;
}

/* Columns [at, at + count) of the matrix of a chunk `width` blocks wide. */
static void fold_receiver(const quo_vole *v, const struct lane *lane, uint64_t first, size_t width,
			  size_t at, size_t count)
{
	for (unsigned b = 0; b < quo_vole_blocks(v->k); b++)
		quo_prg_fold(v->keys + ((size_t)b << v->k), quo_vole_bits(v->k, b), first + at,
			     count, b ? lane->choices + at : NULL,
			     b ? lane->wire + (b - 1) * width + at : lane->choices + at,
			     lane->matrix + b * v->k * ROW_BLOCKS + at, ROW_BLOCKS);
}

static void fold_sender(const quo_vole *v, const struct lane *lane, uint64_t first, size_t width,
			size_t from, size_t count)
{
	for (unsigned b = 0; b < quo_vole_blocks(v->k); b++) {
		unsigned at = b * v->k;
		/* Past the end of a word the low bits of the next one. */
		uint64_t bits = v->delta.w[at / 64] >> (at % 64);
		if (at < 64 && at % 64)
			bits |= v->delta.w[1] << (64 - at);
		quo_prg_fold_punctured(v->keys + ((size_t)b << v->k), quo_vole_bits(v->k, b),
				       first + from, count,
				       b ? lane->wire + (b - 1) * width + from : NULL, bits,
				       lane->matrix + (size_t)at * ROW_BLOCKS + from, ROW_BLOCKS);
	}
}

static void fold_part(void *arg, size_t i)
{
	const struct group *g = arg;
	size_t chunk = i / g->parts, n = chunk_cots(g, chunk), width = row_blocks(n);
	quo_range part = quo_range_of(width, g->parts, i % g->parts, PART_BLOCKS);
	const struct lane *lane = &g->v->lane[chunk];
	uint64_t first = g->v->next_block + chunk * CHUNK_BLOCKS;

	if (part.first == part.end)
		return;
	if (g->v->is_sender)
		fold_sender(g->v, lane, first, width, part.first, part.end - part.first);
	else
		fold_receiver(g->v, lane, first, width, part.first, part.end - part.first);
	size_t from = part.first * 128, end = part.end * 128 < n ? part.end * 128 : n;
	transpose(lane->matrix + part.first, end - from, g->out + chunk * CHUNK + from);
}

static quo_status take_wire(const struct group *g, quo_session *s, quo_err *err)
{
	for (size_t c = 0; c < g->chunks; c++) {
		const struct lane *lane = &g->v->lane[c];
		size_t n = chunk_cots(g, c);
		QUO_TRY(quo_recv(s, 1 - quo_me(s), lane->wire, quo_vole_bytes(g->v->k, n), err));
		if (!quo_is_dry(s))
			spread(lane->wire, quo_vole_blocks(g->v->k) - 1, n);
	}
	return QUO_OK;
}

/* The choices of a chunk to the caller; what is sent of it moves together. */
static void finish_chunk(const struct group *g, size_t c, uint64_t *choices)
{
	const struct lane *lane = &g->v->lane[c];
	size_t n = chunk_cots(g, c);
	uint64_t *to = choices + c * CHUNK / 64;

	memcpy(to, lane->choices, quo_words(n) * sizeof *to);
	if (n % 64)
		to[n / 64] &= (UINT64_C(1) << n % 64) - 1;
	squeeze(lane->wire, quo_vole_blocks(g->v->k) - 1, n);
}

static quo_status send_wire(const struct group *g, quo_session *s, uint64_t *choices, quo_err *err)
{
	for (size_t c = 0; c < g->chunks; c++) {
		if (!quo_is_dry(s))
			finish_chunk(g, c, choices);
		QUO_TRY(quo_send(s, 1 - quo_me(s), g->v->lane[c].wire,
				 quo_vole_bytes(g->v->k, chunk_cots(g, c)), err));
	}
	return QUO_OK;
}

/* At most as many chunks as there are lanes. */
static quo_status extend_group(quo_vole *v, quo_session *s, size_t n, quo_block *out,
			       uint64_t *choices, quo_err *err)
{
	struct group g = { .v = v, .n = n, .chunks = (n + CHUNK - 1) / CHUNK, .out = out };

	g.parts = (quo_pool_threads(quo_session_pool(s)) + g.chunks - 1) / g.chunks;
	if (!quo_is_dry(s))
		QUO_TRY(need_lanes(v, g.chunks, err));
	if (v->is_sender)
		QUO_TRY(take_wire(&g, s, err));
	if (!quo_is_dry(s))
		quo_parallel(quo_session_pool(s), g.chunks * g.parts, fold_part, &g);
	if (!v->is_sender)
		QUO_TRY(send_wire(&g, s, choices, err));
	v->next_block += row_blocks(n);
	return QUO_OK;
}

quo_status quo_vole_extend(quo_vole *v, quo_session *s, size_t n, quo_block *out, uint64_t *choices,
			   quo_err *err)
{
	unsigned threads = quo_pool_threads(quo_session_pool(s));
	size_t group = (threads < MAX_LANES ? threads : MAX_LANES) * CHUNK;

	for (size_t at = 0; at < n; at += group) {
		size_t m = n - at < group ? n - at : group;
		QUO_TRY(extend_group(v, s, m, out ? out + at : NULL,
				     choices ? choices + at / 64 : NULL, err));
	}
	return QUO_OK;
}
