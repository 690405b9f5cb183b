/* SPDX-License-Identifier: Apache-2.0 */
/* A circuit by levels of AND gates, with a register allocation for that order. */
#include <quotient/levels.h>

#include <string.h>

#include <quotient/memory.h>

#define NEVER UINT32_MAX

/* ---- analysis: arrays over wires ---- */

struct wires {
	const quo_circuit *c;
	uint32_t n;
	uint32_t *root; /* the wire without its NOT gates */
	bool *flip;     /* wire = root ^ flip */
	bool *scalar, *needed;
	uint32_t *level; /* AND gates on the longest way to the wire */
};

static uint32_t count_wires(const quo_circuit *c)
{
	return c->n_input_wires + c->n_gates;
}

/* Of every wire, whether it depends on scalar ports alone. */
static void find_scalars(const quo_circuit *c, bool *scalar)
{
	uint32_t wire = 0;

	for (uint32_t p = 0; p < c->n_in; p++)
		for (unsigned k = 0; k < c->in[p].width; k++)
			scalar[wire++] = c->in[p].scalar;
	for (uint32_t g = 0; g < c->n_gates; g++, wire++) {
		const quo_gate *gate = &c->gates[g];
		scalar[wire] = scalar[gate->a] && (gate->op == QUO_GATE_NOT || scalar[gate->b]);
	}
}

static void find_roots_and_levels(struct wires *w)
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
static void find_needed(struct wires *w)
{
	for (uint32_t o = 0; o < w->c->n_output_wires; o++)
		if (w->c->outputs[o] < w->n)
			w->needed[w->c->outputs[o]] = true;
	for (uint32_t g = w->c->n_gates; g-- > 0;) {
		const quo_gate *gate = &w->c->gates[g];
		bool is_and = gate->op == QUO_GATE_AND;
		if (!w->needed[w->c->n_input_wires + g])
			continue;
		w->needed[is_and ? w->root[gate->a] : gate->a] = true;
		if (gate->op != QUO_GATE_NOT)
			w->needed[is_and ? w->root[gate->b] : gate->b] = true;
	}
}

static quo_status analyse(struct wires *w, quo_err *err)
{
	w->n = count_wires(w->c);
	w->root = quo_alloc((size_t)w->n + 1, sizeof *w->root, err);
	w->flip = quo_alloc((size_t)w->n + 1, sizeof *w->flip, err);
	w->scalar = quo_alloc((size_t)w->n + 1, sizeof *w->scalar, err);
	w->needed = quo_alloc((size_t)w->n + 1, sizeof *w->needed, err);
	w->level = quo_alloc((size_t)w->n + 1, sizeof *w->level, err);
	if (!w->root || !w->flip || !w->scalar || !w->needed || !w->level)
		return QUO_FAILED;
	find_scalars(w->c, w->scalar);
	find_roots_and_levels(w);
	find_needed(w);
	return QUO_OK;
}

static void forget(struct wires *w)
{
	quo_free(w->root);
	quo_free(w->flip);
	quo_free(w->scalar);
	quo_free(w->needed);
	quo_free(w->level);
}

/* ---- order ---- */

/* The level to which gate g belongs: for an AND gate, the one whose exchange it shares. */
static quo_level *level_of(const quo_levels *l, const struct wires *w, uint32_t g)
{
	return &l->levels[w->level[w->c->n_input_wires + g] - (w->c->gates[g].op == QUO_GATE_AND)];
}

/* Where every level's gates stand in the lists; the ends are empty yet. */
static void place_levels(quo_levels *l, const struct wires *w)
{
	for (uint32_t g = 0; g < w->c->n_gates; g++) {
		quo_level *level = level_of(l, w, g);
		if (!w->needed[w->c->n_input_wires + g])
			continue;
		if (w->c->gates[g].op == QUO_GATE_AND)
			level->ands_end++;
		else
			level->locals_end++;
	}
	for (uint32_t i = 0; i < l->n_levels; i++) {
		quo_level *level = &l->levels[i];
		uint32_t locals = level->locals_end, ands = level->ands_end;
		level->locals = level->locals_end = l->n_locals;
		level->ands = level->ands_end = l->n_ands;
		l->n_locals += locals;
		l->n_ands += ands;
	}
}

