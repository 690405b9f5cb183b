/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/kinds.h"

#include <string.h>

#include <quotient/quotient.h>

#include "data/dataset.h"
#include "plugin/registry.h"

#define METHOD(type, member) \
	{ \
#member, offsetof(type, member) \
	}
#define END_OF(type, member) ((uint32_t)(offsetof(type, member) + sizeof(((type *)0)->member)))

static const quo_method ot_methods[] = {
	METHOD(quo_ot_ops, open),      METHOD(quo_ot_ops, extend),      METHOD(quo_ot_ops, delta),
	METHOD(quo_ot_ops, cost_open), METHOD(quo_ot_ops, cost_extend), { NULL, 0 },
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
	int parties = ((const quo_protocol_ops *)ops)->parties;
	return parties >= 1 && parties <= QUO_MAX_PARTIES ? NULL : "parties is not in 1..16";
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

/* min_size names the last member of ABI 1.0: it does not move when a later minor version appends
 * methods. */
static const quo_kind_info kinds[QUO_KIND_END] = {
	[QUO_KIND_OT] = { "ot", "OT extension: random correlated OTs", sizeof(quo_ot_ops),
			  END_OF(quo_ot_ops, cost_extend), ot_methods, NULL },
	[QUO_KIND_GC] = { "gc", "garbling scheme", sizeof(quo_gc_ops),
			  END_OF(quo_gc_ops, table_bytes), gc_methods, NULL },
	[QUO_KIND_CIRCUITS] = { "circuits", "circuit engine over XOR shares",
				sizeof(quo_circuits_ops), END_OF(quo_circuits_ops, goal),
				circuits_methods, NULL },
	[QUO_KIND_PRODUCTS] = { "products", "shared bit-plane product", sizeof(quo_products_ops),
				END_OF(quo_products_ops, convert), products_methods, NULL },
	[QUO_KIND_PROTOCOL] = { "protocol", "share, reveal, product, map", sizeof(quo_protocol_ops),
				END_OF(quo_protocol_ops, goal), protocol_methods, check_protocol },
	[QUO_KIND_LAYER] = { "layer", "layer of the network", sizeof(quo_layer_ops),
			     END_OF(quo_layer_ops, backward), layer_methods, check_layer },
	[QUO_KIND_OPTIM] = { "optim", "optimiser", sizeof(quo_optim_ops),
			     END_OF(quo_optim_ops, variant), optim_methods, NULL },
	[QUO_KIND_QUANT] = { "quant", "normaliser and rounding", sizeof(quo_quant_ops),
			     END_OF(quo_quant_ops, step), quant_methods, check_quant },
	[QUO_KIND_DATA] = { "data", "data reader", sizeof(quo_data_ops), END_OF(quo_data_ops, load),
			    data_methods, NULL },
};

const quo_kind_info *quo__kind_info(uint32_t kind)
{
	return kind >= 1 && kind < QUO_KIND_END ? &kinds[kind] : NULL;
}

const char *quo_kind_name(quo_kind kind)
{
	const quo_kind_info *info = quo__kind_info((uint32_t)kind);
	return info ? info->name : "?";
}

quo_kind quo_kind_from_name(const char *name)
{
	for (uint32_t k = 1; k < QUO_KIND_END; k++)
		if (!strcmp(kinds[k].name, name))
			return (quo_kind)k;
	return QUO_KIND_END;
}
