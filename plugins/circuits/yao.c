/* SPDX-License-Identifier: Apache-2.0 */
/*
 * circuits/yao: garbled circuits over XOR shares (Yao 1986; conversions as in ABY, Demmler,
 * Schneider, Zohner 2015).
 *
 * Party 0 garbles with the offset Delta that it holds as the sender of quo_session_cot(session, 0).
 *
 * Inputs. A bit v = v_0 ^ v_1 costs one COT with party 1's share as choice: party 0 gets q, party 1
 * t = q ^ v_1 * Delta. The wire's zero label is q ^ v_0 * Delta, so that t is its active label; no
 * label travels. Party 1 sees what a COT shows it, and t does not depend on v_0.
 *
 * A bit v that party 0 knows alone costs nothing: its *active* label is a public pseudo-random L,
 * and the zero label is L ^ v * Delta. In the textbook the zero label W is uniform and party 0
 * sends the active one, W ^ v * Delta, which is uniform whatever v is; party 1 sees a uniform label
 * either way. That L is known beforehand, to everybody, does no harm: the hash of the garbling
 * scheme is secure for labels that the adversary picks (MITCCRH, Guo et al. 2020), as long as they
 * do not depend on Delta, and what must stay hidden is L ^ Delta. L is the key stream of AES under
 * hash_start ^ tweak, with a tweak of the garbling domain that no hash call ever uses.
 *
 * Outputs. Colour bits are the XOR shares: lsb(zero label) at party 0, lsb(active label) at party
 * 1, since lsb(Delta) = 1.
 *
 * Cost of a call: batches of at most YAO_BATCH_COTS COTs (all jobs together), each followed by its
 * tables.
 */
#include "yao.h"

#include <stdlib.h>

/* Processor time of either party for an input bit, beside its COT, and its share of the outputs
 * (docs/performance.md). */
#define INPUT_S 8e-9

struct config {
	quo_instance *gc;
};

struct split {
	uint64_t id; /* of the circuit as given */
	quo_circuit *circuit;
};

struct yao {
	const struct config *config;
	struct split *splits;
	size_t n_splits;
};

/* One map() call. */
struct call {
	quo_session *s;
	const quo_instance *gc;
	bool garbler;
	quo_block delta;     /* garbler; 0 at the evaluator */
	quo_block local_key; /* of the public active labels */
	uint64_t local_next; /* their next counter */
};

/* ---- circuits in two-party form ---- */

static bool has_arith(const quo_circuit *c)
{
	for (uint32_t p = 0; p < c->n_in; p++)
		if (c->in[p].kind == QUO_PORT_ARITH)
			return true;
	return false;
}

static quo_status split_of(struct yao *y, const quo_circuit *c, const quo_circuit **out,
			   quo_err *err)
{
	*out = c;
	if (!has_arith(c))
		return QUO_OK;
	for (size_t i = 0; i < y->n_splits; i++) {
		if (y->splits[i].id == c->id) {
			*out = y->splits[i].circuit;
			return QUO_OK;
		}
	}
	struct split *splits = realloc(y->splits, (y->n_splits + 1) * sizeof *splits);
	if (!splits)
		return quo_fail(err, QUO_FAILED, "out of memory: a list of circuits");
	y->splits = splits;
	quo_circuit *split = quo_split_arith(c, QUO_SMALL, err);
	if (!split)
		return QUO_FAILED;
	splits[y->n_splits++] = (struct split){ c->id, split };
	*out = split;
	return QUO_OK;
}

/* ---- labels of a batch ---- */

/* Party 1's shares of the batch's COT bits: of each part the scalar ports' bits, then row after
 * row. */
static void pack_choices(const struct yao_part *parts, size_t n_parts, uint64_t *choices)
{
	size_t at = 0;

	for (size_t i = 0; i < n_parts; i++) {
		const struct yao_part *part = &parts[i];
		for (int scalars = part->with_scalars ? 1 : 0; scalars >= 0; scalars--) {
			size_t n = scalars ? 1 : part->m, first = scalars ? 0 : part->first;
			for (uint32_t p = 0; p < part->job->circuit->n_in; p++) {
				const struct yao_port *port = &part->job->ports[p];
				if (!port->cot || port->scalar != (scalars == 1))
					continue;
				for (unsigned k = 0; k < port->width; k++, at += n)
					quo_bits_append(choices, at, port->planes + k * port->words,
							first, n);
			}
		}
	}
}

