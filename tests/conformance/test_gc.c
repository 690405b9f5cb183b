/* SPDX-License-Identifier: Apache-2.0 */
/* Every registered garbling scheme: labels against the circuit in the clear, cost, fresh tweaks,
 * tampering. */
#include "sample.h"

static const size_t sizes[] = { 0,  1,  7,  8,   9,   15,  16,  17,  31,  32,  33,
				63, 64, 65, 127, 128, 129, 255, 256, 257, 1000 };

/* ---- the two parties' labels: both know them all, as only a test may ---- */

struct labels {
	const struct sample *sample;
	quo_block delta;
	quo_block *in_data, *out_data; /* this party's */
	const quo_block **in;
	quo_block **out;
};

static quo_block random_block(uint64_t *rng)
{
	quo_block b;

	b.w[0] = quo_test_random(rng);
	b.w[1] = quo_test_random(rng);
	return b;
}

static struct labels labels_new(const struct sample *s, int party, uint64_t seed)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuit *c = s->c;
	struct labels l = { .sample = s, .delta = random_block(&seed) };
	uint32_t w = 0;

	l.delta.w[0] |= 1;
	l.in_data = quo_alloc(c->n_input_wires * (s->n + 1), sizeof *l.in_data, &err);
	l.out_data = quo_alloc(c->n_output_wires * s->n, sizeof *l.out_data, &err);
	l.in = quo_alloc(c->n_input_wires, sizeof *l.in, &err);
	l.out = quo_alloc(c->n_output_wires, sizeof *l.out, &err);
	assert_true(l.in_data && l.out_data && l.in && l.out);
	for (uint32_t p = 0; p < c->n_in; p++) {
		for (unsigned k = 0; k < c->in[p].width; k++, w++) {
			size_t n = c->in[p].scalar ? 1 : s->n;
			quo_block *row = l.in_data + w * (s->n + 1);
			const uint64_t *plane = sample_plane(s->in[p], n, k);
			for (size_t i = 0; i < n; i++) {
				row[i] = random_block(&seed);
				if (party == 1)
					row[i] = quo_xor_if(row[i], l.delta,
							    plane[i / 64] >> (i % 64) & 1);
			}
			l.in[w] = row;
		}
	}
	for (uint32_t o = 0; o < c->n_output_wires; o++)
		l.out[o] = l.out_data + o * s->n;
	return l;
}

static void labels_free(struct labels *l)
{
	quo_free(l->in_data);
	quo_free(l->out_data);
	quo_free(l->in);
	quo_free(l->out);
}

static void run_gc(const quo_instance *gc, quo_session *s, struct labels *l)
{
	quo_err err = QUO_ERR_INIT;
	const quo_gc_ops *ops = quo_gc(gc);
	const struct sample *x = l->sample;

	if (s->party == 0) {
		quo_test_ok(ops->garble(gc->self, s, x->c, x->n, l->delta, l->in, l->out, &err));
		quo_test_ok(quo_channel_flush(s->peer, &err));
	} else {
		quo_test_ok(ops->evaluate(gc->self, s, x->c, x->n, l->in, l->out, &err));
	}
}

/* Party 0 shows its zero labels; party 1 counts the output labels that are not zero label ^ value *
 * Delta. */
static size_t wrong_labels(quo_session *s, const struct labels *l)
{
	quo_err err = QUO_ERR_INIT;
	const quo_circuit *c = l->sample->c;
	size_t n = l->sample->n, bytes = n * c->n_output_wires * sizeof(quo_block), wrong = 0,
	       o = 0;

	if (s->party == 0) {
		quo_test_ok(quo_channel_send(s->peer, l->out_data, bytes, &err));
		quo_test_ok(quo_channel_flush(s->peer, &err));
		return 0;
	}
	quo_block *zero = quo_alloc(1, bytes, &err);
	assert_non_null(zero);
	quo_test_ok(quo_channel_recv(s->peer, zero, bytes, &err));
	for (uint32_t p = 0; p < c->n_out; p++) {
		for (unsigned k = 0; k < c->out[p].width; k++, o++) {
			const uint64_t *plane = sample_plane(l->sample->want[p], n, k);
			for (size_t i = 0; i < n; i++) {
				uint64_t v = plane[i / 64] >> (i % 64) & 1;
				quo_block want = quo_xor_if(zero[o * n + i], l->delta, v);
				wrong += memcmp(&want, &l->out[o][i], sizeof want) != 0;
			}
		}
	}
	quo_free(zero);
	return wrong;
}

/* ---- running every scheme ---- */

typedef void gc_test(const quo_instance *gc, quo_session *s);

struct party_arg {
	const quo_registered *scheme;
	gc_test *test;
};

