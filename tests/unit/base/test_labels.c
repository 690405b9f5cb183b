/* SPDX-License-Identifier: Apache-2.0 */
/* The label kernels of every tier: the gate equations written out over quo_tccr(), one instance at
 * a time. */
#include "tiers.h"

#include <quotient/labels.h>

static const size_t sizes[] = { 0,  1,  2,  3,  4,  5,  7,  8,  9,   15,  16,  17,  23,  24,
				25, 31, 32, 33, 63, 64, 65, 71, 127, 128, 129, 130, 200, 1000 };

#define EACH_SIZE(n) \
	for (size_t size_ = 0; size_ < sizeof sizes / sizeof *sizes; size_++) \
		for (size_t n = sizes[size_], once_ = 1; once_; once_ = 0)

struct gate {
	quo_rng *rng;
	quo_and_row row; /* rows of exactly n labels */
	quo_block *a, *b, delta;
};

static struct gate gate_new(size_t n)
{
	struct gate g = { .rng = quo_rng_new_test(n) };

	g.a = random_new(g.rng, n * sizeof *g.a);
	g.b = random_new(g.rng, n * sizeof *g.b);
	g.delta = quo_rng_block(g.rng);
	g.delta.w[0] |= 1;
	g.row = (quo_and_row){ quo_rng_block(g.rng), quo_rng_block(g.rng).w[0], g.a, g.b, n };
	return g;
}

static void gate_free(struct gate *g)
{
	quo_rng_free(g->rng);
	free(g->a);
	free(g->b);
}

/* Instance i of the hashes of group 0 (a), 1 (b), ..: its tweak and lane as labels.h has them. */
static quo_block hash_of(const struct gate *g, unsigned group, size_t i, quo_block x)
{
	uint64_t tweak = g->row.tweak + group * QUO_LABEL_KEYS(g->row.n) + i / 8;
	quo_block out;

	x.w[0] ^= i % 8;
	quo_tccr(g->row.start, tweak, 1, &x, &out, 1);
	return out;
}

static quo_block times(quo_block x, uint64_t bit)
{
	return bit ? x : (quo_block){ { 0, 0 } };
}

static void assert_rows(const void *got, const void *want, size_t n_blocks)
{
	if (n_blocks)
		assert_memory_equal(got, want, n_blocks * sizeof(quo_block));
	guarded_check(got, n_blocks * sizeof(quo_block));
}

/* ---- NOT ---- */

static void test_offset_row(void **state)
{
	(void)state;
	EACH_SIZE(n)
	FOR_EACH_TIER(tier)
	{
		const quo_label_ops *ops = quo_label_kernels();
		struct gate g = gate_new(n);
		quo_block *out = guarded_new(n * sizeof *out);
		quo_block *want = calloc(n + 1, sizeof *want);

		assert_non_null(want);
		for (size_t i = 0; i < n; i++)
			want[i] = quo_xor(g.a[i], g.delta);
		ops->offset_row(out, g.a, g.delta, n);
		assert_rows(out, want, n);
		free(out);
		free(want);
		gate_free(&g);
	}
}

static void test_colours(void **state)
{
	(void)state;
	EACH_SIZE(n)
	FOR_EACH_TIER(tier)
	{
		size_t words = (n + 63) / 64;
		struct gate g = gate_new(n);
		uint64_t *plane = guarded_new(words * sizeof *plane);
		uint64_t *want = calloc(words + 1, sizeof *want);

		assert_non_null(want);
		for (size_t i = 0; i < n; i++)
			want[i / 64] |= quo_lsb(g.a[i]) << i % 64;
		quo_label_kernels()->colours(g.a, n, plane);
		if (n)
			assert_memory_equal(plane, want, words * sizeof *plane);
		guarded_check(plane, words * sizeof *plane);
		free(plane);
		free(want);
		gate_free(&g);
	}
}

/* ---- half gates ---- */

static void halfgates_reference(const struct gate *g, quo_block *table, quo_block *out)
{
	size_t n = g->row.n;

	for (size_t i = 0; i < n; i++) {
		quo_block a1 = quo_xor(g->a[i], g->delta), b1 = quo_xor(g->b[i], g->delta);
		quo_block ha0 = hash_of(g, 0, i, g->a[i]), ha1 = hash_of(g, 0, i, a1);
		quo_block hb0 = hash_of(g, 1, i, g->b[i]), hb1 = hash_of(g, 1, i, b1);
		uint64_t pa = quo_lsb(g->a[i]), pb = quo_lsb(g->b[i]);
		quo_block tg = quo_xor(quo_xor(ha0, ha1), times(g->delta, pb));
		quo_block te = quo_xor(quo_xor(hb0, hb1), g->a[i]);
		quo_block wg = quo_xor(ha0, times(tg, pa));
		quo_block we = quo_xor(hb0, times(quo_xor(te, g->a[i]), pb));

		table[i] = tg;
		table[n + i] = te;
		out[i] = quo_xor(wg, we);
	}
}

