/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <quotient/memory.h>

#include <string.h>

#define HALF ((size_t)1 << (TREE_MAX - 1))

void tree_send(unsigned k, const quo_block (*m)[2], quo_block *message, quo_block *leaves)
{
	quo_block nodes[HALF];

	leaves[0] = m[k - 1][0];
	leaves[1] = m[k - 1][1];
	for (unsigned i = k - 1; i-- > 0;) {
		size_t above = (size_t)1 << (k - 1 - i);
		quo_block sum[2] = { m[i][0], m[i][1] };

		memcpy(nodes, leaves, above * sizeof *nodes);
		quo_prg_many(nodes, above, 0, 0, leaves, 2);
		for (size_t j = 0; j < 2 * above; j++)
			sum[j % 2] = quo_xor(sum[j % 2], leaves[j]);
		memcpy(message, sum, sizeof sum);
		message += 2;
	}
	quo_wipe(nodes, sizeof nodes);
}

/*
 * Places are XORed with the path's bits so far: the node that is not known stays at place 0, its
 * children are at places 0 and 1, and place 1 is the side of which the sum is known.
 */
void tree_receive(unsigned k, unsigned delta, const quo_block *keys, const quo_block *message,
		  quo_block *leaves)
{
	const quo_block zero = { { 0, 0 } };
	quo_block nodes[HALF];

	leaves[0] = zero;
	leaves[1] = keys[k - 1];
	for (unsigned i = k - 1; i-- > 0;) {
		size_t above = (size_t)1 << (k - 1 - i);
		uint64_t bit = delta >> i & 1;
		/* Side 1 - bit of the message. */
		quo_block known = quo_xor_if(message[1], quo_xor(message[0], message[1]), bit);

		known = quo_xor(known, keys[i]);
		memcpy(nodes, leaves, above * sizeof *nodes);
		quo_prg_many(nodes, above, 0, 0, leaves, 2);
		leaves[0] = zero;
		for (size_t j = 1; j < above; j++) {
			quo_block *left = &leaves[2 * j], *right = left + 1;
			quo_block swap = quo_xor_if(zero, quo_xor(*left, *right), bit);
			*left = quo_xor(*left, swap);
			*right = quo_xor(*right, swap);
			known = quo_xor(known, *right);
		}
		leaves[1] = known;
		message += 2;
	}
	quo_wipe(nodes, sizeof nodes);
}
