/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known answers: what must not change by accident, because the other party, an older data share or
 * a published weight depends on it. First the primitives and the public integers, then the bytes
 * that each engine puts on the wire.
 *
 * When a change of bytes is meant: raise the component's wire_version and put the digest that the
 * failure prints here.
 */
#include "base/kernels.h"
#include "twoparty.h"
#include "wire.h"

#include <quotient/circuits.h>
#include <quotient/gc.h>
#include <quotient/ot.h>
#include <quotient/products.h>

static void assert_digest(const char *what, const void *data, size_t n, const char *want)
{
	uint8_t digest[32];
	wire_text text;

	quo_sha256(data, n, digest);
	wire_digest_text(digest, text);
	if (strcmp(text, want))
		fail_msg("%s is now %s", what, text);
}

/* ---- primitives ---- */

enum { N = 1000 };

static void test_hash_and_prgs(void **state)
{
	quo_block start = { { 1, 2 } }, delta = { { 3, 4 } }, *in, *out;

	(void)state;
	in = calloc(N, sizeof *in);
	out = calloc(2 * N, sizeof *out);
	assert_true(in && out);
	for (size_t i = 0; i < N; i++)
		in[i] = (quo_block){ { i, ~i } };
	quo_tccr_pair(start, 5, 8, in, delta, out, out + N, N);
	assert_digest("quo_tccr_pair", out, 2 * N * sizeof *out,
		      "c84249acd71e3f21da8a18d13489f2a968d9e4396bdf4ed44c2c4ce85a30bea6");
	quo_tccr(start, 5, 3, in, out, N);
	assert_digest("quo_tccr", out, N * sizeof *out,
		      "fd19f179a814952c517c7c8093e78fdfa85f81d8e7a766e6c892d026e88a3618");
	quo_prg(start, 7, out, N);
	assert_digest("quo_prg", out, N * sizeof *out,
		      "92c899b05f2bfcc4a53e36408a7500dc2048409f8bcc40a7d5aeb759116ff6c5");
	quo_prg_many(in, 40, 0, 0, out, 25);
	assert_digest("quo_prg_many", out, N * sizeof *out,
		      "45cb4440dbae6035c8a708315aff73b8e393140e0336e418d361a65a5c7f20b3");
	free(in);
	free(out);
}

/* The layout of packed integers and of planes, byte for byte. */
static void test_layouts(void **state)
{
	static const uint32_t in[5] = { 0x12345, 0x2ffff, 0x00001, 0x3abcd, 0x20000 };
	static const uint8_t want[12] = { 0x45, 0x23, 0xfd, 0xff, 0x1b, 0x00,
					  0x40, 0xf3, 0xea, 0x00, 0x00, 0x02 };
	uint8_t out[12];
	uint64_t planes[3];

	(void)state;
	assert_int_equal(quo_packed_bytes(5, 18), sizeof out);
	quo_pack(in, 5, 18, out);
	assert_memory_equal(out, want, sizeof out);
	quo_planes_from_words((const uint32_t[]){ 5, 2, 7, 0 }, 4, 3, planes);
	assert_int_equal(planes[0], 0x5);
	assert_int_equal(planes[1], 0x6);
	assert_int_equal(planes[2], 0x5);
}

/* docs/numerics.md, "Public randomness": computed apart from this code. */
static void test_public_integers(void **state)
{
	static const int weights[8] = { 6, 92, -81, -29, 78, 53, -30, 5 };
	static const uint32_t epoch[12] = { 4, 0, 2, 6, 7, 10, 3, 8, 5, 9, 1, 11 },
			      split[12] = { 4, 8, 0, 7, 5, 3, 10, 1, 2, 6, 11, 9 };
	uint64_t key = quo_public_key(1, 2);
	uint32_t order[12];

	(void)state;
	for (uint64_t j = 0; j < 8; j++)
		assert_int_equal((int)quo_public_below(quo_public_value(key, j), 193) - 96,
				 weights[j]);
	quo_public_order(1, QUO_STREAM_EPOCH + 3, 12, order);
	assert_memory_equal(order, epoch, sizeof order);
	quo_public_order(1, QUO_STREAM_SPLIT, 12, order);
	assert_memory_equal(order, split, sizeof order);
}

