/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ot/ferret: semi-honest COT extension from LPN, less than a bit a COT.
 *
 * Yang, Weng, Lan, Zhang, Wang, "Ferret: fast extension for correlated OT with small communication"
 * (CCS 2020), with regular noise and the trees of Half-Tree (trees.h). An iteration takes k COTs
 * (v; u, w = v ^ u * Delta), the secret, and t * depth more for t single-point COTs of 2^depth
 * outputs (s; e, z = s ^ e * Delta). With A the code, its n = t * 2^depth outputs are
 *     q = A v ^ s,    c = A u ^ e,    t = A w ^ z = q ^ c * Delta,
 * and c is pseudorandom to the sender by LPN. What the next iteration takes is kept back, so the
 * set-up engine serves the first iteration only. That one is always of the smallest set. With `set: auto`
 * every further one is of the next larger set, up to the largest whose table fits the caches: a run
 * never pays for an iteration much larger than what it has used, and a long one is soon at the top.
 *
 * Rows of A: FERRET_ROW positions each, drawn with repetition by AES-128-CTR from a public key that
 * is a hash of the session's hash_start, the direction and the iteration.
 *
 * Choice bits travel in the blocks' lowest bits: inside, lsb(q) = 0 and so lsb(t) = c, and the
 * linear map on blocks computes c too. This gives nothing away. With lsb(Delta) = 1 the receiver of
 * any COT knows lsb(q) = lsb(t) ^ c, so lsb(q) is never a secret between the two, and forcing it to
 * a value known to both is an operation that each can do to its half of an ordinary COT. On the way
 * out the bit becomes a public pseudorandom one (from the code's stream) on both sides, so that q
 * is uniform as a block. What is secret stays so: 127 bits of q ^ Delta for the receiver, c for the
 * sender. A garbler's colour bit lsb(q) ^ w_0 is hidden by its share w_0, here as with every
 * engine.
 */
#include <string.h>

#include "ferret.h"

#define MAX_LANES 16u /* batches expanded at a time */
/* The table may take this part of the last-level cache, which other cores and the other direction's
 * table use too. */
#define CACHE_PART 8
#define USUAL_CACHE ((uint64_t)32 << 20) /* where the machine does not say */

/* Processor time of either party for a COT of a set, by depth (docs/performance.md). */
static const double cot_s[] = { 10.5e-9, 11.5e-9, 12.5e-9, 18e-9 };

enum { SET_AUTO, SET_13, SET_12, SET_11, SET_10 };

struct ferret_config {
	quo_instance *setup;
	int set;
	int64_t cache_mib;
};

/* Of the iteration after one of set `p`. */
static const ferret_params *following(const struct ferret *f, const ferret_params *p)
{
	if (f->config->set != SET_AUTO || p->depth >= f->top->depth)
		return f->top;
	return ferret_set(p->depth + 1);
}

/* Rows of this iteration that come out; the others are the next one's. */
static size_t usable(const struct ferret *f)
{
	return ferret_rows(f->now) - ferret_needs(f->next);
}

/* ---- iterations ---- */

static void begin_iteration(struct ferret *f)
{
	f->row = f->first = f->made = 0;
	f->told = f->now->trees; /* nothing is owed before start_trees() */
	if (!f->dry)
		ferret_set_code_key(f);
}

/* Room for n blocks, whose contents are lost. */
static quo_status make_room(quo_block **blocks, size_t *room, size_t n, quo_err *err)
{
	if (*room >= n)
		return QUO_OK;
	quo_free(*blocks);
	*room = 0;
	*blocks = quo_alloc(n, sizeof **blocks, err);
	if (!*blocks)
		return QUO_FAILED;
	*room = n;
	return QUO_OK;
}

/* For what this iteration writes. */
static quo_status make_iteration_room(struct ferret *f, quo_err *err)
{
	const size_t trees = f->now->trees;

	if (f->dry)
		return QUO_OK;
	QUO_TRY(make_room(&f->kept, &f->kept_room, ferret_needs(f->next), err));
	return make_room(&f->trees, &f->trees_room, f->is_sender ? trees : trees * f->now->depth,
			 err);
}

/* The last rows become the COTs of the next iteration. */
static quo_status next_iteration(struct ferret *f, quo_session *s, quo_err *err)
{
	const size_t rows = ferret_rows(f->now), start = f->row;
	quo_block *spent = f->cots;
	const size_t spent_room = f->cots_room;

	while (f->row < rows) {
		if (f->row == f->made)
			QUO_TRY(ferret_make_leaves(f, s, err));
		if (f->dry)
			f->row = f->made;
		else
			ferret_encode(f, s, f->made - f->row, false, f->kept + (f->row - start),
				      NULL, 0);
	}
	f->cots = f->kept;
	f->cots_room = f->kept_room;
	f->kept = spent;
	f->kept_room = spent_room;
	f->now = f->next;
	f->next = following(f, f->now);
	f->iteration++;
	begin_iteration(f);
	return make_iteration_room(f, err);
}

/* The next n rows of a forecast. */
static void foretell(struct ferret *f, quo_session *s, size_t n)
{
	f->row += n;
	for (int party = 0; party < 2; party++)
		quo_session_work(s, party, (double)n * cot_s[f->now->depth - FERRET_DEPTH_MIN]);
}

static quo_status extend(struct ferret *f, quo_session *s, size_t n, quo_block *out,
			 uint64_t *choices, quo_err *err)
{
	for (size_t i = 0; i < n;) {
		size_t m;

		if (f->row == usable(f))
			QUO_TRY(next_iteration(f, s, err));
		m = usable(f) - f->row < n - i ? usable(f) - f->row : n - i;
		if (f->row == f->made)
			QUO_TRY(ferret_make_leaves(f, s, err));
		m = f->made - f->row < m ? f->made - f->row : m;
		if (f->dry)
			foretell(f, s, m);
		else
			ferret_encode(f, s, m, true, out + i, choices, i);
		i += m;
	}
	return ferret_tell_rest(f, s, err);
}

/* ---- the choice of sets ---- */

static void plan(struct ferret *f, unsigned top_depth)
{
	f->top = ferret_set(top_depth);
	f->now = FERRET_FIRST_SET;
	f->next = following(f, f->now);
}

/* Depth of the set that `set` names; for auto, of the largest that suits this machine, or the
 * machine of option cache_mib. */
static unsigned own_depth(const struct ferret *f)
{
	uint64_t cache = (uint64_t)f->config->cache_mib << 20;
	unsigned depth =
		FERRET_DEPTH_MIN + 1; /* a larger table than its 2 MiB costs more than it saves */

	if (f->config->set != SET_AUTO)
		return FERRET_DEPTH_MAX - (unsigned)(f->config->set - SET_13);
	if (!cache)
		cache = quo_cpu_cache_bytes();
	if (!cache)
		cache = USUAL_CACHE;
	while (depth < FERRET_DEPTH_MAX &&
	       ferret_secret(ferret_set(depth + 1)) * sizeof(quo_block) <= cache / CACHE_PART)
		depth++;
	return depth;
}

/* Only where the machines decide. */
static bool has_to_agree(const struct ferret *f)
{
	return f->config->set == SET_AUTO && !f->config->cache_mib;
}

/* The parties tell each other what suits them; the smaller set serves both. */
static quo_status agree(struct ferret *f, quo_session *s, quo_err *err)
{
	uint8_t mine = (uint8_t)own_depth(f), theirs = mine; /* a forecast: as here */

	if (!has_to_agree(f))
		return QUO_OK;
	QUO_TRY(quo_exchange_two(s, &mine, 1, &theirs, 1, err));
	if (theirs < FERRET_DEPTH_MIN || theirs > FERRET_DEPTH_MAX)
		return quo_fail(
			err, QUO_FAILED,
			"ot/ferret: the other party wants set %u of %d to %d; name one with "
			"'set' to do without agreeing",
			theirs, FERRET_DEPTH_MIN, FERRET_DEPTH_MAX);
	plan(f, theirs < mine ? theirs : mine);
	return QUO_OK;
}

/* ---- the component ---- */

static const quo_ot_ops *setup_ops(const struct ferret *f)
{
	return quo_ot(f->setup);
}

static quo_status ferret_init(void *self, const void *config, quo_err *err)
{
	struct ferret *f = self;

	f->config = config;
	if (!config || !f->config->setup)
		return quo_fail(err, QUO_USAGE,
				"ot/ferret: wants a set-up engine; add 'setup: {use: softspoken}'");
	f->lanes = 1;
	plan(f, own_depth(f));
	return quo_instance_clone(f->config->setup, &f->setup, err);
}

static void ferret_fini(void *self)
{
	struct ferret *f = self;

	quo_instance_free(f->setup);
	quo_free(f->cots);
	quo_free(f->kept);
	quo_free(f->leaves);
	quo_free(f->sums);
	quo_free(f->bits);
	quo_free(f->trees);
	quo_wipe(f, sizeof *f);
}

static quo_status allocate(struct ferret *f, quo_err *err)
{
	QUO_TRY(make_room(&f->cots, &f->cots_room, ferret_needs(f->now), err));
	QUO_TRY(make_iteration_room(f, err));
	f->leaves = quo_alloc(f->lanes * BATCH, sizeof *f->leaves, err);
	f->sums = quo_alloc((size_t)f->lanes * FERRET_BATCH_MAX, FERRET_DEPTH_MAX * sizeof *f->sums,
			    err);
	f->bits = quo_alloc(f->lanes * BATCH / 64, sizeof *f->bits, err);
	return f->leaves && f->sums && f->bits ? QUO_OK : QUO_FAILED;
}

/* The first iteration's COTs, in the inner form. */
static quo_status take_setup(struct ferret *f, quo_session *s, quo_err *err)
{
	const size_t n = ferret_needs(f->now);
	uint64_t *choices;
	quo_status status;

	if (f->dry)
		return setup_ops(f)->extend(f->setup->self, s, n, NULL, NULL, err);
	choices = quo_alloc(quo_words(n), sizeof *choices, err);
	if (!choices)
		return QUO_FAILED;
	status = setup_ops(f)->extend(f->setup->self, s, n, f->cots, f->is_sender ? NULL : choices,
				      err);
	for (size_t i = 0; status == QUO_OK && i < n; i++) {
		f->cots[i].w[0] &= ~UINT64_C(1);
		f->cots[i].w[0] |= choices[i / 64] >> i % 64 & 1;
	}
	quo_free(choices);
	return status;
}

static quo_status ferret_open(void *self, quo_session *s, int sender, quo_err *err)
{
	struct ferret *f = self;

	f->dry = quo_is_dry(s);
	f->sender = sender;
	f->is_sender = quo_me(s) == sender;
	f->hash_start = quo_hash_start(s);
	f->kernels = ferret_kernels_get();
	if (quo_pool_threads(quo_session_pool(s)) > 1)
		f->lanes = quo_pool_threads(quo_session_pool(s)) < MAX_LANES
				   ? quo_pool_threads(quo_session_pool(s))
				   : MAX_LANES;
	QUO_TRY(agree(f, s, err));
	if (!f->dry)
		QUO_TRY(allocate(f, err));
	QUO_TRY(setup_ops(f)->open(f->setup->self, s, sender, err));
	QUO_TRY(take_setup(f, s, err));
	if (f->is_sender && !f->dry) {
		f->delta = setup_ops(f)->delta(f->setup->self);
		if (!quo_lsb(f->delta))
			return quo_fail(err, QUO_BUG,
					"ot/ferret: ot/%s made a Delta with lowest bit 0",
					f->setup->component->name);
	}
	quo_instance_free(f->setup);
	f->setup = NULL;
	begin_iteration(f);
	return QUO_OK;
}

static quo_status ferret_extend(void *self, quo_session *s, size_t n, quo_block *out,
				uint64_t *choices, quo_err *err)
{
	if (choices)
		memset(choices, 0, quo_words(n) * sizeof *choices);
	return extend(self, s, n, out, choices, err);
}

static quo_block ferret_delta(void *self)
{
	return ((struct ferret *)self)->delta;
}

static const char *const set_choices[] = { "auto", "13", "12", "11", "10", NULL };

static const quo_option options[] = {
	QUO_OPTION(struct ferret_config, setup, QUO_OPT_COMPONENT, "{use: softspoken, k: 8}",
		   "Engine of the first 74036 COTs.", .component_kind = QUO_KIND_OT),
	QUO_OPTION(
		struct ferret_config, set, QUO_OPT_ENUM, "auto",
		"Depth of the trees, which names the LPN parameters: a larger one sends less "
		"and takes "
		"more memory and time (0.21, 0.39, 0.73 or 1.37 bits a COT); auto: from 10 on the "
		"next larger one with every iteration, as the run uses more, up to the largest "
		"that suits the caches of both parties.",
		.choices = set_choices),
	QUO_OPTION(
		struct ferret_config, cache_mib, QUO_OPT_INT, "0",
		"For auto: the last-level cache in MiB, as if both parties had it; 64 allows set "
		"13, 32 set 12, less 11. 0: what either machine says, the smaller one.",
		.min = 0, .max = 1 << 20),
	{ 0 },
};

static const quo_ot_ops ferret_ops = {
	.life = { .init = ferret_init, .fini = ferret_fini },
	.open = ferret_open,
	.extend = ferret_extend,
	.delta = ferret_delta,
};

static const quo_component ferret = {
	QUO_COMPONENT(QUO_KIND_OT, &ferret_ops),
	.name = "ferret",
	.summary = "COT extension of Yang, Weng, Lan, Zhang and Wang with half-trees: less than a "
		   "bit a COT",
	.security = "semi-honest, kappa = 128; LPN with regular noise, AES-128 as ideal cipher; as "
		    "its set-up "
		    "engine",
	.wire_version = 2,
	.instance_size = sizeof(struct ferret),
	.config_size = sizeof(struct ferret_config),
	.options = options,
};

QUO_PLUGIN("ot-ferret", "1.0", &ferret)
