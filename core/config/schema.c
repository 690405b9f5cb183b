/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#include <quotient/pool.h>

#include "config/experiment.h"

static const char *const evaluate_choices[] = { "epoch", "end", "never", NULL };
static const char *const mode_choices[] = { "local", "listen", "connect", "mesh", NULL };

static const char *const reveal_choices[] = { "class", "scores", NULL };
static const char *const to_choices[] = { "both", "0", "1",  "2",  "3",  "4",  "5",  "6",  "7",
					  "8",    "9", "10", "11", "12", "13", "14", "15", NULL };
static const char *const model_owner_choices[] = { "dealer", "0",  "1",  "2",  "3",  "4",
						   "5",      "6",  "7",  "8",  "9",  "10",
						   "11",     "12", "13", "14", "15", NULL };

const quo_option quo__schema_top[] = {
	QUO_OPTION(quo_experiment_config, name, QUO_OPT_STRING, "unnamed",
		   "names the run's folder; the file's own name if it is not there", .local = true),
	QUO_OPTION(quo_experiment_config, data, QUO_OPT_COMPONENT, NULL,
		   "where rows and labels come from", .component_kind = QUO_KIND_DATA),
	QUO_OPTION(quo_experiment_config, protocol, QUO_OPT_COMPONENT, "{use: quotient}",
		   "who computes, and how", .component_kind = QUO_KIND_PROTOCOL),
	QUO_OPTION(quo_experiment_config, reveal, QUO_OPT_STRINGS, "[accuracy]",
		   "what a run opens: accuracy (the count of right test predictions), or [] for "
		   "nothing"),
	QUO_OPTION(
		quo_experiment_config, threads, QUO_OPT_INT, "1",
		"threads that compute in this party; results and bytes are the same for any number",
		.min = 1, .max = QUO_POOL_MAX_THREADS, .local = true),
	{ 0 },
};

static const quo_option train_options[] = {
	QUO_OPTION(quo_train_config, epochs, QUO_OPT_INT, "1", "passes over the training rows",
		   .min = 1, .max = 100000),
	QUO_OPTION(quo_train_config, batch, QUO_OPT_INT, "128", "rows per step", .min = 1,
		   .max = 65536),
	QUO_OPTION(quo_train_config, seed, QUO_OPT_INT, "1",
		   "public seed of initial weights, batch order and splits", .min = 0,
		   .max = INT64_MAX),
	QUO_OPTION(quo_train_config, max_steps, QUO_OPT_INT, "0",
		   "stop after this many batches in all; 0: no limit", .min = 0, .max = INT64_MAX),
	QUO_OPTION(quo_train_config, evaluate, QUO_OPT_ENUM, "epoch",
		   "when to predict the test rows", .choices = evaluate_choices),
	QUO_OPTION(quo_train_config, test_rows, QUO_OPT_INT, "0", "test rows to predict; 0: all",
		   .min = 0, .max = INT64_MAX),
	QUO_OPTION(quo_train_config, optimizer, QUO_OPT_COMPONENT, "{use: amsgrad}",
		   "updates the weights", .component_kind = QUO_KIND_OPTIM),
	QUO_OPTION(quo_train_config, quantizer, QUO_OPT_COMPONENT, "{use: npow}",
		   "normalises errors and gradients by a power of two",
		   .component_kind = QUO_KIND_QUANT),
	{ 0 },
};