/* ---- wire traces ---- */

struct trace {
	void (*body)(quo_session *s);
	const char *want[2]; /* digest of the bytes that each party sends */
	char (*got)[65];     /* or, not NULL: where to put them, in shared memory */
};

static void traced(quo_session *s, void *arg)
{
	const struct trace *trace = arg;
	wire_text text[QUO_MAX_PARTIES];
	int other = 1 - s->party;

	quo_test_seed(s, 0);
	wire_begin(s);
	trace->body(s);
	wire_end(s, text);
	if (trace->got)
		memcpy(trace->got[s->party], text[other], sizeof text[other]);
	else if (strcmp(text[other], trace->want[s->party]))
		fail_msg("party %d now sends %s", s->party, text[other]);
}

enum { OT_COTS_MAX = 800000 };

/* Both directions, one after the other; sizes end with 0. */
static void ot_body(quo_session *s, const char *yaml, const size_t *sizes)
{
	quo_err err = QUO_ERR_INIT;
	quo_block *out = calloc(OT_COTS_MAX, sizeof *out);
	uint64_t *choices = calloc(quo_words(OT_COTS_MAX), sizeof *choices);

	assert_true(out && choices);
	for (int sender = 0; sender < 2; sender++) {
		quo_instance *ot = quo_test_configured_instance(QUO_KIND_OT, yaml);
		const quo_ot_ops *ops = quo_ot(ot);
		quo_test_ok(ops->open(ot->self, s, sender, &err));
		for (size_t i = 0; sizes[i]; i++)
			quo_test_ok(ops->extend(ot->self, s, sizes[i], out,
						s->party == sender ? NULL : choices, &err));
		quo_test_instance_free(ot);
	}
	free(out);
	free(choices);
}

static void iknp_body(quo_session *s)
{
	static const size_t sizes[] = { 1, 128, 1000, 20000, 0 };

	ot_body(s, "iknp", sizes);
}

static void test_iknp(void **state)
{
	struct trace trace = {
		iknp_body,
		{ "c644908090304eb51d3b49d46e6baf62c3b85619e64910e5b8e261c7128bf9fa",
		  "985cb864295404f9367566b986cc9d0ac079a05788356b2bef4e7fa3bf1c3bdb" },
		NULL
	};

	(void)state;
	quo_test_two_parties(traced, &trace);
}

/* Into the second iteration, whose trees are masked with what the code made in the first. */
static void ferret_body(quo_session *s)
{
	static const size_t sizes[] = { 1, 40000, 7, 790000, 6400, 0 };

	ot_body(s, "{use: ferret, set: 10, setup: {use: iknp}}", sizes);
}

static void test_ferret(void **state)
{
	struct trace trace = {
		ferret_body,
		{ "9b1d14b27cfc98ed67956f2c071512721c4a9f0b3ca71b230101e54c1c9de7d3",
		  "ee615c8c80b4c677266b955fcf9f1c9a66401dae153f84c250407d4aa2e28ab7" },
		NULL
	};

	(void)state;
	quo_test_two_parties(traced, &trace);
}

