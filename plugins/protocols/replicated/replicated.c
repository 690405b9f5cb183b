/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol/replicated: three parties, one of which may be corrupted, semi-honest.
 *
 * Replicated secret sharing (Araki, Furukawa, Lindell, Nof, Ohara, CCS 2016, eprint 2016/768): values are sums, or XORs, of
 * three pieces of which every party has two (parties.h). Products of integers and AND gates take one round and one
 * ring element, one bit, from each party; conversions are after ABY3 (Mohassel, Rindal, CCS 2018, eprint 2018/403).
 *
 * Set-up: party i draws key K_i and sends it to party i - 1, 48 bytes in one round. Every message afterwards is masked by a
 * stream whose key the receiver lacks, or is the piece of an output that it lacks; the head of each file says which.
 * Streams are used once (struct rep_keys).
 *
 * Secure against one semi-honest party as long as AES is a pseudorandom function; any two parties together have
 * all pieces of everything.
 */
#include "convert.h"
#include "instance.h"
#include "map.h"
#include "parties.h"
#include "product.h"
#include "program.h"
#include "share.h"
#include "wire.h"
#include "words.h"

enum form { FORM_AUTO, FORM_SMALL, FORM_SHALLOW };
static const char *const forms[] = { "auto", "small", "shallow", NULL };

static quo_status open_session(void *self, quo_session *s, quo_err *err)
{
	struct replicated *r = self;
	struct rep_round round = { 0 };
	int me = quo_me(s), to = rep_after(me, 2), from = rep_after(me, 1);
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_block own = { { 0, 0 } }, next = own;

	for (int p = 0; p < REP_PARTIES; p++)
		round.m.bytes[p][rep_after(p, 2)] = sizeof own;
	if (!r->gemm && !quo_is_dry(s) && !(r->gemm = quo_gemm_new(err)))
		return QUO_FAILED;
	if (!quo_is_dry(s)) {
		QUO_TRY(quo_gemm_use(r->gemm, quo_session_pool(s), err));
		own = quo_rng_block(quo_session_rng(s));
	}
	round.out[to] = (uint8_t *)&own;
	round.in[from] = (uint8_t *)&next;
	quo_status status = rep_round_run(s, &round, err);
	rep_keys_set(&r->keys, own, next);
	quo_wipe(&own, sizeof own);
	quo_wipe(&next, sizeof next);
	quo_arena_release(quo_step_arena(s), mark);
	return status;
}

static void close_session(void *self, quo_session *s)
{
	struct replicated *r = self;

	(void)s;
	quo_wipe(&r->keys, sizeof r->keys);
}

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)err;
	((struct replicated *)self)->config = config;
	return QUO_OK;
}

static void fini(void *self)
{
	struct replicated *r = self;

	rep_programs_free(r);
	rep_adders_free(r);
	quo_gemm_free(r->gemm);
	quo_wipe(&r->keys, sizeof r->keys);
}

static quo_status convert(void *self, quo_session *s, const quo_convert_job *jobs, size_t n_jobs,
			  quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	struct rep_conversion *list = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *list, err);

	for (size_t i = 0; list && i < n_jobs; i++)
		list[i] = (struct rep_conversion){ jobs[i].z, jobs[i].x, jobs[i].coef };
	quo_status status = list ? rep_convert(self, s, list, n_jobs, err) : QUO_FAILED;
	quo_arena_release(quo_step_arena(s), mark);
	return status;
}

quo_goal rep_goal(void *self, const quo_session *s, size_t n)
{
	const struct replicated *r = self;

	switch ((enum form)r->config->goal) {
	case FORM_SMALL:
		return QUO_SMALL;
	case FORM_SHALLOW:
		return QUO_SHALLOW;
	default:
		return quo_shallow_pays(quo_session_link(s), n, REP_AND_S, 1.0 / 8) ? QUO_SHALLOW
										    : QUO_SMALL;
	}
}

static void sharing(void *self, int parties, quo_sharing *out)
{
	(void)self, (void)parties;
	*out = (quo_sharing){ .pieces = REP_PARTIES };
	for (int p = 0; p < REP_PARTIES; p++) {
		out->parts[p] = 2;
		for (int k = 0; k < 2; k++)
			out->piece[p][k] = (uint8_t)rep_after(p, k);
	}
}

static const quo_option options[] = {
	QUO_OPTION(struct rep_config, goal, QUO_OPT_ENUM, "auto",
		   "Form of circuits: fewest AND gates (small), fewest levels of them (shallow), "
		   "or what is faster over the link for the number of instances (auto).",
		   .choices = forms),
	{ 0 },
};

static const quo_protocol_ops ops = {
	.life = { .init = init, .fini = fini },
	.parties = REP_PARTIES,
	.exposed = true,
	.sharing = sharing,
	.open = open_session,
	.close = close_session,
	.share = rep_share,
	.reveal = rep_reveal,
	.product = rep_product,
	.convert = convert,
	.map = rep_map,
	.goal = rep_goal,
};

static const quo_component component = {
	QUO_COMPONENT(QUO_KIND_PROTOCOL, &ops),
	.name = "replicated",
	.summary =
		"three parties with two of three pieces each: a ring element per product, a bit per AND "
		"gate and party",
	.security =
		"semi-honest, honest majority: one of three parties may be corrupted; any two parties "
		"together learn everything; computational (AES), kappa = 128",
	.wire_version = 1,
	.instance_size = sizeof(struct replicated),
	.config_size = sizeof(struct rep_config),
	.options = options,
};

QUO_PLUGIN("protocol-replicated", "0.1.0", &component)
