/* SPDX-License-Identifier: Apache-2.0 */
/* Before the parties meet: the model, the rows, what it will cost. */
#include "tools/predict.h"
#include "base/bytes.h"
#include "session/session_core.h"
#include "tools/cli.h"

#include <stdlib.h>
#include <string.h>

#include "data/reader.h"
#include "data/source.h"
#include "run/meet.h"
#include "store/examples.h"

static bool is_local(const quo_run *run)
{
	return quo_meeting_mode(&run->config->network, run->options->party) == QUO_MODE_LOCAL;
}

static int parties(const quo_run *run)
{
	return quo_run_n_parties(run);
}

int quo_predicting_to(const quo_run *run)
{
	int to = run->config->predict.to;

	return to == QUO_PREDICT_TO_ALL || parties(run) == 1 ? QUO_TO_ALL : to - QUO_PREDICT_TO_0;
}

/* ---- the model ---- */

/* Who has the weights of an .npz. */
static int holder(const quo_run *run)
{
	int owner = run->config->predict.owner;

	return owner == QUO_MODEL_DEALER ? 0 : owner - QUO_MODEL_OWNER_0;
}

static quo_status load_npz(quo_predicting *p, quo_run *run, quo_err *err)
{
	const quo_predict_config *config = &run->config->predict;
	bool dealer = config->owner == QUO_MODEL_DEALER, has = *config->model;
	bool deals = parties(run) > 1 && (dealer || !quo_protocol(run->config->protocol)->owned);
	int who = parties(run) > 1 ? holder(run) : 0;

	if (!is_local(run) && has != (run->party == who))
		return quo_fail(
			err, QUO_USAGE,
			has ? "party %d holds the model (predict.owner is %s); run this party "
			      "without --model"
			    : "party %d holds the model (predict.owner is %s): name it with "
			      "--model model.npz",
			who,
			deals ? "dealer"
			: who ? "1"
			      : "0");
	if (has)
		QUO_TRY(quo_weights_load(config->model, &p->weights, err));
	for (int i = 0; i < QUO_MAX_PARTIES; i++) {
		p->part[i].owner = deals ? QUO_SHARED : who;
		p->part[i].dealer = deals ? who : -1;
	}
	if (has)
		p->part[who].weights = &p->weights;
	return quo_run_agree(run, "--model", err, "an .npz");
}

/* ".../model.party0.share" for any party, from that of another; false for another kind of name. */
static bool sibling(const char *path, int party, char *out, size_t size)
{
	const char *at = strstr(path, ".party"), *next;

	while (at && (next = strstr(at + 1, ".party")) != NULL)
		at = next;
	if (!at)
		return false;
	size_t digits = strspn(at + 6, "0123456789");
	if (!digits || strcmp(at + 6 + digits, ".share") != 0)
		return false;
	int n = snprintf(out, size, "%.*s%d.share", (int)(at + 6 - path), path, party);
	return n >= 0 && (size_t)n < size;
}

static quo_status load_share(quo_predicting *p, const char *path, int party, int of, unsigned parts,
			     quo_err *err)
{
	quo_model_share *share = &p->share[party];

	QUO_TRY(quo_model_share_load(path, share, err));
	if (share->parties != (uint32_t)of)
		return quo_fail(
			err, QUO_USAGE,
			"%s: a share for %u parties; this protocol has %d. A run in the clear "
			"leaves its weights in model.npz",
			path, share->parties, of);
	if (share->party != (uint32_t)party)
		return quo_fail(err, QUO_USAGE,
				"%s: the share of party %u, and this is party %d; name its own",
				path, share->party, party);
	if (share->parts != parts)
		return quo_fail(
			err, QUO_USAGE,
			"%s: it has %u parts of each weight, and this protocol wants %u; is it of "
			"another protocol?",
			path, share->parts, parts);
	return QUO_OK;
}

