/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ot/auto: of two OT engines, the one that makes COTs faster over the session's link.
 *
 * The engines forecast a long run; what counts is the busier core or the busier direction of the
 * link, whichever takes longer (quo_cost_seconds). Set-up is not weighed. Party 0 decides and says so
 * in one byte, so that parties whose builds reckon differently still agree.
 */
#include <quotient/quotient.h>

#define LONG_RUN ((size_t)1 << 23)

enum { LAN, WAN, ENGINES };

struct config {
	quo_instance *engine[ENGINES];
};

struct chooser {
	const struct config *config;
	quo_instance *inner; /* this direction's own instance of the engine chosen */
};

static quo_status run_dry(const quo_instance *ot, quo_session *setup, quo_session *run, int sender,
			  quo_err *err)
{
	QUO_TRY(quo_ot(ot)->open(ot->self, setup, sender, err));
	return quo_ot(ot)->extend(ot->self, run, LONG_RUN, NULL, NULL, err);
}

static quo_status weigh(const quo_instance *engine, const quo_session *s, int sender,
			double *seconds, quo_err *err)
{
	quo_cost setup_cost = QUO_COST_INIT, cost = QUO_COST_INIT;
	quo_session *setup = quo_session_dry(s, &setup_cost, err);
	quo_session *run = setup ? quo_session_dry(s, &cost, err) : NULL;
	quo_instance *ot = NULL;
	quo_status status = run ? quo_instance_clone(engine, &ot, err) : QUO_FAILED;

	if (status == QUO_OK)
		status = run_dry(ot, setup, run, sender, err);
	*seconds = quo_cost_seconds(&cost, quo_session_link(s));
	quo_instance_free(ot);
	quo_session_free(run);
	quo_session_free(setup);
	return status;
}

static quo_status choose(const struct chooser *a, const quo_session *s, int sender, uint8_t *choice,
			 quo_err *err)
{
	double seconds[ENGINES];

	for (int i = 0; i < ENGINES; i++)
		QUO_TRY(weigh(a->config->engine[i], s, sender, &seconds[i], err));
	*choice = seconds[WAN] < seconds[LAN] ? WAN : LAN;
	return QUO_OK;
}

static quo_status auto_init(void *self, const void *config, quo_err *err)
{
	struct chooser *a = self;

	a->config = config;
	if (!config || !a->config->engine[LAN] || !a->config->engine[WAN])
		return quo_fail(err, QUO_USAGE,
				"ot/auto: wants two engines; give 'lan' and 'wan', or neither");
	return QUO_OK;
}

static void auto_fini(void *self)
{
	struct chooser *a = self;

	quo_instance_free(a->inner);
	a->inner = NULL;
}

static quo_status auto_open(void *self, quo_session *s, int sender, quo_err *err)
{
	struct chooser *a = self;
	uint8_t choice;

	if (quo_me(s) == 0) {
		QUO_TRY(choose(a, s, sender, &choice, err));
		QUO_TRY(quo_send(s, 1, &choice, 1, err));
	} else {
		QUO_TRY(quo_recv(s, 0, &choice, 1, err));
		if (choice >= ENGINES)
			return quo_fail(err, QUO_FAILED,
					"ot/auto: the other party chose engine %u of %d; name the "
					"engine to do without choosing",
					choice, ENGINES);
	}
	QUO_TRY(quo_instance_clone(a->config->engine[choice], &a->inner, err));
	return quo_ot(a->inner)->open(a->inner->self, s, sender, err);
}

static quo_status auto_extend(void *self, quo_session *s, size_t n, quo_block *out,
			      uint64_t *choices, quo_err *err)
{
	const quo_instance *ot = ((struct chooser *)self)->inner;

	return quo_ot(ot)->extend(ot->self, s, n, out, choices, err);
}

static quo_block auto_delta(void *self)
{
	const quo_instance *ot = ((struct chooser *)self)->inner;

	return quo_ot(ot)->delta(ot->self);
}

static const quo_option options[] = {
	QUO_OPTION_AS("lan", struct config, engine[LAN], QUO_OPT_COMPONENT, "{use: softspoken}",
		      "Engine with little computation.", .component_kind = QUO_KIND_OT),
	QUO_OPTION_AS("wan", struct config, engine[WAN], QUO_OPT_COMPONENT, "{use: ferret}",
		      "Engine that sends little.", .component_kind = QUO_KIND_OT),
	{ 0 },
};

static const quo_ot_ops auto_ops = {
	.life = { .init = auto_init, .fini = auto_fini },
	.open = auto_open,
	.extend = auto_extend,
	.delta = auto_delta,
};

static const quo_component component = {
	QUO_COMPONENT(QUO_KIND_OT, &auto_ops),
	.name = "auto",
	.summary = "of two OT engines, the one that is faster over the link",
	.security = "as the engine that it picks, either of the two",
	.wire_version = 1,
	.instance_size = sizeof(struct chooser),
	.config_size = sizeof(struct config),
	.options = options,
};

QUO_PLUGIN("ot-auto", "1.0", &component)
