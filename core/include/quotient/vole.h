/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random correlated OT from small-field VOLE: the extension half of ot/iknp (k = 1) and
 * ot/softspoken (k = 2 .. 8).
 *
 * Roy, "SoftSpokenOT: Quieter OT Extension from Small-Field Silent VOLE in the Minicrypt Model"
 * (CRYPTO 2022, eprint 2022/192), sections 3.1 and 3.2 with the repetition code, without the
 * consistency check (semi-honest). Delta is cut into B = ceil(128 / k) blocks of k bits, the last
 * with what is left. For block b the receiver knows the 2^k seeds s_0 .., and the sender knows all
 * of them except number Delta_b. With G_x = PRG(s_x):
 *     receiver: u = XOR of all G_x, v_i = XOR of G_x over the x whose bit i is set;
 *     sender:   w_i = XOR of G_x over the x for which bit i of x ^ Delta_b is set = v_i ^ Delta_b,i * u,
 * since s_Delta_b has no such bit. The receiver sends u ^ r, r its choices; the sender adds
 * Delta_b,i times that to w_i: row i is then v_i ^ Delta_b,i * r. The 128 rows, transposed, are the
 * COTs.
 *
 * Choices are random, so r is the u of block 0 and only B - 1 blocks send. To the sender r is
 * pseudorandom: it contains G of the seed that the sender lacks in block 0. Bit 0 of Delta is 1 and
 * known to both (free XOR); the sender lacks one seed of block 0 all the same, and Delta has 127
 * secret bits.
 */
#ifndef QUOTIENT_VOLE_H
#define QUOTIENT_VOLE_H

#include <quotient/session.h>

QUO_BEGIN_DECLS

typedef struct quo_vole quo_vole;

static inline unsigned quo_vole_blocks(unsigned k)
{
	return (128 + k - 1) / k;
}

/* Bits of Delta in block b: k, less in the last. Block b starts at bit b * k. */
static inline unsigned quo_vole_bits(unsigned k, unsigned b)
{
	return b + 1 < quo_vole_blocks(k) ? k : 128 - (quo_vole_blocks(k) - 1) * k;
}

/* Seeds of all blocks together. */
static inline size_t quo_vole_seeds(unsigned k)
{
	unsigned last = quo_vole_blocks(k) - 1;
	return ((size_t)last << k) + ((size_t)1 << quo_vole_bits(k, last));
}

/*
 * 1 <= k <= 8. seeds: block after block, each used for this alone. The receiver (delta NULL) gives
 * s_x at place x; the sender gives its Delta and s_x at place x ^ Delta_b, so that what it lacks is
 * at place 0 and not read. seeds NULL: for a dry session. NULL with a message when memory is short. Wipes what it holds when it is
 * freed.
 */
quo_vole *quo_vole_new(unsigned k, const quo_block *delta, const quo_block *seeds, quo_err *err);
void quo_vole_free(quo_vole *v); /* NULL is fine */

/* The next n COTs, as quo_ot_ops.extend; dry, what is sent is counted. The receiver sends
 * quo_vole_bytes(k, n). */
quo_status quo_vole_extend(quo_vole *v, quo_session *s, size_t n, quo_block *out, uint64_t *choices,
			   quo_err *err);
uint64_t quo_vole_bytes(unsigned k, size_t n);

QUO_END_DECLS

#endif