static quo_status load_shares(quo_predicting *p, quo_run *run, quo_err *err)
{
	const char *model = run->config->predict.model;
	char path[QUO_SOURCE_PATH];
	const quo_sharing sharing = quo_protocol_sharing(run->config->protocol, parties(run));
	int from = is_local(run) ? 0 : run->party;
	int to = is_local(run) ? parties(run) - 1 : run->party;

	if (parties(run) == 1)
		return quo_fail(err, QUO_USAGE,
				"%s: protocol %s has one party and takes a model.npz, not shares",
				model, run->config->protocol->component->name);
	for (int i = from; i <= to; i++) {
		if (!is_local(run))
			snprintf(path, sizeof path, "%s", model);
		else if (!sibling(model, i, path, sizeof path))
			return quo_fail(
				err, QUO_USAGE,
				"%s: all parties run here and each needs its share; give one "
				"named NAME.party0.share with NAME.party1.share (and so on) beside it",
				model);
		QUO_TRY(load_share(p, path, i, parties(run), sharing.parts[i], err));
		p->part[i].share = &p->share[i];
	}
	for (int i = from + 1; i <= to; i++)
		if (memcmp(p->share[0].id, p->share[i].id, sizeof p->share[0].id) != 0)
			return quo_fail(
				err, QUO_USAGE,
				"%s: it and the other party's share are of two models (their "
				"ids differ)",
				model);
	char id[33];
	return quo_run_agree(run, "--model", err, "shares %s",
			     quo_hex(id, p->share[from].id, sizeof p->share[from].id));
}

quo_status quo_predicting_load(quo_predicting *p, quo_run *run, quo_err *err)
{
	const quo_predict_config *config = &run->config->predict;
	const char *dot = strrchr(config->model, '.');

	for (int i = 0; i < QUO_MAX_PARTIES; i++)
		p->part[i] = (quo_model_part){ .owner = parties(run) > 1 ? QUO_SHARED : 0,
					       .dealer = -1,
					       .name = config->model };
	if (!*config->model && (is_local(run) || run->party == holder(run)))
		return quo_fail(
			err, QUO_USAGE,
			"no model is named; give --model model.npz or --model "
			"model.party%d.share (or --model initial, to measure with the public "
			"initial weights)",
			run->party > 0 ? run->party : 0);
	if (strcmp(config->model, "initial") == 0) {
		p->kind = "initial";
		for (int i = 0; i < QUO_MAX_PARTIES; i++)
			p->part[i].owner = QUO_SHARED;
		return quo_run_agree(run, "--model", err, "initial");
	}
	if (dot && strcmp(dot, ".share") == 0) {
		p->kind = "shares";
		return load_shares(p, run, err);
	}
	p->kind = "npz";
	return load_npz(p, run, err);
}

void quo_predicting_free(quo_predicting *p)
{
	quo_weights_free(&p->weights);
	for (int i = 0; i < QUO_MAX_PARTIES; i++)
		quo_model_share_free(&p->share[i]);
}

/* ---- the rows ---- */

/* What is predicted and nothing else: what is not there need not be shared. */
static quo_status keep_rows(const quo_predict_config *config, quo_dataset *data, quo_err *err)
{
	uint64_t end = (uint64_t)config->first + (uint64_t)config->rows;

	if ((uint64_t)config->first >= data->test_rows)
		return quo_fail(
			err, QUO_USAGE,
			"the first row to predict is %lld and there are %u, counted from 0; "
			"choose with --rows A..B",
			(long long)config->first, data->test_rows);
	quo_free(data->train_x);
	quo_free(data->train_y);
	data->train_x = NULL;
	data->train_y = NULL;
	data->train_rows = 0;
	if (config->rows && end < data->test_rows)
		data->test_rows = (uint32_t)end;
	return QUO_OK;
}

static quo_status load(quo_run *run, quo_dataset *data, quo_err *err)
{
	const quo_predict_config *config = &run->config->predict;
	const quo_data_common *common = run->config->data->config;
	quo_predicting *p = run->arg;

	p->labelled = !*config->inputs;
	if (p->labelled)
		QUO_TRY(quo_run_load_data(run->config, data, err));
	else
		QUO_TRY(quo_examples_load(config->inputs, (uint32_t)common->classes, data, err));
	return keep_rows(config, data, err);
}

