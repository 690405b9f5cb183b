/* SPDX-License-Identifier: Apache-2.0 */
/*
 * (2^k - 1)-out-of-2^k OT of seeds by a GGM tree (Roy 2022, section 3.1; the puncturable PRF of
 * Boneh and Waters 2013, Boyle, Goldwasser and Ivan 2014, Kiayias and others 2013).
 *
 * Leaf x is reached by the bits of x from the highest on. Base OT number i belongs to bit i: its
 * keys are m[i][0] and m[i][1], and the receiver holds that of 1 - (bit i of delta). The two nodes
 * below the root are the keys of the highest bit; a level further down is G of the nodes above, and
 * the sender sends, under the keys of that bit, the sum of the level's left nodes and that of its
 * right nodes. The receiver knows all nodes of a level but the one on the path to delta, hence
 * all children but two, and of these the sum gives it the one off the path.
 */
#ifndef OT_SOFTSPOKEN_TREE_H
#define OT_SOFTSPOKEN_TREE_H

#include <quotient/crypto.h>

#define TREE_MAX 8
#define TREE_MESSAGE_BLOCKS(k) (2 * ((size_t)(k)-1))

/* leaves[x], x < 2^k. message gets TREE_MESSAGE_BLOCKS(k). */
void tree_send(unsigned k, const quo_block (*m)[2], quo_block *message, quo_block *leaves);

/* leaves[x ^ delta] = leaf x, and zero at place 0. keys[i] = m[i][1 - bit i of delta]. No branch or
 * index depends on delta. */
void tree_receive(unsigned k, unsigned delta, const quo_block *keys, const quo_block *message,
		  quo_block *leaves);

#endif
