/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol/replicated among three parties, a thread each: every verb's values against their formulas, its forecast
 * against what travelled, and that no party draws a block of a key stream twice (three.h).
 */
#include "three.h"

#include <string.h>

#include "replicated/bits.h"
#include "replicated/words.h"

static uint64_t state = 1;

static int32_t random_value(unsigned width)
{
	return quo_sign_extend((uint32_t)quo_test_random(&state), width);
}

static int32_t *random_values(size_t n, unsigned width)
{
	int32_t *v = quo_alloc(n + 1, sizeof *v, NULL);

	assert_non_null(v);
	for (size_t i = 0; i < n; i++)
		v[i] = random_value(width);
	return v;
}

static quo_tensor *tensor(quo_session *s, quo_spec spec, quo_err *err)
{
	return quo_temp(s, spec, err);
}

/* A shared tensor of values that `owner` has. */
static quo_tensor *input(quo_session *s, quo_spec spec, const int32_t *values, int owner,
			 quo_err *err)
{
	quo_tensor *t = tensor(s, spec, err);
	bool mine = !quo_is_dry(s) && quo_me(s) == owner;

	return t && quo_share(s, t, mine ? values : NULL, owner, err) == QUO_OK ? t : NULL;
}

/* ---- keys ---- */

/* Both keys of this party, as eight words. */
static quo_status keys_party(const struct run *run, quo_session *s, int32_t *out, quo_err *err)
{
	const struct replicated *self = quo_session_protocol(s)->self;

	(void)run, (void)err;
	if (out)
		memcpy(out, self->keys.key, sizeof self->keys.key);
	return QUO_OK;
}

/* The set-up gives each key to its two holders, and the three differ. */
static void test_keys(void **unused)
{
	struct run run = { .party = keys_party, .n_out = 8 };

	(void)unused;
	run_case(&run);
	for (int p = 0; p < REP_PARTIES; p++) {
		const int32_t *next = run.out[rep_after(p, 1)], *last = run.out[rep_after(p, 2)];
		assert_memory_equal(run.out[p] + 4, next, sizeof(quo_block));
		assert_memory_not_equal(run.out[p], next, sizeof(quo_block));
		assert_memory_not_equal(run.out[p], last, sizeof(quo_block));
	}
	run_end(&run);
}

/* ---- share, reveal ---- */

struct values {
	quo_spec spec;
	const int32_t *values;
	int owner, to;
};

static quo_status share_party(const struct run *run, quo_session *s, int32_t *out, quo_err *err)
{
	const struct values *v = run->arg;
	quo_tensor *t = input(s, v->spec, v->values, v->owner, err);
	bool learns = v->to == QUO_TO_ALL || v->to == quo_me(s);

	return t ? quo_reveal(s, t, learns ? out : NULL, v->to, err) : QUO_FAILED;
}

static void test_share(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 48; i++) {
		uint32_t n = (uint32_t)(quo_test_random(&state) % 300 + (i == 47 ? 30000 : 0));
		unsigned width = i == 5 ? 32 : 1 + (unsigned)(quo_test_random(&state) % 32);
		int32_t *values = random_values(n, width);
		struct values v = { .spec = i % 2 ? quo_spec_bits(width, true, 1, &n)
						  : quo_spec_arith(width, 1, &n),
				    .values = values,
				    .owner = (int)(i / 2 % 3),
				    .to = (int)(i / 6 % 4) - 1 };
		struct run run = { .party = share_party, .arg = &v, .n_out = n };
		run_case(&run);
		for (int p = 0; p < REP_PARTIES; p++)
			if (v.to == QUO_TO_ALL || v.to == p)
				assert_memory_equal(run.out[p], values, n * sizeof *values);
		run_end(&run);
		quo_free(values);
	}
}

/* ---- convert ---- */

struct conversion {
	uint32_t n;
	unsigned width, ring, n_coef;
	const int32_t *coef;
	bool is_signed, words, by_verb;
	const int32_t *values;
};

