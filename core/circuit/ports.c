/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of a circuit under construction, and splicing one circuit into another. */
#include "builder.h"

#include <stdlib.h>
#include <string.h>

#include <quotient/circuits.h>
#include <quotient/memory.h>

static quo__port *add_port(quo_builder *b, quo__port **ports, uint32_t *n, uint32_t *cap,
			   const char *name)
{
	if (*n >= QUO_MAX_PORTS) {
		quo_fail(&b->err, QUO_BUG,
			 "circuit builder: port '%s' is one more than the %d a circuit may have",
			 name ? name : "", QUO_MAX_PORTS);
		return NULL;
	}
	if (*n == *cap) {
		uint32_t more = *cap ? *cap * 2 : 8;
		quo__port *p = realloc(*ports, more * sizeof *p);
		if (!p) {
			quo_fail(&b->err, QUO_FAILED, "out of memory: ports of a circuit");
			return NULL;
		}
		*ports = p;
		*cap = more;
	}
	char *copy = strdup(name ? name : "");
	if (!copy) {
		quo_fail(&b->err, QUO_FAILED, "out of memory: the name of a circuit's port");
		return NULL;
	}
	quo__port *p = &(*ports)[*n];
	memset(p, 0, sizeof *p);
	p->port.name = copy;
	++*n;
	return p;
}

quo_int quo_input(quo_builder *b, const char *name, quo_port_kind kind, unsigned width,
		  bool is_signed, bool scalar)
{
	quo_int zero = { .width = 0 };

	if (!quo__ok(b))
		return zero;
	unsigned limit = kind == QUO_PORT_ARITH ? QUO_MAX_RING : QUO_INT_MAX_WIDTH;
	if (width < 1 || width > limit) {
		quo_fail(&b->err, QUO_BUG,
			 "circuit builder: input '%s' has %u bits; 1 to %u can be had",
			 name ? name : "", width, limit);
		return zero;
	}
	quo__port *p = add_port(b, &b->in, &b->n_in, &b->cap_in, name);
	if (!p)
		return zero;
	p->port.kind = kind;
	p->port.width = (uint8_t)width;
	p->port.is_signed = is_signed;
	p->port.scalar = scalar;
	p->x = (quo_int){ .width = (uint8_t)width, .is_signed = is_signed };
	for (unsigned i = 0; i < width; i++)
		p->x.bit[i] = quo__input_node(b, scalar);
	return quo__ok(b) ? p->x : zero;
}

void quo_output(quo_builder *b, const char *name, quo_int x)
{
	if (!quo__check(b, &x, "an output wider than 64 bits"))
		return;
	if (!x.width) {
		quo_fail(&b->err, QUO_BUG,
			 "circuit builder: output '%s' has no bits; quo_resize() it",
			 name ? name : "");
		return;
	}
	quo__port *p = add_port(b, &b->out, &b->n_out, &b->cap_out, name);
	if (!p)
		return;
	p->port.kind = QUO_PORT_BITS;
	p->port.width = x.width;
	p->port.is_signed = x.is_signed;
	p->x = x;
}

void quo_inline(quo_builder *b, const quo_circuit *c, const quo_int *inputs, quo_int *outputs)
{
	quo_wire *wires = NULL;

	for (uint32_t p = 0; p < c->n_out; p++)
		outputs[p] = quo_const(0, c->out[p].width, c->out[p].is_signed);
	for (uint32_t p = 0; p < c->n_in; p++)
		if (!quo__check(b, &inputs[p], "a spliced circuit's input wider than 64 bits"))
			return;
	if (!quo__ok(b))
		return;
	wires = malloc(((size_t)c->n_input_wires + c->n_gates + 1) * sizeof *wires);
	if (!wires) {
		quo_fail(&b->err, QUO_FAILED, "out of memory: splicing a circuit of %u gates",
			 c->n_gates);
		return;
	}

	quo_wire *next = wires;
	for (uint32_t p = 0; p < c->n_in; p++)
		for (unsigned i = 0; i < c->in[p].width; i++)
			*next++ = quo__bit(&inputs[p], i);
	for (uint32_t g = 0; g < c->n_gates; g++) {
		const quo_gate *gate = &c->gates[g];
		if (gate->op == QUO_GATE_NOT)
			*next++ = quo_bit_not(b, wires[gate->a]);
		else if (gate->op == QUO_GATE_XOR)
			*next++ = quo_bit_xor(b, wires[gate->a], wires[gate->b]);
		else
			*next++ = quo_bit_and(b, wires[gate->a], wires[gate->b]);
	}

	const uint32_t *from = c->outputs;
	for (uint32_t p = 0; p < c->n_out; p++) {
		for (unsigned i = 0; i < c->out[p].width; i++, from++) {
			if (*from == QUO_OUT_ZERO || *from == QUO_OUT_ONE)
				outputs[p].bit[i] = *from == QUO_OUT_ONE;
			else
				outputs[p].bit[i] = wires[*from];
		}
	}
	free(wires);
}
