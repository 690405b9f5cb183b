/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of protocol/replicated, verb by verb, from every party to each of its neighbours. A
 * change of them needs another wire_version; then put here what the failure prints.
 */
#include "wire.h"

enum { PARTIES = 3, N = 700 };

static quo_err err;

/* ---- operands ---- */

static quo_tensor *temp(quo_session *s, quo_spec spec)
{
	quo_tensor *t = quo_temp(s, spec, &err);

	assert_non_null(t);
	return t;
}

/* Values of the spec's width that follow from the seed, shared by `from`. */
static quo_tensor *input(quo_session *s, quo_spec spec, int from, uint64_t seed)
{
	quo_tensor *t = temp(s, spec);
	int32_t *values = quo_arena_alloc(s->step, t->n, sizeof *values, &err);

	assert_non_null(values);
	for (size_t i = 0; i < t->n; i++)
		values[i] = quo_sign_extend((uint32_t)quo_test_random(&seed), spec.width);
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

/* ---- verbs: what comes before is not pinned ---- */

struct verb {
	const char *name, *options;
	void (*run)(quo_session *s);
	quo_link link;
	const char *want[PARTIES][2]; /* to party me + 1, to party me + 2 */
};

static void share(quo_session *s)
{
	for (int from = 0; from < PARTIES; from++) {
		input(s, words(19), from, 1);
		input(s, bits(7), from, 2);
	}
}

static void reveal(quo_session *s)
{
	quo_tensor *x = input(s, words(21), 0, 3), *y = input(s, bits(5), 1, 4);
	int32_t out[N];

	wire_begin(s);
	for (int to = QUO_TO_ALL; to < PARTIES; to++) {
		bool learns = to == QUO_TO_ALL || to == s->party;
		quo_test_ok(quo_reveal(s, x, learns ? out : NULL, to, &err));
		quo_test_ok(quo_reveal(s, y, learns ? out : NULL, to, &err));
	}
}

/* Signed, ternary, and one that is no multiple of anything. */
static void convert(quo_session *s)
{
	quo_spec odd = quo_spec_bits(8, false, 1, (uint32_t[]){ 9001 });
	quo_tensor *x[3] = { input(s, bits(8), 0, 5), input(s, bits(2), 1, 6),
			     input(s, odd, 2, 7) };
	quo_convert_job jobs[3] = {
		{ .z = temp(s, words(22)), .x = x[0] },
		{ .z = temp(s, words(18)), .x = x[1], .coef = quo_ternary_coef },
		{ .z = temp(s, quo_spec_arith(17, 1, odd.dim)), .x = x[2] },
	};

	wire_begin(s);
	quo_test_ok(quo_convert(s, jobs, 3, &err));
}

static void product(quo_session *s)
{
	quo_spec left = quo_spec_arith(20, 2, (uint32_t[]){ 30, 21 }),
		 right = quo_spec_arith(20, 2, (uint32_t[]){ 21, 9 });
	quo_value x = { .arith = input(s, left, 0, 8), .ring = 20 },
		  y = { .arith = input(s, right, 2, 9), .ring = 20 };
	quo_product_job jobs[2] = {
		{ .z = temp(s, quo_spec_arith(20, 2, (uint32_t[]){ 30, 9 })),
		  .left = &x,
		  .right = &y },
		{ .z = temp(s, quo_spec_arith(15, 2, (uint32_t[]){ 30, 9 })),
		  .left = &x,
		  .right = &y },
	};

	wire_begin(s);
	quo_test_ok(quo_product(s, jobs, 2, &err));
}

/* Bits and integers of every instance, and bits of all of them; made by hand, so that it does not
 * depend on the optimiser: but the adder of the integers' summands is the builder's. */
static void map(quo_session *s)
{
	static const quo_port in[] = { { "x", QUO_PORT_BITS, 3, false, false },
				       { "y", QUO_PORT_ARITH, 4, true, false },
				       { "s", QUO_PORT_BITS, 2, false, true } },
			      out = { "out", QUO_PORT_BITS, 4, false, false };
	static const quo_gate gates[] = {
		{ 0, 1, QUO_GATE_AND, 9 },   { 9, 3, QUO_GATE_AND, 10 },
		{ 7, 6, QUO_GATE_AND, 11 },  { 10, 4, QUO_GATE_XOR, 12 },
		{ 12, 5, QUO_GATE_AND, 13 }, { 2, 2, QUO_GATE_NOT, 14 },
		{ 14, 8, QUO_GATE_AND, 15 },
	};
	static const uint32_t outputs[] = { 10, 11, 13, 15 };
	const quo_circuit circuit = { .in = in,
				      .out = &out,
				      .n_in = 3,
				      .n_out = 1,
				      .n_input_wires = 9,
				      .n_output_wires = 4,
				      .n_gates = 7,
				      .n_and = 5,
				      .depth = 3,
				      .gates = gates,
				      .outputs = outputs,
				      .n_slots = 16,
				      .id = UINT64_MAX };
	quo_map_job job = { .circuit = &circuit, .n = N };

	job.in[0] = input(s, bits(3), 0, 10);
	job.in[1] = input(s, words(6), 1, 11);
	job.in[2] = input(s, quo_spec_bits(2, false, 1, (uint32_t[]){ 1 }), 2, 12);
	job.out[0] = temp(s, quo_spec_bits(4, false, 1, (uint32_t[]){ N }));
	wire_begin(s);
	quo_test_ok(quo_map(s, &job, 1, &err));
}

#define NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SLOW \
	{ \
		1e-6, 1e6 \
	} /* bytes count */
#define FAR \
	{ \
		0.1, 1e9 \
	} /* rounds count */

/* clang-format off */
static const struct verb verbs[] = {
	{ "open, share", "replicated", share, { 0, 0 },
	  { { "cc71b29b87ea55327eff88a065236ac934a589ddc4715056a8ac625fa35505a7",
	      "b40483529fef2c14fcf5d17b89c4384b816b2e9da7ceded87002e8d098b9dab5" },
	    { "7407c884944d9aadb32b897b719026383478d93d118a221cba11a47de46868dd",
	      "ead382d5b8115677fab2c53fb57c55ddfadfb714ac9746dc4c6749e649414e99" },
	    { "83749305920b057b8984677da9a0d222ad682a2817d7222216c01bf7837a9289",
	      "72371a98b5f13abc33196419afe3e6696a1fa3a082957b3d0767236f0644b680" } } },
	{ "reveal", "replicated", reveal, { 0, 0 },
	  { { "c346a330160f15951d917166d9edc1bd3717cc3090df7e7df07f5dbaa06bc08f",
	      NOTHING },
	    { "24d1958242eaba5d4b165d2c4fc3ed44b4b5c46956e68624cf5ad427e5195309",
	      NOTHING },
	    { "39de545e94f2eb1f85fd3ec90052255907abea73f4ffe97903794350ac5897af",
	      NOTHING } } },
	{ "convert by bits", "replicated", convert, FAR,
	  { { "cb65456d627b41af5d42b407a2bb21572010df6489050b16086b7213519ad7fa",
	      "6bd8fe0e50aee3980869fbb006bb1e32a724c680ca64fa2d243c236cc94d8262" },
	    { "548918d970d5eac68ae362120cc514f687a23a6d36fd062705c47ba78a8a25ad",
	      "5c5743275de70a98c6abee4cd78cd4f083b7fa47435d3386ef13385d90eefe31" },
	    { "06f79d8ed92d90e84345a760aa57d824b98f1442dcc9c87e9f7f7df69af0cf99",
	      "dfbcc71e7fcf6e2154027e608cd3c4bd344caab890d64143421a849969be39e2" } } },
	{ "convert by words", "replicated", convert, SLOW,
	  { { "d0b77165af6a6771e985b3d40ab9f3b253c92125ed0b37c2064cc7a8963dd51a",
	      "ebb42d1aad847727b91b49441cfb429d2a11596256a292f90db370bf8185af0d" },
	    { "3189159a581ea480c0c3a7471999e95681cc776d24a602a77031d237e072b076",
	      "338ff73d14fb81bee2c4a2d21e4cab974f825458dd3e19c1abc47fb0d64f05b7" },
	    { "8fd0aec676dcd914cefb6381c47840a8ae43204b344b1b9dd3b8690478141372",
	      "8bb1463bcdbcb2f76bd993b21809359016cbb511f3e4df4ded0e51527605adef" } } },
	{ "product", "replicated", product, { 0, 0 },
	  { { NOTHING,
	      "bb93627532f56c6fe5e5bfbc85e8858c02b386e84b136af917fc493730ac6b98" },
	    { NOTHING,
	      "6f38a03ba5937e8eca614c9ecb6b6d04d883a7d1571433ccf965142f62e767cb" },
	    { NOTHING,
	      "36835647d12e9f1d5de55041eef66e2a37b3f14d2cc795e67896bb43edf70222" } } },
	{ "map, small", "{use: replicated, goal: small}", map, { 0, 0 },
	  { { "9aa2397b2aa2edc3258c25f0636a4c74c0941f96b72597f0dba3ae8a111e2702",
	      "920530353cd0f7481f28c25dc44b151da7c8b9121b3c3420189b7c754680a31a" },
	    { NOTHING,
	      "07d936ce92da5038535725ea6b152fee0ca5ecc11087dc22efcd9015b71a27a2" },
	    { NOTHING,
	      "d53d9131b13982c3323773d5d08ba9c0efa4ae4b5818ee6c7893db6f323968ff" } } },
	{ "map, shallow", "{use: replicated, goal: shallow}", map, { 0, 0 },
	  { { "9aa2397b2aa2edc3258c25f0636a4c74c0941f96b72597f0dba3ae8a111e2702",
	      "f2cd9142558c158d83859d32ee2e2b6bd64f069374561d7e44ec61b4c26df78f" },
	    { NOTHING,
	      "60e9deab7f6ea5c0c704cd20c014a96ec3ce8a1c40643c9132861486beb13353" },
	    { NOTHING,
	      "0c0b270a8539de638594b0510bd00c097f36bb21d2b2d915988214d6e5629f1e" } } },
};
/* clang-format on */

static void traced(quo_session *s, void *arg)
{
	const struct verb *verb = arg;
	quo_instance *protocol = quo_test_configured_instance(QUO_KIND_PROTOCOL, verb->options);
	wire_text text[QUO_MAX_PARTIES];
	unsigned wrong = 0;

	quo_test_seed(s, 0);
	s->link = verb->link;
	quo_test_use_protocol(s, protocol);
	wire_begin(s);
	quo_test_ok(quo_protocol_open(s, &err));
	verb->run(s);
	wire_end(s, text);
	for (int k = 0; k < 2; k++) {
		int to = (s->party + 1 + k) % PARTIES;
		if (!strcmp(text[to], verb->want[s->party][k]))
			continue;
		print_message("%s: party %d now sends to party %d %s\n", verb->name, s->party, to,
			      text[to]);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	quo_protocol_close(s);
	quo_instance_free(protocol);
}

static void test_verbs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		struct verb verb = verbs[i];
		quo_test_parties(PARTIES, traced, &verb);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_verbs) };

	return cmocka_run_group_tests_name("replicated_wire", tests, NULL, NULL);
}
