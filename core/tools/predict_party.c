/* SPDX-License-Identifier: Apache-2.0 */
/* A party's prediction: set-up, batches, and how many were right. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "numerics/step.h"
#include "run/meet.h"
#include "session/session_core.h"
#include "tools/predict_job.h"

/* ---- measuring ---- */

static quo_spent spent_so_far(const quo_predict_job *job)
{
	quo_traffic all = quo_session_traffic(job->s);

	return (quo_spent){ .seconds = quo_now_seconds(),
			    .cpu_seconds = quo_cpu_seconds(),
			    .bytes = all.sent_bytes + all.received_bytes,
			    .rounds = all.rounds };
}

static void begin(quo_predict_job *job)
{
	job->before = spent_so_far(job);
}

/* Add what was spent since begin(), once everything has left. */
static quo_status end(quo_predict_job *job, quo_spent *sum, quo_err *err)
{
	QUO_TRY(quo_flush(job->s, err));
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

static void take_medians(quo_predict_job *job)
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
static bool labels_are_here(const quo_predict_job *job)
{
	return job->p->labelled && job->sees &&
	       (quo_parties(job->s) == 1 || job->party->input->owner == quo_me(job->s));
}

/* A reader that is not here knows whether its rows have labels. */
static quo_status learn_labelled(quo_predict_job *job, quo_err *err)
{
	const quo_experiment_config *config = job->run->config;
	int reader = quo_ownership_of(config->data->config, config->protocol).reader;
	int parties = quo_parties(job->s);
	uint8_t labelled = job->p->labelled, heard = 0;
	quo_message_round r = { .bytes = { { 0 } } };

	if (parties == 1 ||
	    quo_meeting_mode(&config->network, job->run->options->party) == QUO_MODE_LOCAL)
		return QUO_OK;
	for (int i = 0; i < parties; i++) {
		r.bytes[reader][i] = i == reader ? 0 : 1;
		r.out[i] = &labelled;
	}
	r.in[reader] = &heard;
	QUO_TRY(quo_exchange(job->s, &r, err));
	if (quo_me(job->s) != reader)
		job->p->labelled = heard != 0;
	return quo_flush(job->s, err);
}

/* Rows of BITS tensors [rows, columns] of one width; local. Where they go is zero before. */
static void copy_part(const quo_tensor *to, size_t to_row, const quo_tensor *from, size_t from_row,
		      size_t rows)
{
	size_t columns = from->n / from->spec.dim[0];

	for (unsigned k = 0; k < from->spec.width; k++) {
		const uint64_t *in = quo_plane(from, k);
		uint64_t *out = quo_plane(to, k);
		for (size_t i = 0; i < rows * columns; i++) {
			size_t f = from_row * columns + i, t = to_row * columns + i;
			out[t / 64] |= (in[f / 64] >> (f % 64) & 1) << (t % 64);
		}
	}
}

static void copy_rows(const quo_tensor *to, size_t to_row, const quo_tensor *from, size_t from_row,
		      size_t rows)
{
	for (unsigned p = 0; p < from->parts; p++) {
		quo_tensor in = quo_part(from, p), out = quo_part(to, p);
		copy_part(&out, to_row, &in, from_row, rows);
	}
}

#define COUNTED_AT_ONCE 1000

/* Of all rows together: the rounds are those of a few batches. */
static quo_status count_right(quo_predict_job *job, quo_err *err)
{
	quo_session *s = job->s;
	uint32_t rows = job->p->rows, one = 1, classes = job->predictor.net.classes;
	int32_t right = 0;
	quo_tensor *sum = quo_keep(s, quo_spec_arith(quo_bit_length(rows) + 1, 1, &one), err);

	if (!sum)
		return QUO_FAILED;
	begin(job);
	for (uint32_t first = 0; first < rows; first += COUNTED_AT_ONCE) {
		uint32_t n = rows - first < COUNTED_AT_ONCE ? rows - first : COUNTED_AT_ONCE;
		uint32_t dim[2] = { n, classes };
		quo_tensor *x, *y, *a = quo_temp(s, quo_spec_bits(7, false, 2, dim), err);
		if (!a)
			return QUO_FAILED;
		copy_rows(a, 0, job->kept, first, n);
		QUO_TRY(quo_holding_batch(job->party->input, s, QUO_TEST, NULL,
					  job->p->first + first, n, &x, &y, err));
		QUO_TRY(quo_step_count_right(&job->predictor.net, s, a, y, sum, err));
		quo_arena_reset(quo_step_arena(s));
	}
	QUO_TRY(quo_reveal(s, sum, job->sees ? &right : NULL, job->to, err));
	if (job->sees)
		job->done.accuracy = (double)right / rows;
	return end(job, &job->done.count, err);
}

static quo_status one_batch(quo_predict_job *job, uint32_t first, uint32_t n, bool again,
			    quo_err *err)
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
		copy_rows(job->kept, first, a, 0, n);
	quo_arena_reset(quo_step_arena(s));
	return QUO_OK;
}

