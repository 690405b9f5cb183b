/* SPDX-License-Identifier: Apache-2.0 */
#include "run/party.h"
#include "base/bytes.h"
#include "session/session_core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/rules.h"
#include "report/progress.h"
#include "run/local.h"
#include "store/modelshare.h"
#include "store/npz.h"

struct job {
	quo_run *run;
	quo_party *party;
	quo_session *session;
	quo_trainer trainer;
	quo_progress *progress;
	int8_t *weights; /* after a reveal */
	uint8_t digest[32];
	double *per_epoch; /* accuracies, NaN where not evaluated; then seconds and bytes until then */
	double begun;
	int64_t epochs_seen;
	uint64_t bytes_sent[QUO_MAX_PARTIES]; /* at the end, by party */
};

static void banner(const quo_run *run)
{
	quo_run_security(run);
	if (quo_protocol(run->config->protocol)->parties > 1)
		fprintf(run->ui, "revealed: %s%s%s\n",
			run->config->reveal.n ? "test accuracy" : "nothing",
			run->options->reveal_model ? ", the model" : "",
			run->options->verify ? "; --verify OPENS EVERY TENSOR: no privacy" : "");
	fflush(run->ui);
}

/* ---- while it runs ---- */

static quo_status write_metrics(struct job *job, const quo_trainer_report *r, quo_err *err)
{
	quo_json j = QUO_JSON_INIT(false);

	quo_json_object(&j, NULL);
	quo_json_uint(&j, "step", r->step);
	quo_json_int(&j, "epoch", r->epoch + 1);
	if (r->evaluated)
		quo_json_real(&j, "test_accuracy", r->accuracy);
	else
		quo_json_real(&j, "step_seconds", r->step_seconds);
	quo_json_uint(&j, "bytes_sent", r->bytes);
	quo_json_uint(&j, "rounds", r->rounds);
	quo_json_end(&j);
	quo_status status = quo_json_status(&j, err);
	if (status == QUO_OK)
		status = quo_folder_metrics(job->run->output, (const char *)j.out.data, j.out.n,
					    err);
	quo_json_free(&j);
	return status;
}

static void note_epoch(struct job *job, const quo_trainer_report *r)
{
	double *at = job->per_epoch + r->epoch;

	at[0] = r->accuracy;
	at[r->epochs] =
		job->trainer.phase[QUO_PHASE_SETUP].seconds + quo_now_seconds() - job->begun;
	at[2 * r->epochs] = (double)r->bytes;
}

static quo_status on_report(void *arg, const quo_trainer_report *r, quo_err *err)
{
	struct job *job = arg;

	if (r->evaluated)
		note_epoch(job, r);
	if (!job->run->leads)
		return QUO_OK;
	if (job->run->watch)
		*job->run->watch =
			(quo_watch){ r->step, r->steps, r->epoch + 1, r->epochs,
				     r->evaluated ? r->accuracy : job->run->watch->accuracy };
	if (job->progress) {
		if (!r->evaluated)
			quo_progress_step(job->progress, r->step, r->bytes);
		else
			quo_progress_epoch(job->progress, (uint64_t)r->epoch + 1, r->accuracy);
	}
	return write_metrics(job, r, err);
}

static quo_status start_progress(struct job *job, quo_err *err)
{
	if (!job->run->leads || job->run->options->quiet)
		return QUO_OK;
	job->progress = quo_progress_new(
		&(quo_progress_config){ .out = stderr,
					.live = quo_progress_is_live(stderr),
					.epochs = (uint64_t)job->run->config->train.epochs,
					.steps_per_epoch = job->trainer.steps_per_epoch,
					.steps = job->trainer.steps },
		err);
	return job->progress ? QUO_OK : QUO_FAILED;
}

/* ---- what it leaves ---- */

