/* SPDX-License-Identifier: Apache-2.0 */
/* quotient-predict: a trained model on rows that nobody sees. */
#include <signal.h>
#include <stdio.h>

#include "data/dataset.h"
#include "tools/predict_table.h"

static const char help[] =
	"Usage: quotient-predict EXPERIMENT.yaml --model MODEL [options]\n"
	"\n"
	"Predict rows with the network of an experiment file under its protocol. Only the class of each row is opened (or,\n"
	"with --reveal scores, its scores), to whom --to says. Results go to <output.dir>/<name>-<time>/: predictions.csv\n"
	"and summary.json. Set-up is done once and reported apart.\n"
	"\n"
	"  --model MODEL          an .npz that one party holds (predict.owner says which), model.partyI.share, or\n"
	"                         'initial': the public initial weights, to measure with\n"
	"  --inputs FILE.npy      examples: int8, or bytes of images (default: the test rows of the data)\n"
	"  --rows A..B            these rows, from 0; --rows N: the first N (default: all)\n"
	"  --batch N              rows predicted together (default 1)\n"
	"  --repeat N             predict every batch N times, for medians\n"
	"  --reveal class|scores  what is opened of a row (default: class)\n"
	"  --to both|N            who learns it: all parties, or party N (default: both)\n"
	"  --set KEY=VALUE        override a key; the options above are predict.model, predict.inputs, ..\n"
	"  --party N              which party this process is; with network.parties, or one of two parties with:\n"
	"  --listen HOST:PORT     run one of two parties (default: 0); wait for the other there\n"
	"  --connect HOST:PORT    run one party; the other waits there\n"
	"  --json                 summary on standard output, everything else on standard error\n"
	"  --plugin-dir DIR       load plugins from DIR too\n"
	"  --help, --version\n"
	"\n"
	"A file with `table:` (configs/table5.yaml) lists experiments: their times, alone and batched, over LAN and WAN, as\n"
	"one table; --set then goes to all of them.\n"
	"\n"
	"Examples:\n"
	"  quotient-run configs/quickstart.yaml --reveal-model\n"
	"  quotient-predict configs/quickstart.yaml --model runs/quickstart-DATE/model.npz --rows 0..99 --batch 10\n"
	"  quotient-predict configs/quickstart.yaml --model runs/quickstart-DATE/model.party0.share --rows 5 --to 1\n"
	"  quotient-predict configs/quickstart.yaml --model model.party0.share --party 0 --listen 127.0.0.1:7000 &\n"
	"  quotient-predict configs/quickstart.yaml --model model.party1.share --party 1 --connect 127.0.0.1:7000\n"
	"\n"
	"Exit status: 0 done, 1 failed at run time, 2 bad usage, experiment, model or data.\n";

static quo_status run_all(quo_run *run, quo_registry *registry, quo_err *err)
{
	QUO_TRY(quo_run_open(run, registry, err));
	run->lead = quo_predicting_to(run) == QUO_TO_ALL ? 0 : quo_predicting_to(run);
	QUO_TRY(quo_predicting_load(run->arg, run, err));
	return quo_run_parties(run, registry, err);
}

int main(int argc, char **argv)
{
	quo_err err = QUO_ERR_INIT;
	quo_cli cli;
	int parsed = quo_cli_parse(&cli, QUO_CLI_PREDICT, help, argc, argv, &err);
	quo_predicting predicting = { 0 };
	quo_run run = { .options = &cli.run,
			.work = &quo_prediction,
			.arg = &predicting,
			.ui = cli.run.json ? stderr : stdout };

	signal(SIGPIPE, SIG_IGN);
	if (parsed != 0) {
		quo_cli_free(&cli);
		return parsed > 0 ? 0 : quo_cli_exit(&cli, (quo_status)parsed, &err);
	}
	if (quo_predict_table_is(cli.run.file)) {
		quo_status done = quo_predict_table(&cli, run.ui, &err);
		quo_cli_free(&cli);
		return quo_cli_exit(&cli, done, &err);
	}
	quo_registry *registry = quo_registry_new(quo_data_components, &err);
	quo_status status = registry ? run_all(&run, registry, &err) : QUO_FAILED;
	quo_predicting_free(&predicting);
	quo_run_close(&run);
	quo_registry_free(registry);
	quo_cli_free(&cli);
	return quo_cli_exit(&cli, status, &err);
}
