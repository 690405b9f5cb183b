/* SPDX-License-Identifier: Apache-2.0 */
/* From a builder to a circuit: dead gates dropped, complements made explicit, slots allocated,
 * levels counted. */
#include "builder.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <quotient/memory.h>

#define NONE UINT32_MAX

/* Scratch of one finish. Arrays over nodes; `wire` and `inverted` are ids in the finished circuit.
 */
typedef struct work {
	const quo_builder *b;
	bool *live;
	uint32_t *wire, *inverted;
	quo_gate *gates;
	uint32_t n_gates;
} work;

static void mark_live(work *w)
{
	const quo_builder *b = w->b;

	for (uint32_t p = 0; p < b->n_out; p++)
		for (unsigned i = 0; i < b->out[p].x.width; i++)
			w->live[b->out[p].x.bit[i] >> 1] = true;
	/* Operands come before the gates that use them. */
	for (uint32_t n = b->n_nodes; n-- > 1;) {
		const quo__node *g = &b->nodes[n];
		if (w->live[n] && (g->op == QUO__XOR || g->op == QUO__AND))
			w->live[g->a >> 1] = w->live[g->b >> 1] = true;
	}
}

static uint32_t emit(work *w, quo_gate_op op, uint32_t a, uint32_t b)
{
	w->gates[w->n_gates] = (quo_gate){ .a = a, .b = b, .op = (uint8_t)op };
	return w->b->n_input_wires + w->n_gates++;
}

/* The id of a literal's wire, a NOT gate added when it is a complement seen for the first time. */
static uint32_t wire_of(work *w, quo_wire literal)
{
	uint32_t n = literal >> 1;

	if (!(literal & 1))
		return w->wire[n];
	if (w->inverted[n] == NONE)
		w->inverted[n] = emit(w, QUO_GATE_NOT, w->wire[n], w->wire[n]);
	return w->inverted[n];
}

static void emit_gates(work *w, uint32_t *outputs)
{
	const quo_builder *b = w->b;

	for (uint32_t n = 1; n < b->n_nodes; n++) {
		const quo__node *g = &b->nodes[n];
		if (g->op == QUO__INPUT) {
			w->wire[n] = g->a;
		} else if (w->live[n]) {
			uint32_t x = wire_of(w, g->a), y = wire_of(w, g->b);
			w->wire[n] = emit(w, g->op == QUO__AND ? QUO_GATE_AND : QUO_GATE_XOR, x, y);
		}
	}
	for (uint32_t p = 0; p < b->n_out; p++) {
		for (unsigned i = 0; i < b->out[p].x.width; i++) {
			quo_wire x = b->out[p].x.bit[i];
			*outputs++ = x == QUO_WIRE_0   ? QUO_OUT_ZERO
				     : x == QUO_WIRE_1 ? QUO_OUT_ONE
						       : wire_of(w, x);
		}
	}
}

/*
 * Linear scan. A slot goes back to the pool after the last gate that reads its wire, most recently
 * freed first (it is still in cache). A gate never writes over its own operands, so engines may
 * work on whole vectors of instances.
 */
static bool allocate_slots(quo_circuit *c, quo_gate *gates, quo_err *err)
{
	uint32_t n_wires = c->n_input_wires + c->n_gates, n_free = 0;
	uint32_t *last = quo_alloc((size_t)n_wires + 1, sizeof *last, err);
	uint32_t *pool = quo_alloc((size_t)n_wires + 1, sizeof *pool, err);
	bool done = last && pool;

	if (done) {
		c->n_slots = c->n_input_wires;
		for (uint32_t g = 0; g < c->n_gates; g++)
			last[gates[g].a] = last[gates[g].b] = g + 1;
		for (uint32_t i = 0; i < c->n_output_wires; i++)
			if (c->outputs[i] < n_wires)
				last[c->outputs[i]] = NONE;
		for (uint32_t w = c->n_input_wires; w-- > 0;)
			if (!last[w])
				pool[n_free++] = w;
		for (uint32_t g = 0; g < c->n_gates; g++) {
			uint32_t a = gates[g].a, b = gates[g].b;
			gates[g].slot = n_free ? pool[--n_free] : c->n_slots++;
			if (last[a] == g + 1)
				pool[n_free++] = quo_circuit_slot(c, a);
			if (b != a && last[b] == g + 1)
				pool[n_free++] = quo_circuit_slot(c, b);
		}
	}
	quo_free(last);
	quo_free(pool);
	return done;
}

