/* SPDX-License-Identifier: Apache-2.0 */
/*
 * circuits/gmw: Goldreich, Micali, Wigderson 1987 for two parties, on bits of many instances at a
 * time.
 *
 * Wires are XOR shares, as the tensors are: inputs and outputs need no conversion, XOR and NOT are
 * local (party 0 flips). An AND gate opens its operands masked by a triple's bits (Beaver 1991) and
 * takes the triple from random COTs, triples.c. All gates of a level, of all jobs of a call,
 * are opened in one exchange, so that a call takes as many rounds as its deepest circuit has
 * levels, and those of the COTs.
 *
 * An additive port becomes two inputs that one party each knows, with an adder behind them
 * (quo_split_arith).
 *
 * Cost: a COT per direction for every star and instance (program.h), and from each party a bit per
 * AND gate and a bit per star, rows padded to bytes; half of both for an AND gate between the two
 * halves of an additive port. Gates that depend on scalar ports alone are evaluated once.
 */
#include <stdlib.h>
#include <string.h>

#include "stages.h"
#include "triples.h"

/* Tests build it once more with small waves. */
#ifndef GMW_NAME
#define GMW_NAME "gmw"
#endif
/* Processor time of either party for an AND gate, and for a COT beside its making
 * (docs/performance.md). */
#define AND_S 0.15e-9
#define COT_S 1.3e-9

enum form { FORM_AUTO, FORM_SMALL, FORM_SHALLOW };
static const char *const forms[] = { "auto", "small", "shallow", NULL };

struct config {
	int form;
};

/*
 * Of a core and of the link, for an AND gate: in a step of MNIST 784-128-128-10 the shallow form has 29 million more and
 * costs 70 ms more of a core; with ot/ferret a gate costs 4 to 5 bits, half in each direction.
 */
#define MADE_AND_S 2.4e-9
#define AND_BYTES (2.3 / 8)

struct gmw {
	const struct config *config;
	struct gmw_program **programs;
	size_t n_programs;
};

static quo_goal goal(void *self, const quo_session *s, size_t n)
{
	const struct gmw *g = self;

	switch ((enum form)g->config->form) {
	case FORM_SMALL:
		return QUO_SMALL;
	case FORM_SHALLOW:
		return QUO_SHALLOW;
	default:
		return quo_shallow_pays(quo_session_link(s), n, MADE_AND_S, AND_BYTES) ? QUO_SHALLOW
										       : QUO_SMALL;
	}
}

static quo_status program_of(struct gmw *g, const quo_circuit *c, quo_goal goal,
			     const struct gmw_program **out, quo_err *err)
{
	for (size_t i = 0; i < g->n_programs; i++) {
		if (g->programs[i]->id == c->id && g->programs[i]->goal == goal) {
			*out = g->programs[i];
			return QUO_OK;
		}
	}
	struct gmw_program **list = realloc(g->programs, (g->n_programs + 1) * sizeof *list);
	if (!list)
		return quo_fail(err, QUO_FAILED, "out of memory: a list of circuits");
	g->programs = list;
	struct gmw_program *p = gmw_program_new(c, goal, err);
	if (!p)
		return QUO_FAILED;
	list[g->n_programs++] = p;
	*out = p;
	return QUO_OK;
}

/* ---- a part's inputs and outputs ---- */

/* This party's share of a tensor is zero by construction. */
static bool is_zero(const quo_session *s, const quo_tensor *t)
{
	return t->spec.owner != QUO_SHARED && t->spec.owner != quo_me(s);
}

/* Rows of one input port's (half's) wires: planes of this party's share; NULL: zeros. `step` words
 * from row to row. */
static quo_status input_rows(quo_session *s, const struct gmw_part *part, const quo_port *port,
			     uint64_t *planes, size_t step, uint64_t *zeros, uint64_t **rows,
			     quo_err *err)
{
	uint64_t *words = NULL;

	if (port->scalar &&
	    !(words = quo_arena_alloc(quo_step_arena(s), port->width, sizeof *words, err)))
		return QUO_FAILED;
	for (unsigned k = 0; k < port->width; k++) {
		rows[k] =
			planes ? planes + k * step + (port->scalar ? 0 : part->first / 64) : zeros;
		if (port->scalar) {
			words[k] = 0 - (rows[k][0] & 1);
			rows[k] = words + k;
		}
	}
	return QUO_OK;
}

/* Planes of the part's words (of a scalar: of its one word). */
static quo_status words_to_planes(quo_session *s, const struct gmw_part *part, const quo_port *port,
				  const quo_tensor *t, uint64_t **planes, quo_err *err)
{
	size_t n = port->scalar ? 1 : part->m;

	*planes = quo_arena_alloc(quo_step_arena(s), port->width * quo_words(n), sizeof **planes,
				  err);
	if (!*planes)
		return QUO_FAILED;
	quo_planes_from_words(t->a + (port->scalar ? 0 : part->first), n, port->width, *planes);
	return QUO_OK;
}

