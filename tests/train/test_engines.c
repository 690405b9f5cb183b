/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every registered OT under every registered circuit engine (with every garbling scheme where it
 * takes one): the same weights as `clear`, and the forecast's bytes and rounds.
 */
#include "train/forecast.h"
#include "train_support.h"
#include "twoparty.h"

#define COMMON \
	"data.train_rows=96", "data.test_rows=21", "train.batch=32", "train.epochs=1", \
		"train.max_steps=2", "model=[{use: fc, out: 9}, {use: fc, out: 10}]"

static const char *const rules[][2] = {
	{ "train.optimizer={use: amsgrad}", "train.quantizer={use: npow}" },
	{ "train.optimizer={use: sgd}", "train.quantizer={use: cpow}" },
};

static void check(const char *protocol, const char *network, const char *const *rule,
		  const struct trained *clear)
{
	const char *const sets[] = { COMMON, rule[0], rule[1], protocol, network, NULL };
	struct trained *t = quo_test_shared(2, sizeof *t);
	quo_err err = QUO_ERR_INIT;
	quo_experiment *experiment = train_load("quickstart.yaml", sets);
	quo_dataset data = train_data(experiment);
	quo_data_shape shape = quo_data_shape_of(&data);
	quo_forecast f;

	quo_test_ok(
		quo_forecast_run(&f, quo_experiment_config_of(experiment), &shape, false, &err));
	train_two_parties("quickstart.yaml", sets, t);
	for (int p = 0; p < 2; p++) {
		if (t[p].n != clear->n || memcmp(t[p].weights, clear->weights, clear->n) != 0)
			fail_msg("%s: party %d has other weights than clear", protocol, p);
		if (t[p].accuracy != clear->accuracy)
			fail_msg("%s: accuracy %f, not %f", protocol, t[p].accuracy,
				 clear->accuracy);
		if (t[p].traffic.sent_bytes != f.cost.sent_bytes[p] ||
		    t[p].traffic.rounds != f.cost.rounds)
			fail_msg("%s: party %d sent %llu bytes in %llu rounds; forecast: %llu in "
				 "%llu",
				 protocol, p, (unsigned long long)t[p].traffic.sent_bytes,
				 (unsigned long long)t[p].traffic.rounds,
				 (unsigned long long)f.cost.sent_bytes[p],
				 (unsigned long long)f.cost.rounds);
	}
	quo_forecast_free(&f);
	quo_dataset_free(&data);
	quo_experiment_free(experiment);
	quo_test_unshare(t, 2, sizeof *t);
}

/* The option of that type: its name; NULL: there is none. */
static const quo_option *option_of(const quo_component *circuits, quo_option_type type)
{
	for (const quo_option *o = circuits->options; o && o->name; o++)
		if (o->type == type &&
		    (type != QUO_OPT_COMPONENT || o->component_kind == QUO_KIND_GC))
			return o;
	return NULL;
}

static void with_option(const char *ot, const quo_component *circuits, const char *option,
			const char *value, const char *const *rule, const struct trained *clear)
{
	char protocol[256];

	snprintf(protocol, sizeof protocol,
		 "protocol={use: quotient, ot: {use: %s}, circuits: {use: %s%s%s%s%s}}", ot,
		 circuits->name, option ? ", " : "", option ? option : "", option ? ": " : "",
		 option ? value : "");
	check(protocol, "network={mode: local}", rule, clear);
}

/* With every garbling scheme and every value of a choice where the engine takes such; else as it
 * is. */
static unsigned with_circuits(const char *ot, const quo_component *circuits,
			      const char *const *rule, const struct trained *clear)
{
	const quo_registry *registry = quo_test_registry();
	const quo_option *gcs = option_of(circuits, QUO_OPT_COMPONENT);
	const quo_option *choice = option_of(circuits, QUO_OPT_ENUM);
	unsigned n = 0;

	for (size_t i = 0; gcs && i < quo_registry_count(registry); i++) {
		const quo_component *gc = &quo_registry_at(registry, i)->component;
		char value[64];
		if (gc->kind != QUO_KIND_GC)
			continue;
		snprintf(value, sizeof value, "{use: %s}", gc->name);
		with_option(ot, circuits, gcs->name, value, rule, clear);
		n++;
	}
	for (int i = 0; choice && choice->choices[i]; i++, n++)
		with_option(ot, circuits, choice->name, choice->choices[i], rule, clear);
	if (n)
		return n;
	with_option(ot, circuits, NULL, NULL, rule, clear);
	return 1;
}

static void every_combination(void **state)
{
	const quo_registry *registry = quo_test_registry();
	struct trained *clear = quo_test_shared(1, sizeof *clear);

	(void)state;
	for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
		const char *const sets[] = { COMMON, rules[r][0], rules[r][1], NULL };
		unsigned n = 0;
		train_clear("quickstart.yaml", sets, clear);
		for (size_t i = 0; i < quo_registry_count(registry); i++) {
			const quo_component *ot = &quo_registry_at(registry, i)->component;
			for (size_t j = 0;
			     ot->kind == QUO_KIND_OT && j < quo_registry_count(registry); j++) {
				const quo_component *circuits =
					&quo_registry_at(registry, j)->component;
				if (circuits->kind == QUO_KIND_CIRCUITS)
					n += with_circuits(ot->name, circuits, rules[r], clear);
			}
		}
		assert_true(n >= 2);
	}
	quo_test_unshare(clear, 1, sizeof *clear);
}

/* The largest circuit of an update, in the deep and in the shallow form. */
static void amsgrad_std(void **state)
{
	static const char *const rule[2] = { "train.optimizer={use: amsgrad-std}",
					     "train.quantizer={use: cpow}" };
	struct trained *clear = quo_test_shared(1, sizeof *clear);
	const char *const sets[] = { COMMON, rule[0], rule[1], NULL };

	(void)state;
	train_clear("quickstart.yaml", sets, clear);
	check("protocol={use: quotient, ot: {use: softspoken}, circuits: {use: gmw}}",
	      "network={mode: local}", rule, clear);
	check("protocol={use: quotient, ot: {use: iknp}, circuits: {use: yao, gc: {use: "
	      "threehalves}}}",
	      "network={mode: local}", rule, clear);
	quo_test_unshare(clear, 1, sizeof *clear);
}

/* Over a given link the choices of auto are those of the forecast. */
static void automatic(void **state)
{
	static const char *const networks[] = {
		"network={latency: 42ms, bandwidth: 24.3MB/s}",
		"network={latency: 20us, bandwidth: 1MB/s}",
		"network={latency: 200ms, bandwidth: 10GB/s}",
	};
	struct trained *clear = quo_test_shared(1, sizeof *clear);
	const char *const sets[] = { COMMON, rules[0][0], rules[0][1], NULL };

	(void)state;
	train_clear("quickstart.yaml", sets, clear);
	for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
		check("protocol={use: quotient, ot: {use: auto}, circuits: {use: auto}}",
		      networks[i], rules[0], clear);
	quo_test_unshare(clear, 1, sizeof *clear);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_combination),
					    cmocka_unit_test(amsgrad_std),
					    cmocka_unit_test(automatic) };

	return cmocka_run_group_tests_name("engines", tests, NULL, NULL);
}
