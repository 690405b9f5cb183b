/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotients and square roots without restoring: a row adds to the rest or subtracts from it, as its sign says, and the
 * signs are the digits. A row is one adder as wide as the divisor (the root so far); selecting between "subtract" and
 * "add" is an XOR, which is free.
 */
#include "builder.h"

#define W QUO_INT_MAX_WIDTH

static const quo_int nothing = { .width = 0 };

/*
 * With D = y + carry and n rows, -D 2^n <= x < D 2^n. rest(n) = x; row i makes rest(i) = rest(i+1) - D 2^i where that is
 * >= 0, else rest(i+1) + D 2^i: in -D 2^i .. D 2^i - 1 again. So x = D sum (+-2^i) + rest(0), the digits +-1; as
 * two's complement, bit i of floor(x / D) is [rest(i) >= 0], and the sign is that of x. Only the bits of rest(i) from
 * i up are kept; the ones below are x's.
 */
quo_int quo_div(quo_builder *b, quo_int x, quo_int y, quo_wire carry, unsigned width)
{
	if (!quo__check(b, &x, "an operand wider than 64 bits") ||
	    !quo__check(b, &y, "an operand wider than 64 bits"))
		return nothing;
	if (width > W || y.width >= W - 1) {
		quo__builder_fail(b,
				  "a quotient of more than 64 bits, or a divisor of more than 62");
		return nothing;
	}
	quo_int q = { .width = (uint8_t)width, .is_signed = x.is_signed };
	if (!width)
		return q;
	unsigned n = width - (x.is_signed ? 1u : 0u), w = y.width + 1u;
	quo_int rest = quo_slice(x, n, w, true);
	quo_wire down = quo_bit_not(b, quo_sign(x)); /* the rest is >= 0 */

	for (unsigned i = n; i-- > 0;) {
		/* -D = ~y + ~carry */
		quo_int twice = quo_resize(quo_shl(rest, 1), w, true), d = quo_resize(y, w, true);
		twice.bit[0] = quo__bit(&x, i);
		d.bit[y.width] = QUO_WIRE_0;
		for (unsigned k = 0; k < w; k++)
			d.bit[k] = quo_bit_xor(b, d.bit[k], down);
		rest = quo_add_carry(b, twice, d, quo_bit_xor(b, carry, down), w);
		down = quo_bit_not(b, quo_sign(rest));
		q.bit[i] = down;
	}
	if (x.is_signed)
		q.bit[width - 1] = quo_sign(x);
	return q;
}

/*
 * Two bits of x a row. With the root q so far and rest = (x's bits so far) - q^2 where that is >= 0 (else less 2 q + 1,
 * the next square's distance), the next trial is  4 rest + bits - (4 q + 1)  or, after one that failed,
 * 4 rest + bits + (4 q + 3): as -(4 q + 1) = 4 ~q + 3, one adder of 4 (q xor sign) + 3. The trial's sign is the
 * next bit of the root (Li, Chu 1996).
 */
quo_int quo_isqrt(quo_builder *b, quo_int x)
{
	quo_int root = { .width = 0 }, rest = { .width = 1, .is_signed = true };
	quo_wire down = QUO_WIRE_1;

	if (!quo__check(b, &x, "an operand wider than 64 bits"))
		return nothing;
	if (x.width > W - 2) {
		quo__builder_fail(b, "a square root of more than 62 bits");
		return nothing;
	}
	unsigned rows = (x.width + 1u) / 2;
	x.is_signed = false;
	x = quo_resize(x, 2 * rows, false);
	for (unsigned j = 0; j < rows; j++) {
		unsigned low = 2 * (rows - 1 - j);
		quo_int next = quo_shl(rest, 2),
			trial = { .width = (uint8_t)(j + 3), .is_signed = true };
		next.bit[0] = x.bit[low];
		next.bit[1] = x.bit[low + 1];
		trial.bit[0] = trial.bit[1] = QUO_WIRE_1;
		for (unsigned k = 0; k < j; k++)
			trial.bit[k + 2] = quo_bit_xor(b, root.bit[k], down);
		trial.bit[j + 2] = down;
		rest = quo_add_carry(b, next, trial, QUO_WIRE_0, j + 3);
		down = quo_bit_not(b, quo_sign(rest));
		root = quo_shl(root, root.width > 0);
		root.bit[0] = down;
		root.width = (uint8_t)(j + 1);
	}
	return root;
}
