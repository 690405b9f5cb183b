/* SPDX-License-Identifier: Apache-2.0 */
#include "store/summary.h"
#include "base/bytes.h"

#include <stdio.h>
#include <sys/resource.h>

#include "store/manifest.h"

void quo_summary_components_json(const quo_summary_component *components, size_t n, quo_json *j)
{
	quo_json_array(j, "components");
	for (size_t i = 0; i < n; i++) {
		const quo_summary_component *c = &components[i];
		quo_json_object(j, NULL);
		quo_json_string(j, "path", c->path);
		quo_json_string(j, "kind", c->kind);
		quo_json_string(j, "name", c->name);
		quo_json_uint(j, "wire_version", c->wire_version);
		quo_json_end(j);
	}
	quo_json_end(j);
}

void quo_summary_phases_json(const quo_phase *phases, size_t n, quo_json *j)
{
	quo_json_array(j, "phases");
	for (size_t i = 0; i < n; i++) {
		const quo_phase *p = &phases[i];
		quo_json_object(j, NULL);
		quo_json_string(j, "name", p->name);
		quo_json_real(j, "seconds", p->seconds);
		quo_json_uint(j, "bytes", p->bytes);
		quo_json_uint(j, "rounds", p->rounds);
		quo_json_end(j);
	}
	quo_json_end(j);
}

static void add_digest(const quo_summary *s, quo_json *j)
{
	char hex[65];

	if (!s->weights_sha256) {
		quo_json_null(j, "weights_sha256");
		return;
	}
	quo_json_string(j, "weights_sha256", quo_hex(hex, s->weights_sha256, 32));
}

static void add_epochs(const quo_summary *s, quo_json *j, const char *key, const double *value)
{
	if (!value)
		return;
	quo_json_array(j, key);
	for (size_t i = 0; i < s->n_accuracies; i++)
		quo_json_real(j, NULL, value[i]);
	quo_json_end(j);
}

void quo_summary_bytes_json(const uint64_t *bytes_sent, int parties, quo_json *j)
{
	uint64_t all = 0;
	char key[32];

	for (int i = 0; i < parties; i++)
		all += bytes_sent[i];
	quo_json_uint(j, "bytes_sent", all);
	/* In the clear, too, there are at least the two keys. */
	for (int i = 0; i < parties || i < 2; i++) {
		snprintf(key, sizeof key, "bytes_sent_party%d", i);
		quo_json_uint(j, key, i < parties ? bytes_sent[i] : 0);
	}
}

void quo_summary_json(const quo_summary *s, quo_json *j)
{
	quo_json_object(j, NULL);
	quo_json_string(j, "name", s->name);
	quo_json_string(j, "protocol", s->protocol);
	quo_summary_components_json(s->components, s->n_components, j);
	quo_json_uint(j, "seed", s->seed);
	quo_json_uint(j, "epochs", s->epochs);
	quo_json_uint(j, "steps", s->steps);
	quo_json_uint(j, "batch", s->batch);
	quo_json_real(j, "train_seconds", s->train_seconds);
	quo_json_real(j, "setup_seconds", s->setup_seconds);
	quo_json_real(j, "test_accuracy", s->test_accuracy);
	add_epochs(s, j, "test_accuracy_per_epoch", s->test_accuracy_per_epoch);
	add_epochs(s, j, "seconds_at_epoch", s->seconds_at_epoch);
	add_epochs(s, j, "bytes_sent_at_epoch", s->bytes_at_epoch);
	quo_summary_bytes_json(s->bytes_sent, s->parties, j);
	quo_json_uint(j, "rounds", s->rounds);
	quo_json_uint(j, "peak_rss_bytes", s->peak_rss_bytes);
	add_digest(s, j);
	quo_summary_phases_json(s->phases, s->n_phases, j);
	if (s->has_forecast) {
		quo_json_object(j, "forecast");
		quo_json_uint(j, "bytes_sent", s->forecast_bytes);
		quo_json_uint(j, "rounds", s->forecast_rounds);
		quo_json_real(j, "seconds", s->forecast_seconds);
		quo_json_end(j);
	}
	if (s->experiment)
		quo_manifest_json(j, s->experiment);
	quo_json_end(j);
}

uint64_t quo_peak_rss_bytes(void)
{
	struct rusage usage;

	/* Linux counts in KiB. */
	return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}
