/* SPDX-License-Identifier: Apache-2.0 */
/* Small networks with every layer, for the quickstart's images (12 x 12 x 1, ten classes): as an
 * experiment says them, and as the reference trainer reads them. */
#ifndef QUOTIENT_TESTS_NETS_H
#define QUOTIENT_TESTS_NETS_H

#include "../reference/reference.h"

#define MAX_LIST 16

struct net {
	const char *model;
	uint32_t n;
	quo_reference_layer layer[MAX_LIST];
};

/* clang-format off */
#define FC(n) { .kind = QUO_REFERENCE_FC, .out = (n) }
/* Kernel, stride, padding: [rows, columns] each. */
#define CONV(n, kh_, kw_, sh_, sw_, ph_, pw_) \
	{ .kind = QUO_REFERENCE_CONV, .out = (n), .kh = (kh_), .kw = (kw_), .sh = (sh_), \
	  .sw = (sw_), .ph = (ph_), .pw = (pw_) }
#define SAME(n, kh_, kw_, sh_, sw_) \
	{ .kind = QUO_REFERENCE_CONV, .out = (n), .kh = (kh_), .kw = (kw_), .sh = (sh_), \
	  .sw = (sw_), .same = true }
#define SHIFTED(n, kh_, kw_, by) \
	{ .kind = QUO_REFERENCE_CONV, .out = (n), .kh = (kh_), .kw = (kw_), .sh = 1, .sw = 1, \
	  .same = true, .shift = (by) }
#define FC_SHIFTED(n, by) { .kind = QUO_REFERENCE_FC, .out = (n), .shift = (by) }
#define POOL(h, w) { .kind = QUO_REFERENCE_MAXPOOL, .kh = (h), .kw = (w) }
#define SKIP(n) { .kind = QUO_REFERENCE_RESIDUAL, .over = (n) }
#define PROJECT(n, s) \
	{ .kind = QUO_REFERENCE_RESIDUAL, .over = (n), .project = true, .sh = (s), .sw = (s) }
#define FLATTEN { .kind = QUO_REFERENCE_FLATTEN }

/* Images are 12 x 12 x 1. */
static const struct net nets[] = {
	/* LeNet's shape */
	{ "model=[{use: conv2d, out: 4, kernel: 5}, {use: maxpool}, "
	  "{use: conv2d, out: 6, kernel: 3, padding: same}, {use: maxpool, size: [2, 1]}, "
	  "{use: flatten}, {use: fc, out: 12}, {use: fc, out: 10}]",
	  7, { CONV(4, 5, 5, 1, 1, 0, 0), POOL(2, 2), SAME(6, 3, 3, 1, 1), POOL(2, 1), FLATTEN, FC(12), FC(10) } },
	/* Odd geometry: rows left over by windows, strides, zeros around, one column at the end. */
	{ "model=[{use: conv2d, out: 3, kernel: [3, 2], stride: [1, 2], padding: [2, 1]}, "
	  "{use: maxpool, size: [3, 2], remainder: drop}, "
	  "{use: conv2d, out: 5, kernel: [4, 3], padding: valid}, "
	  "{use: conv2d, out: 4, kernel: [2, 1], padding: same, stride: [2, 1]}, {use: fc, out: 10}]",
	  5, { CONV(3, 3, 2, 1, 2, 2, 1), POOL(3, 2), CONV(5, 4, 3, 1, 1, 0, 0),
	    SAME(4, 2, 1, 2, 1), FC(10) } },
	/* Residuals: of a block, of a single layer inside it, and one over both. */
	{ "model=[{use: conv2d, out: 3, kernel: 3, stride: 2, padding: 1}, "
	  "{use: conv2d, out: 3, kernel: 3, padding: same}, {use: residual, over: 1}, "
	  "{use: conv2d, out: 3, kernel: 3, padding: same}, {use: residual, over: 2}, "
	  "{use: conv2d, out: 3, kernel: 3, padding: same}, {use: residual, over: 3}, "
	  "{use: maxpool, size: 3}, {use: flatten}, {use: fc, out: 10}]",
	  10, { CONV(3, 3, 3, 2, 2, 1, 1), SAME(3, 3, 3, 1, 1), SKIP(1),
	    SAME(3, 3, 3, 1, 1), SKIP(2), SAME(3, 3, 3, 1, 1), SKIP(3), POOL(3, 3), FLATTEN,
	    FC(10) } },
	/* Projections: narrowing, and from the network's input; a block behind one. Shifts of alpha. */
	{ "model=[{use: conv2d, out: 2, kernel: 3, padding: same, stride: 2}, "
	  "{use: residual, over: 1, project: true}, "
	  "{use: conv2d, out: 4, kernel: 3, padding: same, stride: 2}, "
	  "{use: conv2d, out: 4, kernel: 3, padding: same, shift: 1}, {use: residual, project: true}, "
	  "{use: conv2d, out: 4, kernel: 3, padding: same}, "
	  "{use: conv2d, out: 4, kernel: 3, padding: same}, {use: residual}, {use: fc, out: 10, shift: -1}]",
	  9, { SAME(2, 3, 3, 2, 2), PROJECT(1, 2),
	    SAME(4, 3, 3, 2, 2), SHIFTED(4, 3, 3, 1), PROJECT(2, 2),
	    SAME(4, 3, 3, 1, 1), SAME(4, 3, 3, 1, 1), SKIP(2), FC_SHIFTED(10, -1) } },
	/* Fully connected ones skip too, also the input itself. */
	{ "model=[{use: flatten}, {use: fc, out: 17}, {use: fc, out: 17}, {use: residual, over: 1}, "
	  "{use: fc, out: 144}, {use: residual, over: 3}, {use: fc, out: 10}]",
	  7, { FLATTEN, FC(17), FC(17), SKIP(1), FC(144), SKIP(3), FC(10) } },
};
/* clang-format on */

#define N_NETS (sizeof nets / sizeof *nets)

#endif
