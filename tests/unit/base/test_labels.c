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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_offset_row),
					    cmocka_unit_test(test_halfgates_garble),
					    cmocka_unit_test(test_halfgates_evaluate) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
