/* SPDX-License-Identifier: Apache-2.0 */
/* What a prediction leaves and shows. */
#include <inttypes.h>
#include <math.h>

#include "report/progress.h"
#include "session/session_core.h"
#include "text/units.h"
#include "tools/predict_job.h"

static quo_status write_csv(quo_predict_job *job, quo_err *err)
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

static void json_results(const quo_predict_job *job, quo_json *j)
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

static void json_costs(const quo_predict_job *job, quo_json *j)
{
	const quo_predicted *d = &job->done;
	uint64_t rss = quo_peak_rss_bytes();
	int me = quo_me(job->s);

	if (job->run->children && quo_children_peak_rss(job->run->children, me) > rss)
		rss = quo_children_peak_rss(job->run->children, me);
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
	quo_summary_bytes_json(job->bytes_sent, quo_parties(job->s), j);
	quo_json_uint(j, "rounds", quo_session_traffic(job->s).rounds);
	quo_json_uint(j, "peak_rss_bytes", rss);
}

static quo_status write_summary(quo_predict_job *job, quo_err *err)
{
	static const char *const reveals[] = { "class", "scores" };
	char to[16] = "both";
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
	if (config->to != QUO_PREDICT_TO_ALL)
		snprintf(to, sizeof to, "%d", config->to - QUO_PREDICT_TO_0);
	quo_json_string(&j, "to", to);
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

static void print_results(const quo_predict_job *job)
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

quo_status quo_predict_report(quo_predict_job *job, quo_err *err)
{
	QUO_TRY(quo_run_write_config(job->run, err));
	if (job->classes)
		QUO_TRY(write_csv(job, err));
	QUO_TRY(write_summary(job, err));
	print_results(job);
	return QUO_OK;
}
