/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-run: train the network of an experiment file. */
#include <signal.h>
#include <stdio.h>

#include "data/dataset.h"
#include "run/local.h"
#include "tools/run_sweep.h"

static const char help[] =
	"Usage: quotient-run EXPERIMENT.yaml [options]\n"
	"\n"
	"Train the network of an experiment file under its protocol; results go to <output.dir>/<name>-<time>/.\n"
	"A file with `sweep:` is a grid of experiments: all are run, one after the other, into <output.dir>/<name>/, with a\n"
	"table, CSV files and report.html at the end. The same command again goes on where it was interrupted.\n"
	"\n"
	"  --set KEY=VALUE        override a key, e.g. --set train.optimizer.use=sgd (any number of times)\n"
	"  --party N              which party this process is; with network.parties, or one of two parties with:\n"
	"  --listen HOST:PORT     run one of two parties (default: 0); wait for the other there\n"
	"  --connect HOST:PORT    run one party; the other waits there\n"
	"  --verify               compare every tensor with the clear twin (opens them all: no privacy)\n"
	"  --reveal-model         open the trained weights to all parties: model.npz and weights_sha256\n"
	"  --json                 summary on standard output, everything else on standard error\n"
	"  --quiet                no progress\n"
	"  --report               write report.html of a single run too; a sweep always does\n"
	"  --plugin-dir DIR       load plugins from DIR too\n"
	"  --help, --version\n"
	"\n"
	"Examples:\n"
	"  quotient-run configs/quickstart.yaml\n"
	"  quotient-run configs/mnist-2x128.yaml --set protocol.use=clear --set train.epochs=1\n"
	"  quotient-run configs/german-credit.yaml --party 0 --listen 127.0.0.1:7000 &\n"
	"  quotient-run configs/german-credit.yaml --party 1 --connect 127.0.0.1:7000\n"
	"  quotient-run configs/ablations/fig7.yaml --set 'sweep.data=[MNIST 2x128]' --set 'sweep.train.seed=[1]'\n"
	"\n"
	"Exit status: 0 done, 1 failed at run time, 2 bad usage, experiment or data.\n";

static quo_status run_one(const quo_cli *cli, quo_run *run, quo_registry *registry, quo_err *err)
{
	QUO_TRY(quo_run_open(run, registry, err));
	QUO_TRY(quo_run_agree(run, "--reveal-model", err,
			      run->options->reveal_model ? "given" : "not given"));
	QUO_TRY(quo_run_parties(run, registry, err));
	return cli->report ? quo_run_report(run, err) : QUO_OK;
}

static quo_status run_all(const quo_cli *cli, quo_run *run, quo_registry *registry, quo_err *err)
{
	const quo_sweep *sweep;
	quo_arena *arena = quo_arena_new(err);

	if (!arena)
		return QUO_FAILED;
	quo_status status =
		quo_sweep_load(arena, cli->run.file, cli->run.sets, cli->run.n_sets, &sweep, err);
	if (status == QUO_OK && !sweep)
		status = run_one(cli, run, registry, err);
	else if (status == QUO_OK)
		status = quo_run_sweep(cli, registry, arena, sweep, run->ui, err);
	quo_arena_free(arena);
	return status;
}

int main(int argc, char **argv)
{
	quo_err err = QUO_ERR_INIT;
	quo_cli cli;
	int parsed = quo_cli_parse(&cli, QUO_CLI_RUN, help, argc, argv, &err);
	quo_run run = { .options = &cli.run,
			.work = &quo_training,
			.ui = cli.run.json ? stderr : stdout };

	signal(SIGPIPE, SIG_IGN);
	if (parsed != 0) {
		quo_cli_free(&cli);
		return parsed > 0 ? 0 : quo_cli_exit(&cli, (quo_status)parsed, &err);
	}
	quo_registry *registry = quo_registry_new(quo_data_components, &err);
	quo_status status = registry ? run_all(&cli, &run, registry, &err) : QUO_FAILED;
	quo_run_close(&run);
	quo_registry_free(registry);
	quo_cli_free(&cli);
	return quo_cli_exit(&cli, status, &err);
}
