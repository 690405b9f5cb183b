/* SPDX-License-Identifier: Apache-2.0 */
/* Every optimiser with every quantiser: the update circuit against the formulas of
 * docs/numerics.md. */
#include "optim_rules.h"
#include "optim_updates.h"

/* ---- sgd ---- */
static uint32_t check_sgd(const char *quant, unsigned width, int r, quo_goal goal)
{
	enum { N = 3000 };
	char yaml[64], quant_yaml[64];
	uint64_t *in[4], *out = calloc(N, 8), rng = width;

	snprintf(yaml, sizeof yaml, "{use: sgd, lr_shift: %d}", r);
	snprintf(quant_yaml, sizeof quant_yaml, "{use: %s}", quant);
	pair p = load(yaml, quant_yaml);
	quo_circuit *c = build_update(&p, width, 0, goal);
	for (int i = 0; i < 4; i++)
		in[i] = calloc(N, 8);
	for (size_t i = 0; i < N; i++) {
		in[V][i] = (uint64_t)((int64_t)(next_random(&rng) % 255) - 127);
		if (i % 7 == 0)
			in[V][i] = (uint64_t)(i % 2 ? 127 : -127);
		in[G][i] = (uint64_t)random_gradient(quant, width, &in[S][i], &rng);
		in[RANDOM][i] = next_random(&rng) & 255;
	}
	run_circuit(c, N, (const uint64_t *const *)in, &out);
	for (size_t i = 0; i < N; i++) {
		int64_t g = (int64_t)in[G][i], v = (int64_t)in[V][i];
		int k = (int)in[S][i] - 7 + r;
		int64_t step =
			strcmp(quant, "wage") ? rs(g, k) : wage_step(g, k, (int64_t)in[RANDOM][i]);
		int64_t got = as_int(out[i], 8, true), want = sat(v - step);
		if (got != want)
			fail_msg("sgd %s at %u bits, r = %d: V = %lld, G = %lld, s = %lld: %lld, "
				 "not %lld",
				 quant, width, r, (long long)v, (long long)g, (long long)in[S][i],
				 (long long)got, (long long)want);
	}
	uint32_t n_and = c->n_and;
	for (int i = 0; i < 4; i++)
		free(in[i]);
	free(out);
	quo_circuit_free(c);
	unload(p);
	return n_and;
}

static void test_sgd(void **state)
{
	static const char *const quants[] = { "npow", "cpow", "wage" };
	static const unsigned widths[] = { 3, 8, 17, 22, 31 };

	(void)state;
	for (int q = 0; q < 3; q++)
		for (int w = 0; w < 5; w++)
			for (int r = 0; r <= 15; r += 1 + (r > 7))
				check_sgd(quants[q], widths[w], r, r % 3 ? QUO_SMALL : QUO_SHALLOW);
}

/* ---- amsgrad, amsgrad-std ---- */
/* Gradient number i of n in step t. Kinds: anything; the largest there is; of one sign; constant |g|, so that states
 * settle. */
static int64_t gradient_of_kind(const char *quant, unsigned width, size_t i, size_t n, int t,
				uint64_t *s, uint64_t *rng)
{
	int64_t g = random_gradient(quant, width, s, rng), end = INT64_C(1) << (width - 1);
	unsigned kind = i % 8;

	if (kind == 1 || kind == 2)
		g = kind == 1 ? -most(quant, (unsigned)*s, true) : most(quant, (unsigned)*s, false);
	if (kind == 3)
		g = g < 0 ? -g - 1 : g;
	if (kind >= 4 && width > 9) {
		*s = 8;
		g = (int64_t)(2 * (i / 8 * 128 / (n / 8)));
		g = kind == 4 || (kind == 5 && t % 20 < 13) ? g : kind == 6 && t < 60 ? g : -g;
		g = kind == 7 && t == 70 ? 255 : g;
	}
	return g >= end ? end - 1 : g < -end ? -end : g;
}