static quo_status trim(quo_run *run, quo_holding *in, quo_err *err)
{
	const quo_predict_config *config = &run->config->predict;
	uint64_t end = (uint64_t)config->first + (uint64_t)config->rows;

	if (*config->inputs)
		return quo_fail(
			err, QUO_USAGE,
			"data/shares are what is predicted; run without --inputs, or with data "
			"of another kind");
	((quo_predicting *)run->arg)->labelled = true;
	in->shape.rows[QUO_TRAIN] = 0;
	if (config->rows && end < in->shape.rows[QUO_TEST])
		in->shape.rows[QUO_TEST] = (uint32_t)end;
	return QUO_OK;
}

/* ---- what it costs ---- */

static quo_status dry_batch(quo_predicting *p, const quo_run *run, quo_session *s,
			    const quo_experiment_config *experiment, const quo_data_shape *shape,
			    const quo_model_part *part, quo_err *err)
{
	const quo_predict_config *config = &run->config->predict;
	quo_predictor predictor;
	quo_holding nothing;
	quo_tensor *x, *y, *a;
	uint32_t batch = (uint32_t)config->batch;

	const quo_ownership who = quo_ownership_of(experiment->data->config, experiment->protocol);
	quo_holding_empty(&nothing, shape, who.owner);
	QUO_TRY(quo_predictor_init(&predictor, s, experiment, shape, part, err));
	*quo_session_cost(s) = (quo_cost)QUO_COST_INIT;
	quo_status status = quo_holding_batch(&nothing, s, QUO_TEST, NULL, 0, batch, &x, &y, err);
	if (status == QUO_OK)
		status = quo_predictor_batch(&predictor, x, config->reveal == QUO_REVEAL_SCORES,
					     quo_predicting_to(run), NULL, NULL, &a, err);
	p->batch_bytes = quo_cost_bytes(quo_session_cost(s));
	p->batch_rounds = quo_session_cost(s)->rounds;
	quo_predictor_fini(&predictor);
	return status;
}

/* The party of this process that knows most of the model. */
static const quo_model_part *best_part(const quo_predicting *p)
{
	for (int i = 0; i < QUO_MAX_PARTIES; i++)
		if (p->part[i].weights)
			return &p->part[i];
	for (int i = 0; i < QUO_MAX_PARTIES; i++)
		if (p->part[i].share)
			return &p->part[i];
	return &p->part[0];
}

static quo_status foresee(quo_run *run, quo_registry *registry, const quo_data_shape *shape,
			  quo_err *err)
{
	quo_predicting *p = run->arg;
	const quo_predict_config *config = &run->config->predict;
	quo_experiment *other;
	quo_cost cost = QUO_COST_INIT;

	if ((uint64_t)config->first >= shape->rows[QUO_TEST])
		return quo_fail(
			err, QUO_USAGE,
			"the first row to predict is %lld and there are %u, counted from 0; "
			"choose with --rows A..B",
			(long long)config->first, shape->rows[QUO_TEST]);
	p->first = (uint32_t)config->first;
	p->rows = shape->rows[QUO_TEST] - p->first;
	if (config->rows && (uint64_t)config->rows < p->rows)
		p->rows = (uint32_t)config->rows;
	QUO_TRY(quo_run_load(run->options, registry, NULL, &other, err));
	const quo_experiment_config *experiment = quo_experiment_config_of(other);
	quo_session *s =
		quo_session_forecast(experiment->protocol, (quo_link)QUO_LINK_LOOPBACK, &cost, err);
	quo_status status =
		s ? dry_batch(p, run, s, experiment, shape, best_part(p), err) : QUO_FAILED;
	quo_session_free(s);
	quo_experiment_free(other);
	return status;
}

static void banner(const quo_run *run)
{
	const quo_predict_config *config = &run->config->predict;
	char to[32] = "all parties";

	if (quo_predicting_to(run) != QUO_TO_ALL)
		snprintf(to, sizeof to, "party %d", quo_predicting_to(run));
	else if (parties(run) == 2)
		snprintf(to, sizeof to, "both parties");
	quo_run_security(run);
	if (parties(run) > 1)
		fprintf(run->ui, "revealed: the %s of every row%s, to %s\n",
			config->reveal == QUO_REVEAL_SCORES ? "scores" : "class",
			run->config->reveal.n && !*config->inputs ? " and how many are right" : "",
			to);
	fflush(run->ui);
}

const quo_work quo_prediction = {
	.load = load, .trim = trim, .foresee = foresee, .banner = banner, .party = quo_predict_party
};
