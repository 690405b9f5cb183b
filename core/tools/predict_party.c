/* SPDX-License-Identifier: Apache-2.0 */
/* A party's prediction: set-up, batches, and what it writes. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/predict.h"
#include "train/progress.h"
#include "train/step.h"

struct job {
	quo_run *run;
	quo_party *party;
	quo_predicting *p;
	quo_session *s;
	quo_predictor predictor;
	int to;            /* who sees: a party, or QUO_TO_ALL */
	bool sees, count;  /* this party does; how many are right is counted in a circuit */
	int32_t *classes;  /* rows; NULL at a party that does not see */
	int32_t *scores;   /* rows x classes; NULL unless revealed here */
	quo_tensor *right; /* the count, shared */
	quo_predicted done;
	quo_spent before; /* what is being measured */
	quo_spent *batch; /* every one that was measured */
	size_t n;
};

/* ---- measuring ---- */

static quo_traffic traffic(const struct job *job)
{
	return job->s->peer ? quo_channel_traffic(job->s->peer) : (quo_traffic){ 0 };
}

static quo_spent spent_so_far(const struct job *job)
{
	quo_traffic all = traffic(job);
	struct timespec cpu;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	return (quo_spent){ .seconds = quo_now_seconds(),
			    .cpu_seconds = (double)cpu.tv_sec + 1e-9 * (double)cpu.tv_nsec,
			    .bytes = all.sent_bytes + all.received_bytes,
			    .rounds = all.rounds };
}

static void begin(struct job *job)
{
	job->before = spent_so_far(job);
}

/* Add what was spent since begin(), once everything has left. */
static quo_status end(struct job *job, quo_spent *sum, quo_err *err)
{
	if (job->s->peer)
		QUO_TRY(quo_channel_flush(job->s->peer, err));
	quo_spent now = spent_so_far(job);
	sum->seconds += now.seconds - job->before.seconds;
	sum->cpu_seconds += now.cpu_seconds - job->before.cpu_seconds;
	sum->bytes += now.bytes - job->before.bytes;
	sum->rounds += now.rounds - job->before.rounds;
	return QUO_OK;
}

static int compare(double x, double y)
{
	return (x > y) - (x < y);
}

static int by_seconds(const void *a, const void *b)
{
	return compare(((const quo_spent *)a)->seconds, ((const quo_spent *)b)->seconds);
}

static int by_cpu_seconds(const void *a, const void *b)
{
	return compare(((const quo_spent *)a)->cpu_seconds, ((const quo_spent *)b)->cpu_seconds);
}

static int by_bytes(const void *a, const void *b)
{
	return compare((double)((const quo_spent *)a)->bytes,
		       (double)((const quo_spent *)b)->bytes);
}

static int by_rounds(const void *a, const void *b)
{
	return compare((double)((const quo_spent *)a)->rounds,
		       (double)((const quo_spent *)b)->rounds);
}

static void take_medians(struct job *job)
{
	quo_spent *batch = job->batch, *middle = &batch[job->n / 2],
		  *other = &batch[(job->n - 1) / 2];
	quo_predicted *d = &job->done;

	d->batches = job->n;
	qsort(batch, job->n, sizeof *batch, by_bytes);
	d->batch.bytes = middle->bytes;
	qsort(batch, job->n, sizeof *batch, by_rounds);
	d->batch.rounds = middle->rounds;
	qsort(batch, job->n, sizeof *batch, by_cpu_seconds);
	d->batch.cpu_seconds = (middle->cpu_seconds + other->cpu_seconds) / 2;
	qsort(batch, job->n, sizeof *batch, by_seconds);
	d->batch.seconds = (middle->seconds + other->seconds) / 2;
	d->seconds_min = batch[0].seconds;
	d->seconds_max = batch[job->n - 1].seconds;
}

/* ---- predicting ---- */

/* Whether who sees the classes has the labels too: then nothing has to be computed together. */
static bool labels_are_here(const struct job *job)
{
	return job->p->labelled && job->sees &&
	       (job->s->parties == 1 || job->party->input->owner == job->s->party);
}