static quo_status load_inputs(quo_session *s, struct gmw_part *part, quo_err *err)
{
	const quo_map_job *map = part->job->map;
	uint64_t **rows = part->rows,
		 *zeros = quo_arena_alloc(quo_step_arena(s), part->words, sizeof *zeros, err);
	struct gmw_part whole = *part;

	if (!zeros)
		return QUO_FAILED;
	whole.first = 0; /* planes that were made for the part begin with it */
	part->zeros = zeros;
	for (uint32_t p = 0; p < map->circuit->n_in; p++) {
		const quo_port *port = &map->circuit->in[p];
		const quo_tensor *t = map->in[p];
		uint64_t *planes = NULL;
		if (port->kind == QUO_PORT_BITS) {
			planes = is_zero(s, t) ? NULL : t->b;
			QUO_TRY(input_rows(s, part, port, planes, t->words, zeros, rows, err));
			rows += port->width;
			continue;
		}
		if (!is_zero(s, t))
			QUO_TRY(words_to_planes(s, part, port, t, &planes, err));
		for (int share = 0; share < 2; share++, rows += port->width)
			QUO_TRY(input_rows(s, &whole, port, share == quo_me(s) ? planes : NULL,
					   port->scalar ? 1 : part->words, zeros, rows, err));
	}
	return QUO_OK;
}

static quo_status load_part(quo_session *s, struct gmw_part *part, quo_err *err)
{
	const struct gmw_program *p = part->job->program;
	const quo_levels *l = p->levels;
	uint64_t *slots = quo_arena_alloc(
		quo_step_arena(s), l->n_vectors * part->words + l->n_scalars, sizeof *slots, err);

	part->k = gmw_kernels();
	part->rows =
		quo_arena_alloc(quo_step_arena(s), quo_levels_rows(l), sizeof *part->rows, err);
	part->planes = quo_arena_alloc(quo_step_arena(s), p->n_planes * part->words,
				       sizeof *part->planes, err);
	part->scalars = quo_arena_alloc(quo_step_arena(s), p->n_words, sizeof *part->scalars, err);
	if (!slots || !part->rows || !part->planes || !part->scalars)
		return QUO_FAILED;
	for (size_t i = 0; i < l->n_vectors; i++, slots += part->words)
		part->rows[l->n_inputs + i] = slots;
	for (size_t i = 0; i < l->n_scalars; i++)
		part->rows[l->n_inputs + l->n_vectors + i] = slots + i;
	return load_inputs(s, part, err);
}

static void store_outputs(const quo_session *s, const struct gmw_part *part)
{
	const quo_map_job *map = part->job->map;
	const quo_levels *l = part->job->program->levels;
	uint64_t tail = part->m % 64 ? (UINT64_C(1) << part->m % 64) - 1 : UINT64_MAX;
	uint32_t o = 0;

	for (uint32_t port = 0; port < map->circuit->n_out; port++) {
		for (unsigned k = 0; k < map->circuit->out[port].width; k++, o++) {
			uint64_t *to = quo_plane(map->out[port], k) + part->first / 64;
			uint32_t row = l->out_rows[o];
			bool constant = row == QUO_OUT_ZERO || row == QUO_OUT_ONE;
			uint64_t word = row == QUO_OUT_ONE && quo_me(s) == 0 ? UINT64_MAX : 0;
			if (l->out_scalar[o])
				word = part->rows[row][0];
			if (!constant && !l->out_scalar[o])
				memcpy(to, part->rows[row], part->words * sizeof *to);
			for (size_t i = 0; (constant || l->out_scalar[o]) && i < part->words; i++)
				to[i] = word;
			to[part->words - 1] &= tail;
		}
	}
}

/* ---- waves ---- */

static size_t wave_bytes(const struct gmw_part *parts, size_t n_parts, uint32_t stage, int party)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n_parts; i++)
		bytes += gmw_stage_bytes(&parts[i], stage, party);
	return bytes;
}

static uint32_t wave_stages(const struct gmw_part *parts, size_t n_parts)
{
	uint32_t stages = 0;

	for (size_t i = 0; i < n_parts; i++)
		if (stages < parts[i].job->program->levels->n_levels)
			stages = parts[i].job->program->levels->n_levels;
	return stages;
}