static const quo_option network_options[] = {
	QUO_OPTION(
		quo_network_config, mode, QUO_OPT_ENUM, "local",
		"local: all parties on this machine; listen, connect: how one of two parties meets "
		"the other; mesh: any number of them, at the addresses of network.parties",
		.choices = mode_choices, .local = true),
	QUO_OPTION(quo_network_config, address, QUO_OPT_STRING, "\"\"",
		   "host:port to listen at or to connect to, in these two modes", .local = true),
	QUO_OPTION(
		quo_network_config, parties, QUO_OPT_STRINGS, "[]",
		"host:port of every party, in their order; each listens at its own and connects to "
		"those below it"),
	QUO_OPTION(quo_network_config, bind, QUO_OPT_STRING, "\"\"",
		   "host:port to listen at where it is not this party's in network.parties",
		   .local = true),
	QUO_OPTION(quo_network_config, plain, QUO_OPT_BOOL, "false",
		   "true: every link runs through a tunnel that hides it, so plain TCP may carry a "
		   "protocol whose messages together are the data",
		   .local = true),
	QUO_OPTION(quo_network_config, latency, QUO_OPT_SECONDS, "0s",
		   "one-way delay of the link, for forecasts and for components that are auto; "
		   "0s: what shape says, else measured at the start",
		   .max_real = 60),
	QUO_OPTION(quo_network_config, bandwidth, QUO_OPT_RATE, "0B/s",
		   "of the link, in each direction, from 1kB/s on; 0B/s: as with latency",
		   .max_real = 1e12),
	QUO_OPTION(quo_network_config, timeout, QUO_OPT_INT, "60",
		   "seconds to wait for the other parties; 0: for ever", .min = 0, .max = 86400,
		   .local = true),
	{ 0 },
};

static const quo_option shape_options[] = {
	QUO_OPTION(quo_shape_config, latency, QUO_OPT_SECONDS, "0s",
		   "one-way delay of the link to imitate; all parties run on one machine",
		   .max_real = 60),
	QUO_OPTION(quo_shape_config, bandwidth, QUO_OPT_RATE, "0B/s",
		   "of the link to imitate, in each direction, from 1kB/s on; 0B/s: as it is",
		   .max_real = 1e12),
	{ 0 },
};

static const quo__section network_sections[] = {
	{ "shape", "Imitate a slower link, for experiments on one machine.", shape_options,
	  offsetof(quo_network_config, shape), false, NULL },
	{ 0 },
};

static const quo_option output_options[] = {
	QUO_OPTION(quo_output_config, dir, QUO_OPT_STRING, "runs",
		   "folder that gets one folder per run", .local = true),
	{ 0 },
};

static const quo_option predict_options[] = {
	QUO_OPTION(quo_predict_config, model, QUO_OPT_STRING, "\"\"",
		   "file of the trained model: an .npz, or this party's model.partyI.share",
		   .local = true),
	QUO_OPTION(
		quo_predict_config, inputs, QUO_OPT_STRING, "\"\"",
		"examples to predict: an .npy of int8, or of bytes (images); empty: the test rows "
		"of the data",
		.local = true),
	QUO_OPTION(
		quo_predict_config, owner, QUO_OPT_ENUM, "dealer",
		"who brings an .npz: dealer (party 0 reads it and shares it: neither side's own), or "
		"party 0 or 1, that keeps it",
		.choices = model_owner_choices),
	QUO_OPTION(quo_predict_config, batch, QUO_OPT_INT, "1", "rows predicted together", .min = 1,
		   .max = 65536),
	QUO_OPTION(quo_predict_config, first, QUO_OPT_INT, "0", "first row, from 0", .min = 0,
		   .max = UINT32_MAX),
	QUO_OPTION(quo_predict_config, rows, QUO_OPT_INT, "0", "how many rows; 0: to the last",
		   .min = 0, .max = UINT32_MAX),
	QUO_OPTION(quo_predict_config, repeat, QUO_OPT_INT, "1",
		   "times that every batch is predicted, for medians of its cost", .min = 1,
		   .max = 100000),
	QUO_OPTION(quo_predict_config, reveal, QUO_OPT_ENUM, "class",
		   "what is opened of a row: its class alone, or the scores of all classes",
		   .choices = reveal_choices),
	QUO_OPTION(quo_predict_config, to, QUO_OPT_ENUM, "both", "who learns it",
		   .choices = to_choices),
	{ 0 },
};

const quo__section quo__schema_sections[] = {
	{ "train", "Training.", train_options, offsetof(quo_experiment_config, train), false,
	  NULL },
	{ "predict", "Prediction, by quotient-predict.", predict_options,
	  offsetof(quo_experiment_config, predict), false, NULL },
	{ "network", "How the parties meet.", network_options,
	  offsetof(quo_experiment_config, network), false, network_sections },
	{ "output", "Where results go; this party's own.", output_options,
	  offsetof(quo_experiment_config, output), true, NULL },
	{ 0 },
};

const char *const quo__schema_keys[] = { "model", "train", "predict", "network", "output", NULL };