static quo_status write_share(struct job *job, quo_err *err)
{
	const quo_network *net = &job->trainer.net;
	quo_model_share model = { .party = (uint32_t)quo_me(job->session),
				  .parties = (uint32_t)quo_parties(job->session),
				  .parts = quo_parts(job->session) };
	const quo_net_state *w;
	char file[32];

	memcpy(model.id, &job->party->hash_start, sizeof model.id);
	model.layers = quo_alloc(net->n_params, sizeof *model.layers, err);
	if (!model.layers)
		return QUO_FAILED;
	while ((w = quo_network_weights(net, model.n_layers)) != NULL) {
		const quo_tensor *v = *w->now;
		model.layers[model.n_layers++] =
			(quo_model_layer){ v->spec.dim[0], v->spec.dim[1], v->spec.width, v->b };
	}
	snprintf(file, sizeof file, "model.party%d.share", quo_me(job->session));
	const char *path = quo_folder_path(job->run->output, file, err);
	quo_status status = path ? quo_model_share_save(path, &model, err) : QUO_FAILED;
	quo_free(model.layers);
	return status;
}

/* A layer's weights w as they are, and ternary. */
static quo_status add_layer(quo_npz *z, const quo_net_state *state, const int8_t *w, quo_err *err)
{
	const quo_tensor *v = *state->now;
	int8_t *ternary = quo_alloc(v->n, 1, err);
	char name[32];

	if (!ternary)
		return QUO_FAILED;
	for (size_t j = 0; j < v->n; j++)
		ternary[j] = (int8_t)((w[j] >= QUO_TERNARY_THRESHOLD) -
				      (w[j] <= -QUO_TERNARY_THRESHOLD));
	snprintf(name, sizeof name, "layer%u.weight", state->number);
	quo_status status = quo_npz_add(z, name, w, v->spec.dim[0], v->spec.dim[1], err);
	snprintf(name, sizeof name, "layer%u.ternary", state->number);
	if (status == QUO_OK)
		status = quo_npz_add(z, name, ternary, v->spec.dim[0], v->spec.dim[1], err);
	quo_free(ternary);
	return status;
}

static quo_status write_npz(struct job *job, quo_err *err)
{
	const quo_net_state *state;
	const int8_t *w = job->weights;
	quo_npz z = QUO_NPZ_INIT;
	quo_status status = QUO_OK;

	for (uint32_t k = 0;
	     status == QUO_OK && (state = quo_network_weights(&job->trainer.net, k)) != NULL; k++) {
		status = add_layer(&z, state, w, err);
		w += (*state->now)->n;
	}
	if (status == QUO_OK)
		status = quo_npz_finish(&z, err);
	if (status == QUO_OK)
		status = quo_folder_write(job->run->output, "model.npz", z.out.data, z.out.n, false,
					  err);
	quo_npz_free(&z);
	return status;
}

static void fill_summary(struct job *job, quo_summary *out)
{
	const quo_trainer *t = &job->trainer;
	const quo_train_config *train = &job->run->config->train;
	const quo_forecast *f = &job->run->forecast;
	int me = quo_me(job->session);
	uint64_t rss = quo_peak_rss_bytes();

	if (job->run->children && quo_children_peak_rss(job->run->children, me) > rss)
		rss = quo_children_peak_rss(job->run->children, me);
	*out = (quo_summary){ .name = job->run->config->name,
			      .protocol = job->run->config->protocol->component->name,
			      .seed = (uint64_t)train->seed,
			      .epochs = t->steps_per_epoch ? t->step / t->steps_per_epoch : 0,
			      .steps = t->step,
			      .batch = (uint64_t)train->batch,
			      .setup_seconds = t->phase[QUO_PHASE_SETUP].seconds,
			      .train_seconds = t->phase[QUO_PHASE_FORWARD].seconds +
					       t->phase[QUO_PHASE_BACKWARD].seconds +
					       t->phase[QUO_PHASE_UPDATE].seconds,
			      .test_accuracy = t->n_accuracy ? t->accuracy[t->n_accuracy - 1] : NAN,
			      .n_accuracies = (size_t)((t->step + t->steps_per_epoch - 1) /
						       t->steps_per_epoch),
			      .test_accuracy_per_epoch = job->per_epoch,
			      .seconds_at_epoch = job->per_epoch + train->epochs,
			      .bytes_at_epoch = job->per_epoch + 2 * train->epochs,
			      .parties = quo_parties(job->session),
			      .bytes_sent = job->bytes_sent,
			      .rounds = quo_session_traffic(job->session).rounds,
			      .peak_rss_bytes = rss,
			      .weights_sha256 = job->weights ? job->digest : NULL,
			      .n_phases = QUO_PHASES,
			      .phases = t->phase,
			      .has_forecast = true,
			      .forecast_bytes = quo_cost_bytes(&f->cost),
			      .forecast_rounds = f->cost.rounds,
			      .forecast_seconds = f->seconds,
			      .experiment = job->run->experiment };
}

