/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-check: validate an experiment and forecast what it costs, without a network. */
#include <stdio.h>

#include "data/dataset.h"
#include "report/progress.h"
#include "run/local.h"
#include "text/units.h"
#include "tools/check_sweep.h"
#include "tools/choices.h"

static const char help[] =
	"Usage: quotient-check EXPERIMENT.yaml [options]\n"
	"\n"
	"Resolve the components, check every option, infer shapes and ring widths, and forecast bytes, rounds, memory\n"
	"and time, also under every other choice of engines. Nothing is sent and nothing is written.\n"
	"Of a sweep, every run is resolved and those of the first seed are forecast, a line each.\n"
	"\n"
	"  --set KEY=VALUE    override a key (any number of times)\n"
	"  --reveal-model     count the opening of the weights too\n"
	"  --json             the forecast as JSON\n"
	"  --plugin-dir DIR   load plugins from DIR too\n"
	"  --help, --version\n"
	"\n"
	"Example:\n"
	"  quotient-check configs/mnist-2x128.yaml --set train.max_steps=20\n"
	"\n"
	"Exit status: 0 the experiment can run, 1 failed at run time, 2 bad usage, experiment or data.\n";

static void print_layers(const quo_forecast *f)
{
	printf("\n%-14s %7s %7s %5s %6s %6s %6s %22s\n", "layer", "in", "out", "alpha", "Z bits",
	       "G bits", "E bits", "ANDs: act, norm, update");
	for (uint32_t i = 0; i < f->n_layers; i++) {
		const quo_forecast_layer *l = &f->layers[i];
		printf("%-14s %7u %7u %5d %6d %6d %6d %9u %6u %6u\n", l->where, l->in, l->out,
		       l->alpha, l->z_width, l->g_width, l->e_width, l->activate_ands,
		       l->normalise_ands, l->update_ands);
	}
}

static void print_forecast(const quo_run *run, const quo_data_shape *shape,
			   const quo_choices *choices)
{
	const quo_forecast *f = &run->forecast;
	char a[QUO_UNIT_CHARS], b[QUO_UNIT_CHARS];
	uint64_t bytes = quo_cost_bytes(&f->cost);

	printf("%s: %s under %s\n", run->options->file, run->config->name,
	       run->config->protocol->component->name);
	printf("data: %u training and %u test rows, %u values, %u classes\n",
	       shape->rows[QUO_TRAIN], shape->rows[QUO_TEST], shape->features, shape->classes);
	print_layers(f);
	printf("\n%-12s %12s %12s\n", "phase", "bytes", "rounds");
	for (int i = 0; i < QUO_PHASES; i++)
		if (f->phase[i].bytes || f->phase[i].rounds)
			printf("%-12s %12s %12llu\n", f->phase[i].name,
			       quo_format_bytes(a, f->phase[i].bytes),
			       (unsigned long long)f->phase[i].rounds);
	printf("\nsteps        %s (%llu per epoch)\n", quo_format_count(a, f->steps),
	       (unsigned long long)f->steps_per_epoch);
	printf("one step     %s, %llu rounds\n", quo_format_bytes(a, f->step_bytes),
	       (unsigned long long)f->step_rounds);
	printf("bytes        %s (%llu) by all parties:", quo_format_bytes(a, bytes),
	       (unsigned long long)bytes);
	for (int i = 0; i < quo_run_n_parties(run); i++)
		printf(" %s", quo_format_bytes(a, f->cost.sent_bytes[i]));
	putchar('\n');
	if (f->scaled)
		printf("             (a long run: in proportion to its first steps)\n");
	printf("rounds       %llu\n", (unsigned long long)f->cost.rounds);
	printf("COTs, ANDs   %s, %s\n", quo_format_count(a, f->cost.cots),
	       quo_format_count(b, f->cost.and_gates));
	printf("memory       about %s per party\n", quo_format_bytes(a, f->memory_bytes));
	printf("time         about %s, a core for each party, over %g ms and %.4g MB/s\n",
	       quo_format_seconds(a, f->seconds), 1e3 * f->link.latency_s,
	       1e-6 * f->link.bytes_per_s);
	quo_choices_print(stdout, choices);
}

static quo_status print_json(const quo_run *run, const quo_choices *choices, quo_err *err)
{
	const quo_forecast *f = &run->forecast;
	quo_json j = QUO_JSON_INIT(true);

	quo_json_object(&j, NULL);
	quo_json_string(&j, "name", run->config->name);
	quo_json_uint(&j, "steps", f->steps);
	quo_summary_bytes_json(f->cost.sent_bytes, quo_run_n_parties(run), &j);
	quo_json_uint(&j, "rounds", f->cost.rounds);
	quo_json_uint(&j, "step_bytes", f->step_bytes);
	quo_json_uint(&j, "step_rounds", f->step_rounds);
	quo_json_uint(&j, "cots", f->cost.cots);
	quo_json_uint(&j, "and_gates", f->cost.and_gates);
	quo_json_uint(&j, "memory_bytes", f->memory_bytes);
	quo_json_real(&j, "seconds", f->seconds);
	quo_json_real(&j, "latency_seconds", f->link.latency_s);
	quo_json_real(&j, "bytes_per_second", f->link.bytes_per_s);
	quo_choices_json(&j, choices);
	quo_json_end(&j);
	quo_status status = quo_json_status(&j, err);
	if (status == QUO_OK)
		printf("%.*s\n", (int)j.out.n, (const char *)j.out.data);
	quo_json_free(&j);
	return status;
}

static quo_status check(quo_run *run, quo_registry *registry, quo_err *err)
{
	QUO_TRY(quo_run_open(run, registry, err));
	quo_data_shape shape;
	QUO_TRY(quo_run_load_shape(run->config, &shape, err));
	QUO_TRY(quo_run_foresee(run, registry, &shape, err));
	quo_choices choices;
	quo_status status = QUO_OK;
	QUO_TRY(quo_choices_forecast(&choices, run, registry, &shape, err));
	if (run->options->json)
		status = print_json(run, &choices, err);
	else
		print_forecast(run, &shape, &choices);
	quo_choices_free(&choices);
	QUO_TRY(status);
	return quo_run_printed(err);
}

static quo_status check_file(const quo_cli *cli, quo_run *run, quo_registry *registry, quo_err *err)
{
	const quo_sweep *sweep;
	quo_arena *arena = quo_arena_new(err);

	if (!arena)
		return QUO_FAILED;
	quo_status status =
		quo_sweep_load(arena, cli->run.file, cli->run.sets, cli->run.n_sets, &sweep, err);
	if (status == QUO_OK)
		status = sweep ? quo_check_sweep(cli, registry, arena, sweep, err)
			       : check(run, registry, err);
	quo_arena_free(arena);
	return status;
}

int main(int argc, char **argv)
{
	quo_err err = QUO_ERR_INIT;
	quo_cli cli;
	int parsed = quo_cli_parse(&cli, QUO_CLI_CHECK, help, argc, argv, &err);
	quo_run run = { .options = &cli.run, .ui = stdout };

	if (parsed != 0) {
		quo_cli_free(&cli);
		return parsed > 0 ? 0 : quo_cli_exit(&cli, (quo_status)parsed, &err);
	}
	quo_registry *registry = quo_registry_new(quo_data_components, &err);
	quo_status status = registry ? check_file(&cli, &run, registry, &err) : QUO_FAILED;
	quo_run_close(&run);
	quo_registry_free(registry);
	quo_cli_free(&cli);
	return quo_cli_exit(&cli, status, &err);
}