static quo_status convert_party(const struct run *run, quo_session *s, int32_t *out, quo_err *err)
{
	const struct conversion *c = run->arg;
	struct replicated *self = quo_session_protocol(s)->self;
	quo_tensor *x =
		input(s, quo_spec_bits(c->width, c->is_signed, 1, &c->n), c->values, 1, err);
	quo_tensor *z = tensor(s, quo_spec_arith(c->ring, 1, &c->n), err);
	quo_tensor *z2 = tensor(s, quo_spec_arith(c->ring, 1, &c->n), err);

	if (!x || !z || !z2)
		return QUO_FAILED;
	if (c->by_verb) {
		const quo_convert_job jobs[2] = { { z, x, c->coef }, { z2, x, c->coef } };
		QUO_TRY(quo_convert(s, jobs, 2, err));
	} else {
		const struct rep_conversion jobs[2] = { { z, x, c->coef }, { z2, x, c->coef } };
		QUO_TRY((c->words ? rep_convert_words : rep_convert_bits)(self, s, jobs, 2, err));
	}
	QUO_TRY(quo_reveal(s, z, out, QUO_TO_ALL, err));
	return quo_reveal(s, z2, out ? out + c->n : NULL, QUO_TO_ALL, err);
}

static int32_t converted(const struct conversion *c, int32_t v)
{
	uint32_t sum = 0;

	if (!c->coef)
		return quo_sign_extend((uint32_t)v, c->ring);
	for (unsigned k = 0; k < c->width; k++)
		sum += (uint32_t)c->coef[k] * ((uint32_t)v >> k & 1);
	return quo_sign_extend(sum, c->ring);
}

static void check_conversion(struct conversion *c, unsigned threads, quo_link link)
{
	int32_t *values = random_values(c->n, c->width);
	struct run run = { .party = convert_party,
			   .arg = c,
			   .n_out = 2 * c->n,
			   .threads = threads,
			   .link = link };

	for (uint32_t i = 0; i < c->n && !c->is_signed; i++)
		values[i] &= (int32_t)quo_mask32(c->width < 31 ? c->width : 31);
	c->values = values;
	run_case(&run);
	for (int p = 0; p < REP_PARTIES; p++)
		for (size_t i = 0; i < 2 * c->n; i++)
			if (run.out[p][i] != converted(c, values[i % c->n]))
				fail_msg("width %u, ring %u, n %u: element %zu is %d at party %d, "
					 "not %d",
					 c->width, c->ring, c->n, i, run.out[p][i], p,
					 converted(c, values[i % c->n]));
	run_end(&run);
	quo_free(values);
}

static void test_convert(void **unused)
{
	static const uint32_t sizes[] = { 0, 1, 5, 64, 130, 513, 5000, 13000 };
	static const unsigned widths[] = { 1, 2, 8, 13, 32 }, rings[] = { 1, 2, 18, 22, 32 };
	quo_link link = { 0, 0 };

	(void)unused;
	for (unsigned i = 0; i < 5 * 5 * 2; i++) {
		struct conversion c = { .n = sizes[i % 8],
					.width = widths[i % 5],
					.ring = rings[i / 5 % 5],
					.is_signed = i % 3,
					.words = i / 25 };
		check_conversion(&c, i % 4 == 3 ? 3 : 1, link);
	}
}

static void test_convert_coefficients(void **unused)
{
	static const int32_t ternary[] = { 1, -1 }, some[] = { 12, -7, 0, 1 << 20, 3 };
	quo_link link = { 0, 0 };

	(void)unused;
	for (uint32_t n = 1; n < 5000; n = 9 * n + 1) {
		check_conversion(
			&(struct conversion){ .n = n, .width = 2, .ring = 18, .coef = ternary }, 1,
			link);
		check_conversion(
			&(struct conversion){ .n = n, .width = 5, .ring = 22, .coef = some }, 1,
			link);
		check_conversion(
			&(struct conversion){ .n = n, .width = 5, .ring = 1, .coef = some }, 1,
			link);
	}
}

/* A link on which bytes count takes words, one on which rounds count takes bits. */
static void test_convert_choice(void **unused)
{
	struct conversion c = {
		.n = 5000, .width = 8, .ring = 22, .is_signed = true, .by_verb = true
	};
	int32_t *values = random_values(c.n, c.width);
	struct run run = { .party = convert_party, .arg = &c, .n_out = 2 * c.n };

	(void)unused;
	c.values = values;
	run.link = (quo_link){ 1e-6, 1e6 };
	run_forecast(&run);
	assert_int_equal(run.forecast.rounds, 1 + 1 + 2 + 21 + 2);
	run.link = (quo_link){ 0.1, 1e9 };
	run_forecast(&run);
	assert_int_equal(run.forecast.rounds, 1 + 1 + 2 + 2);
	quo_free(values);
	check_conversion(&c, 1, (quo_link){ 1e-6, 1e6 });
	check_conversion(&c, 1, (quo_link){ 0.1, 1e9 });
}

/* ---- product ---- */

struct product {
	uint32_t m, p, n;
	unsigned width, y_ring, ring;
	bool ternary, p_t, y_t, z_t;
	const int32_t *left, *right;
};

