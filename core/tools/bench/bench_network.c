/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench/bench_network.h"

#include <stdio.h>
#include <string.h>

quo_status bench_network_init(bench_network *n, const bench *b, quo_session *s,
			      const bench_shape *shape, quo_err *err)
{
	quo_instance *layer[BENCH_MAX_LAYERS], *optim, *quant;
	char yaml[100];

	for (uint32_t i = 0; i < shape->n_layers; i++) {
		snprintf(yaml, sizeof yaml, "{use: fc, out: %u}", shape->size[i + 1]);
		QUO_TRY(quo_component_load(b->registry, QUO_KIND_LAYER, yaml, &n->owner[i],
					   &layer[i], err));
	}
	snprintf(yaml, sizeof yaml, "{use: %.60s}", b->optimizer);
	QUO_TRY(quo_component_load(b->registry, QUO_KIND_OPTIM, yaml, &n->owner[BENCH_MAX_LAYERS],
				   &optim, err));
	QUO_TRY(quo_component_load(b->registry, QUO_KIND_QUANT, "{use: npow}",
				   &n->owner[BENCH_MAX_LAYERS + 1], &quant, err));
	quo_network_plan plan = { .n_layers = shape->n_layers,
				  .layers = layer,
				  .optim = optim,
				  .quant = quant,
				  .batch = shape->batch,
				  .classes = shape->size[shape->n_layers],
				  .n_dims = 1,
				  .dim = { shape->size[0] },
				  .seed = 1 };
	QUO_TRY(quo_network_init(&n->net, s, &plan, err));
	n->built = true;
	return quo_network_share_weights(&n->net, s, err);
}

void bench_network_fini(bench_network *n)
{
	if (n->built)
		quo_network_fini(&n->net);
	for (size_t i = 0; i < sizeof n->owner / sizeof *n->owner; i++)
		quo_experiment_free(n->owner[i]);
}

static quo_status every_engine(bench *b, bench_put_protocol *put, const void *arg, quo_err *err)
{
	bench_engine circuits[BENCH_MAX_ENGINES], ots[BENCH_MAX_ENGINES];
	size_t n_circuits, n_ots;

	QUO_TRY(bench_circuits(b, true, circuits, &n_circuits, err));
	QUO_TRY(bench_ots(b, false, false, ots, &n_ots, err));
	for (size_t i = 0; i < n_circuits; i++) {
		for (size_t j = 0; j < n_ots; j++) {
			char yaml[BENCH_YAML_CHARS], label[140];
			snprintf(label, sizeof label, "%.60s, %.60s", circuits[i].label,
				 ots[j].label);
			QUO_TRY(put(b, bench_protocol(yaml, &ots[j], &circuits[i]), label, arg,
				    err));
		}
	}
	return QUO_OK;
}

quo_status bench_every_protocol(bench *b, bench_put_protocol *put, const void *arg, quo_err *err)
{
	bench_engine protocols[BENCH_MAX_ENGINES];
	size_t n;

	QUO_TRY(bench_protocols(b, protocols, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (*protocols[i].yaml)
			QUO_TRY(put(b, protocols[i].yaml, protocols[i].label, arg, err));
		else
			QUO_TRY(every_engine(b, put, arg, err));
	}
	return n ? QUO_OK : every_engine(b, put, arg, err);
}

quo_status bench_every_optimizer(bench *b, quo_status (*run)(bench *b, quo_err *err), quo_err *err)
{
	for (size_t i = 0; i < b->n_optimizers; i++) {
		b->optimizer = b->optimizers[i];
		QUO_TRY(run(b, err));
	}
	return b->n_optimizers ? QUO_OK : run(b, err);
}

bool bench_is_lan(const bench *b)
{
	return b->latency_s == 0 && b->rate == 0;
}

bool bench_is_paper_wan(const bench *b)
{
	return b->latency_s == 0.042 && b->rate == 24.3e6;
}
