/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/costs.h"

#include "config/experiment.h"
#include "numerics/reduce.h"
#include "numerics/rules.h"

#define TENSOR (784u * 128u) /* elements whose exponent is taken */
#define GOALS 2

static const quo_goal goals[GOALS] = { QUO_SMALL, QUO_SHALLOW };

/* A component at its default options. */
struct loaded {
	quo_experiment *owner;
	quo_instance *instance;
};

struct size {
	double ands; /* per element */
	uint32_t levels;
};

static quo_status load(quo_registry *registry, const quo_component *c, struct loaded *out,
		       quo_err *err)
{
	char yaml[128];

	snprintf(yaml, sizeof yaml, "{use: %s}", c->name);
	return quo_component_load(registry, (quo_kind)c->kind, yaml, &out->owner, &out->instance,
				  err);
}

static quo_status take(quo_circuit *c, struct size *out)
{
	if (!c)
		return QUO_FAILED;
	*out = (struct size){ .ands = c->n_and, .levels = c->depth };
	quo_circuit_free(c);
	return QUO_OK;
}

static void print_sizes(FILE *out, const struct size *size, int digits)
{
	for (int i = 0; i < GOALS; i++)
		fprintf(out, " %.*f | %u |", digits, size[i].ands, size[i].levels);
}

/* The reduction of TENSOR elements, and the width of the exponent. */
static quo_status exponent_size(quo_goal goal, const quo_instance *quant, unsigned bits,
				struct size *out, unsigned *s_width, quo_err *err)
{
	quo_reducer reducer;
	double ands = 0;

	QUO_TRY(quo_reducer_init(&reducer, NULL, goal, quant, bits, TENSOR, err));
	*out = (struct size){ 0 };
	for (unsigned i = 0; i < reducer.n_levels; i++) {
		const quo_reduce_level *level = &reducer.level[i];
		ands += (double)level->circuit->n_and * (double)level->instances;
		out->levels += level->circuit->depth;
	}
	out->ands = ands / TENSOR;
	*s_width = reducer.s_width;
	quo_reducer_fini(&reducer);
	return QUO_OK;
}

static quo_status quantiser(FILE *out, const quo_instance *quant, unsigned bits, quo_err *err)
{
	struct size exponent[GOALS], normalise[GOALS];
	const quo_quant_ops *ops = quo_quant(quant);
	unsigned s_width;

	for (int i = 0; i < GOALS; i++) {
		QUO_TRY(exponent_size(goals[i], quant, bits, &exponent[i], &s_width, err));
		QUO_TRY(take(quo_rule_normalise(goals[i], bits, s_width, ops->bound, true, err),
			     &normalise[i]));
	}
	fprintf(out, "| %s |", quant->component->name);
	print_sizes(out, exponent, 1);
	print_sizes(out, normalise, 0);
	fprintf(out, "\n");
	return QUO_OK;
}

static quo_status pair(FILE *out, const quo_instance *optim, const quo_instance *quant,
		       unsigned bits, quo_err *err)
{
	const quo_optim_ops *ops = quo_optim(optim);
	quo_optim_state states[QUO_OPTIM_MAX_STATES];
	struct size update[GOALS], exponent;
	unsigned n = 0, state_bits = 0, s_width;

	QUO_TRY(ops->states(optim->self, quant, states, &n, err));
	for (unsigned i = 0; i < n; i++)
		state_bits += states[i].width;
	for (int i = 0; i < GOALS; i++) {
		QUO_TRY(exponent_size(goals[i], quant, bits, &exponent, &s_width, err));
		QUO_TRY(take(quo_rule_update(goals[i], optim, quant, bits, s_width, 0, err),
			     &update[i]));
	}
	fprintf(out, "| %s | %s | %u |", optim->component->name, quant->component->name,
		state_bits);
	print_sizes(out, update, 0);
	fprintf(out, "\n");
	return QUO_OK;
}

static void print_pairs(FILE *out, quo_registry *registry, const quo_instance *optim, unsigned bits)
{
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		struct loaded quant = { 0 };
		quo_err err = QUO_ERR_INIT;
		if (c->kind != QUO_KIND_QUANT)
			continue;
		quo_status status = load(registry, c, &quant, &err);
		if (status == QUO_OK)
			status = pair(out, optim, quant.instance, bits, &err);
		if (status != QUO_OK)
			fprintf(out, "| %s | %s | refused: %s | | | | |\n", optim->component->name,
				c->name, err.text);
		quo_experiment_free(quant.owner);
	}
}

/* A component that cannot be had at its defaults is listed with the reason, too. */
static quo_status each(FILE *out, quo_registry *registry, quo_kind kind, unsigned bits,
		       quo_err *err)
{
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_component *c = &quo_registry_at(registry, i)->component;
		struct loaded one = { 0 };
		quo_err refusal = QUO_ERR_INIT;
		quo_status status = QUO_OK;
		if (c->kind != (uint32_t)kind)
			continue;
		if (load(registry, c, &one, &refusal) != QUO_OK)
			fprintf(out, "| %s | left out: %s |\n", c->name, refusal.text);
		else if (kind == QUO_KIND_QUANT)
			status = quantiser(out, one.instance, bits, err);
		else
			print_pairs(out, registry, one.instance, bits);
		quo_experiment_free(one.owner);
		QUO_TRY(status);
	}
	return QUO_OK;
}

quo_status quo_costs_print(FILE *out, quo_registry *registry, unsigned g_bits, quo_err *err)
{
	fprintf(out,
		"# Circuit costs\n"
		"\n"
		"What the circuits of optimisers and quantisers cost, at their default options: AND gates and AND levels of "
		"the small form\n"
		"(fewest gates, for garbling) and of the shallow one (fewest levels, for gmw, where a level is a round). "
		"Generated by\n"
		"`make docs` (`quotient-plugins costs`); `quotient-plugins costs BITS` prints the same for gradients and "
		"errors of that\n"
		"width, and for plugins of your own.\n"
		"\n"
		"Gradients and errors here have %u bits.%s\n"
		"\n"
		"## One weight's update\n"
		"\n"
		"The optimiser's circuit with the ternarisation that follows. State bits are XOR-shared inputs of it, 16 "
		"bytes each under\n"
		"garbling with ot/iknp.\n"
		"\n"
		"| optimiser | quantiser | state bits | ANDs, small | levels | ANDs, shallow | levels |\n"
		"|---|---|---|---|---|---|---|\n",
		g_bits, g_bits == 22 ? " A batch of 128 makes them so." : "");
	QUO_TRY(each(out, registry, QUO_KIND_OPTIM, g_bits, err));
	fprintf(out,
		"\n"
		"## One element's normalisation\n"
		"\n"
		"Its part in the exponent of a tensor of 784 x 128 elements (levels: of the whole tree), then the shift, the "
		"saturation and\n"
		"the mask.\n"
		"\n"
		"| quantiser | exponent: ANDs, small | levels | ANDs, shallow | levels | shift: ANDs, small | levels | ANDs, "
		"shallow | levels |\n"
		"|---|---|---|---|---|---|---|---|---|\n");
	return each(out, registry, QUO_KIND_QUANT, g_bits, err);
}
