/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three-halves garbling: 1.5 kappa + 5 bits per AND gate, XOR and NOT free.
 *
 * Rosulek, Roy 2021, "Three Halves Make a Whole? Beating the Half-Gates Lower Bound for Garbled
 * Circuits" (CRYPTO 2021, eprint 2021/749): labels are sliced into halves of 64 bits, hashes give
 * 64 bits, and what the evaluator adds of the input labels' halves is diced by garbled control
 * bits.
 *
 * Equations. A, B are the labels of colour 0, A_i = A ^ i Delta, B_j = B ^ j Delta (i, j colours),
 * L and R their low and high halves; C is the output's zero label, g(i,j) = (i ^ p_a)(j ^ p_b) the
 * gate's value, h_A(i), h_B(j), h_X(i ^ j) the hashes of A_i, B_j and A_i ^ B_j. With two control
 * bits r = (r1, r2) of the colours (i, j), the evaluator computes
 *
 *     C_L ^ g Delta_L = h_A(i) ^ h_X(i ^ j) ^ i (G0 ^ B_L) ^ j G2        ^ r1 u ^ r2 v
 *     C_R ^ g Delta_R = h_B(j) ^ h_X(i ^ j) ^ j (G1 ^ A_R) ^ i G2        ^ r1 v ^ r2 (u ^ v)
 *     u = A_L ^ A_R ^ B_L,  v = A_L ^ B_R
 *
 * with the halves, on these right sides, of the labels that it holds, A_i and B_j.
 *
 * These are eight equations for the five halves C_L, C_R, G0, G1, G2. The hashes have rank 5 in
 * them; the three sums of equations in which they cancel must hold for A, B and Delta. They do
 * exactly when
 *
 *     r(i,j) = rho ^ j s ^ i w,   s = (p_a ^ p_b, p_a),   w = (p_b, p_a ^ p_b),   rho any two bits.
 *
 * rho is uniform and used once, so that the one r(i,j) that an evaluator learns is uniform and
 * independent of p_a and p_b; the truth table stays hidden. The control bits themselves are garbled
 * by the same equations without u and v, one more bit of every hash being their mask:
 *
 *     r1 ^ h_A(i) ^ h_X(i ^ j) = z0 ^ i y0 ^ j y2,     r2 ^ h_B(j) ^ h_X(i ^ j) = z1 ^ j y1 ^ i y2,
 *
 * which the r above solve: r1 and r2 lie in the span of these five bits (z0, z1, y0, y1, y2).
 *
 * The hash. Seen from the colours (i, j), the gate's three words and the three bits that the
 * evaluator does not decode are a bijection of the three hashes that it cannot compute, those of
 * A_i ^ Delta, B_j ^ Delta and A_i ^ B_j ^ Delta, each XORed with a linear function of Delta: on
 * the halves, a Delta_L ^ b Delta_R with bits a, b, all four of which occur. The hash must hide
 * them (the paper's randomised tweakable circular correlation robustness for that class of
 * functions). The sigma of half-gates would not do here: an output of 64 bits leaves the other 64
 * to be guessed, and where its feed-forward cancels a Delta_L ^ b Delta_R nothing else is unknown
 * to an attacker that runs the cipher backwards. The feed-forward is therefore T(low) || T(high), T
 * the multiplication by x in GF(16) on the 16-bit words of a half (labels.h): T ^ a is invertible
 * for both a, so that the masked half keeps Delta_L unknown, whatever a and b, and with it every
 * point of the cipher. A backward query then succeeds with probability 2^-126 and a forward query
 * with 2^-127 (lsb(Delta) is known, 65 bits of the output are shown), each times the 8 lanes of a
 * key.
 *
 * No two hash calls use the same (tweak, lane), for A, B and A ^ B of all instances of all gates;
 * so equal labels in instances, gates and calls do no harm, as in gc/halfgates. The choice of u, v
 * and r is worked out from the conditions above; tests/unit/base/test_labels.c checks all eight
 * equations and the control bits of every colour.
 */
#include "tiles.h"

static void garble_row(const quo_label_ops *ops, const quo_and_row *row, quo_block delta,
		       const uint8_t *random, void *table, quo_block *out)
{
	ops->threehalves_garble(row, delta, random, table, out);
}

static void evaluate_row(const quo_label_ops *ops, const quo_and_row *row, const void *table,
			 quo_block *out)
{
	ops->threehalves_evaluate(row, table, out);
}

static const tile_scheme scheme = {
	.name = "threehalves",
	.hashes = 3,
	.block_bytes = 24,
	.plane_bits = 5,
	.random_bits = 2,
	.garble = garble_row,
	.evaluate = evaluate_row,
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)config;
	(void)err;
	tiles_init(self, &scheme);
	return QUO_OK;
}

/* Seconds of an AND gate: docs/performance.md. */
static const quo_gc_ops ops = TILES_OPS(init, 7.2e-9, 5.7e-9);

static const quo_component component = {
	QUO_COMPONENT(QUO_KIND_GC, &ops),
	.name = "threehalves",
	.summary = "three halves with free XOR: 1.5 kappa + 5 bits (24.6 bytes) per AND gate",
	.security = "semi-honest, 128-bit labels; MITCCRH from AES-128 as an ideal cipher",
	.wire_version = 1,
	.instance_size = sizeof(tiles),
};

QUO_PLUGIN("gc-threehalves", "1.0", &component)