/* Whether update i gave these integers. What it gave becomes the next step's state. */
static bool step_is(const rule *of, const quo_circuit *c, uint64_t *in[7], uint64_t *out[4],
		    size_t i, int64_t want, const moments *x, int64_t got[4])
{
	for (int k = 0; k < 4; k++) {
		got[k] = as_int(out[k][i], c->out[k].width, c->out[k].is_signed);
		in[k ? STATE + k - 1 : V][i] = (uint64_t)got[k];
	}
	return got[0] == want && got[1] == x->m && got[2] == x->u && got[3] == of->held(x->h);
}

/* Runs of training: n weights from zero state over steps gradients of many kinds. */
static uint32_t check_amsgrad(const rule *of, const char *quant, unsigned width, int r,
			      quo_goal goal, int steps)
{
	enum { N = 640 };
	char yaml[64], quant_yaml[64];
	uint64_t *in[7], *out[4], rng = width + (unsigned)r;
	moments x[N] = { 0 };

	snprintf(yaml, sizeof yaml, "{use: %s, lr_shift: %d}", of->name, r);
	snprintf(quant_yaml, sizeof quant_yaml, "{use: %s}", quant);
	pair p = load(yaml, quant_yaml);
	quo_circuit *c = build_update(&p, width, 0, goal);
	assert_int_equal(c->n_in, 7);
	assert_int_equal(c->n_out, 4);
	lanes_new(in, out, N);
	for (int t = 0; t < steps; t++) {
		int64_t want[N];
		for (size_t i = 0; i < N; i++) {
			int64_t g = gradient_of_kind(quant, width, i, N, t, &in[S][i], &rng);
			in[G][i] = (uint64_t)g;
			int64_t step = of->step(&x[i], rs(g, (int)in[S][i] - 7), r);
			want[i] = sat((int64_t)in[V][i] - step);
		}
		run_circuit(c, N, (const uint64_t *const *)in, out);
		for (size_t i = 0; i < N; i++) {
			int64_t got[4];
			if (!step_is(of, c, in, out, i, want[i], &x[i], got))
				fail_msg("%s %s at %u bits, r = %d, step %d, G = %lld, s = "
					 "%lld: V M U and of H = %lld %lld "
					 "%lld %lld, not %lld %lld %lld %lld",
					 of->name, quant, width, r, t, (long long)in[G][i],
					 (long long)in[S][i], (long long)got[0], (long long)got[1],
					 (long long)got[2], (long long)got[3], (long long)want[i],
					 (long long)x[i].m, (long long)x[i].u,
					 (long long)of->held(x[i].h));
		}
	}
	uint32_t n_and = c->n_and;
	lanes_free(in, out);
	quo_circuit_free(c);
	unload(p);
	return n_and;
}

static void test_amsgrad(void **state)
{
	static const unsigned widths[] = { 3, 9, 17, 22, 31 };

	(void)state;
	for (int w = 0; w < 5; w++) {
		for (int r = 0; r <= 7; r++) {
			quo_goal goal = r % 3 ? QUO_SMALL : QUO_SHALLOW;
			check_amsgrad(&secure, "npow", widths[w], r, goal, 100);
			check_amsgrad(&secure, "cpow", widths[w], r, goal, 100);
		}
	}
}

static void test_amsgrad_std(void **state)
{
	static const unsigned widths[] = { 3, 9, 17, 22, 31 };

	(void)state;
	for (int w = 0; w < 5; w++) {
		for (int r = 0; r <= 4; r++) {
			quo_goal goal = (r + w) % 2 ? QUO_SMALL : QUO_SHALLOW;
			check_amsgrad(&standard, "npow", widths[w], r, goal, 100);
			check_amsgrad(&standard, "cpow", widths[w], r, goal, 100);
		}
	}
	/* U comes to its end. */
	check_amsgrad(&standard, "npow", 22, 1, QUO_SMALL, 700);
	check_amsgrad(&standard, "cpow", 22, 0, QUO_SHALLOW, 700);
}