/* ~(((a & b) ^ c) & a), made by hand so that the trace does not depend on the optimiser. */
static void garbling_body(quo_session *s, const char *scheme)
{
	enum { INSTANCES = 700 };
	static const quo_port in = { "in", QUO_PORT_BITS, 3, false, false },
			      out = { "out", QUO_PORT_BITS, 1, false, false };
	static const quo_gate gates[] = { { 0, 1, QUO_GATE_AND, 3 },
					  { 3, 2, QUO_GATE_XOR, 4 },
					  { 4, 0, QUO_GATE_AND, 5 },
					  { 5, 5, QUO_GATE_NOT, 6 } };
	static const uint32_t outputs[] = { 6 };
	const quo_circuit circuit = { .in = &in,
				      .out = &out,
				      .n_in = 1,
				      .n_out = 1,
				      .n_input_wires = 3,
				      .n_output_wires = 1,
				      .n_gates = 4,
				      .n_and = 2,
				      .depth = 2,
				      .gates = gates,
				      .outputs = outputs,
				      .n_slots = 7,
				      .id = UINT64_MAX };
	static quo_block labels[3][INSTANCES], result[INSTANCES];
	const quo_block *const from[] = { labels[0], labels[1], labels[2] };
	quo_block *const to[] = { result };
	quo_instance *gc = quo_test_registered_instance(QUO_KIND_GC, scheme);
	const quo_gc_ops *ops = quo_gc(gc);
	quo_err err = QUO_ERR_INIT;

	/* Equal at both sides: the active labels are those of the value 0. */
	quo_prg((quo_block){ { 9, 9 } }, 0, labels[0], 3 * INSTANCES);
	if (s->party == 0)
		quo_test_ok(ops->garble(gc->self, s, &circuit, INSTANCES,
					(quo_block){ { 0x1357, 0x2468 } }, from, to, &err));
	else
		quo_test_ok(ops->evaluate(gc->self, s, &circuit, INSTANCES, from, to, &err));
	quo_test_instance_free(gc);
}

static void halfgates_body(quo_session *s)
{
	garbling_body(s, "halfgates");
}

static void threehalves_body(quo_session *s)
{
	garbling_body(s, "threehalves");
}

