/* SPDX-License-Identifier: Apache-2.0 */
/* Sweeps: which experiments a file stands for, and what is refused. */
#include "support.h"

#include <math.h>
#include <unistd.h>

#include "config/sweep.h"

#define GOOD \
	"name: s\n" \
	"data: {use: digits}\n" \
	"model: [{use: fc, out: 8}, {use: fc, out: 10}]\n" \
	"train: {optimizer: {use: sgd, lr_shift: 3}}\n"
#define MAX_SETS 4

static char folder[] = "/tmp/quotient-sweep-XXXXXX";

static const char *file_named(const char *name, const char *text)
{
	static char path[4][200];
	static int turn;
	char *out = path[turn++ % 4];

	snprintf(out, sizeof path[0], "%s/%s", folder, name);
	FILE *f = fopen(out, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return out;
}

static const char *file_of(const char *text)
{
	return file_named("sweep.yaml", text);
}

struct opened {
	quo_arena *arena;
	const quo_sweep *sweep;
	const char *path;
	const char *const *sets;
	size_t n_sets;
};

static struct opened open_with(const char *text, const char *const *sets)
{
	quo_err err = QUO_ERR_INIT;
	struct opened o = { .arena = quo_arena_new(&err), .path = file_of(text), .sets = sets };

	while (sets && sets[o.n_sets])
		o.n_sets++;
	quo_test_ok(quo_sweep_load(o.arena, o.path, sets, o.n_sets, &o.sweep, &err));
	return o;
}

static const char *title(const struct opened *o, uint32_t point)
{
	return quo_sweep_title(o->arena, o->sweep, point, NULL);
}

static quo_experiment *load(const struct opened *o, uint32_t point)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *e = NULL;

	quo_test_ok(quo_experiment_load_point(quo_test_registry(), o->path, o->sets, o->n_sets,
					      point, &e, &err));
	return e;
}

static void close_all(struct opened *o)
{
	quo_arena_free(o->arena);
}

/* Fail unless a file, or its first point that does not resolve, is refused with these words. */
static void refuses(const char *text, const char *const *sets, const char *part)
{
	quo_err err = QUO_ERR_INIT;
	quo_arena *arena = quo_arena_new(&err);
	const char *path = file_of(text);
	const quo_sweep *sweep;
	size_t n = 0;

	while (sets && sets[n])
		n++;
	quo_status status = quo_sweep_load(arena, path, sets, n, &sweep, &err);
	for (uint32_t i = 0; status == QUO_OK && i < sweep->n_points; i++) {
		quo_experiment *e = NULL;
		status = quo_experiment_load_point(quo_test_registry(), path, sets, n, i, &e, &err);
		quo_experiment_free(e);
	}
	if (status == QUO_OK)
		fail_msg("not refused: %s", text);
	quo_test_assert_error(&err, QUO_USAGE, part);
	quo_arena_free(arena);
}

/* ---- what a sweep is ---- */

static void no_sweep(void **state)
{
	(void)state;
	struct opened o = open_with(GOOD, NULL);
	assert_null(o.sweep);
	close_all(&o);
	const char *const sets[] = { "sweep=null", NULL };
	o = open_with(GOOD "sweep: {train.seed: [1, 2]}\n", sets);
	assert_null(o.sweep);
	quo_err err = QUO_ERR_INIT;
	quo_experiment *e = NULL;
	quo_test_ok(quo_experiment_load(quo_test_registry(), o.path, sets, 1, &e, &err));
	quo_experiment_free(e);
	close_all(&o);
}

#define GRID \
	GOOD "sweep:\n" \
	     "  train.seed: [5, 6, 7]\n" \
	     "  train.optimizer: [{use: amsgrad}, {use: sgd, lr_shift: 4}]\n" \
	     "  train.batch: [16, 32]\n"