static void party(quo_session *s, void *arg)
{
	const struct party_arg *a = arg;
	quo_err err = QUO_ERR_INIT;
	quo_instance *gc;
	void *config = quo_alloc(1, a->scheme->component.config_size, &err);

	quo_test_ok(quo_instance_new(a->scheme, config, &gc, &err));
	a->test(gc, s);
	quo_instance_free(gc);
	quo_free(config);
}

static void every_scheme(gc_test *test)
{
	quo_registry *registry = quo_test_registry();
	size_t seen = 0;

	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_registered *r = quo_registry_at(registry, i);
		if (r->component.kind != QUO_KIND_GC)
			continue;
		struct party_arg arg = { r, test };
		quo_test_two_parties(party, &arg);
		seen++;
	}
	assert_true(seen > 0);
}

/* ---- tests ---- */

/* One sample: right labels, exactly table_bytes() from the garbler, equal tweaks afterwards. */
static void check_sample(const quo_instance *gc, quo_session *s, struct sample x, uint64_t seed)
{
	quo_err err = QUO_ERR_INIT;
	const quo_gc_ops *ops = quo_gc(gc);
	struct labels l = labels_new(&x, s->party, seed);
	quo_traffic before = quo_channel_traffic(s->peer);
	uint64_t other = s->tweak_next[QUO_DOMAIN_GC_0];

	run_gc(gc, s, &l);
	quo_traffic after = quo_channel_traffic(s->peer);
	uint64_t bytes = ops->table_bytes(gc->self, x.c, x.n);
	assert_int_equal(after.sent_bytes - before.sent_bytes, s->party == 0 ? bytes : 0);
	assert_int_equal(after.received_bytes - before.received_bytes, s->party == 0 ? 0 : bytes);
	if (!x.n || !x.c->n_and)
		assert_int_equal(bytes, 0);
	else
		assert_true(s->tweak_next[QUO_DOMAIN_GC_0] > other);
	size_t wrong = wrong_labels(s, &l);
	if (wrong)
		fail_msg("%zu labels are wrong with n = %zu, seed %llu", wrong, x.n,
			 (unsigned long long)seed);
	if (s->party == 0) {
		quo_test_ok(quo_channel_send(s->peer, s->tweak_next, sizeof s->tweak_next, &err));
		quo_test_ok(quo_channel_flush(s->peer, &err));
	} else {
		uint64_t tweaks[QUO_DOMAINS];
		quo_test_ok(quo_channel_recv(s->peer, tweaks, sizeof tweaks, &err));
		assert_memory_equal(tweaks, s->tweak_next, sizeof tweaks);
	}
	labels_free(&l);
	sample_free(&x);
}

static void random_circuits(const quo_instance *gc, quo_session *s)
{
	uint64_t rng = 11;

	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (unsigned gates = 8; gates <= 512; gates *= 8)
			check_sample(gc, s,
				     sample_new(&rng, sample_random_circuit(&rng, gates), sizes[i]),
				     i);
}

static void integer_circuits(const quo_instance *gc, quo_session *s)
{
	uint64_t rng = 12;

	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
		check_sample(gc, s,
			     sample_new(&rng, sample_integer_circuit(QUO_PORT_BITS), sizes[i]), i);
	/* More tables than any buffer. */
	check_sample(gc, s, sample_new(&rng, sample_integer_circuit(QUO_PORT_BITS), 20011), 99);
}

/* So many live wires that a scheme must shrink what it works on at a time. */
static void wide_circuit(const quo_instance *gc, quo_session *s)
{
	static const size_t n[] = { 1, 8, 33, 100 };
	uint64_t rng = 13;

	for (unsigned i = 0; i < sizeof n / sizeof *n; i++) {
		quo_builder *b = quo_builder_new(QUO_SMALL);
		quo_err err = QUO_ERR_INIT;
		quo_int x = quo_input(b, "x", QUO_PORT_BITS, 64, false, false);
		quo_int y = quo_input(b, "y", QUO_PORT_BITS, 64, false, false);
		quo_int sum = quo_const(0, 64, false);
		quo_int part[40];
		for (unsigned j = 0; j < 40; j++)
			part[j] = quo_and_bit(b, x, y.bit[j]);
		for (unsigned j = 0; j < 40; j++)
			sum = quo_xor_int(
				b,
				quo_and_bit(b, part[j], quo_bit_xor(b, sum.bit[j], y.bit[63 - j])),
				sum);
		quo_output(b, "sum", sum);
		quo_circuit *c = quo_circuit_finish(b, &err);
		assert_non_null(c);
		check_sample(gc, s, sample_new(&rng, c, n[i]), i);
	}
}

static void free_circuits(const quo_instance *gc, quo_session *s)
{
	uint64_t rng = 14;

	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		check_sample(gc, s, sample_new(&rng, sample_free_circuit(), sizes[i]), i);
		check_sample(gc, s, sample_new(&rng, sample_constant_circuit(), sizes[i]), i);
	}
}