static void test_halfgates_garble(void **state)
{
	(void)state;
	EACH_SIZE(n)
	FOR_EACH_TIER(tier)
	{
		struct gate g = gate_new(n);
		quo_block *table = guarded_new(2 * n * sizeof *table);
		quo_block *out = guarded_new(n * sizeof *out);
		quo_block *want = calloc(3 * n + 1, sizeof *want);

		assert_non_null(want);
		halfgates_reference(&g, want, want + 2 * n);
		quo_label_kernels()->halfgates_garble(&g.row, g.delta, table, out);
		assert_rows(table, want, 2 * n);
		assert_rows(out, want + 2 * n, n);
		free(table);
		free(out);
		free(want);
		gate_free(&g);
	}
}

/* Active labels of random values give the output label of their AND; here to the row of B. */
static void test_halfgates_evaluate(void **state)
{
	(void)state;
	EACH_SIZE(n)
	FOR_EACH_TIER(tier)
	{
		struct gate g = gate_new(n);
		quo_block *zero = malloc(n * sizeof *zero + 1);
		quo_block *want = calloc(n + 1, sizeof *want);
		quo_block *b = guarded_new(n * sizeof *b),
			  *table = malloc(2 * n * sizeof *table + 1);

		assert_true(zero && want && table);
		quo_label_kernels()->halfgates_garble(&g.row, g.delta, table, zero);
		for (size_t i = 0; i < n; i++) {
			uint64_t v = quo_rng_block(g.rng).w[0];
			want[i] = quo_xor_if(zero[i], g.delta, v & v >> 1 & 1);
			g.a[i] = quo_xor_if(g.a[i], g.delta, v & 1);
			b[i] = quo_xor_if(g.b[i], g.delta, v >> 1 & 1);
		}
		g.row.b = b;
		quo_label_kernels()->halfgates_evaluate(&g.row, table, b);
		assert_rows(b, want, n);
		free(zero);
		free(want);
		free(b);
		free(table);
		gate_free(&g);
	}
}

/* ---- three halves: every equation for itself, as the head of plugins/gc-threehalves has them ----
 */

struct colours {
	unsigned i, j;
};

/* The hash of a label that has T(low) || T(high) under the cipher; word by word from labels.h. */
static quo_block halves_hash(const struct gate *g, unsigned group, size_t i, quo_block x)
{
	return hash_of(g, group, i, quo_halves_input(x));
}

static uint64_t bit_of(const uint8_t *plane, size_t i)
{
	return plane[i / 8] >> i % 8 & 1;
}

/*
 * The right-hand sides of the colours (i, j): h ^ dice ^ public terms ^ g Delta, so that they are C
 * ^ the gate's words; and the masked control bits in bit 0 of bits[].
 */
static quo_block right_side(const struct gate *g, size_t n, struct colours c, unsigned p_a,
			    unsigned p_b, const uint64_t rho[2], uint64_t bits[2])
{
	quo_block a = quo_xor_if(g->a[n], g->delta, p_a ^ c.i);
	quo_block b = quo_xor_if(g->b[n], g->delta, p_b ^ c.j);
	quo_block ha = halves_hash(g, 0, n, a), hb = halves_hash(g, 1, n, b);
	quo_block hx = halves_hash(g, 2, n, quo_xor(a, b));
	uint64_t r1 = rho[0] ^ (c.j & (p_a ^ p_b)) ^ (c.i & p_b);
	uint64_t r2 = rho[1] ^ (c.j & p_a) ^ (c.i & (p_a ^ p_b));
	uint64_t u = a.w[0] ^ a.w[1] ^ b.w[0], v = a.w[0] ^ b.w[1];
	quo_block out =
		quo_xor((quo_block){ { ha.w[0], hb.w[0] } }, (quo_block){ { hx.w[0], hx.w[0] } });

	out = quo_xor(out, times((quo_block){ { u, v } }, r1));
	out = quo_xor(out, times((quo_block){ { v, u ^ v } }, r2));
	out.w[0] ^= c.i ? b.w[0] : 0;
	out.w[1] ^= c.j ? a.w[1] : 0;
	bits[0] = (r1 ^ ha.w[1] ^ hx.w[1]) & 1;
	bits[1] = (r2 ^ hb.w[1] ^ hx.w[1]) & 1;
	return quo_xor_if(out, g->delta, (c.i ^ p_a) & (c.j ^ p_b));
}

static uint64_t word_at(const uint8_t *table, size_t index)
{
	uint64_t w;

	memcpy(&w, table + 8 * index, sizeof w);
	return w;
}

