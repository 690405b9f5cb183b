/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a circuit to the program that every part of a job runs: AND gates by level, local gates
 * between them, stars, and a register allocation for that order.
 */
#include "gmw.h"

#include <string.h>

#define NONE UINT32_MAX

/* Scratch: arrays over wires or gates of the two-party circuit. */
struct work {
	const quo_circuit *c;
	struct gmw_program *p;
	uint32_t n_wires;
	uint32_t *root; /* the wire without its NOT gates */
	bool *flip;     /* wire = root ^ flip */
	bool *scalar, *needed;
	uint8_t *half; /* input wires: 1 + the party that knows this half of an additive port; else
			  0 */
	uint32_t *level; /* exchanges before the wire is known */
	uint32_t *last;  /* position of the last reader */
	uint32_t *slot;
	uint32_t *star[2];  /* the root's star that takes leaves now; [1]: of kind SCALAR */
	uint32_t *by_stage; /* gates in order of evaluation */
	uint32_t *centre;   /* of every AND gate: its root */
	struct gmw_edge *edges;
	void *memory[11];
};

/* ---- analysis ---- */

static void find_scalars(struct work *w)
{
	uint32_t wire = 0;

	for (uint32_t p = 0; p < w->c->n_in; p++)
		for (unsigned k = 0; k < w->c->in[p].width; k++)
			w->scalar[wire++] = w->c->in[p].scalar;
	for (uint32_t g = 0; g < w->c->n_gates; g++, wire++) {
		const quo_gate *gate = &w->c->gates[g];
		w->scalar[wire] =
			w->scalar[gate->a] && (gate->op == QUO_GATE_NOT || w->scalar[gate->b]);
	}
}

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

static void find_roots_and_levels(struct work *w)
{
	for (uint32_t i = 0; i < w->c->n_input_wires; i++)
		w->root[i] = i;
	for (uint32_t g = 0; g < w->c->n_gates; g++) {
		const quo_gate *gate = &w->c->gates[g];
		uint32_t wire = w->c->n_input_wires + g, la = w->level[gate->a],
			 lb = w->level[gate->b];
		bool is_not = gate->op == QUO_GATE_NOT;
		w->root[wire] = is_not ? w->root[gate->a] : wire;
		w->flip[wire] = is_not && !w->flip[gate->a];
		w->level[wire] = is_not ? la : (la > lb ? la : lb) + (gate->op == QUO_GATE_AND);
	}
}

/* What is read: AND gates take roots, so that most NOT gates drop out. */
static void find_needed(struct work *w)
{
	for (uint32_t o = 0; o < w->c->n_output_wires; o++)
		if (w->c->outputs[o] < w->n_wires)
			w->needed[w->c->outputs[o]] = true;
	for (uint32_t g = w->c->n_gates; g-- > 0;) {
		const quo_gate *gate = &w->c->gates[g];
		if (!w->needed[w->c->n_input_wires + g])
			continue;
		bool is_and = gate->op == QUO_GATE_AND;
		w->needed[is_and ? w->root[gate->a] : gate->a] = true;
		if (gate->op != QUO_GATE_NOT)
			w->needed[is_and ? w->root[gate->b] : gate->b] = true;
	}
}

/* ---- order ---- */

static bool is_and(const struct work *w, uint32_t g)
{
	return w->c->gates[g].op == QUO_GATE_AND;
}

/* The stage that computes gate g. */
static uint32_t stage_of(const struct work *w, uint32_t g)
{
	return w->level[w->c->n_input_wires + g] - is_and(w, g);
}

/* Needed gates: stage after stage, local gates before AND gates, otherwise as they come. */
static quo_status sort_gates(struct work *w, quo_err *err)
{
	struct gmw_program *p = w->p;
	uint32_t *at = quo_alloc(2 * (size_t)p->n_stages + 1, sizeof *at, err), sum = 0;

	if (!at)
		return QUO_FAILED;
	for (uint32_t g = 0; g < w->c->n_gates; g++)
		if (w->needed[w->c->n_input_wires + g])
			at[2 * stage_of(w, g) + is_and(w, g)]++;
	for (uint32_t s = 0; s < 2 * p->n_stages; s++) {
		uint32_t n = at[s];
		at[s] = sum;
		sum += n;
		if (s % 2)
			p->n_ands += n;
	}
	for (uint32_t g = 0; g < w->c->n_gates; g++)
		if (w->needed[w->c->n_input_wires + g])
			w->by_stage[at[2 * stage_of(w, g) + is_and(w, g)]++] = g;
	w->by_stage[sum] = NONE;
	quo_free(at);
	return QUO_OK;
}