/* A quantiser of any bound: with s = 8 and G = 2 y + h, -bound <= y < bound, g takes all of -bound .. bound. */
static void check_bound(const rule *of, uint32_t bound, int r, quo_goal goal)
{
	enum { N = 320, STEPS = 250 };
	char yaml[64];
	uint64_t *in[7], *out[4], rng = bound;
	moments x[N] = { 0 };

	snprintf(yaml, sizeof yaml, "{use: %s, lr_shift: %d}", of->name, r);
	pair p = load(yaml, "{use: npow}");
	quo_instance *kept = p.quant, quant = *kept;
	quo_quant_ops ops = *quo_quant(kept);
	ops.bound = bound;
	quo_component component = *kept->component;
	component.ops_ = &ops;
	quant.component = &component;
	p.quant = &quant;
	quo_circuit *c = build_update(&p, 11, 0, goal);
	lanes_new(in, out, N);
	for (int t = 0; t < STEPS; t++) {
		int64_t want[N];
		for (size_t i = 0; i < N; i++) {
			int64_t end = (int64_t)bound,
				g = (int64_t)(next_random(&rng) % (4 * bound)) - 2 * end;
			/* the ends for long; a turn; nothing after something */
			g = i % 4 == 1 ? (t / 100 % 2 ? -2 * end : 2 * end - 1) : g;
			g = i % 4 == 2 && t > (int)(i % 64) ? 0 : g;
			in[S][i] = 8;
			in[G][i] = (uint64_t)g;
			want[i] = sat((int64_t)in[V][i] - of->step(&x[i], rs(g, 1), r));
		}
		run_circuit(c, N, (const uint64_t *const *)in, out);
		for (size_t i = 0; i < N; i++) {
			int64_t got[4];
			if (!step_is(of, c, in, out, i, want[i], &x[i], got))
				fail_msg("%s with bound %u, step %d: other integers", of->name,
					 bound, t);
		}
	}
	lanes_free(in, out);
	quo_circuit_free(c);
	p.quant = kept;
	unload(p);
}

static void test_bounds(void **state)
{
	static const uint32_t bounds[] = { 1, 2, 3, 7, 8, 64, 127, 129, 200, 255 };

	(void)state;
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		quo_goal goal = i % 2 ? QUO_SMALL : QUO_SHALLOW;
		check_bound(&secure, bounds[i], (int)i % 3, goal);
		check_bound(&standard, bounds[i], (int)i % 3, goal);
	}
}

/*
 * The divider of amsgrad-std has room for quotients of 6 - r bits. M at its ends over all histories that lead to each
 * U, for any bound on |g| up to 255: floor(8 M / (2^r D)) fits. H >= U, so D >= isqrt(U) + 1.
 */
static void test_amsgrad_std_quotient(void **state)
{
	enum { BOUND = 255, N = BOUND * BOUND + 1 };
	int32_t *low = calloc(N, sizeof *low), *high = calloc(N, sizeof *high);
	bool *reached = calloc(N, 1), *todo = calloc(N, 1), again = true;
	int64_t least = 0, most = 0, root = 0;

	(void)state;
	reached[0] = todo[0] = true;
	while (again) {
		again = false;
		for (int u = 0; u < N; u++) {
			for (int g = 0; todo[u] && g <= BOUND; g++) {
				int64_t v = u + rs(3 * (g * g - u), 8);
				int32_t l = low[u] + (int32_t)rs(26 * (-g - low[u]), 8);
				int32_t h = high[u] + (int32_t)rs(26 * (g - high[u]), 8);
				if (reached[v] && l >= low[v] && h <= high[v])
					continue;
				low[v] = l < low[v] ? l : low[v];
				high[v] = h > high[v] ? h : high[v];
				reached[v] = todo[v] = again = true;
			}
			todo[u] = false;
		}
	}
	for (int u = 0; u < N; u++) {
		root += (root + 1) * (root + 1) <= u;
		for (int r = 0; reached[u] && r <= 4; r++) {
			int64_t d = (root + 1) << r, end = 1 << (5 - r);
			assert_true(floor_div(8 * low[u], d) >= -end);
			assert_true(floor_div(8 * high[u], d) < end);
		}
		if (reached[u] && floor_div(8 * low[u], root + 1) < least)
			least = floor_div(8 * low[u], root + 1);
		if (reached[u] && floor_div(8 * high[u], root + 1) > most)
			most = floor_div(8 * high[u], root + 1);
	}
	/* No bit less would do. */
	assert_int_equal(least, -23);
	assert_int_equal(most, 22);
	free(low);
	free(high);
	free(reached);
	free(todo);
}

