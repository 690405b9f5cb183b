/* SPDX-License-Identifier: Apache-2.0 */
/* The optimiser, the shape of finished circuits, the evaluator's tiers, sticky errors, two-party
 * forms. */
#include "harness.h"

#include "circuit/eval.h"

/* x and y of 8 bits; a few of everything. */
static quo_circuit *build_mixed(quo_goal goal)
{
	quo_builder *b = quo_builder_new(goal);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 8, true, false);
	quo_int k = quo_input(b, "k", QUO_PORT_BITS, 4, false, true);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, 8, true, false);

	quo_output(b, "shifted", quo_round_shift_by(b, quo_add(b, x, y), k, 9));
	quo_output(b, "direct", y);
	quo_output(b, "constant", quo_const(-23, 7, true));
	quo_output(b, "twice", quo_max(b, x, x));
	quo_output(b, "not", quo_not_int(b, x, 8));
	return finish(b);
}

static void check_mixed(const quo_circuit *c, size_t n)
{
	uint64_t *x = calloc(n + 1, 8), *y = calloc(n + 1, 8), *out[5], k, rng = n;

	for (int p = 0; p < 5; p++)
		out[p] = calloc(n + 1, 8);
	k = next_random(&rng) % 10;
	for (size_t i = 0; i < n; i++) {
		x[i] = next_random(&rng) & 255;
		y[i] = next_random(&rng) & 255;
	}
	run_circuit(c, n, (const uint64_t *const[]){ x, &k, y }, out);
	for (size_t i = 0; i < n; i++) {
		int64_t sum = as_int(x[i], 8, true) + as_int(y[i], 8, true);
		int64_t want = k ? (sum + (INT64_C(1) << (k - 1))) >> k : sum;
		assert_int_equal(as_int(out[0][i], 9, true), want);
		assert_int_equal(out[1][i], y[i]);
		assert_int_equal(as_int(out[2][i], 7, true), -23);
		assert_int_equal(out[3][i], x[i]);
		assert_int_equal(out[4][i], ~x[i] & 255);
	}
	for (int p = 0; p < 5; p++)
		free(out[p]);
	free(x);
	free(y);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {
		0, 1, 2, 63, 64, 65, 127, 128, 1000, 1023, 1024, 1025, 5000
	};

	(void)state;
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		quo_circuit *c = build_mixed((quo_goal)goal);
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
			check_mixed(c, sizes[i]);
		quo_circuit_free(c);
	}
}

static void test_ports(void **state)
{
	quo_circuit *c = build_mixed(QUO_SMALL), *d = build_mixed(QUO_SMALL);

	(void)state;
	assert_int_equal(c->n_in, 3);
	assert_int_equal(c->n_out, 5);
	assert_int_equal(c->n_input_wires, 20);
	assert_int_equal(c->n_output_wires, 9 + 8 + 7 + 8 + 8);
	assert_string_equal(c->in[1].name, "k");
	assert_true(c->in[1].scalar);
	assert_false(c->in[1].is_signed);
	assert_string_equal(c->out[4].name, "not");
	assert_true(c->out[4].is_signed);
	assert_int_equal(c->outputs[9], 12); /* y's bit 0 itself */
	assert_int_equal(c->outputs[17], QUO_OUT_ONE);
	assert_int_equal(c->outputs[18], QUO_OUT_ZERO);
	assert_true(c->id != d->id);
	quo_circuit_free(c);
	quo_circuit_free(d);
	quo_circuit_free(NULL);
}

static uint32_t and_count(quo_builder *b)
{
	quo_circuit *c = finish(b);
	uint32_t n = c->n_and;

	quo_circuit_free(c);
	return n;
}

