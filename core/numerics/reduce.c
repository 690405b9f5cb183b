/* SPDX-License-Identifier: Apache-2.0 */
#include "numerics/reduce.h"

#include <stdio.h>
#include <string.h>

static quo_circuit *level_circuit(quo_goal goal, const quo_instance *quant, unsigned width,
				  bool is_signed, uint32_t ports, bool last, quo_err *err)
{
	const quo_quant_ops *ops = quo_quant(quant);
	quo_builder *b = quo_builder_new(goal);
	quo_int x[QUO_REDUCE_FAN_IN];
	char name[16];

	for (uint32_t p = 0; p < ports; p++) {
		snprintf(name, sizeof name, "x.%u", p);
		x[p] = quo_input(b, name, QUO_PORT_BITS, width, is_signed, false);
		if (is_signed)
			x[p] = ops->lift(quant->self, b, x[p]);
	}
	for (uint32_t step = 1; step < ports; step *= 2)
		for (uint32_t p = 0; p + step < ports; p += 2 * step)
			x[p] = ops->combine(quant->self, b, x[p], x[p + step]);
	quo_output(b, last ? "s" : "m", last ? ops->exponent(quant->self, b, x[0]) : x[0]);
	return quo_circuit_finish(b, err);
}

quo_status quo_reducer_init(quo_reducer *r, const quo_session *s, quo_goal goal,
			    const quo_instance *quant, unsigned width, size_t n, quo_err *err)
{
	bool is_signed = true, last = false;

	*r = (quo_reducer){ 0 };
	while (!last) {
		quo_reduce_level *level = &r->level[r->n_levels];
		last = n <= QUO_REDUCE_FAN_IN;
		/* Whole words per port: an input is cut into runs of 64 k elements. */
		level->instances =
			last ? 1 : quo_words((n + QUO_REDUCE_FAN_IN - 1) / QUO_REDUCE_FAN_IN) * 64;
		level->ports = (uint32_t)((n + level->instances - 1) / level->instances);
		if (s)
			goal = quo_protocol_goal(s, level->instances);
		level->circuit =
			level_circuit(goal, quant, width, is_signed, level->ports, last, err);
		if (!level->circuit) {
			quo_reducer_fini(r);
			return QUO_FAILED;
		}
		r->n_levels++;
		width = level->circuit->out[0].width;
		is_signed = false;
		n = level->instances;
	}
	r->s_width = (uint8_t)width;
	return QUO_OK;
}

void quo_reducer_fini(quo_reducer *r)
{
	for (unsigned i = 0; i < r->n_levels; i++)
		quo_circuit_free(r->level[i].circuit);
	r->n_levels = 0;
}

/* Of a part: elements first .. first+t->n-1 of x, missing ones 0. first and t->n are multiples of
 * 64, or t->n is 1. */
static void cut(const quo_tensor *x, size_t first, quo_tensor *t)
{
	for (unsigned k = 0; k < x->spec.width; k++) {
		const uint64_t *from = quo_plane(x, k);
		uint64_t *to = quo_plane(t, k);
		if (t->n == 1) {
			*to = from[first / 64] >> (first % 64) & 1;
			continue;
		}
		size_t word = first / 64;
		size_t words = x->words - word < t->words ? x->words - word : t->words;
		memcpy(to, from + word, words * sizeof *to);
	}
}

static quo_status level_job(quo_session *s, const quo_reduce_level *level, const quo_tensor *x,
			    quo_map_job *job, quo_err *err)
{
	uint32_t instances = (uint32_t)level->instances;
	const quo_port *in = &level->circuit->in[0], *out = &level->circuit->out[0];

	*job = (quo_map_job){ .circuit = level->circuit, .n = level->instances };
	for (uint32_t p = 0; p < level->ports; p++) {
		quo_tensor *t =
			quo_temp(s, quo_spec_bits(in->width, in->is_signed, 1, &instances), err);
		if (!t)
			return QUO_FAILED;
		for (unsigned k = 0; k < t->parts; k++) {
			quo_tensor from = quo_part(x, k), to = quo_part(t, k);
			cut(&from, p * level->instances, &to);
		}
		job->in[p] = t;
	}
	job->out[0] = quo_temp(s, quo_spec_bits(out->width, false, 1, &instances), err);
	return job->out[0] ? QUO_OK : QUO_FAILED;
}

quo_status quo_reduce(quo_session *session, const quo_reducer *const *reducers,
		      const quo_tensor *const *x, size_t n, quo_tensor **s, quo_err *err)
{
	quo_map_job *jobs = quo_arena_alloc(quo_step_arena(session), n, sizeof *jobs, err);
	const quo_tensor **now = quo_arena_alloc(quo_step_arena(session), n, sizeof *now, err);
	size_t n_jobs;

	if (!jobs || !now)
		return QUO_FAILED;
	memcpy(now, x, n * sizeof *now);
	for (unsigned l = 0;; l++) {
		n_jobs = 0;
		for (size_t i = 0; i < n; i++)
			if (l < reducers[i]->n_levels) {
				quo_map_job *job = &jobs[n_jobs++];
				QUO_TRY(level_job(session, &reducers[i]->level[l], now[i], job,
						  err));
				now[i] = s[i] = job->out[0];
			}
		if (!n_jobs)
			return QUO_OK;
		QUO_TRY(quo_map(session, jobs, n_jobs, err));
	}
}