/* ---- every state ---- */

/* The states (M, U, H) that gradients lead to, in the order in which they are found. */
enum { SIDE = 128, STATES = 2 * SIDE * SIDE * SIDE };
struct reached {
	uint8_t *seen;
	uint32_t *queue;
	size_t head, tail;
};

static void reach(struct reached *r, const moments *x)
{
	assert_true(x->m >= -SIDE && x->m < SIDE && x->u < SIDE && x->h < SIDE);
	uint32_t key = (uint32_t)(((x->m + SIDE) * SIDE + x->u) * SIDE + x->h);

	if (!r->seen[key]) {
		r->seen[key] = 1;
		r->queue[r->tail++] = key;
	}
}

/* The next state; all that follow it are reached. */
static moments take_state(struct reached *r)
{
	const int bound = 128;
	uint32_t key = r->queue[r->head++];
	moments x = { (int64_t)(key / (SIDE * SIDE)) - SIDE, key / SIDE % SIDE, key % SIDE };

	for (int g = -bound; g <= bound; g++) {
		moments y = x;
		amsgrad_step(&y, g, 0);
		reach(r, &y);
	}
	return x;
}

static void check_states(const quo_circuit *c, size_t n, uint64_t *in[7], uint64_t *out[4],
			 const int64_t *h)
{
	run_circuit(c, n, (const uint64_t *const *)in, out);
	for (size_t i = 0; i < n; i++) {
		moments x = { (int64_t)in[STATE][i], (int64_t)in[STATE + 1][i], h[i] };
		int64_t step = amsgrad_step(&x, rs((int64_t)in[G][i], 1), 0);
		assert_int_equal(as_int(out[0][i], 8, true), sat((int64_t)in[V][i] - step));
		assert_int_equal(as_int(out[1][i], c->out[1].width, true), x.m);
		assert_int_equal(out[2][i], x.u);
		assert_int_equal(out[3][i], length(x.h));
	}
}

/*
 * The circuit's widths come from the ranges of M, U, H. Here every state that any sequence of
 * gradients reaches is enumerated, and the circuit is run on all of them.
 */
static void test_amsgrad_every_state(void **state)
{
	enum { CHUNK = 4096 };
	struct reached r = { .seen = calloc(STATES, 1), .queue = calloc(STATES, sizeof *r.queue) };
	uint64_t *in[7], *out[4], rng = 3;
	int64_t h[CHUNK];

	(void)state;
	pair p = load("{use: amsgrad}", "{use: npow}");
	quo_circuit *c = build_update(&p, 12, 0, QUO_SMALL);
	lanes_new(in, out, CHUNK);
	reach(&r, &(moments){ 0, 0, 0 });
	while (r.head < r.tail) {
		size_t n = r.tail - r.head < CHUNK ? r.tail - r.head : CHUNK;
		for (size_t i = 0; i < n; i++) {
			moments x = take_state(&r);
			in[S][i] = 8;
			in[G][i] = (uint64_t)((int64_t)(next_random(&rng) % 512) - 256);
			in[V][i] = (uint64_t)((int64_t)(next_random(&rng) % 255) - 127);
			in[STATE][i] = (uint64_t)x.m;
			in[STATE + 1][i] = (uint64_t)x.u;
			in[STATE + 2][i] = (uint64_t)length(x.h);
			h[i] = x.h;
		}
		check_states(c, n, in, out, h);
	}
	print_message("%zu states\n", r.tail);
	assert_true(r.tail > 10000);
	lanes_free(in, out);
	free(r.seen);
	free(r.queue);
	quo_circuit_free(c);
	unload(p);
}