/* A reader that is not here knows whether its rows have labels. */
static quo_status learn_labelled(struct job *job, quo_err *err)
{
	const quo_data_common *common = job->run->config->data->config;
	int reader = common->owner == QUO_OWNER_1 ? 1 : 0;
	uint8_t labelled = job->p->labelled;

	if (!job->s->peer || job->run->config->network.mode == QUO_MODE_LOCAL)
		return QUO_OK;
	if (job->s->party == reader) {
		QUO_TRY(quo_channel_send(job->s->peer, &labelled, 1, err));
		return quo_channel_flush(job->s->peer, err);
	}
	QUO_TRY(quo_channel_recv(job->s->peer, &labelled, 1, err));
	job->p->labelled = labelled != 0;
	return QUO_OK;
}

static quo_status count_right(struct job *job, const quo_tensor *a, const quo_tensor *y,
			      quo_err *err)
{
	begin(job);
	QUO_TRY(quo_step_count_right(&job->predictor.net, job->s, a, y, job->right, err));
	return end(job, &job->done.count, err);
}

static quo_status one_batch(struct job *job, uint32_t first, uint32_t n, bool again, quo_err *err)
{
	quo_session *s = job->s;
	const quo_predict_config *config = &job->run->config->predict;
	size_t classes = job->predictor.net.classes;
	quo_tensor *x, *y, *a;

	QUO_TRY(quo_holding_batch(job->party->input, s, QUO_TEST, NULL, job->p->first + first, n,
				  &x, &y, err));
	begin(job);
	QUO_TRY(quo_predictor_batch(&job->predictor, x, config->reveal == QUO_REVEAL_SCORES,
				    job->to, job->classes ? job->classes + first : NULL,
				    job->scores ? job->scores + first * classes : NULL, &a, err));
	quo_spent spent = { 0 };
	QUO_TRY(end(job, &spent, err));
	if (n == config->batch || job->p->rows < config->batch)
		job->batch[job->n++] = spent;
	if (job->count && !again)
		QUO_TRY(count_right(job, a, y, err));
	quo_arena_reset(s->step);
	return QUO_OK;
}

static double accuracy_here(const struct job *job)
{
	const quo_holding *in = job->party->input;
	uint32_t classes = in->shape.classes, right = 0;

	for (uint32_t r = 0; r < job->p->rows; r++)
		right += in->y[QUO_TEST][(size_t)(job->p->first + r) * classes +
					 (uint32_t)job->classes[r]] != 0;
	return (double)right / job->p->rows;
}

static quo_status find_accuracy(struct job *job, quo_err *err)
{
	int32_t right = 0;

	job->done.accuracy = NAN;
	if (job->count) {
		begin(job);
		QUO_TRY(quo_reveal(job->s, job->right, job->sees ? &right : NULL, job->to, err));
		QUO_TRY(end(job, &job->done.count, err));
		if (job->sees)
			job->done.accuracy = (double)right / job->p->rows;
	} else if (labels_are_here(job)) {
		job->done.accuracy = accuracy_here(job);
	}
	return QUO_OK;
}

static quo_status predict_all(struct job *job, quo_err *err)
{
	const quo_predict_config *config = &job->run->config->predict;
	uint32_t rows = job->p->rows, batch = (uint32_t)config->batch;

	for (uint32_t first = 0; first < rows; first += batch) {
		uint32_t n = rows - first < batch ? rows - first : batch;
		for (int64_t k = 0; k < config->repeat; k++)
			QUO_TRY(one_batch(job, first, n, k > 0, err));
	}
	take_medians(job);
	return find_accuracy(job, err);
}

/* ---- what it leaves ---- */

static quo_status write_csv(struct job *job, quo_err *err)
{
	uint32_t classes = job->predictor.net.classes;
	quo_buffer b = QUO_BUFFER_INIT;
	char text[32];

	quo_buffer_add(&b, "row,class", 9);
	for (uint32_t c = 0; job->scores && c < classes; c++)
		quo_buffer_add(&b, text, (size_t)snprintf(text, sizeof text, ",score%u", c));
	quo_buffer_add(&b, "\n", 1);
	for (uint32_t r = 0; r < job->p->rows; r++) {
		quo_buffer_add(&b, text,
			       (size_t)snprintf(text, sizeof text, "%u,%d", job->p->first + r,
						job->classes[r]));
		for (uint32_t c = 0; job->scores && c < classes; c++)
			quo_buffer_add(&b, text,
				       (size_t)snprintf(text, sizeof text, ",%d",
							job->scores[(size_t)r * classes + c]));
		quo_buffer_add(&b, "\n", 1);
	}
	quo_status status = quo_buffer_status(&b, err);
	if (status == QUO_OK)
		status = quo_folder_write(job->run->output, "predictions.csv", b.data, b.n, true,
					  err);
	quo_buffer_free(&b);
	return status;
}

