/* SPDX-License-Identifier: Apache-2.0 */
/* The public entry points of the folding and XOR kernels. */
#include "base/kernels.h"

void quo_aes_key_set(const quo_block *keys, size_t n, quo_aes_key *out)
{
	if (n)
		quo__kernels_here()->fold->key_set(keys, n, out);
}

void quo_prg_fold(const quo_aes_key *keys, unsigned k, uint64_t first, size_t n_blocks,
		  const quo_block *mask, quo_block *sum, quo_block *rows, size_t row_blocks)
{
	const quo__fold f = { .keys = keys,
			      .k = k,
			      .first = first,
			      .n_blocks = n_blocks,
			      .add = mask,
			      .sum = sum,
			      .rows = rows,
			      .row_blocks = row_blocks };

	quo_assert(k >= 1 && k <= QUO_FOLD_MAX);
	if (n_blocks)
		quo__kernels_here()->fold->fold(&f);
}

void quo_prg_fold_punctured(const quo_aes_key *keys, unsigned k, uint64_t first, size_t n_blocks,
			    const quo_block *correction, uint64_t bits, quo_block *rows,
			    size_t row_blocks)
{
	const quo__fold f = { .keys = keys,
			      .k = k,
			      .first = first,
			      .n_blocks = n_blocks,
			      .add = correction,
			      .bits = bits,
			      .rows = rows,
			      .row_blocks = row_blocks };

	quo_assert(k >= 1 && k <= QUO_FOLD_MAX);
	if (n_blocks)
		quo__kernels_here()->fold->fold(&f);
}

void quo_xor_blocks(quo_block *out, const quo_block *a, const quo_block *b, size_t n)
{
	if (n)
		quo__kernels_here()->fold->xor_blocks(out, a, b, n);
}

void quo_xor_if_bits(quo_block *io, quo_block delta, const uint64_t *bits, size_t n)
{
	if (n)
		quo__kernels_here()->fold->xor_if_bits(io, delta, bits, n);
}