static quo_status batch_cots(struct call *call, const struct yao_part *parts, size_t n_parts,
			     size_t n_cots, quo_block **labels, quo_err *err)
{
	quo_session *s = call->s;
	uint64_t *choices = NULL;

	*labels = NULL;
	if (!n_cots)
		return QUO_OK;
	if (quo_is_dry(s))
		return quo_cot_chosen(quo_session_cot(s, YAO_GARBLER), s, n_cots, NULL, NULL, err);
	*labels = quo_arena_alloc(quo_step_arena(s), n_cots, sizeof **labels, err);
	if (!*labels)
		return QUO_FAILED;
	if (!call->garbler) {
		choices = quo_arena_alloc(quo_step_arena(s), quo_words(n_cots) + 1, sizeof *choices,
					  err);
		if (!choices)
			return QUO_FAILED;
		pack_choices(parts, n_parts, choices);
	}
	return quo_cot_chosen(quo_session_cot(s, YAO_GARBLER), s, n_cots, choices, *labels, err);
}

static void local_labels(struct call *call, quo_block *labels, size_t n)
{
	quo_prg(call->local_key, call->local_next, labels, n);
	call->local_next += n;
}

/* Active labels of the port's plane k to the garbler's zero labels; the evaluator keeps what it
 * has. */
static void own_share(const struct call *call, const struct yao_port *port, unsigned k,
		      size_t first, size_t n, quo_block *labels)
{
	if (call->garbler && port->planes)
		quo_xor_if_bits(labels, call->delta, port->planes + k * port->words + first / 64,
				n);
}

/* The labels of a job's scalar ports, in wire order, for all its parts; takes cot_scalar labels
 * from `cots`. */
static void scalar_labels(struct call *call, struct yao_job *job, const quo_block *cots)
{
	quo_block *to = job->scalars;

	for (uint32_t p = 0; p < job->circuit->n_in; p++) {
		const struct yao_port *port = &job->ports[p];
		for (unsigned k = 0; port->scalar && k < port->width; k++, to++) {
			if (port->cot)
				*to = *cots++;
			else
				local_labels(call, to, 1);
			own_share(call, port, k, 0, 1, to);
		}
	}
}

/* ---- garbling ---- */

/* Labels of one wire of a piece that are still to be made. */
struct input_row {
	quo_block *labels;
	const struct yao_port *port;
	unsigned k;     /* the port's plane */
	uint64_t local; /* first counter of the public active labels; not of a COT row */
};

/* What a call of the garbling scheme needs for one job: rows, and memory for `piece` instances. */
struct rows {
	const quo_block **in;
	quo_block **out;
	quo_block *local, *output;
	struct input_row *input;
	uint64_t **plane; /* of every output wire */
};

/* Labels of a piece that are worth the pool. */
#define SHARE_LABELS ((size_t)1 << 13)

/* A piece's rows, for the pool's threads. */
struct piece {
	const struct call *call;
	const struct rows *rows;
	size_t first, m; /* instances */
};

static quo_status make_rows(const struct call *call, const struct yao_part *part, struct rows *r,
			    quo_err *err)
{
	const struct yao_job *job = part->job;
	const quo_circuit *c = job->circuit;
	size_t n = part->m < job->piece ? part->m : job->piece;
	quo_arena *arena = quo_step_arena(call->s);

	r->in = quo_arena_alloc(arena, c->n_input_wires, sizeof *r->in, err);
	r->out = quo_arena_alloc(arena, c->n_output_wires, sizeof *r->out, err);
	r->local = quo_arena_alloc(arena, job->local_row * n, sizeof *r->local, err);
	r->output = quo_arena_alloc(arena, c->n_output_wires * n, sizeof *r->output, err);
	r->input = quo_arena_alloc(arena, c->n_input_wires, sizeof *r->input, err);
	r->plane = quo_arena_alloc(arena, c->n_output_wires, sizeof *r->plane, err);
	if (!r->in || !r->out || !r->local || !r->output || !r->input || !r->plane)
		return QUO_FAILED;
	for (uint32_t p = 0, o = 0; p < c->n_out; p++)
		for (unsigned k = 0; k < c->out[p].width; k++, o++)
			r->plane[o] = quo_plane(job->map->out[p], k);
	return QUO_OK;
}

static void input_task(void *arg, size_t i)
{
	const struct piece *p = arg;
	const struct input_row *row = &p->rows->input[i];

	if (!row->port->cot)
		quo_prg(p->call->local_key, row->local, row->labels, p->m);
	own_share(p->call, row->port, row->k, p->first, p->m, row->labels);
}