static quo_circuit *one_and(bool scalar)
{
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_err err = QUO_ERR_INIT;
	quo_int x = quo_input(b, "x", QUO_PORT_BITS, 1, false, scalar);
	quo_int y = quo_input(b, "y", QUO_PORT_BITS, 1, false, scalar);

	quo_output(b, "and", quo_and_bit(b, x, y.bit[0]));
	quo_circuit *c = quo_circuit_finish(b, &err);
	assert_non_null(c);
	return c;
}

static int compare_blocks(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(quo_block));
}

/* Equal input labels in all instances and in two calls: every hash call must still have a point of
 * its own. */
static void shared_labels(const quo_instance *gc, quo_session *s)
{
	enum { N = 200 };
	quo_err err = QUO_ERR_INIT;
	uint64_t rng = 15;
	struct sample x = sample_new(&rng, one_and(true), N);
	struct labels l = labels_new(&x, s->party, 1);
	quo_block *all = quo_alloc(2 * N, sizeof *all, &err);

	assert_non_null(all);
	for (int call = 0; call < 2; call++) {
		run_gc(gc, s, &l);
		assert_int_equal(wrong_labels(s, &l), 0);
		memcpy(all + call * N, l.out[0], N * sizeof *all);
	}
	qsort(all, 2 * N, sizeof *all, compare_blocks);
	for (int i = 1; i < 2 * N; i++)
		assert_int_not_equal(compare_blocks(&all[i - 1], &all[i]), 0);
	quo_free(all);
	labels_free(&l);
	sample_free(&x);
}

/* ---- tampering ---- */

struct tamper {
	quo_channel base;
	quo_channel *inner;
	uint64_t at, seen;
};

static quo_status tamper_recv(quo_channel *ch, void *data, size_t n, quo_err *err)
{
	struct tamper *t = (struct tamper *)ch;

	QUO_TRY(quo_channel_recv(t->inner, data, n, err));
	if (t->at >= t->seen && t->at < t->seen + n)
		((uint8_t *)data)[t->at - t->seen] ^= 0x10;
	t->seen += n;
	return QUO_OK;
}

static const quo_channel_ops tamper_ops = { .name = "tamper", .recv = tamper_recv };

/* A flipped bit matters when colours select its ciphertext: for half of the table's bytes or so. */
static void broken_tables(const quo_instance *gc, quo_session *s)
{
	const quo_gc_ops *ops = quo_gc(gc);
	uint64_t rng = 16;
	struct sample x = sample_new(&rng, one_and(false), 32);
	struct labels l = labels_new(&x, s->party, 2);
	uint64_t bytes = ops->table_bytes(gc->self, x.c, x.n), noticed = 0;

	assert_true(bytes > 0);
	for (uint64_t at = 0; at < bytes; at++) {
		struct tamper t = { .base = { .ops = &tamper_ops }, .inner = s->peer, .at = at };
		quo_channel *peer = s->peer;
		if (s->party == 1)
			s->peer = &t.base;
		run_gc(gc, s, &l);
		s->peer = peer;
		noticed += wrong_labels(s, &l) > 0;
	}
	if (s->party == 1)
		assert_in_range(noticed, bytes / 4, bytes);
	labels_free(&l);
	sample_free(&x);
}

static void wrong_delta(const quo_instance *gc, quo_session *s)
{
	quo_err err = QUO_ERR_INIT;
	const quo_gc_ops *ops = quo_gc(gc);
	uint64_t rng = 17;
	struct sample x = sample_new(&rng, one_and(true), 1);
	struct labels l = labels_new(&x, s->party, 3);

	if (s->party == 0) {
		l.delta.w[0] &= ~UINT64_C(1);
		assert_int_equal(ops->garble(gc->self, s, x.c, 1, l.delta, l.in, l.out, &err),
				 QUO_BUG);
		quo_test_assert_error(&err, QUO_BUG, "Delta");
	}
	labels_free(&l);
	sample_free(&x);
}

#define GC_TEST(name) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		every_scheme(name); \
	}

GC_TEST(random_circuits)
GC_TEST(integer_circuits)
GC_TEST(wide_circuit)
GC_TEST(free_circuits)
GC_TEST(shared_labels)
GC_TEST(broken_tables)
GC_TEST(wrong_delta)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_circuits), cmocka_unit_test(test_integer_circuits),
		cmocka_unit_test(test_wide_circuit),    cmocka_unit_test(test_free_circuits),
		cmocka_unit_test(test_shared_labels),   cmocka_unit_test(test_broken_tables),
		cmocka_unit_test(test_wrong_delta),
	};

	return cmocka_run_group_tests_name("gc", tests, NULL, NULL);
}