static void product_of_the_lists(void **state)
{
	(void)state;
	struct opened o = open_with(GRID, NULL);
	static const char *const titles[] = {
		"seed 5, amsgrad, batch 16",        "seed 5, amsgrad, batch 32",
		"seed 5, sgd lr_shift=4, batch 16", "seed 5, sgd lr_shift=4, batch 32",
		"seed 6, amsgrad, batch 16",
	};
	assert_int_equal(o.sweep->n_axes, 3);
	assert_int_equal(o.sweep->n_points, 12);
	assert_int_equal(o.sweep->seeds, 0);
	for (uint32_t i = 0; i < 5; i++) /* seeds go slowest, wherever they stand */
		assert_string_equal(title(&o, i), titles[i]);
	assert_string_equal(quo_sweep_slug(o.arena, o.sweep, 2, NULL),
			    "seed-5_sgd-lr_shift-4_batch-16");
	for (uint32_t i = 0; i < 12; i++) {
		quo_experiment *e = load(&o, i);
		const quo_train_config *t = &quo_experiment_config_of(e)->train;
		assert_int_equal(t->seed, 5 + i / 4);
		assert_int_equal(t->batch, i % 2 ? 32 : 16);
		assert_string_equal(t->optimizer->component->name, i / 2 % 2 ? "sgd" : "amsgrad");
		assert_string_equal(quo_experiment_config_of(e)->name, "s");
		quo_experiment_free(e);
	}
	close_all(&o);
}

static void digests_tell_points_apart(void **state)
{
	(void)state;
	struct opened o = open_with(GRID, NULL);
	uint8_t digest[12][32], again[32];
	for (uint32_t i = 0; i < 12; i++) {
		quo_experiment *e = load(&o, i);
		assert_int_equal(quo_experiment_digest(e, digest[i], NULL), QUO_OK);
		quo_experiment_free(e);
		for (uint32_t k = 0; k < i; k++)
			assert_memory_not_equal(digest[i], digest[k], 32);
	}
	close_all(&o);
	/* Neither name nor folder matters, everything else does. */
	for (int i = 0; i < 2; i++) {
		const char *const sets[] = { i ? "train.epochs=7" : "name=t", "output.dir=x",
					     NULL };
		o = open_with(GRID, sets);
		quo_experiment *e = load(&o, 3);
		assert_int_equal(quo_experiment_digest(e, again, NULL), QUO_OK);
		assert_int_equal(memcmp(again, digest[3], 32) != 0, i);
		quo_experiment_free(e);
		close_all(&o);
	}
}

static void overrides(void **state)
{
	(void)state;
	const char *const sets[] = { "sweep.train.seed=[9]", "train.batch=48", "train.epochs=3",
				     NULL };
	struct opened o = open_with(GRID, sets);
	assert_int_equal(o.sweep->n_points, 2); /* the axis train.batch is fixed */
	assert_string_equal(title(&o, 1), "seed 9, sgd lr_shift=4");
	quo_experiment *e = load(&o, 1);
	const quo_train_config *t = &quo_experiment_config_of(e)->train;
	assert_int_equal(t->seed, 9);
	assert_int_equal(t->batch, 48);
	assert_int_equal(t->epochs, 3);
	quo_experiment_free(e);
	close_all(&o);
}

#define VARIANTS \
	"name: v\n" \
	"train: {epochs: 2}\n" \
	"sweep:\n" \
	"  data:\n" \
	"    - {name: one, base: one.yaml, paper: 95.04}\n" \
	"    - {name: two, base: two.yaml, set: {train.batch: 16, model.0.out: 9}}\n" \
	"  method:\n" \
	"    - {name: ours}\n" \
	"    - {name: WAGE, set: {train.optimizer: {use: sgd}, train.quantizer.use: wage}}\n"

static void write_bases(void)
{
	file_named("one.yaml", GOOD);
	file_named("two.yaml", "extends: one.yaml\nname: two\ndata: {size: 14}\n"
			       "sweep: {train.seed: [1, 2]}\n");
}

