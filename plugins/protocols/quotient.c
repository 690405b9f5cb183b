/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol/quotient: two-party training as in QUOTIENT (Agrawal, Shamsabadi, Kusner, Gascon, CCS
 * 2019).
 *
 * Products by correlated OT (the paper's protocol 7), everything else by Boolean circuits over XOR
 * shares. This file only owns the shares: it opens one OT engine per direction (independent
 * Deltas), deals and opens shares, and hands the two verbs to the engines that the experiment
 * names. Semi-honest, kappa = 128.
 */
#include <quotient/quotient.h>

#include <string.h>

struct config {
	quo_instance *ot, *circuits, *products;
};

struct quotient {
	const struct config *config;
	quo_instance *ot[2]; /* ot[i]: party i sends */
};

static const quo_option options[] = {
	QUO_OPTION(struct config, ot, QUO_OPT_COMPONENT, "{use: iknp}",
		   "Engine of random correlated OTs.", .component_kind = QUO_KIND_OT),
	QUO_OPTION(struct config, circuits, QUO_OPT_COMPONENT, "{use: yao}",
		   "Engine of Boolean circuits.", .component_kind = QUO_KIND_CIRCUITS),
	QUO_OPTION(struct config, products, QUO_OPT_COMPONENT, "{use: cot}",
		   "Engine of shared products.", .component_kind = QUO_KIND_PRODUCTS),
	{ 0 },
};

static const quo_circuits_ops *circuits(const struct quotient *q)
{
	return quo_circuits(q->config->circuits);
}

static const quo_products_ops *products(const struct quotient *q)
{
	return quo_products(q->config->products);
}

static quo_status init(void *self, const void *config, quo_err *err)
{
	struct quotient *q = self;

	q->config = config;
	for (int i = 0; i < 2; i++)
		QUO_TRY(quo_instance_clone(q->config->ot, &q->ot[i], err));
	return QUO_OK;
}

static void fini(void *self)
{
	struct quotient *q = self;

	for (int i = 0; i < 2; i++)
		quo_instance_free(q->ot[i]);
}

static quo_status open_session(void *self, quo_session *s, quo_err *err)
{
	struct quotient *q = self;

	for (int i = 0; i < 2; i++) {
		quo_session_set_cot(s, i, quo_cot_new(q->ot[i], i, err));
		if (!quo_session_cot(s, i))
			return QUO_FAILED;
		QUO_TRY(quo_cot_open(quo_session_cot(s, i), s, err));
	}
	if (quo_is_dry(s))
		return QUO_OK;
	QUO_TRY(products(q)->open(q->config->products->self, s, err));
	return circuits(q)->open(q->config->circuits->self, s, err);
}

static void close_session(void *self, quo_session *s)
{
	(void)self;
	for (int i = 0; i < 2; i++) {
		quo_cot_free(quo_session_cot(s, i));
		quo_session_set_cot(s, i, NULL);
	}
}

/* ---- shares on the wire: exact widths, planes byte by byte ---- */

static size_t wire_bytes(const quo_tensor *t)
{
	return t->spec.kind == QUO_BITS ? t->spec.width * ((t->n + 7) / 8)
					: quo_packed_bytes(t->n, t->spec.width);
}

static void pack(const quo_tensor *t, uint8_t *wire)
{
	size_t plane_bytes = (t->n + 7) / 8;

	if (t->spec.kind == QUO_ARITH) {
		quo_pack(t->a, t->n, t->spec.width, wire);
		return;
	}
	for (unsigned k = 0; k < t->spec.width; k++)
		memcpy(wire + k * plane_bytes, quo_plane(t, k), plane_bytes);
}

static void unpack(const uint8_t *wire, quo_tensor *t)
{
	size_t plane_bytes = (t->n + 7) / 8;

	if (t->spec.kind == QUO_ARITH) {
		quo_unpack(wire, t->n, t->spec.width, t->a);
		return;
	}
	for (unsigned k = 0; k < t->spec.width; k++) {
		uint64_t *plane = quo_plane(t, k);
		memset(plane, 0, t->words * sizeof *plane);
		memcpy(plane, wire + k * plane_bytes, plane_bytes);
		if (t->n % 64)
			plane[t->words - 1] &= (UINT64_C(1) << t->n % 64) - 1;
	}
}

/* t += or -= (ARITH), ^= (BITS) share, element by element. */
static void combine(quo_tensor *t, const quo_tensor *share, bool subtract)
{
	if (t->spec.kind == QUO_BITS) {
		for (size_t i = 0; i < t->spec.width * t->words; i++)
			t->b[i] ^= share->b[i];
		return;
	}
	uint32_t mask = quo_mask32(t->spec.width);
	for (size_t i = 0; i < t->n; i++)
		t->a[i] = (subtract ? t->a[i] - share->a[i] : t->a[i] + share->a[i]) & mask;
}

/* The owner draws the other's share and keeps the difference: additive or XOR secret
 * sharing, one message. */
static quo_status deal(quo_session *s, quo_tensor *out, const int32_t *values, uint8_t *wire,
		       quo_err *err)
{
	quo_tensor *mask = quo_temp(s, out->spec, err);

	if (!mask)
		return QUO_FAILED;
	quo_rng_bytes(quo_session_rng(s), wire, wire_bytes(out));
	unpack(wire, mask);
	quo_tensor_set(out, values);
	combine(out, mask, true);
	return QUO_OK;
}

static quo_status pass_share(quo_session *s, quo_tensor *out, const int32_t *values, int owner,
			     quo_err *err)
{
	const bool dry = quo_is_dry(s);
	const size_t bytes = wire_bytes(out);
	uint8_t *wire = dry ? NULL : quo_arena_alloc(quo_step_arena(s), bytes, 1, err);

	if (!dry && !wire)
		return QUO_FAILED;
	if (quo_me(s) == owner) {
		if (!dry)
			QUO_TRY(deal(s, out, values, wire, err));
		return quo_send(s, 1 - owner, wire, bytes, err);
	}
	QUO_TRY(quo_recv(s, owner, wire, bytes, err));
	if (!dry)
		unpack(wire, out);
	return QUO_OK;
}

static quo_status share(void *self, quo_session *s, quo_tensor *out, const int32_t *values,
			int owner, quo_err *err)
{
	(void)self;
	if (out->spec.owner == owner) { /* known to the owner; the other's share is zero */
		if (!quo_is_dry(s) && quo_me(s) == owner)
			quo_tensor_set(out, values);
		return QUO_OK;
	}
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = pass_share(s, out, values, owner, err);
	quo_arena_release(quo_step_arena(s), mark);
	return status;
}

static quo_status exchange(quo_session *s, const quo_tensor *in, int32_t *out, int to, quo_err *err)
{
	const bool dry = quo_is_dry(s);
	const int other = 1 - quo_me(s);
	const size_t bytes = wire_bytes(in);
	uint8_t *wire = dry ? NULL : quo_arena_alloc(quo_step_arena(s), bytes, 1, err);
	quo_tensor *sum = dry ? NULL : quo_temp(s, in->spec, err);

	if (!dry && (!wire || !sum))
		return QUO_FAILED;
	if (to != quo_me(s)) {
		if (!dry)
			pack(in, wire);
		QUO_TRY(quo_send(s, other, wire, bytes, err));
	}
	if (to == other)
		return QUO_OK;
	QUO_TRY(quo_recv(s, other, wire, bytes, err));
	if (dry)
		return QUO_OK;
	unpack(wire, sum);
	combine(sum, in, false);
	quo_tensor_get(sum, out);
	return QUO_OK;
}

static quo_status reveal(void *self, quo_session *s, const quo_tensor *in, int32_t *out, int to,
			 quo_err *err)
{
	(void)self;
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	if (to == QUO_TO_ALL)
		quo_round(s, true);
	quo_status status = exchange(s, in, out, to, err);
	if (to == QUO_TO_ALL)
		quo_round(s, false);
	quo_arena_release(quo_step_arena(s), mark);
	return status;
}

static quo_status product(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n,
			  quo_err *err)
{
	struct quotient *q = self;
	return products(q)->product(q->config->products->self, s, jobs, n, err);
}

static quo_product_side planes(void *self, const quo_session *s, const quo_product_job *job)
{
	struct quotient *q = self;
	return products(q)->planes ? products(q)->planes(q->config->products->self, s, job)
				   : QUO_SIDE_NONE;
}

static quo_status convert(void *self, quo_session *s, const quo_convert_job *jobs, size_t n,
			  quo_err *err)
{
	struct quotient *q = self;
	return products(q)->convert(q->config->products->self, s, jobs, n, err);
}

static quo_status map(void *self, quo_session *s, const quo_map_job *jobs, size_t n, quo_err *err)
{
	struct quotient *q = self;
	return circuits(q)->map(q->config->circuits->self, s, jobs, n, err);
}

static quo_goal goal(void *self, const quo_session *s, size_t n)
{
	struct quotient *q = self;
	return circuits(q)->goal(q->config->circuits->self, s, n);
}

static const quo_protocol_ops ops = {
	.life = { .init = init, .fini = fini },
	.parties = 2,
	.owned = true,
	.open = open_session,
	.close = close_session,
	.share = share,
	.reveal = reveal,
	.product = product,
	.convert = convert,
	.map = map,
	.goal = goal,
	.planes = planes,
};

static const quo_component quotient = {
	QUO_COMPONENT(QUO_KIND_PROTOCOL, &ops),
	.name = "quotient",
	.summary = "two parties: products by correlated OT, circuits over XOR shares",
	.security =
		"semi-honest: either of the two parties may be corrupted; kappa = 128; as its ot, "
		"circuits and products",
	.wire_version = 2, /* 2: initial weights are shared */
	.instance_size = sizeof(struct quotient),
	.config_size = sizeof(struct config),
	.options = options,
};

QUO_PLUGIN("protocol-quotient", "0.1.0", &quotient)
