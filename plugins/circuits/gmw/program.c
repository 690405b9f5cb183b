/* SPDX-License-Identifier: Apache-2.0 */
/* From a circuit to the program that every part of a job runs: its levels, and stars for their AND
 * gates. */
#include "program.h"

#include <string.h>

#include "cover.h"

#define NONE UINT32_MAX

/* Scratch of one program. */
struct work {
	struct gmw_program *p;
	quo_levels *l;
	uint32_t n_gates, n_wires; /* of the two-party circuit */
	uint8_t *
		half; /* of a wire: 1 + the party that knows this half of an additive port; else 0 */
	uint32_t *in_order; /* AND gates (of levels->ands) as the circuit has them */
	uint32_t *centre;   /* of every AND gate: a wire */
	bool *centre_is_b;  /* of every AND gate */
	struct gmw_edge *edges;
	uint32_t *chosen;  /* centres of the edges */
	uint32_t *star[2]; /* the wire's star that takes leaves now; [1]: of kind SCALAR */
	void *memory[7];
};

/* ---- analysis ---- */

/* An additive port of the circuit as the caller gave it has two ports in the two-party form. */
static void find_halves(struct work *w, const quo_circuit *given)
{
	uint32_t wire = 0;

	for (uint32_t p = 0; p < given->n_in; p++) {
		unsigned width = given->in[p].width;
		if (given->in[p].kind == QUO_PORT_ARITH) {
			memset(w->half + wire, 1, width);
			memset(w->half + wire + width, 2, width);
			wire += width;
		}
		wire += width;
	}
}

/* in_order[] serves as the AND gate of every gate first. */
static void sort_ands(struct work *w)
{
	uint32_t n = 0;

	for (uint32_t g = 0; g < w->n_gates; g++)
		w->in_order[g] = NONE;
	for (uint32_t i = 0; i < w->l->n_ands; i++)
		w->in_order[w->l->ands[i].gate] = i;
	for (uint32_t g = 0; g < w->n_gates; g++)
		if (w->in_order[g] != NONE)
			w->in_order[n++] = w->in_order[g];
}

static gmw_kind kind_of(const struct work *w, const quo_and_gate *gate)
{
	uint8_t half_a = w->half[gate->a], half_b = w->half[gate->b];

	if (gate->scalar_a)
		return gate->scalar_b ? GMW_ONE : GMW_SCALAR;
	return half_a && half_b && half_a != half_b ? GMW_CROSS : GMW_VECTOR;
}

/* ---- centres ---- */

/* The gate's operand that is its star's centre: its scalar operand, or party 0's and party 1's half
 * in turn; NONE where the cover decides. */
static uint32_t given_centre(const struct work *w, const quo_and_gate *gate, unsigned *turn)
{
	switch (kind_of(w, gate)) {
	case GMW_SCALAR:
		return gate->a;
	case GMW_CROSS:
		*turn = 3 - *turn;
		return w->half[gate->a] == *turn ? gate->a : gate->b;
	default:
		return NONE;
	}
}

/* Every AND gate's centre. Edges are numbered in order of gates. */
static quo_status choose_centres(struct work *w, quo_err *err)
{
	uint32_t n = 0;
	unsigned turn = 2;

	for (uint32_t k = 0; k < w->l->n_ands; k++) {
		const quo_and_gate *gate = &w->l->ands[w->in_order[k]];
		uint32_t centre = given_centre(w, gate, &turn);
		w->centre[w->in_order[k]] = centre;
		if (centre == NONE)
			w->edges[n++] = (struct gmw_edge){ gate->a, gate->b };
	}
	QUO_TRY(gmw_cover(w->edges, n, w->n_wires, w->chosen, err));
	n = 0;
	for (uint32_t k = 0; k < w->l->n_ands; k++)
		if (w->centre[w->in_order[k]] == NONE)
			w->centre[w->in_order[k]] = w->chosen[n++];
	return QUO_OK;
}

/* ---- stars ---- */

/* The star that takes the next leaf of this wire. */
static struct gmw_star *star_of(struct work *w, uint32_t wire, gmw_kind kind)
{
	struct gmw_program *p = w->p;
	uint32_t *star = &w->star[kind == GMW_SCALAR][wire];
	uint32_t most = kind == GMW_SCALAR ? UINT32_MAX : kind == GMW_CROSS ? 1 : GMW_MAX_LEAVES;

	if (*star == NONE || p->stars[*star].kind != kind || p->stars[*star].degree >= most) {
		*star = p->n_stars++;
		p->stars[*star] = (struct gmw_star){ .kind = (uint8_t)kind };
		if (kind == GMW_CROSS)
			p->stars[*star].owner = (uint8_t)(w->half[wire] - 1);
	}
	return &p->stars[*star];
}

/* Gate number i becomes a leaf of its centre's star. Who comes later than the star's stage does not
 * read the centre. */
static void join_star(struct work *w, uint32_t i, uint32_t first_star)
{
	quo_and_gate *gate = &w->l->ands[i];
	bool centre_is_b = gate->a != w->centre[i];
	struct gmw_star *star = star_of(w, w->centre[i], kind_of(w, gate));
	uint32_t number = (uint32_t)(star - w->p->stars);

	w->centre_is_b[i] = centre_is_b;
	*(centre_is_b ? &gate->unread_b : &gate->unread_a) = number < first_star;
	w->p->ands[i] = (struct gmw_and){
		.star = number,
		.leaf = star->degree++,
		.not_centre = centre_is_b ? gate->not_b : gate->not_a,
		.not_leaf = centre_is_b ? gate->not_a : gate->not_b,
	};
}