static void json_results(const struct job *job, quo_json *j)
{
	uint32_t classes = job->predictor.net.classes;

	if (!job->classes)
		return;
	quo_json_array(j, "classes");
	for (uint32_t r = 0; r < job->p->rows; r++)
		quo_json_int(j, NULL, job->classes[r]);
	quo_json_end(j);
	if (!job->scores)
		return;
	quo_json_array(j, "scores");
	for (uint32_t r = 0; r < job->p->rows; r++) {
		quo_json_array(j, NULL);
		for (uint32_t c = 0; c < classes; c++)
			quo_json_int(j, NULL, job->scores[(size_t)r * classes + c]);
		quo_json_end(j);
	}
	quo_json_end(j);
}

static void json_costs(const struct job *job, quo_json *j)
{
	const quo_predicted *d = &job->done;
	quo_traffic all = traffic(job);
	uint64_t rss = quo_peak_rss_bytes();
	int me = job->s->party;

	if (job->run->other_rss && *job->run->other_rss > rss)
		rss = *job->run->other_rss;
	quo_json_real(j, "setup_seconds", d->setup.seconds);
	quo_json_real(j, "setup_cpu_seconds", d->setup.cpu_seconds);
	quo_json_uint(j, "setup_bytes", d->setup.bytes);
	quo_json_uint(j, "setup_rounds", d->setup.rounds);
	quo_json_uint(j, "batches", d->batches);
	quo_json_real(j, "batch_seconds", d->batch.seconds);
	quo_json_real(j, "batch_seconds_min", d->seconds_min);
	quo_json_real(j, "batch_seconds_max", d->seconds_max);
	quo_json_real(j, "batch_cpu_seconds", d->batch.cpu_seconds);
	quo_json_uint(j, "batch_bytes", d->batch.bytes);
	quo_json_uint(j, "batch_rounds", d->batch.rounds);
	quo_json_uint(j, "forecast_batch_bytes", job->p->batch_bytes);
	quo_json_uint(j, "forecast_batch_rounds", job->p->batch_rounds);
	quo_json_uint(j, "bytes_sent", all.sent_bytes + all.received_bytes);
	quo_json_uint(j, "bytes_sent_party0", me ? all.received_bytes : all.sent_bytes);
	quo_json_uint(j, "bytes_sent_party1", me ? all.sent_bytes : all.received_bytes);
	quo_json_uint(j, "rounds", all.rounds);
	quo_json_uint(j, "peak_rss_bytes", rss);
}

static quo_status write_summary(struct job *job, quo_err *err)
{
	static const char *const reveals[] = { "class", "scores" }, *const to[] = { "both", "0",
										    "1" };
	const quo_predict_config *config = &job->run->config->predict;
	quo_summary_component components[QUO_RUN_MAX_COMPONENTS];
	size_t n = quo_run_components(job->run, components, QUO_RUN_MAX_COMPONENTS);
	quo_json j = QUO_JSON_INIT(true);

	quo_json_object(&j, NULL);
	quo_json_string(&j, "name", job->run->config->name);
	quo_json_string(&j, "protocol", job->run->config->protocol->component->name);
	quo_summary_components_json(components, n, &j);
	quo_json_string(&j, "model", job->p->kind);
	quo_json_string(&j, "reveal", reveals[config->reveal]);
	quo_json_string(&j, "to", to[config->to]);
	quo_json_uint(&j, "first", job->p->first);
	quo_json_uint(&j, "rows", job->p->rows);
	quo_json_int(&j, "batch", config->batch);
	quo_json_int(&j, "repeat", config->repeat);
	if (!isnan(job->done.accuracy))
		quo_json_real(&j, "accuracy", job->done.accuracy);
	json_costs(job, &j);
	json_results(job, &j);
	quo_json_end(&j);
	quo_status status = quo_run_write_summary(job->run, &j, job->classes != NULL, err);
	quo_json_free(&j);
	return status;
}

static void table_row(FILE *ui, const char *name, const quo_spent *spent)
{
	char time[QUO_UNIT_CHARS], cpu[QUO_UNIT_CHARS], sent[QUO_UNIT_CHARS];

	fprintf(ui, "%-24s %10s %10s %10s %8" PRIu64 "\n", name,
		quo_format_seconds(time, spent->seconds),
		quo_format_seconds(cpu, spent->cpu_seconds), quo_format_bytes(sent, spent->bytes),
		spent->rounds);
}

