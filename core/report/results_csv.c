/* SPDX-License-Identifier: Apache-2.0 */
/* Results as CSV (RFC 4180, but with newlines alone). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/results.h"

static void add(quo_buffer *out, const char *text)
{
	quo_buffer_add(out, text, strlen(text));
}

/* end_line() makes the last comma a newline. */
void quo_csv_cell(quo_buffer *out, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		add(out, text);
	} else {
		add(out, "\"");
		for (; *text; text++) {
			if (*text == '"')
				add(out, "\"");
			quo_buffer_add(out, text, 1);
		}
		add(out, "\"");
	}
	add(out, ",");
}

static void cell_count(quo_buffer *out, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRIu64, value);
	quo_csv_cell(out, text);
}

/* An empty cell for NaN. */
static void cell_real(quo_buffer *out, double value)
{
	quo_json j = QUO_JSON_INIT(false);
	char text[48] = "";

	if (!isnan(value)) {
		quo_json_real(&j, NULL, value);
		snprintf(text, sizeof text, "%.*s", (int)j.out.n, (const char *)j.out.data);
	}
	quo_csv_cell(out, text);
	quo_json_free(&j);
}

static void end_line(quo_buffer *out)
{
	if (out->n)
		out->data[out->n - 1] = '\n';
}

static void header(quo_buffer *out, const quo_results *r, const char *const *names)
{
	for (uint32_t i = 0; i < r->sweep->n_axes; i++)
		quo_csv_cell(out, r->sweep->axis[i].name);
	for (; *names; names++)
		quo_csv_cell(out, *names);
	end_line(out);
}

static void labels(quo_buffer *out, const quo_results *r, uint32_t record)
{
	uint32_t index[QUO_SWEEP_MAX_AXES];

	quo_sweep_at(r->sweep, record, index);
	for (uint32_t i = 0; i < r->sweep->n_axes; i++)
		quo_csv_cell(out, r->sweep->axis[i].label[index[i]]);
}

void quo_results_csv(quo_buffer *out, const quo_results *r)
{
	static const char *const names[] = {
		"status",         "folder",     "protocol",      "seed",           "epochs",
		"steps",          "batch",      "test_accuracy", "train_seconds",  "setup_seconds",
		"total_seconds",  "bytes_sent", "rounds",        "peak_rss_bytes", "weights_sha256",
		"paper_accuracy", NULL
	};

	header(out, r, names);
	for (uint32_t i = 0; i < r->n_records; i++) {
		const quo_record *x = &r->record[i];
		labels(out, r, i);
		quo_csv_cell(out, x->done ? "done" : x->failure ? "failed" : "not run");
		quo_csv_cell(out, x->folder);
		if (!x->done) {
			for (size_t k = 0; k < 13; k++)
				quo_csv_cell(out, "");
		} else {
			quo_csv_cell(out, x->protocol ? x->protocol : "");
			cell_count(out, x->seed);
			cell_count(out, x->epochs);
			cell_count(out, x->steps);
			cell_count(out, x->batch);
			cell_real(out, x->accuracy);
			cell_real(out, x->train_seconds);
			cell_real(out, x->setup_seconds);
			cell_real(out, x->seconds);
			cell_count(out, x->bytes);
			cell_count(out, x->rounds);
			cell_count(out, x->rss_bytes);
			quo_csv_cell(out, x->weights ? x->weights : "");
		}
		cell_real(out, r->group[i % r->n_groups].paper);
		end_line(out);
	}
}

void quo_curves_csv(quo_buffer *out, const quo_results *r)
{
	static const char *const names[] = { "run_seed",      "epoch",      "test_accuracy",
					     "total_seconds", "bytes_sent", NULL };

	header(out, r, names);
	for (uint32_t i = 0; i < r->n_records; i++) {
		const quo_record *x = &r->record[i];
		for (uint32_t e = 0; x->done && e < x->n_epochs; e++) {
			if (isnan(x->per_epoch[e]))
				continue;
			labels(out, r, i);
			cell_count(out, x->seed);
			cell_count(out, e + 1);
			cell_real(out, x->per_epoch[e]);
			cell_real(out, x->seconds_at ? x->seconds_at[e] : NAN);
			cell_real(out, x->bytes_at ? x->bytes_at[e] : NAN);
			end_line(out);
		}
	}
}
