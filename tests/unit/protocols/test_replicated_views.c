/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a party of protocol/replicated sees: every message to it must be uniform given all that it
 * has otherwise. That is two keys, its pieces of the inputs, and constant inputs; what it lacks is
 * one key. So here the observer's two keys and its pieces stay, run after run, the third key is a new
 * one in each, and the bytes that it receives are compared with uniform ones
 *
 *   - as they are,
 *   - as differences to the first run: a mask that the observer knows gives zeros,
 *   - as differences between two equal calls of a run: a mask that is used twice gives zeros,
 *   - between two inputs.
 *
 * What `reveal` sends completes a value and is not masked; there it is who receives that counts.
 *
 * Generators follow from seeds, so what the test finds it finds always.
 */
#include "parties.h"

enum { PARTIES = 3, RUNS = 64, N = 1600, ROOM = 1 << 16 };

/* Chi-square of 255 degrees of freedom beyond which one of 10^11 lies, and there are some hundred
 * comparisons. */
#define BOUND 445.0

static quo_err err;

/* ---- verbs on constant inputs, which party `from` shares ---- */

static quo_tensor *temp(quo_session *s, quo_spec spec)
{
	quo_tensor *t = quo_temp(s, spec, &err);

	assert_non_null(t);
	return t;
}

static quo_tensor *constant(quo_session *s, quo_spec spec, int from, int32_t value)
{
	quo_tensor *t = temp(s, spec);
	int32_t *values = quo_arena_alloc(s->step, t->n, sizeof *values, &err);

	assert_non_null(values);
	for (size_t i = 0; i < t->n; i++)
		values[i] = value;
	quo_test_ok(quo_share(s, t, s->party == from ? values : NULL, from, &err));
	return t;
}

static quo_spec words(unsigned width)
{
	return quo_spec_arith(width, 1, (uint32_t[]){ N });
}

static quo_spec bits(unsigned width)
{
	return quo_spec_bits(width, true, 1, (uint32_t[]){ N });
}

/* Prepares, then calls twice; `heard` is told where the calls begin. */
struct verb {
	const char *name;
	void (*run)(quo_session *s, int from, int32_t value);
	quo_link link;
	int32_t values[2];
};

static void begin_call(int call);

/* Its messages go to the party after the one that shares. */
static void run_share(quo_session *s, int from, int32_t value)
{
	for (int call = 0; call < 2; call++) {
		begin_call(call);
		for (int p = 0; p < PARTIES; p++) {
			constant(s, words(21), p, value);
			constant(s, bits(7), p, value);
		}
	}
	(void)from;
}

static void run_convert(quo_session *s, int from, int32_t value)
{
	quo_tensor *x = constant(s, bits(6), from, value);
	quo_convert_job jobs[2] = { { .z = temp(s, words(20)), .x = x },
				    { .z = temp(s, words(17)), .x = x } };

	for (int call = 0; call < 2; call++) {
		begin_call(call);
		quo_test_ok(quo_convert(s, jobs, 2, &err));
	}
}

static void run_product(quo_session *s, int from, int32_t value)
{
	quo_spec left = quo_spec_arith(20, 2, (uint32_t[]){ 40, 3 }),
		 right = quo_spec_arith(20, 2, (uint32_t[]){ 3, 40 });
	quo_value x = { .arith = constant(s, left, from, value), .ring = 20 },
		  y = { .arith = constant(s, right, from, value), .ring = 20 };
	quo_product_job jobs[2] = {
		{ .z = temp(s, quo_spec_arith(20, 2, (uint32_t[]){ 40, 40 })),
		  .left = &x,
		  .right = &y },
		{ .z = temp(s, quo_spec_arith(13, 2, (uint32_t[]){ 40, 40 })),
		  .left = &x,
		  .right = &y },
	};

	for (int call = 0; call < 2; call++) {
		begin_call(call);
		quo_test_ok(quo_product(s, jobs, 2, &err));
	}
}

/* AND of bits, of bits with what is the same for all, and of a sum that is dealt. */
static void run_map(quo_session *s, int from, int32_t value)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 6, true, false),
		y = quo_input(b, "y", QUO_PORT_ARITH, 8, true, false),
		c = quo_input(b, "c", QUO_PORT_BITS, 6, true, true);

	quo_output(b, "out", quo_resize(quo_add(b, quo_mul(b, x, y), quo_mul(b, x, c)), 16, true));
	quo_circuit *circuit = quo_circuit_finish(b, &err);
	assert_non_null(circuit);
	quo_map_job job = { .circuit = circuit, .n = N, .out = { temp(s, bits(16)) } };
	job.in[0] = constant(s, bits(6), from, value);
	job.in[1] = constant(s, words(8), from, value);
	job.in[2] = constant(s, quo_spec_bits(6, true, 1, (uint32_t[]){ 1 }), from, value);
	for (int call = 0; call < 2; call++) {
		begin_call(call);
		quo_test_ok(quo_map(s, &job, 1, &err));
	}
	quo_circuit_free(circuit);
}

static const struct verb verbs[] = {
	{ "share", run_share, { 0, 0 }, { 0, -21 } },
	{ "convert by bits", run_convert, { 0.1, 1e9 }, { 0, 21 } },
	{ "convert by words", run_convert, { 1e-9, 1e5 }, { 0, 21 } },
	{ "product", run_product, { 0, 0 }, { 0, 77 } },
	{ "map", run_map, { 0, 0 }, { 0, -11 } },
};

