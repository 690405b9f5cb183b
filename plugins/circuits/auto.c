/* SPDX-License-Identifier: Apache-2.0 */
/*
 * circuits/auto: of two circuit engines, for every call the one whose forecast is done first.
 *
 * A call is run dry under both engines, with COTs at their average price (quo_cot_average: an OT
 * engine that makes them in bursts would favour the call after a burst), and weighed over the
 * session's link (quo_cost_seconds). Shapes are public, so the choice gives nothing away. A call of
 * the same circuits, numbers of instances and owners is decided once. Party 0 decides and says so in
 * one byte, so that parties whose builds reckon differently still agree.
 *
 * Both engines get the same circuits: where a round takes longer than FAR_S, shallow ones unless the
 * instances are so many that the link's bytes count for more (quo_shallow_pays()); else small ones.
 *
 * An instance serves one session.
 */
#include <quotient/quotient.h>

#include <stdlib.h>
#include <string.h>

#define FAR_S 1e-3

/* Of an AND gate under the engine with fewer bytes, circuits/gmw. */
#define AND_S 2.4e-9
#define AND_BYTES (2.3 / 8)

enum { SMALL, WIDE, ENGINES };

struct config {
	quo_instance *engine[ENGINES];
};

struct decision {
	uint8_t call[32]; /* digest of what describes it */
	uint8_t engine;
};

struct chooser {
	const struct config *config;
	struct decision *decisions;
	size_t n_decisions;
};

/* ---- weighing ---- */

static quo_status weigh(const struct chooser *a, const quo_session *s, quo_cot *const cot[2],
			const quo_map_job *jobs, size_t n_jobs, uint8_t *engine, quo_err *err)
{
	double seconds[ENGINES];

	for (int i = 0; i < ENGINES; i++) {
		const quo_instance *e = a->config->engine[i];
		quo_cost cost = QUO_COST_INIT;
		quo_session *dry = quo_session_dry(s, &cost, err);
		if (!dry)
			return QUO_FAILED;
		quo_session_set_cot(dry, 0, cot[0]);
		quo_session_set_cot(dry, 1, cot[1]);
		quo_status status = quo_circuits(e)->map(e->self, dry, jobs, n_jobs, err);
		quo_session_free(dry);
		QUO_TRY(status);
		seconds[i] = quo_cost_seconds(&cost, quo_session_link(s));
	}
	*engine = seconds[WIDE] < seconds[SMALL] ? WIDE : SMALL;
	return QUO_OK;
}

static quo_status choose(const struct chooser *a, const quo_session *s, const quo_map_job *jobs,
			 size_t n_jobs, uint8_t *engine, quo_err *err)
{
	quo_cot *cot[2] = { NULL, NULL };
	quo_status status = QUO_OK;

	for (int i = 0; i < 2 && status == QUO_OK; i++)
		if (!(cot[i] = quo_cot_average(quo_session_cot(s, i), s, err)))
			status = QUO_FAILED;
	if (status == QUO_OK)
		status = weigh(a, s, cot, jobs, n_jobs, engine, err);
	quo_cot_free(cot[0]);
	quo_cot_free(cot[1]);
	return status;
}

/* ---- decisions ---- */

/* Circuit and instances of every job, and the owners of its inputs. */
static quo_status digest_call(quo_session *s, const quo_map_job *jobs, size_t n_jobs,
			      uint8_t digest[32], quo_err *err)
{
	const size_t row = QUO_MAX_PORTS + 2 * sizeof(uint64_t);
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	uint8_t *text = quo_arena_alloc(quo_step_arena(s), n_jobs, row, err), *to = text;

	if (!text)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++, to += row) {
		uint64_t n = jobs[i].n;
		memcpy(to, &jobs[i].circuit->id, sizeof n);
		memcpy(to + sizeof n, &n, sizeof n);
		for (uint32_t p = 0; p < jobs[i].circuit->n_in; p++)
			to[2 * sizeof n + p] = (uint8_t)jobs[i].in[p]->spec.owner;
	}
	quo_sha256(text, n_jobs * row, digest);
	quo_arena_release(quo_step_arena(s), mark);
	return QUO_OK;
}