static void test_folding(void **state)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int in = quo_input(b, "x", QUO_PORT_BITS, 3, false, false);
	quo_wire x = in.bit[0], y = in.bit[1], z = in.bit[2], nx = quo_bit_not(b, x);

	(void)state;
	assert_int_equal(quo_bit_xor(b, x, x), QUO_WIRE_0);
	assert_int_equal(quo_bit_xor(b, x, nx), QUO_WIRE_1);
	assert_int_equal(quo_bit_xor(b, x, QUO_WIRE_0), x);
	assert_int_equal(quo_bit_xor(b, QUO_WIRE_1, x), nx);
	assert_int_equal(quo_bit_not(b, nx), x);
	assert_int_equal(quo_bit_and(b, x, x), x);
	assert_int_equal(quo_bit_and(b, x, nx), QUO_WIRE_0);
	assert_int_equal(quo_bit_and(b, x, QUO_WIRE_0), QUO_WIRE_0);
	assert_int_equal(quo_bit_and(b, QUO_WIRE_1, x), x);
	assert_int_equal(quo_bit_or(b, x, nx), QUO_WIRE_1);
	assert_int_equal(quo_bit_or(b, x, QUO_WIRE_0), x);
	assert_int_equal(quo_bit_mux(b, QUO_WIRE_1, x, y), x);
	assert_int_equal(quo_bit_mux(b, QUO_WIRE_0, x, y), y);
	assert_int_equal(quo_bit_mux(b, z, x, x), x);
	/* chains */
	quo_wire xy = quo_bit_xor(b, x, y);
	assert_int_equal(quo_bit_xor(b, xy, x), y);
	assert_int_equal(quo_bit_xor(b, y, xy), x);
	assert_int_equal(quo_bit_xor(b, xy, quo_bit_xor(b, z, x)), quo_bit_xor(b, y, z));
	/* the same gate, whatever the order */
	assert_int_equal(quo_bit_xor(b, y, x), xy);
	quo_wire p = quo_bit_and(b, x, y);
	assert_int_equal(quo_bit_and(b, y, x), p);
	/* what a gate implies */
	assert_int_equal(quo_bit_and(b, p, x), p);
	assert_int_equal(quo_bit_and(b, p, nx), QUO_WIRE_0);
	assert_int_equal(quo_bit_and(b, nx, quo_bit_not(b, p)), nx);
	quo_builder_free(b);
	quo_builder_free(NULL);
}

/* All functions of two bits come from one AND. */
static void test_sharing(void **state)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int in = quo_input(b, "x", QUO_PORT_BITS, 2, false, false), out = { .width = 12 };
	uint64_t values[4] = { 0, 1, 2, 3 }, got[4], *outs[] = { got };

	(void)state;
	quo_wire x = in.bit[0], y = in.bit[1], nx = quo_bit_not(b, x), ny = quo_bit_not(b, y);
	quo_wire fn[12] = { quo_bit_and(b, nx, y),
			    quo_bit_and(b, x, y),
			    quo_bit_and(b, x, ny),
			    quo_bit_and(b, nx, ny),
			    quo_bit_or(b, x, y),
			    quo_bit_or(b, nx, y),
			    quo_bit_or(b, x, ny),
			    quo_bit_or(b, nx, ny),
			    quo_bit_and(b, x, quo_bit_xor(b, x, y)),
			    quo_bit_and(b, y, quo_bit_xor(b, x, ny)),
			    quo_bit_and(b, quo_bit_not(b, quo_bit_and(b, x, y)), y),
			    quo_bit_mux(b, x, y, QUO_WIRE_1) };
	memcpy(out.bit, fn, sizeof fn);
	quo_output(b, "f", out);
	quo_circuit *c = finish(b);
	assert_int_equal(c->n_and, 1);
	run_circuit(c, 4, (const uint64_t *const[]){ values }, outs);
	for (unsigned v = 0; v < 4; v++) {
		unsigned a = v & 1, d = v >> 1, na = !a, nd = !d;
		unsigned want[12] = { na & d,      a & d,        a & nd,        na & nd,
				      a | d,       na | d,       a | nd,        na | nd,
				      a & (a ^ d), d & (a ^ nd), (na | nd) & d, a ? d : 1 };
		for (unsigned i = 0; i < 12; i++)
			assert_int_equal(got[v] >> i & 1, want[i]);
	}
	quo_circuit_free(c);
}

static void test_dead_gates(void **state)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 16, true, false);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, 16, true, false);

	(void)state;
	quo_output(b, "low", quo_resize(quo_add(b, x, y), 4, true));
	quo_max(b, x, y);
	assert_int_equal(and_count(b), 3);

	/* x + y twice, in either order, is one adder. */
	b = quo_builder_new(QUO_SMALL);
	x = quo_input(b, "x", QUO_PORT_BITS, 16, true, false);
	y = quo_input(b, "y", QUO_PORT_BITS, 16, true, false);
	quo_output(b, "s", quo_add(b, x, y));
	quo_output(b, "t", quo_add(b, x, y));
	assert_int_equal(and_count(b), 16);
}

