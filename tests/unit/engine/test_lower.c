/* SPDX-License-Identifier: Apache-2.0 */
/* From products of values to what a protocol multiplies, seen by a protocol that only takes notes. */
#include "twoparty.h"

#define MOST 16

static struct notes {
	quo_product_side planes;
	unsigned converts, converted, products, jobs;
	quo_convert_job convert[MOST];
	quo_matrix_job job[MOST];
	quo_tensor p[MOST], y[MOST], z[MOST];
} notes;

static quo_err err;

static quo_status product(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n,
			  quo_err *error)
{
	(void)self, (void)s, (void)error;
	notes.products++;
	for (size_t i = 0; i < n; i++) {
		assert_true(notes.jobs < MOST);
		notes.job[notes.jobs] = jobs[i];
		notes.p[notes.jobs] = *jobs[i].p;
		notes.y[notes.jobs] = *jobs[i].y;
		notes.z[notes.jobs++] = *jobs[i].z;
	}
	return QUO_OK;
}

static quo_status convert(void *self, quo_session *s, const quo_convert_job *jobs, size_t n,
			  quo_err *error)
{
	(void)self, (void)s, (void)error;
	notes.converts++;
	for (size_t i = 0; i < n; i++) {
		assert_true(notes.converted < MOST);
		notes.convert[notes.converted++] = jobs[i];
	}
	return QUO_OK;
}

static quo_product_side planes(void *self, const quo_session *s, const quo_product_job *job)
{
	(void)self, (void)s, (void)job;
	return notes.planes;
}

static quo_protocol_ops ops = { .product = product, .convert = convert, .planes = planes };
static const quo_component component = { QUO_COMPONENT(QUO_KIND_PROTOCOL, &ops), .name = "notes" };
static const quo_instance protocol = { .component = &component };

/* A forecast under the protocol, which says this side. */
static void begin(quo_session *s, quo_cost *cost, quo_product_side side, size_t layout_bytes)
{
	quo_test_dry(s, 0, cost);
	s->protocol = &protocol;
	notes = (struct notes){ .planes = side };
	ops.layout_bytes = layout_bytes;
}

static quo_value bits(quo_session *s, unsigned width, uint32_t rows, uint32_t columns,
		      const int32_t *coef)
{
	quo_spec spec = quo_spec_bits(width, !coef, 2, (uint32_t[]){ rows, columns });

	return (quo_value){ .bits = quo_temp(s, spec, &err), .ring = 20, .coef = coef };
}

static quo_tensor *words(quo_session *s, uint32_t rows, uint32_t columns)
{
	return quo_temp(s, quo_spec_arith(20, 2, (uint32_t[]){ rows, columns }), &err);
}

static void check_flags(const quo_matrix_job *j, bool p_t, bool y_t, bool z_t)
{
	assert_int_equal(j->p_t, p_t);
	assert_int_equal(j->y_t, y_t);
	assert_int_equal(j->z_t, z_t);
}

static void test_forms(void **state)
{
	quo_cost cost = QUO_COST_INIT;
	quo_session s;

	(void)state;
	for (quo_product_side side = QUO_SIDE_NONE; side <= QUO_SIDE_RIGHT; side++) {
		begin(&s, &cost, side, 0);
		quo_value a = bits(&s, 8, 5, 7, NULL), t = bits(&s, 2, 7, 3, quo_ternary_coef);
		quo_product_job job = { .z = words(&s, 5, 3), .left = &a, .right = &t };
		/* Values keep what was made: the second time nothing is converted. */
		for (unsigned i = 0; i < 2; i++) {
			const quo_product_job both[2] = { job, job };
			quo_test_ok(quo_product(&s, both, 2, &err));
			assert_int_equal(notes.converts, 1);
			assert_int_equal(notes.converted, side == QUO_SIDE_NONE ? 2 : 1);
			assert_int_equal(notes.products, i + 1);
			assert_int_equal(notes.jobs, 2 * i + 2);
		}
		bool right = side == QUO_SIDE_RIGHT;
		check_flags(&notes.job[0], right, right, right);
		assert_int_equal(notes.p[0].spec.kind, side ? QUO_BITS : QUO_ARITH);
		assert_int_equal(notes.p[0].n, right ? t.bits->n : a.bits->n);
		assert_ptr_equal(notes.job[0].coef, right ? quo_ternary_coef : NULL);
		for (unsigned i = 0; i < notes.converted; i++)
			assert_ptr_equal(notes.convert[i].coef,
					 notes.convert[i].x == t.bits ? quo_ternary_coef : NULL);
		quo_test_dry_end(&s);
	}
}