static void print_results(const struct job *job)
{
	const quo_predicted *d = &job->done;
	const quo_predict_config *config = &job->run->config->predict;
	FILE *ui = job->run->ui;
	char name[64], low[QUO_UNIT_CHARS], high[QUO_UNIT_CHARS];
	uint32_t whole = job->p->rows < config->batch ? job->p->rows : (uint32_t)config->batch;

	fprintf(ui, "%-24s %10s %10s %10s %8s\n", "phase", "time", "processor", "sent", "rounds");
	table_row(ui, "set-up, once", &d->setup);
	snprintf(name, sizeof name, "a batch of %u", whole);
	table_row(ui, name, &d->batch);
	if (job->count)
		table_row(ui, "counting the right ones", &d->count);
	fprintf(ui, "medians of %" PRIu64 " batches, %s to %s\n", d->batches,
		quo_format_seconds(low, d->seconds_min), quo_format_seconds(high, d->seconds_max));
	for (uint32_t r = 0; job->classes && r < job->p->rows && job->p->rows <= 10; r++)
		fprintf(ui, "row %u: class %d\n", job->p->first + r, job->classes[r]);
	if (!isnan(d->accuracy))
		fprintf(ui, "accuracy %.2f%% of %u rows\n", 100 * d->accuracy, job->p->rows);
	fprintf(ui, "results in %s\n", quo_folder_name(job->run->output));
}

/* ---- the whole ---- */

static quo_status allocate(struct job *job, quo_err *err)
{
	const quo_predict_config *config = &job->run->config->predict;
	size_t rows = job->p->rows, batch = (size_t)config->batch;
	size_t batches = (rows + batch - 1) / batch * (size_t)config->repeat;
	uint32_t one = 1;

	job->batch = quo_alloc(batches, sizeof *job->batch, err);
	if (!job->batch)
		return QUO_FAILED;
	if (job->count &&
	    !(job->right =
		      quo_keep(job->s, quo_spec_arith(quo_bit_length(rows) + 1, 1, &one), err)))
		return QUO_FAILED;
	if (!job->sees)
		return QUO_OK;
	job->classes = quo_alloc(rows, sizeof *job->classes, err);
	if (config->reveal == QUO_REVEAL_SCORES)
		job->scores =
			quo_alloc(rows * job->predictor.net.classes, sizeof *job->scores, err);
	return job->classes && (job->scores || config->reveal != QUO_REVEAL_SCORES) ? QUO_OK
										    : QUO_FAILED;
}

static quo_status write_all(struct job *job, quo_err *err)
{
	if (job->run->leads && job->p->result)
		*job->p->result = job->done;
	if (!job->run->leads || job->run->silent)
		return QUO_OK;
	QUO_TRY(quo_run_write_config(job->run, err));
	if (job->classes)
		QUO_TRY(write_csv(job, err));
	QUO_TRY(write_summary(job, err));
	print_results(job);
	return QUO_OK;
}

static quo_status with_predictor(struct job *job, quo_err *err)
{
	int owner = job->party->input->owner;
	bool together = job->s->parties > 1 && (owner == QUO_SHARED || owner != job->to);

	job->count = together && job->p->labelled && job->run->config->reveal.n;
	QUO_TRY(allocate(job, err));
	QUO_TRY(predict_all(job, err));
	return write_all(job, err);
}

static quo_status in_session(void *arg, quo_session *s, quo_err *err)
{
	struct job *job = arg;
	const quo_model_part *part = &job->p->part[s->parties > 1 ? s->party : 0];

	job->s = s;
	job->to = quo_predicting_to(job->run);
	job->sees = job->to == QUO_TO_ALL || job->to == s->party;
	QUO_TRY(learn_labelled(job, err));
	begin(job);
	QUO_TRY(quo_predictor_init(&job->predictor, s, job->run->config, &job->party->input->shape,
				   part, err));
	quo_status status = end(job, &job->done.setup, err);
	if (status == QUO_OK)
		status = with_predictor(job, err);
	quo_predictor_fini(&job->predictor);
	return status;
}

quo_status quo_predict_party(quo_run *run, quo_party *party, quo_err *err)
{
	struct job job = { .run = run, .party = party, .p = run->arg };
	quo_status status = quo_party_session(run, party, in_session, &job, err);

	quo_free(job.classes);
	quo_free(job.scores);
	quo_free(job.batch);
	return status;
}