/* ---- what the observer hears ---- */

static struct heard {
	uint8_t bytes[ROOM];
	size_t n;
} heard[2], first;
static struct heard *hears; /* NULL: before the calls */

static void begin_call(int call)
{
	hears = &heard[call];
	hears->n = 0;
}

static void hear(void *arg, int from, const void *data, size_t n)
{
	(void)arg, (void)from;
	if (!hears)
		return;
	assert_true(hears->n + n <= ROOM);
	memcpy(hears->bytes + hears->n, data, n);
	hears->n += n;
}

struct histogram {
	uint64_t n, of[256];
};

static void count(struct histogram *h, const struct heard *a, const struct heard *less)
{
	if (less)
		assert_int_equal(a->n, less->n);
	for (size_t i = 0; i < a->n; i++)
		h->of[less ? a->bytes[i] ^ less->bytes[i] : a->bytes[i]]++;
	h->n += a->n;
}

static void assert_uniform(const char *verb, const char *what, int observer,
			   const struct histogram *h)
{
	double expected = (double)h->n / 256, sum = 0;

	assert_true(h->n > 50000);
	for (int i = 0; i < 256; i++) {
		double d = (double)h->of[i] - expected;
		sum += d * d / expected;
	}
	if (sum > BOUND)
		fail_msg("%s: %s that party %d receives are not uniform (chi-square %.0f)", verb,
			 what, observer, sum);
}

static void assert_equal(const char *verb, int observer, const struct histogram *a,
			 const struct histogram *b)
{
	double sum = 0;

	assert_int_equal(a->n, b->n);
	for (int i = 0; i < 256; i++) {
		double d = (double)a->of[i] - (double)b->of[i];
		sum += d * d / (double)(a->of[i] + b->of[i] + 1);
	}
	if (sum > BOUND)
		fail_msg("%s: party %d can tell the inputs (chi-square %.0f)", verb, observer, sum);
}

/* ---- runs ---- */

struct view {
	const struct verb *verb;
	int observer;
};

/* One run: the party whose key the observer lacks has a new generator. */
static void run(quo_session *s, const struct view *v, int32_t value, unsigned number)
{
	bool lacked = s->party == (v->observer + 2) % PARTIES;

	quo_test_seed(s, lacked ? number : 0);
	hears = NULL;
	quo_test_ok(quo_protocol_open(s, &err));
	/* Of what this party shares, the observer's pieces do not depend on the key that it lacks. */
	v->verb->run(s, (v->observer + 1) % PARTIES, value);
	quo_test_ok(quo_flush(s, &err));
	quo_protocol_close(s);
	quo_arena_reset(s->step);
}

static void observe(quo_session *s, void *arg)
{
	const struct view *v = arg;
	const char *name = v->verb->name;
	struct histogram plain[2] = { 0 }, runs[2] = { 0 }, calls[2] = { 0 };
	quo_instance *protocol = quo_test_registered_instance(QUO_KIND_PROTOCOL, "replicated");

	s->link = v->verb->link;
	quo_test_use_protocol(s, protocol);
	if (s->party == v->observer)
		quo_test_listen(&(quo_test_tap){ .received = hear });
	for (int i = 0; i < 2; i++)
		for (unsigned number = 0; number <= RUNS; number++) {
			run(s, v, v->verb->values[i], number);
			if (s->party != v->observer)
				continue;
			if (number == 0) {
				first = heard[0];
				continue;
			}
			count(&plain[i], &heard[0], NULL);
			count(&runs[i], &heard[0], &first);
			count(&calls[i], &heard[0], &heard[1]);
		}
	quo_test_listen(NULL);
	quo_instance_free(protocol);
	if (s->party != v->observer)
		return;
	for (int i = 0; i < 2; i++) {
		assert_uniform(name, "bytes", v->observer, &plain[i]);
		assert_uniform(name, "differences between runs", v->observer, &runs[i]);
		assert_uniform(name, "differences between calls", v->observer, &calls[i]);
	}
	assert_equal(name, v->observer, &plain[0], &plain[1]);
}

static void test_views(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		for (int observer = 0; observer < PARTIES; observer++)
			quo_test_parties(PARTIES, observe, &(struct view){ &verbs[i], observer });
}

/* What is revealed to one party is sent to nobody else. */
static void reveal(quo_session *s, void *arg)
{
	quo_instance *protocol = quo_test_registered_instance(QUO_KIND_PROTOCOL, "replicated");
	int32_t out[N];

	(void)arg;
	quo_test_use_protocol(s, protocol);
	quo_test_ok(quo_protocol_open(s, &err));
	quo_tensor *x = constant(s, words(9), 1, 5), *y = constant(s, bits(9), 2, -5);
	quo_test_listen(&(quo_test_tap){ .received = hear });
	for (int to = 0; to < PARTIES; to++) {
		begin_call(0);
		quo_test_ok(quo_reveal(s, x, s->party == to ? out : NULL, to, &err));
		quo_test_ok(quo_reveal(s, y, s->party == to ? out : NULL, to, &err));
		assert_int_equal(heard[0].n, s->party == to ? 9 * N / 8 * 2 : 0);
	}
	quo_test_listen(NULL);
	quo_protocol_close(s);
	quo_instance_free(protocol);
}

static void test_reveal(void **state)
{
	(void)state;
	quo_test_parties(PARTIES, reveal, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_reveal),
	};

	return cmocka_run_group_tests_name("replicated_views", tests, NULL, NULL);
}