/* ---- stars ---- */

static gmw_kind kind_of(const struct work *w, const quo_gate *gate)
{
	uint8_t half_a = w->half[w->root[gate->a]], half_b = w->half[w->root[gate->b]];

	if (w->scalar[gate->a] || w->scalar[gate->b])
		return w->scalar[gate->a] && w->scalar[gate->b] ? GMW_ONE : GMW_SCALAR;
	return half_a && half_b && half_a != half_b ? GMW_CROSS : GMW_VECTOR;
}

/* The gate's operand that is its star's centre: its scalar operand, or party 0's and party 1's half
 * in turn; NONE where the cover decides. */
static uint32_t given_centre(const struct work *w, const quo_gate *gate, unsigned *turn)
{
	switch (kind_of(w, gate)) {
	case GMW_SCALAR:
		return w->root[w->scalar[gate->a] ? gate->a : gate->b];
	case GMW_CROSS:
		*turn = 3 - *turn;
		return w->root[w->half[w->root[gate->a]] == *turn ? gate->a : gate->b];
	default:
		return NONE;
	}
}

/* Every AND gate's centre. Edges are numbered in order of gates. */
static quo_status choose_centres(struct work *w, quo_err *err)
{
	uint32_t n = 0;
	unsigned turn = 2;

	for (uint32_t g = 0; g < w->c->n_gates; g++) {
		const quo_gate *gate = &w->c->gates[g];
		if (!is_and(w, g))
			continue;
		w->centre[g] = given_centre(w, gate, &turn);
		if (w->centre[g] == NONE)
			w->edges[n++] = (struct gmw_edge){ w->root[gate->a], w->root[gate->b] };
	}
	/* last[] is free until liveness. */
	QUO_TRY(gmw_cover(w->edges, n, w->n_wires, w->last, err));
	n = 0;
	for (uint32_t g = 0; g < w->c->n_gates; g++)
		if (is_and(w, g) && w->centre[g] == NONE)
			w->centre[g] = w->last[n++];
	memset(w->last, 0, w->n_wires * sizeof *w->last);
	return QUO_OK;
}

/* The star that takes the next leaf of this root. */
static struct gmw_star *star_of(struct work *w, uint32_t root, gmw_kind kind)
{
	struct gmw_program *p = w->p;
	uint32_t *star = &w->star[kind == GMW_SCALAR][root];
	uint32_t most = kind == GMW_SCALAR ? UINT32_MAX : kind == GMW_CROSS ? 1 : GMW_MAX_LEAVES;

	if (*star == NONE || p->stars[*star].kind != kind || p->stars[*star].degree >= most) {
		*star = p->n_stars++;
		p->stars[*star] = (struct gmw_star){ .centre = root, .kind = (uint8_t)kind };
		if (kind == GMW_CROSS)
			p->stars[*star].owner = (uint8_t)(w->half[root] - 1);
	}
	return &p->stars[*star];
}

