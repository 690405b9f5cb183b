/* SPDX-License-Identifier: Apache-2.0 */
/* Which way bits become integers: bit by bit (bits.c) or as words (words.c). */
#include "convert.h"

#include "bits.h"
#include "parties.h"
#include "words.h"

static bool narrower_as_words(const struct rep_conversion *job)
{
	return !job->coef && rep_words_per_element(job) < rep_bits_per_element(job);
}

/* Whether the bytes that words save, a third of them on each link, take longer than their rounds. */
static bool words_pay(const quo_session *s, const struct rep_conversion *jobs, size_t n_jobs)
{
	const quo_link loopback = QUO_LINK_LOOPBACK;
	quo_link link = quo_session_link(s);
	double latency = link.latency_s > 0 ? link.latency_s : loopback.latency_s;
	double rate = link.bytes_per_s > 0 ? link.bytes_per_s : loopback.bytes_per_s;
	double saved_bits = 0;
	unsigned rounds = 0;

	for (size_t i = 0; i < n_jobs; i++) {
		if (!narrower_as_words(&jobs[i]))
			continue;
		unsigned bits = rep_bits_per_element(&jobs[i]) - rep_words_per_element(&jobs[i]);
		saved_bits += (double)jobs[i].z->n * bits;
		rounds = rounds > jobs[i].z->spec.width ? rounds : jobs[i].z->spec.width + 1u;
	}
	return saved_bits / (8 * REP_PARTIES) / rate > rounds * latency;
}

quo_status rep_convert(struct replicated *r, quo_session *s, const struct rep_conversion *jobs,
		       size_t n_jobs, quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	struct rep_conversion *list =
		quo_arena_alloc(quo_step_arena(s), 2 * n_jobs, sizeof *list, err);
	struct rep_conversion *words = list + n_jobs;
	size_t n_bits = 0, n_words = 0;
	bool pays = words_pay(s, jobs, n_jobs);

	if (!list)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++) {
		if (pays && narrower_as_words(&jobs[i]))
			words[n_words++] = jobs[i];
		else
			list[n_bits++] = jobs[i];
	}
	quo_status status = rep_convert_bits(r, s, list, n_bits, err);
	if (status == QUO_OK)
		status = rep_convert_words(r, s, words, n_words, err);
	quo_arena_release(quo_step_arena(s), mark);
	return status;
}