static quo_local_gate local_gate(const struct wires *w, uint32_t g)
{
	const quo_gate *gate = &w->c->gates[g];
	uint32_t wire = w->c->n_input_wires + g;
	bool is_not = gate->op == QUO_GATE_NOT;
	bool mixed = !is_not && w->scalar[gate->a] != w->scalar[gate->b];
	bool swap = mixed && w->scalar[gate->a];

	return (quo_local_gate){
		.out = wire,
		.a = swap ? gate->b : gate->a,
		.b = swap ? gate->a : gate->b,
		.op = is_not  ? QUO_LOCAL_NOT
		      : mixed ? QUO_LOCAL_XOR_SCALAR
			      : QUO_LOCAL_XOR,
		.scalar = w->scalar[wire],
	};
}

static quo_and_gate and_gate(const struct wires *w, uint32_t g)
{
	const quo_gate *gate = &w->c->gates[g];
	bool swap = w->scalar[gate->b] && !w->scalar[gate->a];
	uint32_t a = swap ? gate->b : gate->a, b = swap ? gate->a : gate->b;

	return (quo_and_gate){
		.out = w->c->n_input_wires + g,
		.a = w->root[a],
		.b = w->root[b],
		.not_a = w->flip[a],
		.not_b = w->flip[b],
		.scalar_a = w->scalar[a],
		.scalar_b = w->scalar[b],
		.gate = g,
	};
}

/* Gates of a level in the order of the circuit. */
static void fill_levels(quo_levels *l, const struct wires *w)
{
	for (uint32_t g = 0; g < w->c->n_gates; g++) {
		quo_level *level = level_of(l, w, g);
		if (!w->needed[w->c->n_input_wires + g])
			continue;
		if (w->c->gates[g].op == QUO_GATE_AND)
			l->ands[level->ands_end++] = and_gate(w, g);
		else
			l->locals[level->locals_end++] = local_gate(w, g);
	}
	for (uint32_t o = 0; o < l->n_outputs; o++) {
		l->out_rows[o] = w->c->outputs[o];
		l->out_scalar[o] = l->out_rows[o] < w->n && w->scalar[l->out_rows[o]];
	}
}

static quo_status order(quo_levels *l, quo_err *err)
{
	const quo_circuit *c = l->circuit;
	struct wires w = { .c = c };
	quo_status status = analyse(&w, err);

	l->n_levels = c->depth + 1;
	l->n_inputs = c->n_input_wires;
	l->n_outputs = c->n_output_wires;
	l->levels = quo_alloc(l->n_levels, sizeof *l->levels, err);
	l->out_rows = quo_alloc((size_t)l->n_outputs + 1, sizeof *l->out_rows, err);
	l->out_scalar = quo_alloc((size_t)l->n_outputs + 1, sizeof *l->out_scalar, err);
	if (status == QUO_OK && l->levels && l->out_rows && l->out_scalar) {
		place_levels(l, &w);
		l->locals = quo_alloc((size_t)l->n_locals + 1, sizeof *l->locals, err);
		l->ands = quo_alloc((size_t)l->n_ands + 1, sizeof *l->ands, err);
	}
	status = l->locals && l->ands ? QUO_OK : QUO_FAILED;
	if (status == QUO_OK)
		fill_levels(l, &w);
	forget(&w);
	return status;
}

/* ---- rows ---- */

struct allocation {
	const quo_levels *l;
	bool *scalar;
	uint32_t *last; /* position of the wire's last reader */
	uint32_t *slot; /* among the rows of its sort */
	uint32_t *pool; /* vector slots that are free */
	uint32_t n_pool, n_vectors, n_scalars;
};

/* Every local gate has a position, and so has every level's exchange. Position 0 is nobody's. */
static void find_last(struct allocation *w)
{
	const quo_levels *l = w->l;
	uint32_t position = 0;

	for (uint32_t i = 0; i < l->n_levels; i++) {
		const quo_level *level = &l->levels[i];
		for (uint32_t g = level->locals; g < level->locals_end; g++)
			w->last[l->locals[g].a] = w->last[l->locals[g].b] = ++position;
		position++;
		for (uint32_t g = level->ands; g < level->ands_end; g++) {
			const quo_and_gate *gate = &l->ands[g];
			if (!gate->unread_a)
				w->last[gate->a] = position;
			if (!gate->unread_b)
				w->last[gate->b] = position;
		}
	}
	for (uint32_t o = 0; o < l->n_outputs; o++)
		if (l->out_rows[o] < QUO_OUT_ONE)
			w->last[l->out_rows[o]] = NEVER;
}