/* What party 0 decides, to both. A dry session is party 0's. */
static quo_status agree(const struct chooser *a, quo_session *s, const quo_map_job *jobs,
			size_t n_jobs, uint8_t *engine, quo_err *err)
{
	if (quo_me(s) == 0) {
		QUO_TRY(choose(a, s, jobs, n_jobs, engine, err));
		return quo_send(s, 1, engine, 1, err);
	}
	QUO_TRY(quo_recv(s, 0, engine, 1, err));
	if (*engine >= ENGINES)
		return quo_fail(err, QUO_FAILED,
				"circuits/auto: the other party chose engine %u of %d; name the "
				"engine to do without choosing",
				*engine, ENGINES);
	return QUO_OK;
}

static quo_status decide(struct chooser *a, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
			 uint8_t *engine, quo_err *err)
{
	struct decision d;

	QUO_TRY(digest_call(s, jobs, n_jobs, d.call, err));
	for (size_t i = 0; i < a->n_decisions; i++) {
		if (!memcmp(a->decisions[i].call, d.call, sizeof d.call)) {
			*engine = a->decisions[i].engine;
			return QUO_OK;
		}
	}
	struct decision *list = realloc(a->decisions, (a->n_decisions + 1) * sizeof *a->decisions);
	if (!list)
		return quo_fail(err, QUO_FAILED, "out of memory: a list of decisions");
	a->decisions = list;
	QUO_TRY(agree(a, s, jobs, n_jobs, &d.engine, err));
	list[a->n_decisions++] = d;
	*engine = d.engine;
	return QUO_OK;
}

/* ---- the engine ---- */

static quo_status auto_map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
			   quo_err *err)
{
	struct chooser *a = self;
	uint8_t engine = SMALL;
	size_t n = 0;

	if (quo_parties(s) != 2)
		return quo_fail(err, QUO_BUG, "circuits/auto: wants two parties, not %d",
				quo_parties(s));
	for (size_t i = 0; i < n_jobs; i++)
		n |= jobs[i].n;
	if (n)
		QUO_TRY(decide(a, s, jobs, n_jobs, &engine, err));
	const quo_instance *e = a->config->engine[engine];
	return quo_circuits(e)->map(e->self, s, jobs, n_jobs, err);
}

static quo_status auto_open(void *self, quo_session *s, quo_err *err)
{
	const struct chooser *a = self;

	for (int i = 0; i < ENGINES; i++)
		QUO_TRY(quo_circuits(a->config->engine[i])
				->open(a->config->engine[i]->self, s, err));
	return QUO_OK;
}

static quo_goal auto_goal(void *self, const quo_session *s, size_t n)
{
	bool far_away = quo_session_link(s).latency_s > FAR_S;

	(void)self;
	return far_away && quo_shallow_pays(quo_session_link(s), n, AND_S, AND_BYTES) ? QUO_SHALLOW
										      : QUO_SMALL;
}

static quo_status auto_init(void *self, const void *config, quo_err *err)
{
	struct chooser *a = self;

	a->config = config;
	if (!config || !a->config->engine[SMALL] || !a->config->engine[WIDE])
		return quo_fail(
			err, QUO_USAGE,
			"circuits/auto: wants two engines; give 'small' and 'wide', or neither");
	/* Weighing a call would make an inner one's decision, at party 0 alone. */
	for (int i = 0; i < ENGINES; i++)
		if (!strcmp(a->config->engine[i]->component->name, "auto"))
			return quo_fail(err, QUO_USAGE,
					"circuits/auto: its engines cannot be auto themselves; "
					"name one, e.g. yao or gmw");
	return QUO_OK;
}

static void auto_fini(void *self)
{
	free(((struct chooser *)self)->decisions);
}

static const quo_option options[] = {
	QUO_OPTION_AS("small", struct config, engine[SMALL], QUO_OPT_COMPONENT, "{use: yao}",
		      "Engine with few rounds.", .component_kind = QUO_KIND_CIRCUITS),
	QUO_OPTION_AS("wide", struct config, engine[WIDE], QUO_OPT_COMPONENT, "{use: gmw}",
		      "Engine with few bytes per AND gate.", .component_kind = QUO_KIND_CIRCUITS),
	{ 0 },
};

static const quo_circuits_ops auto_ops = {
	.life = { .init = auto_init, .fini = auto_fini },
	.open = auto_open,
	.map = auto_map,
	.goal = auto_goal,
};

static const quo_component component = {
	QUO_COMPONENT(QUO_KIND_CIRCUITS, &auto_ops),
	.name = "auto",
	.summary = "of two circuit engines, for every call the one that is faster over the link",
	.security = "as its two engines",
	.wire_version = 1,
	.instance_size = sizeof(struct chooser),
	.config_size = sizeof(struct config),
	.options = options,
};

QUO_PLUGIN("circuits-auto", "1.0", &component)