static quo_status product_party(const struct run *run, quo_session *s, int32_t *out, quo_err *err)
{
	const struct product *c = run->arg;
	uint32_t dp[] = { c->p_t ? c->p : c->m, c->p_t ? c->m : c->p };
	uint32_t dy[] = { c->y_t ? c->n : c->p, c->y_t ? c->p : c->n };
	uint32_t dz[] = { c->z_t ? c->n : c->m, c->z_t ? c->m : c->n };
	quo_tensor *p = input(s, quo_spec_bits(c->width, true, 2, dp), c->left, 2, err);
	quo_tensor *y = input(s, quo_spec_arith(c->y_ring, 2, dy), c->right, 0, err);
	quo_tensor *z[2] = { tensor(s, quo_spec_arith(c->ring, 2, dz), err),
			     tensor(s, quo_spec_arith(c->ring, 2, dz), err) };

	if (!p || !y || !z[0] || !z[1])
		return QUO_FAILED;
	quo_value left = { .bits = p,
			   .ring = (uint8_t)c->ring,
			   .coef = c->ternary ? quo_ternary_coef : NULL };
	quo_value right = { .arith = y };
	quo_product_job jobs[2];
	for (unsigned i = 0; i < 2; i++)
		jobs[i] = (quo_product_job){ .z = z[i],
					     .left = &left,
					     .right = &right,
					     .left_t = c->p_t,
					     .right_t = c->y_t,
					     .z_t = c->z_t };
	QUO_TRY(quo_product(s, jobs, 2, err));
	QUO_TRY(quo_reveal(s, z[0], out, QUO_TO_ALL, err));
	return quo_reveal(s, z[1], out ? out + c->m * c->n : NULL, QUO_TO_ALL, err);
}

static int32_t product_at(const struct product *c, size_t i, size_t j)
{
	uint32_t sum = 0;

	for (size_t k = 0; k < c->p; k++) {
		uint32_t left = (uint32_t)c->left[c->p_t ? k * c->m + i : i * c->p + k];
		if (c->ternary)
			left = (left & 1) - (left >> 1 & 1);
		sum += left * (uint32_t)c->right[c->y_t ? j * c->p + k : k * c->n + j];
	}
	return quo_sign_extend(sum, c->ring);
}

static void test_product(void **unused)
{
	(void)unused;
	for (unsigned v = 0; v < 40; v++) {
		uint64_t r = quo_test_random(&state);
		struct product c = { .m = 1 + (uint32_t)r % 40,
				     .p = 1 + (r >> 8 & 63),
				     .n = 1 + (uint32_t)(r >> 16) % 40,
				     .width = 1 + (unsigned)(r >> 24) % 9,
				     .ring = 1 + (unsigned)(r >> 32) % 32,
				     .ternary = v % 5 == 0,
				     .p_t = v & 1,
				     .y_t = v & 2,
				     .z_t = v & 4 };
		c.y_ring = c.ring + (v & 8 ? 32 - c.ring : 0);
		if (c.ternary)
			c.width = 2;
		int32_t *left = random_values(c.m * c.p, c.width);
		int32_t *right = random_values(c.p * c.n, c.y_ring);
		c.left = left;
		c.right = right;
		struct run run = { .party = product_party, .arg = &c, .n_out = 2 * c.m * c.n };
		run_case(&run);
		for (size_t i = 0; i < c.m; i++)
			for (size_t j = 0; j < c.n; j++)
				for (unsigned q = 0; q < 2 * REP_PARTIES; q++)
					assert_int_equal(
						run.out[q / 2][(q % 2) * c.m * c.n +
							       (c.z_t ? j * c.m + i : i * c.n + j)],
						product_at(&c, i, j));
		run_end(&run);
		quo_free(left);
		quo_free(right);
	}
}

/* ---- map ---- */

/* x, y: bits and an integer of every instance, c, d: the same for all of them. */
struct map {
	uint32_t n;
	unsigned width, ring;
	quo_circuit *circuit;
	const int32_t *x, *y;
	int32_t c, d;
};