/* Instances first + done .. + m-1: `cots` are the part's COT rows, part->m apart. */
static void input_rows(struct call *call, const struct yao_part *part, size_t done, size_t m,
		       quo_block *cots, struct rows *r)
{
	const struct yao_job *job = part->job;
	struct piece piece = { call, r, part->first + done, m };
	quo_block *scalar = job->scalars, *cot = cots + done, *local = r->local;
	size_t n = 0;
	uint32_t w = 0;

	for (uint32_t p = 0; p < job->circuit->n_in; p++) {
		const struct yao_port *port = &job->ports[p];
		for (unsigned k = 0; k < port->width; k++, w++) {
			if (port->scalar) {
				r->in[w] = scalar++;
				continue;
			}
			quo_block *labels = port->cot ? cot : local;
			r->in[w] = labels;
			r->input[n++] =
				(struct input_row){ labels, port, k,
						    call->local_next + (size_t)(local - r->local) };
			if (port->cot)
				cot += part->m;
			else
				local += m;
		}
	}
	quo_parallel(n * m < SHARE_LABELS ? NULL : quo_session_pool(call->s), n, input_task,
		     &piece);
	call->local_next += (size_t)(local - r->local);
}

static void output_task(void *arg, size_t i)
{
	const struct piece *p = arg;

	/* first is a multiple of 64 */
	quo_label_kernels()->colours(p->rows->out[i], p->m, p->rows->plane[i] + p->first / 64);
}

static void output_bits(const struct call *call, const struct yao_part *part, size_t done, size_t m,
			const struct rows *r)
{
	size_t n = part->job->circuit->n_output_wires;
	struct piece piece = { call, r, part->first + done, m };

	quo_parallel(n * m < SHARE_LABELS ? NULL : quo_session_pool(call->s), n, output_task,
		     &piece);
}

static quo_status run_part(struct call *call, const struct yao_part *part, quo_block *cots,
			   quo_err *err)
{
	const struct yao_job *job = part->job;
	const quo_circuit *c = job->circuit;
	const quo_gc_ops *gc = quo_gc(call->gc);
	struct rows r;

	QUO_TRY(make_rows(call, part, &r, err));
	for (size_t done = 0, m; done < part->m; done += m) {
		m = part->m - done < job->piece ? part->m - done : job->piece;
		input_rows(call, part, done, m, cots, &r);
		for (uint32_t o = 0; o < c->n_output_wires; o++)
			r.out[o] = r.output + o * m;
		if (call->garbler)
			QUO_TRY(gc->garble(call->gc->self, call->s, c, m, call->delta, r.in, r.out,
					   err));
		else
			QUO_TRY(gc->evaluate(call->gc->self, call->s, c, m, r.in, r.out, err));
		output_bits(call, part, done, m, &r);
	}
	return QUO_OK;
}

/* The arena takes back, wiped, what a part used. */
static quo_status run_batch(struct call *call, const struct yao_part *parts, size_t n_parts,
			    size_t n_cots, quo_err *err)
{
	quo_arena_mark batch = quo_arena_here(quo_step_arena(call->s));
	quo_block *cots;
	quo_status status = batch_cots(call, parts, n_parts, n_cots, &cots, err);

	for (size_t i = 0; i < n_parts && status == QUO_OK; i++) {
		const struct yao_part *part = &parts[i];
		quo_arena_mark mark = quo_arena_here(quo_step_arena(call->s));
		if (part->with_scalars) {
			scalar_labels(call, part->job, cots);
			if (cots)
				cots += part->job->cot_scalar;
		}
		status = run_part(call, part, cots, err);
		if (cots)
			cots += part->job->cot_row * part->m;
		quo_arena_release(quo_step_arena(call->s), mark);
	}
	quo_arena_release(quo_step_arena(call->s), batch);
	return status;
}

/* The same in a dry session. Tables are streamed from the garbling scheme's own buffers, tile by tile:
 * here they are one message of as many bytes. */