/* Gates by wire ids and by slots give the same, on one word of random bits. */
static void check_slots(const quo_circuit *c)
{
	uint64_t rng = 5, *wire = calloc(c->n_input_wires + c->n_gates + 1, 8);
	uint64_t *slot = calloc(c->n_slots + 1, 8);
	uint32_t n_and = 0;

	assert_true(c->n_slots >= c->n_input_wires);
	for (uint32_t w = 0; w < c->n_input_wires; w++)
		wire[w] = slot[w] = next_random(&rng);
	for (uint32_t g = 0; g < c->n_gates; g++) {
		const quo_gate *gate = &c->gates[g];
		uint32_t out = c->n_input_wires + g, a = gate->a,
			 b = gate->op == QUO_GATE_NOT ? a : gate->b;
		assert_true(a < out && b < out);
		assert_true(gate->slot < c->n_slots);
		uint32_t sa = quo_circuit_slot(c, a), sb = quo_circuit_slot(c, b);
		assert_true(gate->slot != sa && gate->slot != sb);
		assert_true(slot[sa] == wire[a] && slot[sb] == wire[b]);
		wire[out] = gate->op == QUO_GATE_AND   ? wire[a] & wire[b]
			    : gate->op == QUO_GATE_XOR ? wire[a] ^ wire[b]
						       : ~wire[a];
		slot[gate->slot] = wire[out];
		n_and += gate->op == QUO_GATE_AND;
	}
	assert_int_equal(n_and, c->n_and);
	for (uint32_t i = 0; i < c->n_output_wires; i++) {
		uint32_t w = c->outputs[i];
		if (w != QUO_OUT_ZERO && w != QUO_OUT_ONE)
			assert_true(slot[quo_circuit_slot(c, w)] == wire[w]);
	}
	free(wire);
	free(slot);
}

/* Random gates over random earlier wires; some of them, some inputs and constants as outputs. */
static quo_circuit *random_circuit(uint64_t seed, unsigned n_gates)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 20, false, false);
	quo_wire *w = calloc(n_gates + 22, sizeof *w);
	unsigned n = 22;
	quo_int out = { .width = 30 };

	w[1] = QUO_WIRE_1;
	memcpy(w + 2, x.bit, 20 * sizeof *w);
	for (unsigned i = 0; i < n_gates; i++) {
		uint64_t r = next_random(&seed);
		quo_wire p = w[(r >> 8) % n], q = w[n - 1 - (r >> 40) % (n < 30 ? n : 30)];
		quo_wire s = w[(r >> 20) % n],
			 any[5] = { quo_bit_xor(b, p, q), quo_bit_and(b, p, q), quo_bit_not(b, p),
				    quo_bit_or(b, p, q), quo_bit_mux(b, p, q, s) };
		w[n++] = any[r % 5];
	}
	for (unsigned i = 0; i < 30; i++)
		out.bit[i] = w[i < 25 ? n - 1 - i : next_random(&seed) % n];
	free(w);
	quo_output(b, "z", out);
	return finish(b);
}

static void test_slots(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		quo_circuit *c = random_circuit(seed, 300);
		check_slots(c);
		quo_circuit_free(c);
	}
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		quo_circuit *c = build_mixed((quo_goal)goal);
		check_slots(c);
		quo_circuit_free(c);
	}
}

/* Slots are reused: a long chain needs few. */
static void test_slot_reuse(void **state)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 16, false, false), acc = x;

	(void)state;
	for (int i = 0; i < 40; i++)
		acc = quo_add_mod(b, acc, quo_slice(acc, 3, 16, false), 16);
	quo_output(b, "z", acc);
	quo_circuit *c = finish(b);
	assert_true(c->n_and > 400);
	assert_in_range(c->n_slots, 16, 64);
	check_slots(c);
	quo_circuit_free(c);
}

/* Every tier that this processor has computes the same words. */
static void test_tiers(void **state)
{
	const char *tier = quo_cpu_tier();
	bool avx512 = !strcmp(tier, "avx512"), avx2 = avx512 || !strcmp(tier, "avx2");
	quo__eval_fn *fn[3] = { quo__eval_portable, avx2 ? quo__eval_avx2 : NULL,
				avx512 ? quo__eval_avx512 : NULL };

	(void)state;
	for (uint64_t seed = 100; seed < 112; seed++) {
		quo_circuit *c = random_circuit(seed, 300);
		const quo__circuit *full = (const quo__circuit *)(const void *)c;
		unsigned words = 16u << seed % 3;
		size_t n = ((size_t)c->n_slots + 1) * words;
		uint64_t *slots[3] = { quo_alloc(n, 8, NULL), quo_alloc(n, 8, NULL),
				       quo_alloc(n, 8, NULL) };
		for (int t = 0; t < 3; t++) {
			uint64_t rng = seed;
			for (size_t i = 0; i < n; i++)
				slots[t][i] = i < n - words ? next_random(&rng) : UINT64_MAX;
			if (!fn[t])
				continue;
			fn[t](full->program, c->n_gates, slots[t], words);
			assert_memory_equal(slots[t], slots[0], n * 8);
		}
		for (int t = 0; t < 3; t++)
			quo_free(slots[t]);
		quo_circuit_free(c);
	}
}