static quo_status write_summary(struct job *job, quo_err *err)
{
	quo_summary_component components[QUO_RUN_MAX_COMPONENTS];
	quo_summary summary;
	quo_json j = QUO_JSON_INIT(true);

	fill_summary(job, &summary);
	summary.n_components = quo_run_components(job->run, components, QUO_RUN_MAX_COMPONENTS);
	summary.components = components;
	quo_summary_json(&summary, &j);
	quo_status status = quo_run_write_summary(job->run, &j, false, err);
	quo_json_free(&j);
	return status;
}

static void print_results(struct job *job)
{
	const quo_trainer *t = &job->trainer;
	FILE *ui = job->run->ui;
	char hex[65];

	quo_progress_table(ui, t->phase, QUO_PHASES);
	if (t->n_accuracy)
		fprintf(ui, "test accuracy %.2f%%\n", 100 * t->accuracy[t->n_accuracy - 1]);
	if (job->weights)
		fprintf(ui, "weights_sha256 %s\n", quo_hex(hex, job->digest, sizeof job->digest));
	if (job->party->trace && quo_parties(job->session) > 1)
		fprintf(ui, "verified: %llu tensors equal to the clear twin's\n",
			(unsigned long long)job->party->verify.compared);
	fprintf(ui, "results in %s\n", quo_folder_name(job->run->output));
}

/* ---- the whole ---- */

static quo_status reveal(struct job *job, quo_err *err)
{
	size_t n = quo_trainer_weights(&job->trainer);

	if (!job->run->options->reveal_model && quo_parties(job->session) > 1)
		return QUO_OK;
	job->weights = quo_alloc(n, 1, err);
	if (!job->weights)
		return QUO_FAILED;
	QUO_TRY(quo_trainer_reveal_model(&job->trainer, job->weights, err));
	quo_sha256(job->weights, n, job->digest);
	return QUO_OK;
}

static quo_status train(struct job *job, quo_err *err)
{
	quo_run *run = job->run;
	size_t epochs = (size_t)run->config->train.epochs;

	job->per_epoch = quo_alloc(3 * epochs, sizeof *job->per_epoch, err);
	if (!job->per_epoch)
		return QUO_FAILED;
	for (size_t i = 0; i < 3 * epochs; i++)
		job->per_epoch[i] = NAN;
	job->trainer.report = on_report;
	job->trainer.report_arg = job;
	if (run->leads)
		QUO_TRY(quo_run_write_config(run, err));
	QUO_TRY(start_progress(job, err));
	job->begun = quo_now_seconds();
	quo_status status = quo_trainer_run(&job->trainer, err);
	quo_progress_free(job->progress);
	QUO_TRY(status);
	QUO_TRY(reveal(job, err));
	QUO_TRY(quo_flush(job->session, err));
	QUO_TRY(quo_session_bytes(job->session, job->bytes_sent, err));
	QUO_TRY(write_share(job, err));
	if (!run->leads)
		return QUO_OK;
	if (job->weights)
		QUO_TRY(write_npz(job, err));
	QUO_TRY(write_summary(job, err));
	print_results(job);
	return QUO_OK;
}

static quo_status run_session(void *arg, quo_session *s, quo_err *err)
{
	struct job *job = arg;

	job->session = s;
	QUO_TRY(quo_trainer_init(&job->trainer, s, job->run->config, job->party->input, err));
	if (job->party->trace) {
		job->party->verify.trainer = &job->trainer;
		quo_session_trace(s, job->party->trace, &job->party->verify);
	}
	quo_status status = train(job, err);
	quo_trainer_fini(&job->trainer);
	return status;
}

static quo_status run_party(quo_run *run, quo_party *party, quo_err *err)
{
	struct job job = { .run = run, .party = party };
	quo_status status = quo_party_session(run, party, run_session, &job, err);

	quo_free(job.weights);
	quo_free(job.per_epoch);
	return status;
}

static quo_status load(quo_run *run, quo_dataset *data, quo_err *err)
{
	return quo_run_load_data(run->config, data, err);
}

const quo_work quo_training = {
	.load = load, .foresee = quo_run_foresee, .banner = banner, .party = run_party
};