/* What has no planes, or whose planes cannot be cut, is integers whatever the protocol says. */
static void test_other_side(void **state)
{
	const quo_geometry g = {
		.n = 8, .h = 3, .w = 3, .c = 1, .kh = 2, .kw = 2, .sh = 1, .sw = 1, .oh = 2, .ow = 2
	};
	quo_cost cost = QUO_COST_INIT;
	quo_session s;

	(void)state;
	for (unsigned in_parts = 0; in_parts < 2; in_parts++) {
		begin(&s, &cost, QUO_SIDE_LEFT, in_parts ? 1 : 0);
		quo_value a = bits(&s, 7, 8, 9, NULL), e = bits(&s, 8, 8 * 4, 4, NULL);
		quo_product_job job = { .z = words(&s, 4, 4),
					.left = &a,
					.right = &e,
					.left_t = true,
					.conv = &g,
					.patched = QUO_SIDE_LEFT };
		quo_test_ok(quo_product(&s, &job, 1, &err));
		/* An example's errors are 16 bits, so that four make a word. */
		assert_int_equal(notes.jobs, in_parts ? 2 : 1);
		assert_int_equal(notes.p[0].spec.width, in_parts ? 8 : 7);
		check_flags(&notes.job[0], true, false, in_parts);
		assert_int_equal(notes.p[0].spec.dim[0], in_parts ? 16 : 32);
		assert_int_equal(notes.y[0].spec.dim[0], in_parts ? 16 : 32);
		quo_test_dry_end(&s);
	}
	begin(&s, &cost, QUO_SIDE_LEFT, 0);
	quo_value a = { .arith = words(&s, 5, 7), .ring = 20 },
		  t = bits(&s, 2, 7, 3, quo_ternary_coef);
	quo_product_job job = { .z = words(&s, 5, 3), .left = &a, .right = &t };
	quo_test_ok(quo_product(&s, &job, 1, &err));
	assert_int_equal(notes.p[0].spec.kind, QUO_BITS);
	assert_int_equal(notes.converts, 0);
	quo_test_dry_end(&s);
}

static void refused(quo_session *s, const quo_product_job *job, const char *text)
{
	quo_err e = QUO_ERR_INIT;

	assert_int_equal(quo_product(s, job, 1, &e), QUO_BUG);
	assert_non_null(strstr(e.text, text));
	assert_int_equal(notes.products, 0);
}

static void test_refusals(void **state)
{
	const quo_geometry g = {
		.n = 2, .h = 3, .w = 3, .c = 1, .kh = 2, .kw = 2, .sh = 1, .sw = 1, .oh = 2, .ow = 2
	};
	quo_cost cost = QUO_COST_INIT;
	quo_session s;

	(void)state;
	begin(&s, &cost, QUO_SIDE_LEFT, 0);
	quo_value a = bits(&s, 7, 2, 9, NULL), t = bits(&s, 2, 4, 3, quo_ternary_coef),
		  none = { 0 };
	quo_value x = { .arith = words(&s, 5, 7) }, y = { .arith = words(&s, 7, 3) };
	quo_tensor *z = words(&s, 8, 3);
	refused(&s, &(quo_product_job){ .z = z, .left = &none, .right = &t }, "neither bits");
	refused(&s, &(quo_product_job){ .z = words(&s, 5, 3), .left = &x, .right = &y },
		"no operand has bit planes");
	refused(&s, &(quo_product_job){ .z = z, .left = &a, .right = &t, .conv = &g },
		"a row for each patch");
	/* Z^T has the patches as columns. */
	refused(&s,
		&(quo_product_job){ .z = z,
				    .left = &a,
				    .right = &t,
				    .z_t = true,
				    .conv = &g,
				    .patched = QUO_SIDE_LEFT },
		"a row for each patch");
	refused(&s,
		&(quo_product_job){ .z = words(&s, 7, 3),
				    .left = &a,
				    .right = &t,
				    .conv = &g,
				    .patched = QUO_SIDE_LEFT },
		"do not fit the geometry");
	quo_test_dry_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_other_side),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests_name("lower", tests, NULL, NULL);
}