/* 5 x d + y + 5 c d's low bits, c d + 5, and the constant 5. */
static quo_circuit *make_circuit(quo_goal goal, unsigned width, unsigned ring)
{
	quo_err err = QUO_ERR_INIT;
	quo_builder *b = quo_builder_new(goal);
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, width, true, false);
	quo_int y = quo_input(b, "y", QUO_PORT_ARITH, ring, true, false);
	quo_int c = quo_input(b, "c", QUO_PORT_ARITH, ring, true, true);
	quo_int d = quo_input(b, "d", QUO_PORT_BITS, width, true, true);
	quo_int five = { .bit = { QUO_WIRE_1, QUO_WIRE_0, QUO_WIRE_1 }, .width = 3 };
	quo_int product = quo_mul(b, c, d);

	quo_output(b, "sum",
		   quo_add_mod(b, quo_add(b, quo_mul(b, x, d), y), quo_mul(b, product, five), 30));
	quo_output(b, "product", quo_add_mod(b, product, five, 30));
	quo_output(b, "five", five);
	quo_circuit *circuit = quo_circuit_finish(b, &err);
	assert_non_null(circuit);
	return circuit;
}

enum { OUTPUTS = 3, JOBS = 2 };

static quo_status map_party(const struct run *run, quo_session *s, int32_t *out, quo_err *err)
{
	const struct map *m = run->arg;
	uint32_t one = 1;
	const quo_tensor *in[] = {
		input(s, quo_spec_bits(m->width, true, 1, &m->n), m->x, 0, err),
		input(s, quo_spec_arith(m->ring, 1, &m->n), m->y, 1, err),
		input(s, quo_spec_arith(m->ring, 1, &one), &m->c, 2, err),
		input(s, quo_spec_bits(m->width, true, 1, &one), &m->d, 2, err),
	};
	quo_map_job jobs[JOBS] = { { .circuit = m->circuit, .n = m->n }, { 0 } };

	for (unsigned i = 0; i < 4; i++)
		if (!(jobs[0].in[i] = in[i]))
			return QUO_FAILED;
	jobs[1] = jobs[0];
	for (unsigned j = 0; j < JOBS; j++)
		for (unsigned o = 0; o < OUTPUTS; o++) {
			const quo_port *port = &m->circuit->out[o];
			quo_spec spec = quo_spec_bits(port->width, port->is_signed, 1, &m->n);
			if (!(jobs[j].out[o] = tensor(s, spec, err)))
				return QUO_FAILED;
		}
	QUO_TRY(quo_map(s, jobs, JOBS, err));
	for (unsigned j = 0; j < JOBS; j++)
		for (unsigned o = 0; o < OUTPUTS; o++)
			QUO_TRY(quo_reveal(s, jobs[j].out[o],
					   out ? out + (j * OUTPUTS + o) * m->n : NULL, QUO_TO_ALL,
					   err));
	return QUO_OK;
}

static int32_t mapped(const struct map *m, unsigned output, size_t i)
{
	int64_t product = (int64_t)m->c * m->d;

	switch (output) {
	case 0:
		return quo_sign_extend((uint32_t)((int64_t)m->x[i] * m->d + m->y[i] + 5 * product),
				       30);
	case 1:
		return quo_sign_extend((uint32_t)(product + 5), 30);
	default:
		return 5;
	}
}

static void check_map(uint32_t n, quo_goal goal, unsigned ring, unsigned threads)
{
	unsigned width = 7;
	int32_t *x = random_values(n, width), *y = random_values(n, ring);
	struct map m = { .n = n,
			 .width = width,
			 .ring = ring,
			 .circuit = make_circuit(goal, width, ring),
			 .x = x,
			 .y = y,
			 .c = random_value(ring),
			 .d = random_value(width) };
	struct run run = { .party = map_party,
			   .arg = &m,
			   .config = { goal == QUO_SMALL ? 1 : 2 },
			   .n_out = (size_t)JOBS * OUTPUTS * n,
			   .threads = threads };

	run_case(&run);
	for (int p = 0; p < REP_PARTIES; p++)
		for (size_t i = 0; i < run.n_out; i++)
			if (run.out[p][i] != mapped(&m, (unsigned)(i / n) % OUTPUTS, i % n))
				fail_msg("n %u, ring %u: value %zu is %d at party %d, not %d", n,
					 ring, i, run.out[p][i], p,
					 mapped(&m, (unsigned)(i / n) % OUTPUTS, i % n));
	run_end(&run);
	quo_circuit_free(m.circuit);
	quo_free(x);
	quo_free(y);
}

static void test_map(void **unused)
{
	static const uint32_t sizes[] = { 0, 1, 7, 64, 65, 700, 4096, 9001, 20000 };

	(void)unused;
	for (unsigned i = 0; i < 18; i++)
		check_map(sizes[i / 2], i % 2 ? QUO_SHALLOW : QUO_SMALL, 1 + (11 * i) % 32,
			  i % 3 ? 1 : 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_convert_coefficients),
		cmocka_unit_test(test_convert_choice),
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_map),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