static quo_status run_wave(quo_session *s, struct gmw_part *parts, size_t n_parts, quo_err *err)
{
	uint32_t stages = wave_stages(parts, n_parts);
	size_t most = 0;

	for (size_t i = 0; i < n_parts; i++)
		QUO_TRY(load_part(s, &parts[i], err));
	QUO_TRY(gmw_triples(s, parts, n_parts, err));
	for (uint32_t stage = 0; stage < stages; stage++) {
		for (int party = 0; party < 2; party++) {
			size_t bytes = wave_bytes(parts, n_parts, stage, party);
			most = most < bytes ? bytes : most;
		}
	}
	/* Kernels read whole words. */
	uint8_t *mine = quo_arena_alloc(quo_step_arena(s), most + 8, 1, err);
	uint8_t *theirs = quo_arena_alloc(quo_step_arena(s), most + 8, 1, err);
	if (!mine || !theirs)
		return QUO_FAILED;
	for (uint32_t stage = 0; stage < stages; stage++)
		QUO_TRY(gmw_stage_run(s, parts, n_parts, stage, mine, theirs, err));
	for (size_t i = 0; i < n_parts; i++)
		store_outputs(s, &parts[i]);
	return QUO_OK;
}

/* A dry session: what travels, and the work. */
static quo_status foretell_wave(quo_session *s, struct gmw_part *parts, size_t n_parts,
				quo_err *err)
{
	uint64_t cots = quo_session_cost(s)->cots, ands = 0;

	QUO_TRY(gmw_triples(s, parts, n_parts, err));
	for (uint32_t stage = 0; stage < wave_stages(parts, n_parts); stage++)
		QUO_TRY(gmw_stage_run(s, parts, n_parts, stage, NULL, NULL, err));
	for (size_t i = 0; i < n_parts; i++)
		ands += (uint64_t)parts[i].job->program->levels->n_ands * parts[i].m;
	quo_session_cost(s)->and_gates += ands;
	for (int party = 0; party < 2; party++)
		quo_session_work(s, party,
				 (double)ands * AND_S +
					 (double)(quo_session_cost(s)->cots - cots) * COT_S);
	return QUO_OK;
}

/* ---- the engine ---- */

static quo_status run_call(struct gmw *g, quo_session *s, const quo_map_job *maps, size_t n_jobs,
			   quo_err *err)
{
	struct gmw_job *jobs = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *jobs, err);
	struct gmw_part *parts = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *parts, err);
	struct gmw_cursor cursor = { 0, 0 };
	size_t n_parts;

	if (!jobs || !parts)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++) {
		jobs[i].map = &maps[i];
		QUO_TRY(program_of(g, maps[i].circuit, goal(g, s, maps[i].n), &jobs[i].program,
				   err));
	}
	while ((n_parts = gmw_next_wave(jobs, n_jobs, &cursor, parts))) {
		quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
		quo_status status = quo_is_dry(s) ? foretell_wave(s, parts, n_parts, err)
						  : run_wave(s, parts, n_parts, err);
		quo_arena_release(quo_step_arena(s), mark);
		QUO_TRY(status);
	}
	return QUO_OK;
}

static quo_status map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
		      quo_err *err)
{
	if (quo_parties(s) != 2)
		return quo_fail(err, QUO_BUG, "circuits/gmw: wants two parties, not %d",
				quo_parties(s));
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = run_call(self, s, jobs, n_jobs, err);
	quo_arena_release(quo_step_arena(s), mark);
	return status;
}

static quo_status open(void *self, quo_session *s, quo_err *err)
{
	(void)self;
	if (quo_parties(s) != 2)
		return quo_fail(err, QUO_USAGE, "circuits/gmw: wants two parties, not %d",
				quo_parties(s));
	return QUO_OK;
}

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct gmw *)self)->config = config;
	return QUO_OK;
}

static void fini(void *self)
{
	struct gmw *g = self;

	for (size_t i = 0; i < g->n_programs; i++)
		gmw_program_free(g->programs[i]);
	free(g->programs);
}

static const quo_option options[] = {
	QUO_OPTION(struct config, form, QUO_OPT_ENUM, "auto",
		   "Form of circuits: fewest AND gates (small), fewest levels of them (shallow), "
		   "or as "
		   "suits the link and the number of instances.",
		   .choices = forms),
	{ 0 },
};

static const quo_circuits_ops ops = {
	.life = { .init = init, .fini = fini },
	.open = open,
	.map = map,
	.goal = goal,
};

static const quo_component gmw = {
	QUO_COMPONENT(QUO_KIND_CIRCUITS, &ops),
	.name = GMW_NAME,
	.summary = "XOR shares and triples from random COTs; a few bits per AND gate, one round "
		   "per level of AND gates",
	.security = "semi-honest, kappa = 128; as its ot",
	.wire_version = 2,
	.instance_size = sizeof(struct gmw),
	.config_size = sizeof(struct config),
	.options = options,
};

QUO_PLUGIN("circuits-" GMW_NAME, "1.0", &gmw)
