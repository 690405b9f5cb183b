/* SPDX-License-Identifier: Apache-2.0 */
/* The public entry points of the AES kernels. */
#include "base/kernels.h"

void quo_tccr(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
	      quo_block *out, size_t n)
{
	quo_assert(per_key >= 1 && per_key <= QUO_TCCR_PER_KEY);
	if (n)
		quo__kernels_here()->aes->tccr(start, tweak, per_key, in, out, n);
}

void quo_tccr_pair(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		   quo_block delta, quo_block *out0, quo_block *out1, size_t n)
{
	quo_assert(per_key >= 1 && per_key <= QUO_TCCR_PER_KEY);
	if (n)
		quo__kernels_here()->aes->tccr_pair(start, tweak, per_key, in, delta, out0, out1,
						    n);
}

void quo_prg(quo_block key, uint64_t first, quo_block *out, size_t n_blocks)
{
	if (n_blocks)
		quo__kernels_here()->aes->prg(key, first, out, n_blocks);
}

void quo_prg_many(const quo_block *keys, size_t n, uint64_t first, uint64_t step, quo_block *out,
		  size_t per_key)
{
	if (n && per_key)
		quo__kernels_here()->aes->prg_many(keys, n, first, step, out, per_key);
}

quo_block quo_aes128(quo_block key, quo_block in)
{
	return quo__kernels_here()->aes->aes128(key, in);
}