static void expect_failure(quo_builder *b, const char *part)
{
	quo_err err = QUO_ERR_INIT;
	quo_wire w = quo_bit_and(b, QUO_WIRE_1, QUO_WIRE_1);
	quo_int x = quo_input(b, "late", QUO_PORT_BITS, 8, true, false);

	/* harmless after the failure */
	assert_int_equal(w, QUO_WIRE_0);
	x = quo_max(b, quo_add(b, x, x), quo_clamp(b, quo_len(b, x), -1, 1));
	x = quo_round_shift_by(b, x, x, 9);
	quo_output(b, "z", quo_mul_const(b, x, 26));
	assert_null(quo_circuit_finish(b, &err));
	assert_int_not_equal(err.status, QUO_OK);
	if (!strstr(err.text, part))
		fail_msg("'%s' says nothing of '%s'", err.text, part);
}

static void test_errors(void **state)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);

	(void)state;
	quo_input(b, "wide", QUO_PORT_BITS, 65, true, false);
	expect_failure(b, "wide");

	b = quo_builder_new(QUO_SMALL);
	quo_input(b, "ring", QUO_PORT_ARITH, 33, true, false);
	expect_failure(b, "ring");

	b = quo_builder_new(QUO_SMALL);
	quo_input(b, "none", QUO_PORT_BITS, 0, true, false);
	expect_failure(b, "none");

	b = quo_builder_new(QUO_SMALL);
	quo_output(b, "empty", quo_const(0, 0, false));
	expect_failure(b, "empty");

	b = quo_builder_new(QUO_SMALL);
	quo_output(b, "shl", quo_shl(quo_shl(quo_const(1, 40, false), 30), 3));
	expect_failure(b, "64 bits");

	b = quo_builder_new(QUO_SMALL);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 64, true, false);
	quo_add(b, x, x);
	expect_failure(b, "64 bits");

	b = quo_builder_new(QUO_SMALL);
	x = quo_input(b, "x", QUO_PORT_BITS, 40, true, false);
	quo_mul_const(b, x, UINT32_MAX);
	expect_failure(b, "64 bits");

	b = quo_builder_new(QUO_SMALL);
	quo_round_shift(b, quo_input(b, "x", QUO_PORT_BITS, 40, true, false), -25);
	expect_failure(b, "64 bits");

	b = quo_builder_new(QUO_SMALL);
	quo_bit_xor(b, 12345, QUO_WIRE_1);
	expect_failure(b, "never gave");

	b = quo_builder_new(QUO_SMALL);
	quo_clamp(b, quo_input(b, "x", QUO_PORT_BITS, 8, true, false), 3, 2);
	expect_failure(b, "low > high");

	b = quo_builder_new(QUO_SMALL);
	for (int i = 0; i <= QUO_MAX_PORTS; i++)
		quo_input(b, "x", QUO_PORT_BITS, 1, false, false);
	expect_failure(b, "one more than");

	expect_failure(NULL, "memory");
}

/* x + y as plain integers, and as shares: the same, in either goal. */
static void test_split(void **state)
{
	enum { N = 300 };
	uint64_t x[N], k = 5, y[N], x0[N], x1[N], plain[2][N], split[2][N], rng = 1;
	quo_err err = QUO_ERR_INIT;

	(void)state;
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int px = quo_input(b, "x", QUO_PORT_ARITH, 18, true, false);
	quo_int pk = quo_input(b, "k", QUO_PORT_BITS, 4, false, true);
	quo_int py = quo_input(b, "y", QUO_PORT_BITS, 9, true, false);
	quo_output(b, "a", quo_clamp(b, quo_round_shift_by(b, px, pk, 18), 0, 127));
	quo_output(b, "m", quo_int_from_bit(quo_less(b, px, py)));
	quo_circuit *c = finish(b);

	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		quo_circuit *d = quo_split_arith(c, (quo_goal)goal, &err);
		assert_non_null(d);
		assert_int_equal(d->n_in, 4);
		assert_string_equal(d->in[0].name, "x.0");
		assert_string_equal(d->in[1].name, "x.1");
		assert_string_equal(d->in[2].name, "k");
		assert_true(d->in[2].scalar);
		assert_int_equal(d->in[1].kind, QUO_PORT_BITS);
		assert_int_equal(d->n_out, 2);
		assert_string_equal(d->out[1].name, "m");
		assert_int_equal(d->out[0].width, c->out[0].width);
		if (goal == QUO_SMALL)
			assert_int_equal(d->n_and, c->n_and + 17);
		for (int i = 0; i < N; i++) {
			x[i] = next_random(&rng) & 0x3ffff;
			y[i] = next_random(&rng) & 0x1ff;
			x0[i] = next_random(&rng) & 0x3ffff;
			x1[i] = (x[i] - x0[i]) & 0x3ffff;
		}
		run_circuit(c, N, (const uint64_t *const[]){ x, &k, y },
			    (uint64_t *[]){ plain[0], plain[1] });
		run_circuit(d, N, (const uint64_t *const[]){ x0, x1, &k, y },
			    (uint64_t *[]){ split[0], split[1] });
		assert_memory_equal(plain, split, sizeof plain);
		check_slots(d);
		quo_circuit_free(d);
	}
	quo_circuit_free(c);
	assert_null(quo_split_arith(NULL, QUO_SMALL, &err));
	assert_int_equal(err.status, QUO_BUG);
}