/* Gates in order, operands still as wires; rows come later. */
static void emit(struct work *w)
{
	struct gmw_program *p = w->p;
	uint32_t n_ops = 0, n_ands = 0, i = 0;

	for (uint32_t s = 0; s < p->n_stages; s++) {
		for (; w->by_stage[i] != NONE && stage_of(w, w->by_stage[i]) == s; i++) {
			uint32_t g = w->by_stage[i], wire = w->c->n_input_wires + g;
			const quo_gate *gate = &w->c->gates[g];
			uint32_t a = gate->a, b = gate->b;
			if (!is_and(w, g)) {
				bool mixed =
					gate->op == QUO_GATE_XOR && w->scalar[a] != w->scalar[b];
				bool swap = mixed && w->scalar[a];
				p->ops[n_ops++] = (struct gmw_op){
					.out = wire,
					.a = swap ? b : a,
					.b = swap ? a : b,
					.code = gate->op == QUO_GATE_NOT ? GMW_NOT
						: mixed                  ? GMW_XOR_SCALAR
									 : GMW_XOR,
					.scalar = w->scalar[wire],
				};
				continue;
			}
			if (w->root[a] != w->centre[g]) {
				a = gate->b;
				b = gate->a;
			}
			gmw_kind kind = kind_of(w, gate);
			struct gmw_star *star = star_of(w, w->root[a], kind);
			p->ands[n_ands++] = (struct gmw_and){
				.star = (uint32_t)(star - p->stars),
				.leaf = star->degree++,
				.in = w->root[b],
				.out = wire,
				.not_centre = w->flip[a],
				.not_leaf = w->flip[b],
			};
		}
		p->stages[s] = (struct gmw_stage){ n_ops, p->n_stars, n_ands };
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

/* ---- slots ---- */

/* Slots of one kind that are free. */
struct pool {
	uint32_t *list, n, used;
};

static void give(struct work *w, struct pool *pools, uint32_t wire)
{
	struct pool *pool = &pools[w->scalar[wire]];

	if (wire >= w->c->n_input_wires)
		w->slot[wire] = pool->n ? pool->list[--pool->n] : pool->used++;
}

/* Take back the slot of a wire that `position` was the last to read; once. Scalars keep theirs, so
 * that a stage may compute them all before its vectors. */
static void take_back(struct work *w, struct pool *pools, uint32_t wire, uint32_t position)
{
	struct pool *pool = &pools[0];

	if (wire < w->c->n_input_wires || w->scalar[wire] || w->last[wire] != position)
		return;
	w->last[wire] = 0;
	pool->list[pool->n++] = w->slot[wire];
}

/* Positions: every local gate has one, and so has every stage's exchange. Position 0 is nobody's.
 */
static void find_last(struct work *w)
{
	const struct gmw_program *p = w->p;
	uint32_t op = 0, star = 0, and = 0, position = 0;

	for (uint32_t s = 0; s < p->n_stages; s++) {
		for (; op < p->stages[s].ops_end; op++)
			w->last[p->ops[op].a] = w->last[p->ops[op].b] = ++position;
		position++;
		for (; star < p->stages[s].stars_end; star++)
			w->last[p->stars[star].centre] = position;
		for (; and < p->stages[s].ands_end; and++)
			w->last[p->ands[and].in] = position;
	}
	for (uint32_t o = 0; o < w->c->n_output_wires; o++)
		if (w->c->outputs[o] < w->n_wires)
			w->last[w->c->outputs[o]] = NONE;
}

/* After an exchange its operands are not read again, so that the AND gates may write over them. */
static void allocate(struct work *w, struct pool *pools)
{
	const struct gmw_program *p = w->p;
	uint32_t op = 0, star = 0, and = 0, out = 0, position = 0;

	for (uint32_t s = 0; s < p->n_stages; s++) {
		for (; op < p->stages[s].ops_end; op++) {
			give(w, pools, p->ops[op].out);
			position++;
			take_back(w, pools, p->ops[op].a, position);
			take_back(w, pools, p->ops[op].b, position);
		}
		position++;
		for (; star < p->stages[s].stars_end; star++)
			take_back(w, pools, p->stars[star].centre, position);
		for (; and < p->stages[s].ands_end; and++)
			take_back(w, pools, p->ands[and].in, position);
		for (; out < p->stages[s].ands_end; out++)
			give(w, pools, p->ands[out].out);
	}
}

static uint32_t row_of(const struct work *w, uint32_t wire)
{
	if (wire < w->c->n_input_wires)
		return wire;
	return w->p->n_inputs + (w->scalar[wire] ? w->p->n_slots : 0) + w->slot[wire];
}

static void number_rows(struct work *w)
{
	struct gmw_program *p = w->p;

	for (uint32_t i = 0; i < p->stages[p->n_stages - 1].ops_end; i++) {
		struct gmw_op *op = &p->ops[i];
		op->out = row_of(w, op->out);
		op->a = row_of(w, op->a);
		op->b = row_of(w, op->b);
	}
	for (uint32_t i = 0; i < p->n_stars; i++)
		p->stars[i].centre = row_of(w, p->stars[i].centre);
	for (uint32_t i = 0; i < p->n_ands; i++) {
		p->ands[i].in = row_of(w, p->ands[i].in);
		p->ands[i].out = row_of(w, p->ands[i].out);
	}
	for (uint32_t o = 0; o < p->n_outputs; o++) {
		uint32_t wire = w->c->outputs[o];
		p->out_rows[o] = wire < w->n_wires ? row_of(w, wire) : wire;
		p->out_scalar[o] = wire < w->n_wires && w->scalar[wire];
	}
}

static void find_largest_exchange(struct gmw_program *p)
{
	uint32_t star = 0, and = 0;

	for (uint32_t s = 0; s < p->n_stages; s++) {
		uint32_t rows = 0;
		for (; star < p->stages[s].stars_end; star++)
			rows += gmw_wide(&p->stars[star]);
		for (; and < p->stages[s].ands_end; and++)
			rows += p->stars[p->ands[and].star].kind != GMW_ONE;
		if (p->most_rows < rows)
			p->most_rows = rows;
	}
}

/* ---- putting it together ---- */

static quo_status allocate_work(struct work *w, quo_err *err)
{
	size_t n = (size_t)w->n_wires + 1;
	const size_t size[] = { sizeof *w->root,       sizeof *w->flip,        sizeof *w->scalar,
				sizeof *w->needed,     sizeof *w->level,       sizeof *w->last,
				sizeof *w->slot,       2 * sizeof *w->star[0], sizeof *w->edges,
				2 * sizeof *w->centre, sizeof *w->half };

	for (unsigned i = 0; i < sizeof size / sizeof *size; i++)
		if (!(w->memory[i] = quo_alloc(n, size[i], err)))
			return QUO_FAILED;
	w->root = w->memory[0];
	w->flip = w->memory[1];
	w->scalar = w->memory[2];
	w->needed = w->memory[3];
	w->level = w->memory[4];
	w->last = w->memory[5];
	w->slot = w->memory[6];
	w->star[0] = w->memory[7];
	w->star[1] = w->star[0] + n;
	memset(w->star[0], 0xff, 2 * n * sizeof *w->star[0]);
	w->edges = w->memory[8];
	w->centre = w->memory[9];
	w->by_stage = w->centre + n;
	w->half = w->memory[10];
	return QUO_OK;
}

static quo_status allocate_program(struct gmw_program *p, const quo_circuit *c, quo_err *err)
{
	size_t n = (size_t)c->n_gates + 1;

	p->n_stages = c->depth + 1;
	p->n_inputs = c->n_input_wires;
	p->n_outputs = c->n_output_wires;
	p->ops = quo_alloc(n, sizeof *p->ops, err);
	p->stars = quo_alloc(n, sizeof *p->stars, err);
	p->ands = quo_alloc(n, sizeof *p->ands, err);
	p->stages = quo_alloc(p->n_stages, sizeof *p->stages, err);
	p->out_rows = quo_alloc((size_t)p->n_outputs + 1, sizeof *p->out_rows, err);
	p->out_scalar = quo_alloc((size_t)p->n_outputs + 1, sizeof *p->out_scalar, err);
	return p->ops && p->stars && p->ands && p->stages && p->out_rows && p->out_scalar
		       ? QUO_OK
		       : QUO_FAILED;
}

static quo_status compile(struct gmw_program *p, const quo_circuit *given, const quo_circuit *c,
			  struct work *w, quo_err *err)
{
	struct pool pools[2] = { { 0 } };

	w->c = c;
	w->p = p;
	w->n_wires = c->n_input_wires + c->n_gates;
	QUO_TRY(allocate_program(p, c, err));
	QUO_TRY(allocate_work(w, err));
	find_scalars(w);
	find_halves(w, given);
	find_roots_and_levels(w);
	find_needed(w);
	QUO_TRY(sort_gates(w, err));
	QUO_TRY(choose_centres(w, err));
	emit(w);
	place_stars(p);
	find_last(w);
	/* by_stage and centre have done their work: the pools' lists. */
	pools[0].list = w->by_stage;
	pools[1].list = w->centre;
	allocate(w, pools);
	p->n_slots = pools[0].used;
	p->n_scalar_slots = pools[1].used;
	number_rows(w);
	find_largest_exchange(p);
	return QUO_OK;
}

struct gmw_program *gmw_program_new(const quo_circuit *c, quo_goal goal, quo_err *err)
{
	struct gmw_program *p = quo_alloc(1, sizeof *p, err);
	quo_circuit *split = NULL;
	struct work w = { 0 };
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
		status = compile(p, c, split ? split : c, &w, err);
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
	quo_free(p->ops);
	quo_free(p->stars);
	quo_free(p->ands);
	quo_free(p->stages);
	quo_free(p->out_rows);
	quo_free(p->out_scalar);
	quo_free(p);
}