static void check_threehalves(const struct gate *g, const uint8_t *random, const uint8_t *table,
			      const quo_block *out)
{
	size_t n = g->row.n, bytes = QUO_LABEL_KEYS(n);
	const uint8_t *plane = table + 24 * n;

	for (size_t k = 0; k < n; k++) {
		unsigned p_a = (unsigned)quo_lsb(g->a[k]), p_b = (unsigned)quo_lsb(g->b[k]);
		uint64_t rho[2] = { bit_of(random, k), bit_of(random + bytes, k) };
		uint64_t z[5], g0 = word_at(table, k), g1 = word_at(table, n + k),
			       g2 = word_at(table, 2 * n + k);

		for (unsigned j = 0; j < 5; j++)
			z[j] = bit_of(plane + j * bytes, k);
		for (unsigned ij = 0; ij < 4; ij++) {
			struct colours c = { ij >> 1, ij & 1 };
			uint64_t bits[2];
			quo_block want = right_side(g, k, c, p_a, p_b, rho, bits);
			quo_block have = out[k];

			have.w[0] ^= (c.i ? g0 : 0) ^ (c.j ? g2 : 0);
			have.w[1] ^= (c.j ? g1 : 0) ^ (c.i ? g2 : 0);
			assert_memory_equal(&have, &want, sizeof want);
			assert_int_equal(bits[0], z[0] ^ (c.i & z[2]) ^ (c.j & z[4]));
			assert_int_equal(bits[1], z[1] ^ (c.j & z[3]) ^ (c.i & z[4]));
		}
	}
	for (unsigned j = 0; n % 8 && j < 5; j++)
		assert_int_equal(plane[(j + 1) * bytes - 1] >> n % 8, 0);
}

/* The table at an odd address: nothing promises an alignment. */
static void test_threehalves_garble(void **state)
{
	(void)state;
	EACH_SIZE(n)
	FOR_EACH_TIER(tier)
	{
		size_t planes = QUO_LABEL_KEYS(n);
		struct gate g = gate_new(n);
		uint8_t *random = random_new(g.rng, 2 * planes);
		uint8_t *table = guarded_new(1 + 24 * n + 5 * planes);
		quo_block *out = guarded_new(n * sizeof *out);

		quo_label_kernels()->threehalves_garble(&g.row, g.delta, random, table + 1, out);
		check_threehalves(&g, random, table + 1, out);
		assert_int_equal(table[0], GUARD_BYTE);
		guarded_check(table, 1 + 24 * n + 5 * planes);
		guarded_check(out, n * sizeof *out);
		free(random);
		free(table);
		free(out);
		gate_free(&g);
	}
}

/* Active labels of random values give the output label of their AND; here to the row of A. */
static void test_threehalves_evaluate(void **state)
{
	(void)state;
	EACH_SIZE(n)
	FOR_EACH_TIER(tier)
	{
		size_t planes = QUO_LABEL_KEYS(n);
		struct gate g = gate_new(n);
		uint8_t *random = random_new(g.rng, 2 * planes);
		uint8_t *table = malloc(24 * n + 5 * planes + 1);
		quo_block *zero = malloc(n * sizeof *zero + 1), *want = calloc(n + 1, sizeof *want);
		quo_block *a = guarded_new(n * sizeof *a);

		assert_true(table && zero && want);
		quo_label_kernels()->threehalves_garble(&g.row, g.delta, random, table, zero);
		for (size_t i = 0; i < n; i++) {
			uint64_t v = quo_rng_block(g.rng).w[0];
			want[i] = quo_xor_if(zero[i], g.delta, v & v >> 1 & 1);
			a[i] = quo_xor_if(g.a[i], g.delta, v & 1);
			g.b[i] = quo_xor_if(g.b[i], g.delta, v >> 1 & 1);
		}
		g.row.a = a;
		quo_label_kernels()->threehalves_evaluate(&g.row, table, a);
		assert_rows(a, want, n);
		free(random);
		free(table);
		free(zero);
		free(want);
		free(a);
		gate_free(&g);
	}
}

/* T is of the field with x^4 = x + 1, and quo_halves_input() undoes the sigma of quo_tccr(). */
static void test_halves_input(void **state)
{
	quo_rng *rng = quo_rng_new_test(1);

	(void)state;
	for (int i = 0; i < 100; i++) {
		quo_block x = quo_rng_block(rng), y = quo_halves_input(x);
		uint64_t w = x.w[0], t = quo_halves_times(w), t4 = t;

		for (int k = 1; k < 4; k++)
			t4 = quo_halves_times(t4);
		assert_int_equal(t4, w ^ t);
		assert_int_equal(y.w[1], quo_halves_times(x.w[0]));
		assert_int_equal(y.w[1] ^ y.w[0], quo_halves_times(x.w[1]));
	}
	quo_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_offset_row),
					    cmocka_unit_test(test_colours),
					    cmocka_unit_test(test_halfgates_garble),
					    cmocka_unit_test(test_halfgates_evaluate),
					    cmocka_unit_test(test_threehalves_garble),
					    cmocka_unit_test(test_threehalves_evaluate),
					    cmocka_unit_test(test_halves_input) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
