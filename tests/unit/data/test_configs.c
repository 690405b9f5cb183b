/* SPDX-License-Identifier: Apache-2.0 */
/* Every experiment in configs/ resolves; where its data are at hand (or drawn), they load and fit
 * the model. */
#include "data_support.h"

#include <dirent.h>
#include <unistd.h>

#include "config/sweep.h"

/* The last layer's option table has `out` first among the integers; read it by name. */
static int64_t outputs(const quo_instance *layer)
{
	for (const quo_option *o = layer->component->options; o && o->name; o++)
		if (strcmp(o->name, "out") == 0)
			return *(const int64_t *)((const char *)layer->config + o->offset);
	return 0;
}

static void check_data(const quo_experiment_config *config, const char *path)
{
	const quo_data_ops *ops = quo_data(config->data);
	quo_err err = QUO_ERR_INIT;
	quo_dataset data = { 0 };

	quo_status status =
		ops->load(config->data->self, (uint64_t)config->train.seed, &data, &err);
	if (status != QUO_OK) {
		/* Nothing but a file that was never fetched may be wrong. */
		if (!strstr(err.text, "make data"))
			fail_msg("%s: %s", path, err.text);
		print_message("%s: data not at hand\n", path);
		return;
	}
	assert_int_equal(outputs(config->layers[config->n_layers - 1]), data.classes);
	assert_true(data.train_rows >= config->train.batch);
	quo_dataset_free(&data);
}

static void check_experiment(const quo_experiment *experiment, const char *path, bool sweep)
{
	const quo_experiment_config *config = quo_experiment_config_of(experiment);
	assert_string_equal(config->protocol->component->name, sweep ? "clear" : "quotient");
	assert_int_equal(config->reveal.n, 1);
	assert_int_equal(config->network.mode, QUO_MODE_LOCAL);
	assert_true(config->n_layers >= 2);
	if (!sweep)
		check_data(config, path);
}

/* Every point of a sweep. Its data are those of the other experiments. */
static void check_points(const char *path, const quo_sweep *sweep)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *experiment = NULL;

	for (uint32_t i = 0; i < sweep->n_points; i++) {
		if (quo_experiment_load_point(quo_test_registry(), path, NULL, 0, i, &experiment,
					      &err) != QUO_OK)
			fail_msg("%s", err.text);
		check_experiment(experiment, path, true);
		quo_experiment_free(experiment);
	}
}

static void check_config(const char *path)
{
	quo_err err = QUO_ERR_INIT;
	quo_experiment *experiment = NULL;
	quo_arena *arena = quo_arena_new(&err);
	const quo_sweep *sweep;

	if (quo_sweep_load(arena, path, NULL, 0, &sweep, &err) != QUO_OK)
		fail_msg("%s", err.text);
	if (sweep) {
		check_points(path, sweep);
	} else {
		if (quo_experiment_load(quo_test_registry(), path, NULL, 0, &experiment, &err) !=
		    QUO_OK)
			fail_msg("%s", err.text);
		check_experiment(experiment, path, false);
		quo_experiment_free(experiment);
	}
	quo_arena_free(arena);
}

/* A table of quotient-predict (`table:`): the experiments that it names are there. */
static bool check_table(const char *path, const char *folder)
{
	char line[1000], experiment[200], file[1024];
	FILE *f = fopen(path, "r");
	bool is_table = false;
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		const char *at = strstr(line, "experiment: ");
		is_table = is_table || strncmp(line, "table:", 6) == 0;
		if (!at || sscanf(at, "experiment: %199[^,} ]", experiment) != 1)
			continue;
		snprintf(file, sizeof file, "%s/%s", folder, experiment);
		if (is_table && access(file, R_OK) != 0)
			fail_msg("%s: %s is not there", path, file);
		n++;
	}
	fclose(f);
	assert_true(!is_table || n >= 3);
	return is_table;
}

static int check_folder(const char *folder)
{
	const char *source = getenv("QUOTIENT_SOURCE_ROOT");
	char path[1024], dir_path[512];
	int n = 0;

	snprintf(dir_path, sizeof dir_path, "%s/%s", source ? source : ".", folder);
	DIR *dir = opendir(dir_path);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		const char *dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, ".yaml") != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir_path, entry->d_name);
		if (!check_table(path, dir_path))
			check_config(path);
		n++;
	}
	closedir(dir);
	return n;
}

static void test_configs(void **state)
{
	const char *source = getenv("QUOTIENT_SOURCE_ROOT");
	char beside[512];

	(void)state;
	snprintf(beside, sizeof beside, "%s/../shared/data", source ? source : ".");
	if (access(beside, R_OK) == 0)
		setenv("QUOTIENT_DATA", beside, 0);
	assert_true(check_folder("configs") >= 7);
	assert_true(check_folder("configs/ablations") >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_configs) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
