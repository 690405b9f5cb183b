/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/choices.h"
#include "tools/cli.h"

#include <string.h>

#include "report/progress.h"
#include "text/units.h"

#define DRY_STEPS "2"
#define SET_CHARS 300
#define PATH_CHARS 100

struct survey {
	quo_choices *choices;
	const quo_run *run;
	const quo_registry *registry;
	const quo_data_shape *shape;
	const char *ot_key, *circuits_key; /* options of the protocol */
	const char *own_ot, *own_circuits; /* configured names */
};

/* The name of the option that takes a component of that kind; NULL: none does. */
static const char *option_for(const quo_component *c, quo_kind kind)
{
	for (const quo_option *o = c->options; o && o->name; o++)
		if (o->type == QUO_OPT_COMPONENT && o->component_kind == (uint32_t)kind)
			return o->name;
	return NULL;
}

/* The name of the component configured at a path; NULL: none is. */
static const char *configured(const quo_run *run, const char *path)
{
	const char *at;

	for (size_t i = 0; i < quo_experiment_instances(run->experiment); i++) {
		const quo_instance *instance = quo_experiment_instance_at(run->experiment, i, &at);
		if (!strcmp(at, path))
			return instance->component->name;
	}
	return NULL;
}

/* ---- one choice ---- */

static void scale_up(quo_choice *c, const quo_forecast *f, const quo_experiment_config *config,
		     uint64_t steps)
{
	double dry = (double)f->steps, evaluations = 0;

	if (config->train.evaluate == QUO_EVALUATE_EPOCH)
		evaluations = (double)((steps + f->steps_per_epoch - 1) / f->steps_per_epoch);
	else if (config->train.evaluate == QUO_EVALUATE_END)
		evaluations = 1;
	for (int i = 0; i < QUO_PHASES; i++) {
		const quo_phase *p = &f->phase[i];
		bool is_step =
			i == QUO_PHASE_FORWARD || i == QUO_PHASE_BACKWARD || i == QUO_PHASE_UPDATE;
		double times = is_step                   ? (double)steps / dry
			       : i == QUO_PHASE_EVALUATE ? evaluations
							 : 1;
		c->bytes += times * (double)p->bytes;
		c->rounds += times * (double)p->rounds;
		c->seconds += times * p->seconds;
		if (!is_step)
			continue;
		c->step_bytes += (double)p->bytes / dry;
		c->step_rounds += (double)p->rounds / dry;
		c->step_seconds += p->seconds / dry;
	}
}

static quo_status forecast(const struct survey *v, quo_choice *c, const char *const *extra,
			   size_t n_extra, quo_err *err)
{
	const quo_run_options *options = v->run->options;
	const char *sets[QUO_RUN_MAX_SETS + 8];
	quo_registry *registry = (quo_registry *)(uintptr_t)v->registry;
	quo_experiment *experiment;
	quo_forecast f;
	size_t n = options->n_sets;

	memcpy(sets, options->sets, n * sizeof *sets);
	for (size_t i = 0; i < n_extra; i++)
		sets[n++] = extra[i];
	sets[n++] = "train.max_steps=" DRY_STEPS;
	sets[n++] = "train.evaluate=end";
	QUO_TRY(quo_experiment_load(registry, options->file, sets, n, &experiment, err));
	quo_status status = quo_forecast_run(&f, quo_experiment_config_of(experiment), v->shape,
					     options->reveal_model, err);
	if (status == QUO_OK) {
		scale_up(c, &f, v->run->config, v->run->forecast.steps);
		quo_forecast_free(&f);
	}
	quo_experiment_free(experiment);
	return status;
}

/* gc NULL: the circuit engine takes none. */
static quo_status add(struct survey *v, const char *ot, const quo_component *circuits,
		      const char *gc, quo_err *err)
{
	char set_ot[SET_CHARS], set_circuits[SET_CHARS], set_gc[SET_CHARS], path[PATH_CHARS];
	const char *extra[3], *key = option_for(circuits, QUO_KIND_GC);
	bool own_circuits = !strcmp(circuits->name, v->own_circuits);
	quo_choice *c = &v->choices->item[v->choices->n];
	quo_err refusal = QUO_ERR_INIT;
	size_t n = 0;

	*c = (quo_choice){ .ot = ot, .circuits = circuits->name, .gc = gc };
	c->configured = !strcmp(ot, v->own_ot) && own_circuits;
	if (strcmp(ot, v->own_ot) != 0) {
		snprintf(set_ot, sizeof set_ot, "protocol.%s={use: %s}", v->ot_key, ot);
		extra[n++] = set_ot;
	}
	if (!own_circuits) {
		snprintf(set_circuits, sizeof set_circuits, "protocol.%s={use: %s}",
			 v->circuits_key, circuits->name);
		extra[n++] = set_circuits;
	}
	if (gc) {
		snprintf(path, sizeof path, "protocol.%s.%s", v->circuits_key, key);
		const char *own = own_circuits ? configured(v->run, path) : NULL;
		if (!own || strcmp(own, gc) != 0) {
			snprintf(set_gc, sizeof set_gc, "%s={use: %s}", path, gc);
			extra[n++] = set_gc;
			c->configured = false;
		}
	}
	quo_status status = forecast(v, c, extra, n, &refusal);
	if (status == QUO_USAGE && !c->configured)
		return QUO_OK;
	if (status != QUO_OK)
		return quo_fail(err, status, "%s", refusal.text);
	v->choices->n++;
	return QUO_OK;
}

/* ---- all of them ---- */

