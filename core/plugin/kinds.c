/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/kinds.h"

#include <quotient/quotient.h>

#include "plugin/data_kind.h"

#define METHOD(type, member) \
	{ \
#member, offsetof(type, member) \
	}

static const quo_method ot_methods[] = {
	METHOD(quo_ot_ops, open),
	METHOD(quo_ot_ops, extend),
	METHOD(quo_ot_ops, delta),
	{ NULL, 0 },
};
static const quo_method gc_methods[] = {
	METHOD(quo_gc_ops, garble),
	METHOD(quo_gc_ops, evaluate),
	METHOD(quo_gc_ops, table_bytes),
	{ NULL, 0 },
};
static const quo_method circuits_methods[] = {
	METHOD(quo_circuits_ops, open),
	METHOD(quo_circuits_ops, map),
	METHOD(quo_circuits_ops, goal),
	{ NULL, 0 },
};
static const quo_method products_methods[] = {
	METHOD(quo_products_ops, open),
	METHOD(quo_products_ops, product),
	METHOD(quo_products_ops, convert),
	{ NULL, 0 },
};
static const quo_method protocol_methods[] = {
	METHOD(quo_protocol_ops, open),    METHOD(quo_protocol_ops, share),
	METHOD(quo_protocol_ops, reveal),  METHOD(quo_protocol_ops, product),
	METHOD(quo_protocol_ops, convert), METHOD(quo_protocol_ops, map),
	METHOD(quo_protocol_ops, goal),    { NULL, 0 },
};
static const quo_method layer_methods[] = {
	METHOD(quo_layer_ops, plan),
	{ NULL, 0 },
};
static const quo_method optim_methods[] = {
	METHOD(quo_optim_ops, states),
	METHOD(quo_optim_ops, update),
	METHOD(quo_optim_ops, variant),
	{ NULL, 0 },
};
static const quo_method quant_methods[] = {
	METHOD(quo_quant_ops, lift),
	METHOD(quo_quant_ops, combine),
	METHOD(quo_quant_ops, exponent),
	METHOD(quo_quant_ops, step),
	{ NULL, 0 },
};
static const quo_method data_methods[] = {
	METHOD(quo_data_ops, load),
	{ NULL, 0 },
};

static const char *check_protocol(const void *ops)
{
	const quo_protocol_ops *protocol = ops;
	return protocol->parties >= 1 && protocol->parties <= QUO_MAX_PARTIES
		       ? NULL
		       : "parties is not in 1..16";
}

static const char *check_layer(const void *ops)
{
	const quo_layer_ops *layer = ops;

	switch (layer->role) {
	case QUO_LAYER_LINEAR:
		return layer->forward && layer->backward
			       ? NULL
			       : "a linear layer without forward or backward";
	case QUO_LAYER_SKIP:
		return layer->over && !layer->forward == !layer->backward
			       ? NULL
			       : "a skip without over, or with only one of forward and backward";
	case QUO_LAYER_WINDOW:
		return layer->places && layer->combine ? NULL
						       : "a window layer without places or combine";
	case QUO_LAYER_SHAPE:
		return NULL;
	}
	return "role is not one of quo_layer_role";
}

static const char *check_quant(const void *ops)
{
	const quo_quant_ops *quant = ops;
	if (quant->bound < 1 || quant->bound > 255)
		return "bound is not in 1..255";
	return quant->random_bits == 0 || quant->random_bits == 8
		       ? NULL
		       : "random_bits is neither 0 nor 8";
}

/* Nothing has been appended to a vtable since ABI 2.0, so all of it must be there. A minor version
 * that appends gives `min_size` of that kind: up to the last member of ABI 2.0. */
static const quo_kind_info kinds[QUO_KIND_END] = {
	[QUO_KIND_OT] = { .what = "OT extension: random correlated OTs",
			  .ops_size = sizeof(quo_ot_ops),
			  .required = ot_methods },
	[QUO_KIND_GC] = { .what = "garbling scheme",
			  .ops_size = sizeof(quo_gc_ops),
			  .required = gc_methods },
	[QUO_KIND_CIRCUITS] = { .what = "circuit engine over XOR shares",
				.ops_size = sizeof(quo_circuits_ops),
				.required = circuits_methods },
	[QUO_KIND_PRODUCTS] = { .what = "shared bit-plane product",
				.ops_size = sizeof(quo_products_ops),
				.required = products_methods },
	[QUO_KIND_PROTOCOL] = { .what = "share, reveal, product, map",
				.ops_size = sizeof(quo_protocol_ops),
				.required = protocol_methods,
				.check = check_protocol },
	[QUO_KIND_LAYER] = { .what = "layer of the network",
			     .ops_size = sizeof(quo_layer_ops),
			     .required = layer_methods,
			     .check = check_layer },
	[QUO_KIND_OPTIM] = { .what = "optimiser",
			     .ops_size = sizeof(quo_optim_ops),
			     .required = optim_methods },
	[QUO_KIND_QUANT] = { .what = "normaliser and rounding",
			     .ops_size = sizeof(quo_quant_ops),
			     .required = quant_methods,
			     .check = check_quant },
	[QUO_KIND_DATA] = { .what = "data reader",
			    .ops_size = sizeof(quo_data_ops),
			    .required = data_methods },
};

const quo_kind_info *quo__kind_info(uint32_t kind)
{
	return kind >= 1 && kind < QUO_KIND_END ? &kinds[kind] : NULL;
}

uint32_t quo__kind_min_size(const quo_kind_info *kind)
{
	return kind->min_size ? kind->min_size : kind->ops_size;
}
