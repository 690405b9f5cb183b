/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Training steps among three parties with several shares of each element, against the same in the
 * clear: every local operation of the core acts on every share.
 */
#include "twoparty.h"

#include "config/experiment.h"
#include "numerics/step.h"
#include "session/session_core.h"

enum { BATCH = 6, SIDE = 6, CHANNELS = 2, CLASSES = 3, STEPS = 2, MAX_LAYERS = 6 };

static const struct network {
	const char *layer[MAX_LAYERS + 1], *optim, *quant;
} networks[] = {
	/* Windows of whole bytes and of others; both kinds of skips; other dimensions. */
	{ { "{use: conv2d, out: 8, kernel: 3, padding: same}", "{use: maxpool}",
	    "{use: conv2d, out: 8, kernel: 3, padding: same}", "{use: residual, over: 1}",
	    "{use: flatten}", "{use: fc, out: 3}" },
	  "{use: amsgrad}",
	  "{use: npow}" },
	{ { "{use: conv2d, out: 3, kernel: 3}", "{use: maxpool}",
	    "{use: conv2d, out: 5, kernel: 1, stride: 2}",
	    "{use: residual, over: 1, project: true}", "{use: fc, out: 3}" },
	  "{use: sgd}",
	  "{use: wage}" },
};

static quo_err err;

struct loaded {
	quo_experiment *owner[MAX_LAYERS + 3];
	size_t n;
	quo_instance *layer[MAX_LAYERS], *optim, *quant, *protocol;
};

static quo_instance *load(struct loaded *l, quo_kind kind, const char *yaml)
{
	quo_instance *instance = NULL;

	quo_test_ok(quo_component_load(quo_test_registry(), kind, yaml, &l->owner[l->n++],
				       &instance, &err));
	return instance;
}

static quo_network_plan plan_of(struct loaded *l, const struct network *n, const char *protocol)
{
	quo_network_plan plan = { .layers = l->layer,
				  .batch = BATCH,
				  .classes = CLASSES,
				  .n_dims = 3,
				  .dim = { SIDE, SIDE, CHANNELS },
				  .input_signed = true,
				  .seed = 3 };

	for (; n->layer[plan.n_layers]; plan.n_layers++)
		l->layer[plan.n_layers] = load(l, QUO_KIND_LAYER, n->layer[plan.n_layers]);
	plan.optim = load(l, QUO_KIND_OPTIM, n->optim);
	plan.quant = load(l, QUO_KIND_QUANT, n->quant);
	l->protocol = load(l, QUO_KIND_PROTOCOL, protocol);
	return plan;
}

static quo_tensor *share(quo_session *s, quo_spec spec, const int32_t *values)
{
	quo_tensor *t = quo_temp(s, spec, &err);

	assert_non_null(t);
	quo_test_ok(quo_share(s, t, s->party == 0 ? values : NULL, 0, &err));
	return t;
}

static void step(quo_network *net, quo_session *s, uint64_t number, int32_t *right)
{
	const uint32_t x_dim[] = { BATCH, SIDE, SIDE, CHANNELS }, y_dim[] = { BATCH, CLASSES };
	int32_t x[BATCH * SIDE * SIDE * CHANNELS], y[BATCH * CLASSES] = { 0 };
	uint64_t random = number + 1;
	const uint32_t one = 1;
	quo_tensor *e, *a;

	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		x[i] = (int32_t)(quo_test_random(&random) % 255) - 127;
	for (size_t r = 0; r < BATCH; r++)
		y[r * CLASSES + quo_test_random(&random) % CLASSES] = 1;
	quo_tensor *shared_x = share(s, quo_spec_arith(32, 4, x_dim), x);
	quo_tensor *shared_y = share(s, quo_spec_bits(1, false, 2, y_dim), y);
	quo_test_ok(quo_step_forward(net, s, shared_x, shared_y, &e, &err));
	quo_test_ok(quo_step_backward(net, s, e, &err));
	quo_test_ok(quo_step_update(net, s, 0, number, &err));
	quo_tensor *count = quo_temp(s, quo_spec_arith(8, 1, &one), &err);
	assert_non_null(count);
	quo_test_ok(quo_step_predict(net, s, shared_x, &a, &err));
	quo_test_ok(quo_step_count_right(net, s, a, shared_y, count, &err));
	quo_test_ok(quo_reveal(s, count, right, QUO_TO_ALL, &err));
	quo_arena_reset(s->step);
}

#define MAX_WEIGHTS 4096

/* The weights after the steps, and how many predictions were right after each. */
static size_t train(quo_session *s, const struct network *n, const char *protocol, int32_t *out)
{
	struct loaded l = { 0 };
	quo_network_plan plan = plan_of(&l, n, protocol);
	quo_network net;
	size_t size = STEPS;

	s->protocol = l.protocol;
	s->parts = quo_protocol_sharing(l.protocol, s->parties).parts[s->party];
	quo_test_ok(quo_network_init(&net, s, &plan, &err));
	quo_test_ok(quo_protocol_open(s, &err));
	quo_test_ok(quo_network_share_weights(&net, s, &err));
	for (uint64_t i = 0; i < STEPS; i++)
		step(&net, s, i, &out[i]);
	for (uint32_t i = 0; i < net.n_layers; i++) {
		const quo_tensor *v = net.layer[i].v;
		if (!v)
			continue;
		assert_true(size + v->n <= MAX_WEIGHTS);
		quo_test_ok(quo_reveal(s, v, out + size, QUO_TO_ALL, &err));
		size += v->n;
	}
	quo_protocol_close(s);
	quo_network_fini(&net);
	s->protocol = NULL;
	for (size_t i = 0; i < l.n; i++)
		quo_experiment_free(l.owner[i]);
	return size;
}

static void party(quo_session *s, void *arg)
{
	quo_session alone = { .parties = 1,
			      .run = quo_arena_new(&err),
			      .step = quo_arena_new(&err) };
	static int32_t got[MAX_WEIGHTS], want[MAX_WEIGHTS];

	assert_true(alone.run && alone.step);
	size_t n = train(&alone, arg, "{use: clear}", want);
	assert_int_equal(train(s, arg, "{use: replicated}", got), n);
	assert_memory_equal(got, want, n * sizeof *got);
	quo_arena_free(alone.run);
	quo_arena_free(alone.step);
}

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
		quo_test_parties(3, party, (void *)(uintptr_t)&networks[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps) };

	return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