static const quo_component *component(const struct survey *v, size_t i, quo_kind kind)
{
	const quo_component *c = &quo_registry_at(v->registry, i)->component;

	return c->kind == (uint32_t)kind ? c : NULL;
}

static quo_status add_circuits(struct survey *v, const char *ot, const quo_component *circuits,
			       quo_err *err)
{
	if (!option_for(circuits, QUO_KIND_GC))
		return add(v, ot, circuits, NULL, err);
	for (size_t i = 0; i < quo_registry_count(v->registry); i++) {
		const quo_component *gc = component(v, i, QUO_KIND_GC);
		if (gc)
			QUO_TRY(add(v, ot, circuits, gc->name, err));
	}
	return QUO_OK;
}

static quo_status add_all(struct survey *v, quo_err *err)
{
	size_t all = quo_registry_count(v->registry);

	for (size_t i = 0; i < all; i++) {
		const quo_component *ot = component(v, i, QUO_KIND_OT);
		for (size_t j = 0; ot && j < all; j++) {
			const quo_component *circuits = component(v, j, QUO_KIND_CIRCUITS);
			if (circuits)
				QUO_TRY(add_circuits(v, ot->name, circuits, err));
		}
	}
	return QUO_OK;
}

static size_t count(const quo_registry *registry, quo_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < quo_registry_count(registry); i++)
		n += quo_registry_at(registry, i)->component.kind == (uint32_t)kind;
	return n;
}

quo_status quo_choices_forecast(quo_choices *choices, const quo_run *run,
				const quo_registry *registry, const quo_data_shape *shape,
				quo_err *err)
{
	const quo_component *protocol = run->config->protocol->component;
	struct survey v = { .choices = choices,
			    .run = run,
			    .registry = registry,
			    .shape = shape,
			    .ot_key = option_for(protocol, QUO_KIND_OT),
			    .circuits_key = option_for(protocol, QUO_KIND_CIRCUITS) };
	char path[PATH_CHARS];

	*choices = (quo_choices){ 0 };
	if (!v.ot_key || !v.circuits_key)
		return QUO_OK;
	snprintf(path, sizeof path, "protocol.%s", v.ot_key);
	v.own_ot = configured(run, path);
	snprintf(path, sizeof path, "protocol.%s", v.circuits_key);
	v.own_circuits = configured(run, path);
	if (!v.own_ot || !v.own_circuits)
		return QUO_OK;
	size_t most = count(registry, QUO_KIND_OT) * count(registry, QUO_KIND_CIRCUITS) *
		      (count(registry, QUO_KIND_GC) + 1);
	choices->item = quo_alloc(most, sizeof *choices->item, err);
	if (!choices->item)
		return QUO_FAILED;
	quo_status status = add_all(&v, err);
	quo_choice *fastest = choices->item;
	for (size_t i = 1; i < choices->n; i++)
		if (choices->item[i].seconds < fastest->seconds)
			fastest = &choices->item[i];
	fastest->fastest = choices->n > 0;
	if (status != QUO_OK)
		quo_choices_free(choices);
	return status;
}

void quo_choices_free(quo_choices *choices)
{
	quo_free(choices->item);
	*choices = (quo_choices){ 0 };
}

/* ---- out ---- */

void quo_choices_print(FILE *out, const quo_choices *choices)
{
	char a[QUO_UNIT_CHARS], b[QUO_UNIT_CHARS], c[QUO_UNIT_CHARS], d[QUO_UNIT_CHARS];

	if (!choices->n)
		return;
	fprintf(out, "\n  %-10s  %-17s  %9s %6s %8s  %9s %8s\n", "ot", "circuits", "step", "rounds",
		"time", "run", "time");
	for (size_t i = 0; i < choices->n; i++) {
		const quo_choice *x = &choices->item[i];
		char circuits[140];
		snprintf(circuits, sizeof circuits, "%s%s%s", x->circuits, x->gc ? "+" : "",
			 x->gc ? x->gc : "");
		fprintf(out, "%c%c%-10s  %-17s  %9s %6.0f %8s  %9s %8s\n",
			x->configured ? '*' : ' ', x->fastest ? '>' : ' ', x->ot, circuits,
			quo_format_bytes(a, (uint64_t)(x->step_bytes + 0.5)), x->step_rounds,
			quo_format_seconds(b, x->step_seconds),
			quo_format_bytes(c, (uint64_t)(x->bytes + 0.5)),
			quo_format_seconds(d, x->seconds));
	}
	fprintf(out, "* as configured, > fastest; from " DRY_STEPS
		     " steps and an evaluation, set-up included\n");
}

void quo_choices_json(quo_json *j, const quo_choices *choices)
{
	quo_json_array(j, "choices");
	for (size_t i = 0; i < choices->n; i++) {
		const quo_choice *x = &choices->item[i];
		quo_json_object(j, NULL);
		quo_json_string(j, "ot", x->ot);
		quo_json_string(j, "circuits", x->circuits);
		if (x->gc)
			quo_json_string(j, "gc", x->gc);
		else
			quo_json_null(j, "gc");
		quo_json_real(j, "step_bytes", x->step_bytes);
		quo_json_real(j, "step_rounds", x->step_rounds);
		quo_json_real(j, "step_seconds", x->step_seconds);
		quo_json_uint(j, "bytes_sent", (uint64_t)(x->bytes + 0.5));
		quo_json_uint(j, "rounds", (uint64_t)(x->rounds + 0.5));
		quo_json_real(j, "seconds", x->seconds);
		quo_json_bool(j, "configured", x->configured);
		quo_json_bool(j, "fastest", x->fastest);
		quo_json_end(j);
	}
	quo_json_end(j);
}