static void variants_and_bases(void **state)
{
	(void)state;
	write_bases();
	struct opened o = open_with(VARIANTS, NULL);
	assert_int_equal(o.sweep->n_points, 4);
	assert_true(o.sweep->axis[0].bases && o.sweep->axis[0].variants);
	assert_true(!o.sweep->axis[1].bases && o.sweep->axis[1].variants);
	assert_true(fabs(o.sweep->axis[0].paper[0] - 0.9504) < 1e-12);
	assert_true(isnan(o.sweep->axis[0].paper[1]));
	assert_string_equal(title(&o, 3), "two, WAGE");
	quo_experiment *e = load(&o, 3);
	const quo_experiment_config *c = quo_experiment_config_of(e);
	assert_string_equal(c->name, "v"); /* not the base's */
	assert_int_equal(c->train.epochs, 2);
	assert_int_equal(c->train.batch, 16);
	assert_string_equal(c->train.quantizer->component->name, "wage");
	char *yaml = quo_experiment_yaml(e, NULL);
	assert_non_null(strstr(yaml, "size: 14"));
	assert_non_null(strstr(yaml, "out: 9"));
	free(yaml);
	quo_experiment_free(e);
	close_all(&o);

	const char *const sets[] = { "sweep.data=[two]", NULL };
	o = open_with(VARIANTS, sets);
	assert_int_equal(o.sweep->n_points, 2);
	assert_string_equal(title(&o, 0), "two, ours");
	close_all(&o);
}

static void name_from_the_file(void **state)
{
	(void)state;
	write_bases();
	struct opened o = open_with(strchr(VARIANTS, '\n') + 1, NULL);
	quo_experiment *e = load(&o, 0);
	assert_string_equal(quo_experiment_config_of(e)->name, "sweep");
	quo_experiment_free(e);
	close_all(&o);
}

/* ---- what is refused ---- */

#define SWEEP(text) GOOD "sweep: " text "\n"

static void refuses_keys(void **state)
{
	(void)state;
	refuses(GOOD "sweep:\n  train.seed: [1]\n  train.optimzer: [{use: sgd}]\n", NULL,
		"sweep.yaml:7: unknown key 'optimzer' in train; did you mean 'optimizer'?");
	refuses(SWEEP("{trian.seed: [1]}"), NULL,
		"sweep.yaml:5: unknown key 'trian' in the experiment; did you mean 'train'?");
	refuses(SWEEP("{train.seed: [1, x]}"), NULL,
		"sweep.yaml:5: train.seed wants an integer of at least 0, not 'x'");
	refuses(SWEEP("{train..seed: [1]}"), NULL, "not names with dots between");
	refuses(SWEEP("{model.7.out: [1]}"), NULL, "'7' is not an index of this list");
	refuses(SWEEP("{train.optimizer: [{use: sdg}]}"), NULL, "did you mean 'sgd'?");
	refuses(SWEEP("{name: [a, b]}"), NULL, "a sweep cannot set 'name'");
	refuses(SWEEP("{output.dir: [a, b]}"), NULL, "a sweep cannot set 'output.dir'");
	refuses(SWEEP("{sweep: [1]}"), NULL, "a sweep cannot set 'sweep'");
}

static void refuses_lists(void **state)
{
	(void)state;
	refuses(SWEEP("[1, 2]"), NULL, "sweep wants a map of keys");
	refuses(SWEEP("{}"), NULL, "not an empty one");
	refuses(SWEEP("{train.seed: 1}"), NULL,
		"sweep.yaml:5: sweep.train.seed wants a list of values, not '1'");
	refuses(SWEEP("{train.seed: []}"), NULL, "not an empty one");
	refuses(SWEEP("{train.seed: [1, 2, 1]}"), NULL, "sweep.train.seed has '1' twice");
	char many[4000] = GOOD "sweep: {";
	for (int i = 0; i < 9; i++)
		sprintf(many + strlen(many), "%smodel.0.x%d: [1]", i ? ", " : "", i);
	refuses(strcat(many, "}\n"), NULL, "at most 8 axes");
	many[0] = 0;
	strcpy(many, GOOD "sweep: {train.seed: [");
	for (int i = 0; i < 101; i++)
		sprintf(many + strlen(many), "%d, ", i);
	strcat(many, "999], train.batch: [");
	for (int i = 1; i < 101; i++)
		sprintf(many + strlen(many), "%d, ", i);
	refuses(strcat(many, "999]}\n"), NULL, "more than 1000 points");
}