static void refuses_wage(const char *optim)
{
	pair p = load(optim, "{use: wage}");
	const quo_optim_ops *ops = quo_optim(p.optim);
	quo_optim_state states[QUO_OPTIM_MAX_STATES];
	unsigned n;
	quo_err err = QUO_ERR_INIT;

	assert_int_equal(ops->states(p.optim->self, p.quant, states, &n, &err), QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "wage rounds SGD steps; use optimizer sgd");
	unload(p);
}

static void refuses_option(const char *yaml)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *owner = NULL;
	quo_instance *instance = NULL;

	assert_int_equal(quo_component_load(quo_test_registry(), QUO_KIND_OPTIM, yaml, &owner,
					    &instance, &err),
			 QUO_USAGE);
	quo_test_assert_error(&err, QUO_USAGE, "lr_shift");
}

static void test_refusal(void **state)
{
	(void)state;
	refuses_wage("{use: amsgrad}");
	refuses_wage("{use: amsgrad-std}");
	refuses_option("{use: sgd, lr_shift: 16}");
	refuses_option("{use: amsgrad, lr_shift: 8}");
	refuses_option("{use: amsgrad-std, lr_shift: {0: 1, 3: 5}}");
	refuses_option("{use: amsgrad-std, lr_shift: -1}");
}

/* Schedules choose the circuit by epoch; equal variants are equal circuits. */
static void test_schedule(void **state)
{
	static const char *const yaml[] = { "{use: sgd, lr_shift: {0: 3, 3: 4, 6: 5}}",
					    "{use: amsgrad, lr_shift: {0: 3, 3: 4, 6: 5}}",
					    "{use: amsgrad-std, lr_shift: {0: 1, 3: 2, 6: 3}}" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		pair p = load(yaml[i], "{use: npow}");
		const quo_optim_ops *ops = quo_optim(p.optim);
		for (int epoch = 0; epoch < 9; epoch++)
			assert_int_equal(ops->variant(p.optim->self, epoch),
					 (i < 2 ? 3 : 1) + epoch / 3);
		quo_circuit *a = build_update(&p, 17, 1, QUO_SMALL),
			    *b = build_update(&p, 17, 2, QUO_SMALL);
		assert_int_equal(a->n_gates, b->n_gates);
		assert_memory_equal(a->gates, b->gates, a->n_gates * sizeof *a->gates);
		quo_circuit_free(a);
		quo_circuit_free(b);
		unload(p);
	}
	pair p = load("{use: sgd}", "{use: npow}");
	assert_int_equal(quo_optim(p.optim)->variant(p.optim->self, 9), 4);
	unload(p);
	p = load("{use: amsgrad}", "{use: npow}");
	assert_int_equal(quo_optim(p.optim)->variant(p.optim->self, 9), 0);
	unload(p);
	p = load("{use: amsgrad-std}", "{use: npow}");
	assert_int_equal(quo_optim(p.optim)->variant(p.optim->self, 9), 1);
	unload(p);
}