static void give(struct allocation *w, uint32_t wire)
{
	if (w->scalar[wire])
		w->slot[wire] = w->n_scalars++;
	else
		w->slot[wire] = w->n_pool ? w->pool[--w->n_pool] : w->n_vectors++;
}

/* Take back the slot of a wire that `position` was the last to read; once. */
static void take_back(struct allocation *w, uint32_t wire, uint32_t position)
{
	if (wire < w->l->n_inputs || w->scalar[wire] || w->last[wire] != position)
		return;
	w->last[wire] = 0;
	w->pool[w->n_pool++] = w->slot[wire];
}

/* After an exchange its operands are not read again, so that the AND gates may write over them. */
static void allocate(struct allocation *w)
{
	const quo_levels *l = w->l;
	uint32_t position = 0;

	for (uint32_t i = 0; i < l->n_levels; i++) {
		const quo_level *level = &l->levels[i];
		for (uint32_t g = level->locals; g < level->locals_end; g++) {
			give(w, l->locals[g].out);
			position++;
			take_back(w, l->locals[g].a, position);
			take_back(w, l->locals[g].b, position);
		}
		position++;
		for (uint32_t g = level->ands; g < level->ands_end; g++) {
			take_back(w, l->ands[g].a, position);
			take_back(w, l->ands[g].b, position);
		}
		for (uint32_t g = level->ands; g < level->ands_end; g++)
			give(w, l->ands[g].out);
	}
}

static uint32_t row_of(const struct allocation *w, uint32_t wire)
{
	if (wire < w->l->n_inputs)
		return wire;
	return w->l->n_inputs + (w->scalar[wire] ? w->n_vectors : 0) + w->slot[wire];
}

static void number_rows(quo_levels *l, const struct allocation *w)
{
	for (uint32_t g = 0; g < l->n_locals; g++) {
		quo_local_gate *local = &l->locals[g];
		local->out = row_of(w, local->out);
		local->a = row_of(w, local->a);
		local->b = row_of(w, local->b);
	}
	for (uint32_t g = 0; g < l->n_ands; g++) {
		quo_and_gate *gate = &l->ands[g];
		gate->out = row_of(w, gate->out);
		gate->a = row_of(w, gate->a);
		gate->b = row_of(w, gate->b);
	}
	for (uint32_t o = 0; o < l->n_outputs; o++)
		if (l->out_rows[o] < QUO_OUT_ONE)
			l->out_rows[o] = row_of(w, l->out_rows[o]);
	l->n_vectors = w->n_vectors;
	l->n_scalars = w->n_scalars;
	l->circuit = NULL;
}

/* ---- what the header declares ---- */

quo_levels *quo_levels_order(const quo_circuit *c, quo_err *err)
{
	quo_levels *l = quo_alloc(1, sizeof *l, err);

	if (!l)
		return NULL;
	l->circuit = c;
	if (order(l, err) == QUO_OK)
		return l;
	quo_levels_free(l);
	return NULL;
}

quo_status quo_levels_allocate(quo_levels *l, quo_err *err)
{
	size_t n = (size_t)count_wires(l->circuit) + 1;
	struct allocation w = {
		.l = l,
		.scalar = quo_alloc(n, sizeof *w.scalar, err),
		.last = quo_alloc(n, sizeof *w.last, err),
		.slot = quo_alloc(n, sizeof *w.slot, err),
		.pool = quo_alloc(n, sizeof *w.pool, err),
	};
	bool done = w.scalar && w.last && w.slot && w.pool;

	if (done) {
		find_scalars(l->circuit, w.scalar);
		find_last(&w);
		allocate(&w);
		number_rows(l, &w);
	}
	quo_free(w.scalar);
	quo_free(w.last);
	quo_free(w.slot);
	quo_free(w.pool);
	return done ? QUO_OK : QUO_FAILED;
}

quo_levels *quo_levels_new(const quo_circuit *c, quo_err *err)
{
	quo_levels *l = quo_levels_order(c, err);

	if (!l || quo_levels_allocate(l, err) == QUO_OK)
		return l;
	quo_levels_free(l);
	return NULL;
}

void quo_levels_free(quo_levels *l)
{
	if (!l)
		return;
	quo_free(l->levels);
	quo_free(l->locals);
	quo_free(l->ands);
	quo_free(l->out_rows);
	quo_free(l->out_scalar);
	quo_free(l);
}
