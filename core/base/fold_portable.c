/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of key streams and XOR of blocks, in plain C. */
#include "base/kernels.h"

#include <quotient/memory.h>

#include <string.h>

#define TILE 64

static void key_set(const quo_block *keys, size_t n, quo_aes_key *out)
{
	memset(out, 0, n * sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i].round[0] = keys[i];
}

static void add(quo_block *to, const quo_block *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = quo_xor(to[i], from[i]);
}

/*
 * The leaves of a binary tree from left to right; level[i] holds the sum of a finished left half of
 * 2^i leaves. When its right half is finished too, that goes to row i and both go up.
 */
static void fold_tile(const quo__fold *f, size_t at, size_t n)
{
	quo_block level[QUO_FOLD_MAX + 1][TILE], leaf[TILE];
	unsigned leaves = 1u << f->k;

	for (unsigned i = 0; i < f->k; i++)
		memset(&f->rows[i * f->row_blocks + at], 0, n * sizeof *leaf);
	memset(leaf, 0, sizeof leaf);
	for (unsigned x = 0; x < leaves; x++) {
		unsigned i = 0;
		if (x || f->sum)
			quo__aes_portable.prg(f->keys[x].round[0], f->first + at, leaf, n);
		for (; x >> i & 1; i++) {
			add(&f->rows[i * f->row_blocks + at], leaf, n);
			add(leaf, level[i], n);
		}
		memcpy(level[i], leaf, n * sizeof *leaf);
	}
	if (f->sum) {
		if (f->add)
			add(leaf, f->add + at, n);
		memcpy(f->sum + at, leaf, n * sizeof *leaf);
	} else if (f->add) {
		for (unsigned i = 0; i < f->k; i++)
			for (size_t j = at; j < at + n; j++) {
				quo_block *to = &f->rows[i * f->row_blocks + j];
				*to = quo_xor_if(*to, f->add[j], f->bits >> i & 1);
			}
	}
	quo_wipe(level, sizeof level);
	quo_wipe(leaf, sizeof leaf);
}

static void fold(const quo__fold *f)
{
	for (size_t at = 0; at < f->n_blocks; at += TILE)
		fold_tile(f, at, f->n_blocks - at < TILE ? f->n_blocks - at : TILE);
}

static void xor_blocks(quo_block *out, const quo_block *a, const quo_block *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = quo_xor(a[i], b[i]);
}

static void xor_if_bits(quo_block *io, quo_block delta, const uint64_t *bits, size_t n)
{
	for (size_t i = 0; i < n; i++)
		io[i] = quo_xor_if(io[i], delta, bits[i / 64] >> (i % 64) & 1);
}

const quo__fold_kernels quo__fold_portable = { key_set, fold, xor_blocks, xor_if_bits };