/* A spliced circuit computes what it did alone; constants fold through it. */
static void test_inline(void **state)
{
	enum { N = 100 };
	uint64_t x[N], y[N], k = 3, alone[5][N], spliced[5][N], rng = 2;
	quo_circuit *c = build_mixed(QUO_SMALL);

	(void)state;
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int in[3], out[5];
	in[0] = quo_input(b, "x", QUO_PORT_BITS, 5, true, false); /* resized to 8 */
	in[1] = quo_const(3, 4, false);
	in[2] = quo_input(b, "y", QUO_PORT_BITS, 8, true, false);
	quo_inline(b, c, in, out);
	for (int p = 0; p < 5; p++)
		quo_output(b, "z", out[p]);
	quo_circuit *d = finish(b);
	assert_true(d->n_and < c->n_and);
	for (int i = 0; i < N; i++) {
		x[i] = (uint64_t)as_int(next_random(&rng), 5, true) & 255;
		y[i] = next_random(&rng) & 255;
	}
	uint64_t *pa[5], *ps[5];
	for (int p = 0; p < 5; p++) {
		pa[p] = alone[p];
		ps[p] = spliced[p];
	}
	run_circuit(c, N, (const uint64_t *const[]){ x, &k, y }, pa);
	run_circuit(d, N, (const uint64_t *const[]){ x, y }, ps);
	assert_memory_equal(alone, spliced, sizeof alone);
	quo_circuit_free(c);
	quo_circuit_free(d);
}

/* Blocks dealt to threads: as many as there are, fewer, or one. */
static void test_threads(void **state)
{
	static const size_t sizes[] = { 1, 64, 5000, 40001 };
	quo_builder *b = quo_builder_new(QUO_SMALL);
	uint64_t rng = 5;

	(void)state;
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 32, true, false),
		y = quo_input(b, "y", QUO_PORT_BITS, 32, true, true);
	for (int i = 0; i < 8; i++)
		x = quo_resize(quo_mux(b, x.bit[i], quo_add(b, x, y), quo_sub(b, y, x)), 32, true);
	quo_output(b, "z", x);
	quo_circuit *c = finish(b);
	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		size_t n = sizes[k], bytes = 32 * quo_words(n) * sizeof(uint64_t);
		uint64_t *in = quo_alloc(1, bytes, NULL), *want = quo_alloc(1, bytes, NULL),
			 *got = quo_alloc(1, bytes, NULL), scalar[32];
		quo_err err = QUO_ERR_INIT;
		assert_true(in && want && got);
		for (size_t i = 0; i < 32 * quo_words(n); i++)
			in[i] = next_random(&rng);
		for (size_t i = 0; i < 32; i++)
			scalar[i] = next_random(&rng) & 1;
		const uint64_t *const from[] = { in, scalar };
		assert_int_equal(quo_circuit_eval(c, n, from, &want, &err), QUO_OK);
		for (unsigned threads = 1; threads <= 8; threads += threads) {
			quo_pool *pool = quo_pool_new(threads, &err);
			assert_non_null(pool);
			memset(got, 0xa5, bytes);
			assert_int_equal(quo_circuit_eval_on(pool, c, n, from, &got, &err), QUO_OK);
			assert_memory_equal(got, want, bytes);
			quo_pool_free(pool);
		}
		quo_free(in);
		quo_free(want);
		quo_free(got);
	}
	quo_circuit_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),      cmocka_unit_test(test_ports),
		cmocka_unit_test(test_folding),    cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_dead_gates), cmocka_unit_test(test_slots),
		cmocka_unit_test(test_slot_reuse), cmocka_unit_test(test_tiers),
		cmocka_unit_test(test_errors),     cmocka_unit_test(test_split),
		cmocka_unit_test(test_inline),     cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