static void refuses_variants(void **state)
{
	(void)state;
	write_bases();
	refuses(SWEEP("{m: [{name: a, sett: {train.seed: 1}}]}"), NULL,
		"unknown key 'sett' in a variant of sweep.m; did you mean 'set'?");
	refuses(SWEEP("{m: [{name: a}, {use: sgd}]}"), NULL, "sweep.m is a list of variants");
	refuses(SWEEP("{m: [{name: a}, b]}"), NULL, "not 'b'");
	refuses(SWEEP("{m: [{name: a}, {name: a}]}"), NULL, "has 'a' twice");
	refuses(SWEEP("{m: [{name: }]}"), NULL, "a variant's name is a text");
	refuses(SWEEP("{m: [{name: a, set: [1]}]}"), NULL, "set wants a map of keys");
	refuses(SWEEP("{m: [{name: a, paper: high}]}"), NULL, "paper wants an accuracy in percent");
	refuses(SWEEP("{m: [{name: a, paper: 950}]}"), NULL, "paper wants an accuracy in percent");
	refuses(SWEEP("{m: [{name: a, base: one.yaml}]}"), NULL,
		"sweep.yaml:2: data is said here and again");
	refuses("sweep: {m: [{name: a, base: none.yaml}]}\n", NULL,
		"sweep.yaml:1: base: cannot read");
	refuses("sweep: {m: [{name: a, base: one.yaml}], n: [{name: b, base: two.yaml}]}\n", NULL,
		"sweep.m and sweep.n both name a base");
	refuses(SWEEP("{m: [{name: a, set: {train.epohcs: 1}}]}"), NULL,
		"sweep.yaml:5: unknown key 'epohcs' in train; did you mean 'epochs'?");
}

static void refuses_overrides(void **state)
{
	(void)state;
	static const struct {
		const char *set, *part;
	} cases[] = {
		{ "sweep.train.sed=[1]",
		  "the sweep has no axis 'train.sed'; did you mean 'train.seed'?" },
		{ "sweep.train.seed=1", "--set sweep.train.seed=1: a list of values goes here" },
		{ "train.epohcs=1", "--set train.epohcs=1: unknown key 'epohcs'" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const sets[] = { cases[i].set, NULL };
		refuses(GRID, sets, cases[i].part);
	}
	write_bases();
	const char *const names[] = { "sweep.data=[tow]", NULL };
	refuses(VARIANTS, names,
		"sweep.data has no variant named 'tow'; did you mean 'two'? It has 'one', 'two'");
	const char *const far[] = { "sweep.data=[mnist]", NULL };
	refuses(VARIANTS, far, "sweep.data has no variant named 'mnist'; it has 'one', 'two'");
	const char *const none[] = { "sweep.train.seed=[1]", NULL };
	refuses(GOOD, none, "has no sweep");
}

static int begin(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	static const char *const names[] = { "sweep.yaml", "one.yaml", "two.yaml" };
	char path[200];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sweep),
		cmocka_unit_test(product_of_the_lists),
		cmocka_unit_test(digests_tell_points_apart),
		cmocka_unit_test(overrides),
		cmocka_unit_test(variants_and_bases),
		cmocka_unit_test(name_from_the_file),
		cmocka_unit_test(refuses_keys),
		cmocka_unit_test(refuses_lists),
		cmocka_unit_test(refuses_variants),
		cmocka_unit_test(refuses_overrides),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
