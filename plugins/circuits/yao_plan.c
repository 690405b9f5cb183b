/* SPDX-License-Identifier: Apache-2.0 */
/* What a call has to do: who knows which input bits, and how the work is cut into batches and
 * pieces. */
#include "yao.h"

static const int evaluator = 1 - YAO_GARBLER;

static size_t round_down(size_t n)
{
	return n / 64 * 64;
}

/*
 * Ports of the two-party form follow the original ones, an additive port giving two: the garbler's
 * share and the evaluator's. A share that is zero by construction (the owner is the other party) is
 * a constant that the garbler knows, so that it costs no COT; the adder of quo_split_arith() stays
 * in front of it.
 */
static void plan_port(struct yao_port *port, const quo_tensor *t, const quo_port *from, int share,
		      int party)
{
	*port = (struct yao_port){ .tensor = t, .width = from->width, .scalar = from->scalar };
	if (from->kind == QUO_PORT_BITS) {
		port->cot = t->spec.owner != YAO_GARBLER;
		port->words = t->words;
		if (t->spec.owner == QUO_SHARED || t->spec.owner == party)
			port->planes = t->b;
	} else {
		port->cot = share == evaluator && t->spec.owner != YAO_GARBLER;
		port->words = quo_words(t->n);
		port->additive =
			share == party && (t->spec.owner == QUO_SHARED || t->spec.owner == party);
	}
}

quo_status yao_plan_job(struct yao_job *job, const quo_map_job *map, const quo_circuit *split,
			int party, quo_arena *arena, quo_err *err)
{
	const quo_circuit *c = map->circuit;
	uint32_t q = 0;

	*job = (struct yao_job){ .map = map, .circuit = split, .n = map->n };
	job->ports = quo_arena_alloc(arena, split->n_in, sizeof *job->ports, err);
	if (!job->ports)
		return QUO_FAILED;
	for (uint32_t p = 0; p < c->n_in; p++) {
		int shares = c->in[p].kind == QUO_PORT_ARITH ? 2 : 1;
		if (q + (uint32_t)shares > split->n_in || split->in[q].width != c->in[p].width)
			return quo_fail(err, QUO_BUG,
					"circuits/yao: input '%s' is not split as expected",
					c->in[p].name);
		for (int share = 0; share < shares; share++)
			plan_port(&job->ports[q++], map->in[p], &c->in[p], share, party);
	}
	for (q = 0; q < split->n_in; q++) {
		const struct yao_port *port = &job->ports[q];
		size_t *row = port->cot ? &job->cot_row : &job->local_row;
		size_t *scalar = port->cot ? &job->cot_scalar : &job->local_scalar;
		*(port->scalar ? scalar : row) += port->width;
	}
	size_t labels = job->local_row + split->n_output_wires;
	job->piece = round_down(YAO_PIECE_LABELS / (labels ? labels : 1));
	if (job->piece < 64)
		job->piece = 64;
	return QUO_OK;
}

quo_status yao_load_job(struct yao_job *job, quo_arena *arena, quo_err *err)
{
	for (uint32_t p = 0; p < job->circuit->n_in; p++) {
		struct yao_port *port = &job->ports[p];
		if (!port->additive)
			continue;
		uint64_t *planes =
			quo_arena_alloc(arena, port->width * port->words, sizeof *planes, err);
		if (!planes)
			return QUO_FAILED;
		quo_planes_from_words(port->tensor->a, port->tensor->n, port->width, planes);
		port->planes = planes;
	}
	job->scalars = quo_arena_alloc(arena, job->cot_scalar + job->local_scalar,
				       sizeof *job->scalars, err);
	return job->scalars ? QUO_OK : QUO_FAILED;
}

size_t yao_next_batch(struct yao_job *jobs, size_t n_jobs, struct yao_cursor *cursor,
		      struct yao_part *parts, size_t *n_parts)
{
	size_t cots = 0;

	*n_parts = 0;
	for (; cursor->job < n_jobs; cursor->job++, cursor->done = 0) {
		struct yao_job *job = &jobs[cursor->job];
		struct yao_part part = { job, cursor->done, job->n - cursor->done,
					 cursor->done == 0 };
		size_t once = part.with_scalars ? job->cot_scalar : 0;
		if (!job->n)
			continue;
		if (job->cot_row) {
			size_t room =
				YAO_BATCH_COTS > cots + once ? YAO_BATCH_COTS - cots - once : 0;
			size_t most = round_down(room / job->cot_row);
			if (most < 64 && most < part.m) {
				if (*n_parts)
					return cots;
				most = 64; /* a batch of its own, however wide */
			}
			if (part.m > most)
				part.m = most;
		}
		parts[(*n_parts)++] = part;
		cots += once + job->cot_row * part.m;
		cursor->done += part.m;
		if (cursor->done < job->n)
			return cots;
	}
	return cots;
}
