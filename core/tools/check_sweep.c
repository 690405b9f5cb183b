/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/check_sweep.h"

#include "plugin/loader.h"
#include "report/progress.h"
#include "run/local.h"
#include "text/units.h"

struct check {
	const quo_cli *cli;
	quo_registry *registry;
	quo_arena *arena;
	const quo_sweep *sweep;
	quo_json json;
	uint64_t bytes, rounds;
	double seconds;
};

static quo_status resolve(struct check *c, uint32_t point, quo_err *err)
{
	quo_experiment *experiment;
	quo_cli cli = *c->cli;

	cli.run.point = point;
	QUO_TRY(quo_run_load(&cli.run, c->registry, NULL, &experiment, err));
	bool local = quo_experiment_config_of(experiment)->network.mode == QUO_MODE_LOCAL;
	quo_experiment_free(experiment);
	if (!local)
		return quo_fail(err, QUO_USAGE,
				"%s is a sweep, which runs all parties on this machine; set "
				"network.mode to local",
				cli.run.file);
	return QUO_OK;
}

static void say(struct check *c, const char *title, const quo_forecast *f)
{
	char a[QUO_UNIT_CHARS], b[QUO_UNIT_CHARS], d[QUO_UNIT_CHARS];
	uint64_t bytes = quo_cost_bytes(&f->cost);

	c->bytes += bytes;
	c->rounds += f->cost.rounds;
	c->seconds += f->seconds;
	if (!c->cli->run.json) {
		printf("  %-44.80s  %8llu  %9s  %10llu  %9s  %8s\n", title,
		       (unsigned long long)f->steps, quo_format_bytes(a, bytes),
		       (unsigned long long)f->cost.rounds, quo_format_bytes(b, f->memory_bytes),
		       f->seconds > 0 ? quo_format_seconds(d, f->seconds) : "-");
		return;
	}
	quo_json_object(&c->json, NULL);
	quo_json_string(&c->json, "title", title);
	quo_json_uint(&c->json, "steps", f->steps);
	quo_json_uint(&c->json, "bytes_sent", bytes);
	quo_json_uint(&c->json, "rounds", f->cost.rounds);
	quo_json_uint(&c->json, "memory_bytes", f->memory_bytes);
	quo_json_real(&c->json, "seconds", f->seconds);
	quo_json_end(&c->json);
}

static quo_status foresee(struct check *c, uint32_t point, quo_err *err)
{
	quo_cli cli = *c->cli;
	quo_run run = { .options = &cli.run, .work = &quo_training, .party = -1, .ui = stdout };
	quo_data_shape shape;
	const char *title = quo_sweep_title(c->arena, c->sweep, point, err);

	cli.run.point = point;
	if (!title)
		return QUO_FAILED;
	QUO_TRY(quo_run_load(&cli.run, c->registry, NULL, &run.experiment, err));
	run.config = quo_experiment_config_of(run.experiment);
	quo_status status = quo_run_load_shape(run.config, &shape, err);
	if (status == QUO_OK)
		status = quo_run_foresee(&run, c->registry, &shape, err);
	if (status == QUO_OK)
		say(c, title, &run.forecast);
	quo_forecast_free(&run.forecast);
	quo_experiment_free(run.experiment);
	return status;
}

static quo_status check_all(struct check *c, quo_err *err)
{
	const quo_sweep *s = c->sweep;
	uint32_t seeds = s->seeds < 0 ? 1 : s->axis[s->seeds].n, n = s->n_points / seeds;

	QUO_TRY(quo_registry_load_default(c->registry, c->cli->run.plugin_dir, err));
	for (uint32_t i = 0; i < s->n_points; i++)
		QUO_TRY(resolve(c, i, err));
	if (!c->cli->run.json)
		printf("%s: a sweep of %u runs\n\n  %-44s  %8s  %9s  %10s  %9s  %8s\n",
		       c->cli->run.file, s->n_points, "run", "steps", "bytes", "rounds", "memory",
		       "time");
	quo_json_object(&c->json, NULL);
	quo_json_uint(&c->json, "runs", s->n_points);
	quo_json_uint(&c->json, "seeds", seeds);
	quo_json_array(&c->json, "points");
	for (uint32_t i = 0; i < n; i++)
		QUO_TRY(foresee(c, i, err));
	quo_json_end(&c->json);
	quo_json_uint(&c->json, "bytes_sent", seeds * c->bytes);
	quo_json_uint(&c->json, "rounds", seeds * c->rounds);
	quo_json_real(&c->json, "seconds", seeds * c->seconds);
	quo_json_end(&c->json);
	return quo_json_status(&c->json, err);
}

quo_status quo_check_sweep(const quo_cli *cli, quo_registry *registry, quo_arena *arena,
			   const quo_sweep *sweep, quo_err *err)
{
	struct check c = { .cli = cli,
			   .registry = registry,
			   .arena = arena,
			   .sweep = sweep,
			   .json = QUO_JSON_INIT(true) };
	char a[QUO_UNIT_CHARS], b[QUO_UNIT_CHARS];
	uint32_t seeds = sweep->seeds < 0 ? 1 : sweep->axis[sweep->seeds].n;

	quo_status status = check_all(&c, err);
	if (status == QUO_OK && cli->run.json)
		printf("%.*s\n", (int)c.json.out.n, (const char *)c.json.out.data);
	else if (status == QUO_OK && c.seconds > 0) /* in the clear nothing is forecast */
		printf("\n%sall together %s, about %s, a core for each party\n",
		       seeds > 1 ? "The other seeds cost the same; " : "",
		       quo_format_bytes(a, seeds * c.bytes),
		       quo_format_seconds(b, seeds * c.seconds));
	quo_json_free(&c.json);
	QUO_TRY(status);
	return quo_run_printed(err);
}