static void test_halfgates(void **state)
{
	struct trace trace = {
		halfgates_body,
		{ "d4edfae0d19cec20f037f096ed73b0872fbabb344606663c47f0e14ab8e72746",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		NULL
	};

	(void)state;
	quo_test_two_parties(traced, &trace);
}

static void test_threehalves(void **state)
{
	struct trace trace = {
		threehalves_body,
		{ "5556277fc2a0f261c77f75e99e1e239b54c0f2fabf8c61a502b18b5ecfa6b102",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		NULL
	};

	(void)state;
	quo_test_two_parties(traced, &trace);
}

static uint64_t tail_mask(size_t n)
{
	return n % 64 ? (UINT64_C(1) << n % 64) - 1 : UINT64_MAX;
}

/* A ternary [m, p] matrix times a [p, n] one at 15 bits, and a conversion of so many six-bit
 * integers. */
static void cot_sized(quo_session *s, uint32_t m, uint32_t p_, uint32_t n, uint32_t converted)
{
	struct {
		int64_t batch, chunk_kib, room[6];
	} config = { 1 << 20, 256, { 0 } };
	static const int32_t coef[] = { 1, -1 };
	quo_spec p = quo_spec_bits(2, false, 2, (uint32_t[]){ m, p_ });
	quo_spec y = quo_spec_arith(15, 2, (uint32_t[]){ p_, n }),
		 z = quo_spec_arith(15, 2, (uint32_t[]){ m, n });
	quo_spec bits = quo_spec_bits(6, true, 1, (uint32_t[]){ converted }),
		 words = quo_spec_arith(12, 1, (uint32_t[]){ converted });
	quo_instance *products = NULL;
	quo_err err = QUO_ERR_INIT;

	for (size_t i = 0; i < quo_registry_count(quo_test_registry()); i++) {
		const quo_registered *r = quo_registry_at(quo_test_registry(), i);
		if (r->component.kind != QUO_KIND_PRODUCTS || strcmp(r->component.name, "cot"))
			continue;
		assert_true(r->component.config_size <= sizeof config);
		quo_test_ok(quo_instance_new(r, &config, &products, &err));
	}
	assert_non_null(products);
	quo_test_open_cots(s, "dealer");
	const quo_products_ops *ops = quo_products(products);
	quo_test_ok(ops->open(products->self, s, &err));

	quo_matrix_job product = { quo_tensor_new(s->step, z, true, &err),
				   quo_tensor_new(s->step, p, true, &err),
				   quo_tensor_new(s->step, y, true, &err),
				   coef,
				   false,
				   false,
				   false };
	quo_tensor *x = quo_tensor_new(s->step, bits, true, &err);
	quo_convert_job convert = { quo_tensor_new(s->step, words, true, &err), x, NULL };
	assert_true(product.z && product.p && product.y && x && convert.z);
	quo_rng_bytes(s->rng, product.y->a, product.y->n * sizeof *product.y->a);
	for (size_t i = 0; i < product.y->n; i++)
		product.y->a[i] &= quo_mask32(15);
	for (unsigned k = 0; k < 2; k++) {
		quo_rng_bytes(s->rng, quo_plane(product.p, k), product.p->words * 8);
		quo_plane(product.p, k)[product.p->words - 1] &= tail_mask(m * p_);
	}
	for (unsigned k = 0; k < 6; k++) {
		quo_rng_bytes(s->rng, quo_plane(x, k), x->words * 8);
		quo_plane(x, k)[x->words - 1] &= tail_mask(converted);
	}
	quo_test_ok(ops->product(products->self, s, &product, 1, &err));
	quo_test_ok(ops->convert(products->self, s, &convert, 1, &err));
	quo_instance_free(products);
}

static void cot_body(quo_session *s)
{
	cot_sized(s, 30, 20, 9, 100);
}

static void test_cot_products(void **state)
{
	struct trace trace = {
		cot_body,
		{ "d6d0cd6172d8af451cc28dc1079b24aa2028afbaf91694232879badf0ea21d7f",
		  "8dc2759aa094f8ee8081d8983e33633b5b4403c56c66329e70cfa65892ce5423" },
		NULL
	};

	(void)state;
	quo_test_two_parties(traced, &trace);
}

/* Two scalar bits times bits of every instance, a COT each, whose hash is the key of a stream; then a gate that takes a
 * COT of every instance. */
static void gmw_body(quo_session *s)
{
	enum { INSTANCES = 700 };
	static const quo_port in[] = { { "s", QUO_PORT_BITS, 2, false, true },
				       { "x", QUO_PORT_BITS, 3, false, false } },
			      out = { "out", QUO_PORT_BITS, 4, false, false };
	static const quo_gate gates[] = { { 0, 2, QUO_GATE_AND, 5 },
					  { 0, 3, QUO_GATE_AND, 6 },
					  { 1, 4, QUO_GATE_AND, 7 },
					  { 5, 6, QUO_GATE_AND, 8 } };
	static const uint32_t outputs[] = { 5, 6, 7, 8 };
	const quo_circuit circuit = { .in = in,
				      .out = &out,
				      .n_in = 2,
				      .n_out = 1,
				      .n_input_wires = 5,
				      .n_output_wires = 4,
				      .n_gates = 4,
				      .n_and = 4,
				      .depth = 2,
				      .gates = gates,
				      .outputs = outputs,
				      .n_slots = 9,
				      .id = UINT64_MAX };
	quo_err err = QUO_ERR_INIT;
	uint32_t one = 1, n = INSTANCES;

	quo_test_open_cots(s, "dealer");
	quo_instance *gmw = quo_test_registered_instance(QUO_KIND_CIRCUITS, "gmw");
	const quo_circuits_ops *ops = quo_circuits(gmw);
	quo_test_ok(ops->open(gmw->self, s, &err));
	quo_tensor *select = quo_tensor_new(s->step, quo_spec_bits(2, false, 1, &one), true, &err);
	quo_tensor *x = quo_tensor_new(s->step, quo_spec_bits(3, false, 1, &n), true, &err);
	quo_tensor *z = quo_tensor_new(s->step, quo_spec_bits(4, false, 1, &n), true, &err);
	assert_true(select && x && z);
	for (unsigned k = 0; k < 2; k++)
		*quo_plane(select, k) = (unsigned)s->party ^ k;
	for (unsigned k = 0; k < 3; k++) {
		quo_rng_bytes(s->rng, quo_plane(x, k), x->words * 8);
		quo_plane(x, k)[x->words - 1] &= tail_mask(INSTANCES);
	}
	quo_map_job job = { .circuit = &circuit, .n = n, .in = { select, x }, .out = { z } };
	quo_test_ok(ops->map(gmw->self, s, &job, 1, &err));
	quo_instance_free(gmw);
}

static void test_gmw(void **state)
{
	struct trace trace = {
		gmw_body,
		{ "5324ca72b4b162f70dcd689cad5199d2a5c3447426fc528902be56e6d7ef66cc",
		  "5a76b1d747def3897413b12c3ce7875504a390cd48880ed262b4dda3cc6240a2" },
		NULL
	};

	(void)state;
	quo_test_two_parties(traced, &trace);
}

/* ---- threads ---- */

/* Large enough that several threads work at it, and not a multiple of anything. */
static void large_ot_body(quo_session *s, const char *name)
{
	enum { COTS = 100003 };
	quo_err err = QUO_ERR_INIT;
	quo_instance *ot = quo_test_registered_instance(QUO_KIND_OT, name);
	const quo_ot_ops *ops = quo_ot(ot);
	quo_block *out = calloc(COTS, sizeof *out);
	uint64_t *choices = calloc(quo_words(COTS), sizeof *choices);

	assert_true(out && choices);
	quo_test_ok(ops->open(ot->self, s, 0, &err));
	quo_test_ok(ops->extend(ot->self, s, COTS, out, s->party ? choices : NULL, &err));
	quo_test_instance_free(ot);
	free(out);
	free(choices);
}

static void large_iknp_body(quo_session *s)
{
	large_ot_body(s, "iknp");
}

static void large_softspoken_body(quo_session *s)
{
	large_ot_body(s, "softspoken");
}

/* Sliced rows with a tail, and words. */
static void large_sliced_body(quo_session *s)
{
	cot_sized(s, 41, 153, 72, 100001);
}

static void large_words_body(quo_session *s)
{
	cot_sized(s, 83, 301, 11, 0);
}

static void test_threads(void **state)
{
	static void (*const bodies[])(quo_session *) = { large_iknp_body,   large_softspoken_body,
							 halfgates_body,    threehalves_body,
							 large_sliced_body, large_words_body };
	static const char *const threads[] = { "1", "2", "4", "7" };
	char first[2][65], (*got)[65] = quo_test_shared(2, sizeof *got);
	char *before = getenv("QUOTIENT_TEST_THREADS");

	(void)state;
	before = before ? strdup(before) : NULL;
	for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++) {
		for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
			struct trace trace = { bodies[b], { NULL, NULL }, got };
			setenv("QUOTIENT_TEST_THREADS", threads[t], 1);
			quo_test_two_parties(traced, &trace);
			if (!t)
				memcpy(first, got, sizeof first);
			if (memcmp(first, got, sizeof first))
				fail_msg("body %zu sends other bytes with %s threads", b,
					 threads[t]);
		}
	}
	if (before)
		setenv("QUOTIENT_TEST_THREADS", before, 1);
	else
		unsetenv("QUOTIENT_TEST_THREADS");
	free(before);
	quo_test_unshare(got, 2, sizeof *got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_and_prgs),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_public_integers),
		cmocka_unit_test(test_iknp),
		cmocka_unit_test(test_gmw),
		cmocka_unit_test(test_ferret),
		cmocka_unit_test(test_halfgates),
		cmocka_unit_test(test_threehalves),
		cmocka_unit_test(test_cot_products),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