static quo_status foretell_batch(struct call *call, const struct yao_part *parts, size_t n_parts,
				 size_t n_cots, quo_err *err)
{
	const quo_gc_ops *gc = quo_gc(call->gc);
	quo_session *s = call->s;
	quo_block *none;
	uint64_t bytes = 0;

	QUO_TRY(batch_cots(call, parts, n_parts, n_cots, &none, err));
	for (size_t i = 0; i < n_parts; i++) {
		const struct yao_job *job = parts[i].job;
		for (size_t done = 0; done < parts[i].m; done += job->piece) {
			size_t left = parts[i].m - done;
			bytes += gc->table_bytes(call->gc->self, job->circuit,
						 left < job->piece ? left : job->piece);
		}
		uint64_t ands = (uint64_t)job->circuit->n_and * parts[i].m;
		quo_session_cost(s)->and_gates += ands;
		quo_session_work(s, YAO_GARBLER, (double)ands * gc->garble_s);
		quo_session_work(s, 1 - YAO_GARBLER, (double)ands * gc->evaluate_s);
	}
	for (int party = 0; party < 2; party++)
		quo_session_work(s, party, (double)n_cots * INPUT_S);
	return call->garbler ? quo_send(s, 1 - YAO_GARBLER, NULL, bytes, err)
			     : quo_recv(s, YAO_GARBLER, NULL, bytes, err);
}

/* ---- the engine ---- */

static quo_status run_call(struct yao *y, struct call *call, const quo_map_job *maps, size_t n_jobs,
			   quo_err *err)
{
	quo_session *s = call->s;
	struct yao_job *jobs = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *jobs, err);
	struct yao_part *parts = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *parts, err);
	struct yao_cursor cursor = { 0, 0 };

	if (!jobs || !parts)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++) {
		const quo_circuit *split;
		QUO_TRY(split_of(y, maps[i].circuit, &split, err));
		QUO_TRY(yao_plan_job(&jobs[i], &maps[i], split, quo_me(s), quo_step_arena(s), err));
		if (!quo_is_dry(s))
			QUO_TRY(yao_load_job(&jobs[i], quo_step_arena(s), err));
	}
	for (;;) {
		size_t n_parts;
		size_t n_cots = yao_next_batch(jobs, n_jobs, &cursor, parts, &n_parts);
		if (!n_parts)
			break;
		QUO_TRY((quo_is_dry(s) ? foretell_batch : run_batch)(call, parts, n_parts, n_cots,
								     err));
	}
	return quo_flush(s, err);
}

static quo_status map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
		      quo_err *err)
{
	struct yao *y = self;
	struct call call = { .s = s, .gc = y->config->gc, .garbler = quo_me(s) == YAO_GARBLER };

	if (quo_parties(s) != 2)
		return quo_fail(err, QUO_BUG, "circuits/yao: wants two parties, not %d",
				quo_parties(s));
	if (!quo_is_dry(s)) {
		uint64_t tweak = quo_session_tweaks(s, QUO_DOMAIN_GC_0, 1);
		call.local_key = quo_xor(quo_hash_start(s), (quo_block){ { tweak, 0 } });
		if (call.garbler)
			call.delta = quo_cot_delta(quo_session_cot(s, YAO_GARBLER));
	}
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = run_call(y, &call, jobs, n_jobs, err);
	quo_arena_release(quo_step_arena(s), mark);
	quo_wipe(&call, sizeof call);
	return status;
}

static quo_status open(void *self, quo_session *s, quo_err *err)
{
	(void)self;
	if (quo_parties(s) != 2)
		return quo_fail(err, QUO_USAGE, "circuits/yao: wants two parties, not %d",
				quo_parties(s));
	return QUO_OK;
}

static quo_goal goal(void *self, const quo_session *s, size_t n)
{
	(void)self;
	(void)s;
	(void)n;
	return QUO_SMALL;
}

static quo_status init(void *self, const void *config, quo_err *err)
{
	struct yao *y = self;

	(void)err;
	y->config = config;
	return QUO_OK;
}

static void fini(void *self)
{
	struct yao *y = self;

	for (size_t i = 0; i < y->n_splits; i++)
		quo_circuit_free(y->splits[i].circuit);
	free(y->splits);
}

static const quo_option options[] = {
	QUO_OPTION(struct config, gc, QUO_OPT_COMPONENT, "{use: halfgates}", "Garbling scheme.",
		   .component_kind = QUO_KIND_GC),
	{ 0 },
};

static const quo_circuits_ops ops = {
	.life = { .init = init, .fini = fini },
	.open = open,
	.map = map,
	.goal = goal,
};

const quo_component yao_component = {
	QUO_COMPONENT(QUO_KIND_CIRCUITS, &ops),
	.name = "yao",
	.summary =
		"garbled circuits, party 0 garbles; one COT per shared input bit, constant rounds",
	.security = "semi-honest, kappa = 128; as its garbling scheme and ot",
	.wire_version = 1,
	.instance_size = sizeof(struct yao),
	.config_size = sizeof(struct config),
	.options = options,
};