/* Any optimiser with any quantiser it accepts: weights stay in -127..127, whatever the gradient. */
static void check_any(const char *optim, const char *quant)
{
	enum { N = 640 };
	char yaml[100], quant_yaml[100];
	uint64_t *in[STATE + QUO_OPTIM_MAX_STATES], *out[1 + QUO_OPTIM_MAX_STATES], rng = 9;
	quo_optim_state states[QUO_OPTIM_MAX_STATES];
	unsigned n = 0;

	snprintf(yaml, sizeof yaml, "{use: %s}", optim);
	snprintf(quant_yaml, sizeof quant_yaml, "{use: %s}", quant);
	pair p = load(yaml, quant_yaml);
	quo_err err = QUO_ERR_INIT;
	quo_status status = quo_optim(p.optim)->states(p.optim->self, p.quant, states, &n, &err);
	if (status != QUO_OK) {
		assert_int_equal(status, QUO_USAGE);
		unload(p);
		return;
	}
	for (int goal = QUO_SMALL; goal <= QUO_SHALLOW; goal++) {
		quo_circuit *c = build_update(&p, 17, 0, (quo_goal)goal);
		for (int i = 0; i < STATE + QUO_OPTIM_MAX_STATES; i++)
			in[i] = calloc(N, 8);
		for (int i = 0; i < 1 + QUO_OPTIM_MAX_STATES; i++)
			out[i] = calloc(N, 8);
		for (int t = 0; t < 20; t++) {
			for (size_t i = 0; i < N; i++) {
				in[G][i] = (uint64_t)random_gradient("npow", 17, &in[S][i], &rng);
				in[RANDOM][i] = next_random(&rng) & 255;
			}
			run_circuit(c, N, (const uint64_t *const *)in, out);
			for (size_t i = 0; i < N; i++) {
				int64_t v = as_int(out[0][i], 8, true);
				assert_true(v >= -127 && v <= 127);
				in[V][i] = (uint64_t)v;
				for (unsigned k = 0; k < n; k++)
					in[STATE + k][i] = out[1 + k][i];
			}
		}
		for (int i = 0; i < STATE + QUO_OPTIM_MAX_STATES; i++)
			free(in[i]);
		for (int i = 0; i < 1 + QUO_OPTIM_MAX_STATES; i++)
			free(out[i]);
		quo_circuit_free(c);
	}
	unload(p);
}

static void test_any(void **state)
{
	const quo_registry *registry = quo_test_registry();

	(void)state;
	for (size_t i = 0; i < quo_registry_count(registry); i++)
		for (size_t j = 0; j < quo_registry_count(registry); j++) {
			const quo_component *a = &quo_registry_at(registry, i)->component;
			const quo_component *b = &quo_registry_at(registry, j)->component;
			if (a->kind == QUO_KIND_OPTIM && b->kind == QUO_KIND_QUANT)
				check_any(a->name, b->name);
		}
}

/* AND gates per weight under Yao: what a training step mostly pays for. */
static void test_costs(void **state)
{
	(void)state;
	assert_int_equal(check_sgd("npow", 17, 4, QUO_SMALL), 57);
	assert_int_equal(check_sgd("npow", 22, 4, QUO_SMALL), 62);
	assert_int_equal(check_amsgrad(&secure, "npow", 17, 0, QUO_SMALL, 3), 159);
	assert_int_equal(check_amsgrad(&secure, "npow", 22, 0, QUO_SMALL, 3), 164);
	assert_int_equal(check_amsgrad(&secure, "cpow", 22, 0, QUO_SMALL, 3), 187);
	assert_int_equal(check_amsgrad(&standard, "npow", 17, 1, QUO_SMALL, 3), 263);
	assert_int_equal(check_amsgrad(&standard, "npow", 22, 1, QUO_SMALL, 3), 268);
	assert_int_equal(check_amsgrad(&standard, "cpow", 22, 1, QUO_SMALL, 3), 310);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sgd),
		cmocka_unit_test(test_amsgrad),
		cmocka_unit_test(test_amsgrad_every_state),
		cmocka_unit_test(test_amsgrad_std),
		cmocka_unit_test(test_amsgrad_std_quotient),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_schedule),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