static bool count_levels(quo_circuit *c, quo_err *err)
{
	uint32_t *level = quo_alloc((size_t)c->n_input_wires + c->n_gates + 1, sizeof *level, err);

	if (!level)
		return false;
	for (uint32_t g = 0; g < c->n_gates; g++) {
		const quo_gate *gate = &c->gates[g];
		uint32_t la = level[gate->a], lb = level[gate->b], l = la > lb ? la : lb;
		bool is_and = gate->op == QUO_GATE_AND;
		level[c->n_input_wires + g] = l + is_and;
		c->n_and += is_and;
		if (c->depth < l + is_and)
			c->depth = l + is_and;
	}
	quo_free(level);
	return true;
}

static quo_port *copy_ports(const quo__port *ports, uint32_t n, quo_err *err)
{
	size_t bytes = 0;

	for (uint32_t p = 0; p < n; p++)
		bytes += strlen(ports[p].port.name) + 1;
	quo_port *copy = quo_alloc(1, n * sizeof *copy + bytes + 1, err);
	if (!copy)
		return NULL;
	char *names = (char *)(copy + n);
	for (uint32_t p = 0; p < n; p++) {
		size_t len = strlen(ports[p].port.name) + 1;
		copy[p] = ports[p].port;
		copy[p].name = memcpy(names, ports[p].port.name, len);
		names += len;
	}
	return copy;
}

static bool write_program(quo__circuit *c, quo_err *err)
{
	c->program = quo_alloc((size_t)c->pub.n_gates + 1, sizeof *c->program, err);
	if (!c->program)
		return false;
	for (uint32_t g = 0; g < c->pub.n_gates; g++) {
		const quo_gate *gate = &c->pub.gates[g];
		bool is_not = gate->op == QUO_GATE_NOT;
		c->program[g] = (quo__insn){
			.is_and = gate->op == QUO_GATE_AND,
			.out = gate->slot,
			.a = quo_circuit_slot(&c->pub, gate->a),
			.b = is_not ? c->pub.n_slots : quo_circuit_slot(&c->pub, gate->b),
		};
	}
	return true;
}

static bool fill(quo__circuit *out, const quo_builder *b, work *w, quo_err *err)
{
	quo_circuit *c = &out->pub;
	static _Atomic uint64_t next_id = 1;

	for (uint32_t p = 0; p < b->n_out; p++)
		c->n_output_wires += b->out[p].x.width;
	uint32_t *outputs = quo_alloc((size_t)c->n_output_wires + 1, sizeof *outputs, err);
	c->outputs = outputs;
	c->in = copy_ports(b->in, b->n_in, err);
	c->out = copy_ports(b->out, b->n_out, err);
	w->live = quo_alloc(b->n_nodes, sizeof *w->live, err);
	w->wire = quo_alloc(b->n_nodes, sizeof *w->wire, err);
	w->inverted = quo_alloc(b->n_nodes, sizeof *w->inverted, err);
	/* Every node is at most one gate and one NOT of it. */
	w->gates = quo_alloc(b->n_nodes, 2 * sizeof *w->gates, err);
	if (!outputs || !c->in || !c->out || !w->live || !w->wire || !w->inverted || !w->gates)
		return false;

	memset(w->inverted, 0xff, b->n_nodes * sizeof *w->inverted);
	mark_live(w);
	emit_gates(w, outputs);

	quo_gate *gates = quo_alloc((size_t)w->n_gates + 1, sizeof *gates, err);
	if (!gates)
		return false;
	memcpy(gates, w->gates, w->n_gates * sizeof *gates);
	c->gates = gates;
	c->n_in = b->n_in;
	c->n_out = b->n_out;
	c->n_input_wires = b->n_input_wires;
	c->n_gates = w->n_gates;
	c->id = atomic_fetch_add(&next_id, 1);
	return count_levels(c, err) && allocate_slots(c, gates, err) && write_program(out, err);
}

quo_circuit *quo_circuit_finish(quo_builder *b, quo_err *err)
{
	work w = { .b = b };
	quo__circuit *c = NULL;

	if (!b) {
		quo_fail(err, QUO_FAILED, "out of memory: a circuit builder");
		return NULL;
	}
	if (b->err.status != QUO_OK)
		quo_fail(err, b->err.status, "%s", b->err.text);
	else
		c = quo_alloc(1, sizeof *c, err);
	if (c && !fill(c, b, &w, err)) {
		quo_circuit_free(&c->pub);
		c = NULL;
	}
	quo_free(w.live);
	quo_free(w.wire);
	quo_free(w.inverted);
	quo_free(w.gates);
	quo_builder_free(b);
	return c ? &c->pub : NULL;
}

void quo_circuit_free(quo_circuit *c)
{
	if (!c)
		return;
	quo_free(((quo__circuit *)(void *)c)->program);
	quo_free((void *)(uintptr_t)c->gates);
	quo_free((void *)(uintptr_t)c->outputs);
	quo_free((void *)(uintptr_t)c->in);
	quo_free((void *)(uintptr_t)c->out);
	quo_free(c);
}