static double accuracy_here(const quo_predict_job *job)
{
	const quo_holding *in = job->party->input;
	uint32_t classes = in->shape.classes, right = 0;

	for (uint32_t r = 0; r < job->p->rows; r++)
		right += in->y[QUO_TEST][(size_t)(job->p->first + r) * classes +
					 (uint32_t)job->classes[r]] != 0;
	return (double)right / job->p->rows;
}

static quo_status find_accuracy(quo_predict_job *job, quo_err *err)
{
	job->done.accuracy = NAN;
	if (job->count)
		return count_right(job, err);
	if (labels_are_here(job))
		job->done.accuracy = accuracy_here(job);
	return QUO_OK;
}

static quo_status predict_all(quo_predict_job *job, quo_err *err)
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

/* ---- the whole ---- */

static quo_status allocate(quo_predict_job *job, quo_err *err)
{
	const quo_predict_config *config = &job->run->config->predict;
	size_t rows = job->p->rows, batch = (size_t)config->batch;
	size_t batches = (rows + batch - 1) / batch * (size_t)config->repeat;

	job->batch = quo_alloc(batches, sizeof *job->batch, err);
	if (!job->batch)
		return QUO_FAILED;
	if (job->count) {
		uint32_t dim[2] = { job->p->rows, job->predictor.net.classes };
		if (!(job->kept = quo_keep(job->s, quo_spec_bits(7, false, 2, dim), err)))
			return QUO_FAILED;
	}
	if (!job->sees)
		return QUO_OK;
	job->classes = quo_alloc(rows, sizeof *job->classes, err);
	if (config->reveal == QUO_REVEAL_SCORES)
		job->scores =
			quo_alloc(rows * job->predictor.net.classes, sizeof *job->scores, err);
	return job->classes && (job->scores || config->reveal != QUO_REVEAL_SCORES) ? QUO_OK
										    : QUO_FAILED;
}

static quo_status write_all(quo_predict_job *job, quo_err *err)
{
	if (job->run->leads && job->p->result)
		*job->p->result = job->done;
	QUO_TRY(quo_session_bytes(job->s, job->bytes_sent, err));
	if (!job->run->leads || job->run->silent)
		return QUO_OK;
	return quo_predict_report(job, err);
}

static quo_status with_predictor(quo_predict_job *job, quo_err *err)
{
	int owner = job->party->input->owner;
	bool together = quo_parties(job->s) > 1 && (owner == QUO_SHARED || owner != job->to);

	job->count = together && job->p->labelled && job->run->config->reveal.n;
	QUO_TRY(allocate(job, err));
	QUO_TRY(predict_all(job, err));
	return write_all(job, err);
}

static quo_status in_session(void *arg, quo_session *s, quo_err *err)
{
	quo_predict_job *job = arg;
	const quo_model_part *part = &job->p->part[quo_parties(s) > 1 ? quo_me(s) : 0];

	job->s = s;
	job->to = quo_predicting_to(job->run);
	job->sees = job->to == QUO_TO_ALL || job->to == quo_me(s);
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

/* A forked party keeps of the model what is its own. */
static void drop_others(quo_predicting *p, int party)
{
	if (!p->part[party].weights)
		quo_weights_free(&p->weights);
	for (int i = 0; i < QUO_MAX_PARTIES; i++)
		if (i != party)
			quo_model_share_free(&p->share[i]);
}

quo_status quo_predict_party(quo_run *run, quo_party *party, quo_err *err)
{
	quo_predict_job job = { .run = run, .party = party, .p = run->arg };

	drop_others(run->arg, party->party);
	quo_status status = quo_party_session(run, party, in_session, &job, err);

	quo_free(job.classes);
	quo_free(job.scores);
	quo_free(job.batch);
	return status;
}