static void make_stars(struct work *w)
{
	for (uint32_t s = 0; s < w->l->n_levels; s++) {
		const quo_level *level = &w->l->levels[s];
		struct gmw_stage *stage = &w->p->stages[s];
		stage->stars = w->p->n_stars;
		for (uint32_t i = level->ands; i < level->ands_end; i++)
			join_star(w, i, stage->stars);
		stage->stars_end = w->p->n_stars;
	}
}

/* Rows of operands and results. The star's first leaf is in the stage that opens the centre. */
static void number_rows(struct work *w)
{
	for (uint32_t i = 0; i < w->l->n_ands; i++) {
		const quo_and_gate *gate = &w->l->ands[i];
		struct gmw_and *mine = &w->p->ands[i];
		if (!mine->leaf)
			w->p->stars[mine->star].centre = w->centre_is_b[i] ? gate->b : gate->a;
		mine->in = w->centre_is_b[i] ? gate->a : gate->b;
		mine->out = gate->out;
	}
}

/* Places of the triples. */
static void place_stars(struct gmw_program *p)
{
	for (uint32_t i = 0; i < p->n_stars; i++) {
		struct gmw_star *s = &p->stars[i];
		s->planes = p->n_planes;
		s->words = p->n_words;
		p->n_single_stars += !gmw_wide(s);
		*(s->kind == GMW_ONE ? &p->n_words : &p->n_planes) += 2 * s->degree;
		*(gmw_wide(s) ? &p->n_planes : &p->n_words) += 2;
	}
}

static void find_largest_exchange(struct gmw_program *p)
{
	for (uint32_t s = 0; s < p->levels->n_levels; s++) {
		const quo_level *level = &p->levels->levels[s];
		uint32_t rows = 0;
		for (uint32_t i = p->stages[s].stars; i < p->stages[s].stars_end; i++)
			rows += gmw_wide(&p->stars[i]);
		for (uint32_t i = level->ands; i < level->ands_end; i++)
			rows += p->stars[p->ands[i].star].kind != GMW_ONE;
		if (p->most_rows < rows)
			p->most_rows = rows;
	}
}

/* ---- putting it together ---- */

static quo_status allocate_work(struct work *w, quo_err *err)
{
	size_t ands = (size_t)w->l->n_ands + 1, wires = (size_t)w->n_wires + 1;

	w->half = w->memory[0] = quo_alloc(wires, sizeof *w->half, err);
	w->in_order = w->memory[1] = quo_alloc((size_t)w->n_gates + 1, sizeof *w->in_order, err);
	w->centre = w->memory[2] = quo_alloc(ands, sizeof *w->centre, err);
	w->centre_is_b = w->memory[3] = quo_alloc(ands, sizeof *w->centre_is_b, err);
	w->edges = w->memory[4] = quo_alloc(ands, sizeof *w->edges, err);
	w->chosen = w->memory[5] = quo_alloc(ands, sizeof *w->chosen, err);
	w->star[0] = w->memory[6] = quo_alloc(wires, 2 * sizeof *w->star[0], err);
	for (unsigned i = 0; i < sizeof w->memory / sizeof *w->memory; i++)
		if (!w->memory[i])
			return QUO_FAILED;
	w->star[1] = w->star[0] + wires;
	memset(w->star[0], 0xff, 2 * wires * sizeof *w->star[0]);
	return QUO_OK;
}

static quo_status allocate_program(struct gmw_program *p, quo_err *err)
{
	size_t n = (size_t)p->levels->n_ands + 1;

	p->stages = quo_alloc(p->levels->n_levels, sizeof *p->stages, err);
	p->ands = quo_alloc(n, sizeof *p->ands, err);
	p->stars = quo_alloc(n, sizeof *p->stars, err);
	return p->stages && p->ands && p->stars ? QUO_OK : QUO_FAILED;
}

/* c: the two-party form of the circuit that was given. */
static quo_status compile(struct work *w, const quo_circuit *given, const quo_circuit *c,
			  quo_err *err)
{
	struct gmw_program *p = w->p;

	w->l = p->levels = quo_levels_order(c, err);
	if (!p->levels)
		return QUO_FAILED;
	w->n_gates = c->n_gates;
	w->n_wires = c->n_input_wires + c->n_gates;
	QUO_TRY(allocate_program(p, err));
	QUO_TRY(allocate_work(w, err));
	find_halves(w, given);
	sort_ands(w);
	QUO_TRY(choose_centres(w, err));
	make_stars(w);
	QUO_TRY(quo_levels_allocate(p->levels, err));
	number_rows(w);
	place_stars(p);
	find_largest_exchange(p);
	return QUO_OK;
}

struct gmw_program *gmw_program_new(const quo_circuit *c, quo_goal goal, quo_err *err)
{
	struct gmw_program *p = quo_alloc(1, sizeof *p, err);
	quo_circuit *split = NULL;
	struct work w = { .p = p };
	quo_status status = p ? QUO_OK : QUO_FAILED;

	for (uint32_t i = 0; p && i < c->n_in; i++)
		if (c->in[i].kind == QUO_PORT_ARITH)
			p->input_planes += c->in[i].width;
	if (p && p->input_planes) {
		split = quo_split_arith(c, goal, err);
		status = split ? QUO_OK : QUO_FAILED;
	}
	if (status == QUO_OK) {
		p->id = c->id;
		p->goal = goal;
		status = compile(&w, c, split ? split : c, err);
	}
	for (unsigned i = 0; i < sizeof w.memory / sizeof *w.memory; i++)
		quo_free(w.memory[i]);
	quo_circuit_free(split);
	if (status == QUO_OK)
		return p;
	gmw_program_free(p);
	return NULL;
}

void gmw_program_free(struct gmw_program *p)
{
	if (!p)
		return;
	quo_levels_free(p->levels);
	quo_free(p->stages);
	quo_free(p->ands);
	quo_free(p->stars);
	quo_free(p);
}
