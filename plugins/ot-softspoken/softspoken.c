/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ot/softspoken: semi-honest OT extension as random correlated OT, ceil(128 / k) - 1 bits a COT.
 *
 * Roy, "SoftSpokenOT: Quieter OT Extension from Small-Field Silent VOLE in the Minicrypt Model"
 * (CRYPTO 2022, eprint 2022/192), without the consistency check. Delta is cut into blocks of k
 * bits. tree.c turns k base OTs of a block into a (2^k - 1)-out-of-2^k OT of seeds; quotient/vole.h
 * has the extension, and the argument for lsb(Delta) = 1 and for the block that sends nothing.
 */
#include <quotient/base_ot.h>
#include <quotient/quotient.h>
#include <quotient/vole.h>

#include "tree.h"

#define KAPPA 128
#define K_DEFAULT 3
/* Processor time of either party for a COT, and for each of its 2^k / k AES calls
 * (docs/performance.md). */
#define COT_S 1.9e-9
#define CALL_S 0.82e-9
#define STRING(x) STRING_(x)
#define STRING_(x) #x

struct config {
	int64_t k;
};

struct softspoken {
	unsigned k;
	quo_block delta;
	quo_vole *vole;
};

static quo_status softspoken_init(void *self, const void *config, quo_err *err)
{
	struct softspoken *p = self;
	const struct config defaults = { .k = K_DEFAULT }, *c = config ? config : &defaults;

	if (c->k < 2 || c->k > QUO_FOLD_MAX)
		return quo_fail(err, QUO_USAGE, "ot/softspoken: k is %lld; it must be 2 .. %d",
				(long long)c->k, QUO_FOLD_MAX);
	p->k = (unsigned)c->k;
	return QUO_OK;
}

static void softspoken_fini(void *self)
{
	struct softspoken *p = self;

	quo_vole_free(p->vole);
	quo_wipe(p, sizeof *p);
}

/* What the COT receiver sends after the base OTs. */
static size_t tree_blocks(unsigned k)
{
	size_t n = 0;

	for (unsigned b = 0; b < quo_vole_blocks(k); b++)
		n += TREE_MESSAGE_BLOCKS(quo_vole_bits(k, b));
	return n;
}

static void receive_trees(const struct softspoken *p, const quo_block *keys,
			  const quo_block *message, quo_block *seeds)
{
	unsigned k = p->k;

	for (unsigned b = 0; b < quo_vole_blocks(k); b++) {
		unsigned bits = quo_vole_bits(k, b), delta = 0;
		for (unsigned i = 0; i < bits; i++) {
			unsigned j = b * k + i;
			delta |= (unsigned)(p->delta.w[j / 64] >> (j % 64) & 1) << i;
		}
		tree_receive(bits, delta, keys + b * k, message, seeds + ((size_t)b << k));
		message += TREE_MESSAGE_BLOCKS(bits);
	}
}

static quo_status open_sender(struct softspoken *p, quo_session *s, int sender, quo_block *message,
			      quo_block *seeds, quo_err *err)
{
	const bool dry = quo_is_dry(s);
	quo_block keys[KAPPA];
	uint64_t choices[2];
	quo_status status;

	if (!dry)
		p->delta = quo_rng_block(quo_session_rng(s));
	p->delta.w[0] |= 1;
	choices[0] = ~p->delta.w[0];
	choices[1] = ~p->delta.w[1];
	status = quo_base_ot_receive(s, sender, KAPPA, choices, keys, err);
	if (status == QUO_OK)
		status = quo_recv(s, 1 - sender, message, tree_blocks(p->k) * sizeof *message, err);
	if (status == QUO_OK && !dry)
		receive_trees(p, keys, message, seeds);
	if (status == QUO_OK && !(p->vole = quo_vole_new(p->k, &p->delta, dry ? NULL : seeds, err)))
		status = QUO_FAILED;
	quo_wipe(choices, sizeof choices);
	quo_wipe(keys, sizeof keys);
	return status;
}

static quo_status open_receiver(struct softspoken *p, quo_session *s, int sender,
				quo_block *message, quo_block *seeds, quo_err *err)
{
	const bool dry = quo_is_dry(s);
	quo_block keys[KAPPA][2], *to = message;
	unsigned k = p->k;
	quo_status status = quo_base_ot_send(s, sender, KAPPA, keys, err);

	for (unsigned b = 0; status == QUO_OK && !dry && b < quo_vole_blocks(k); b++) {
		unsigned bits = quo_vole_bits(k, b);
		tree_send(bits, (const quo_block(*)[2])(keys + b * k), to,
			  seeds + ((size_t)b << k));
		to += TREE_MESSAGE_BLOCKS(bits);
	}
	quo_wipe(keys, sizeof keys);
	QUO_TRY(status);
	QUO_TRY(quo_send(s, sender, message, tree_blocks(k) * sizeof *message, err));
	p->vole = quo_vole_new(k, NULL, dry ? NULL : seeds, err);
	return p->vole ? QUO_OK : QUO_FAILED;
}

static quo_status softspoken_open(void *self, quo_session *s, int sender, quo_err *err)
{
	struct softspoken *p = self;
	quo_block *message = quo_alloc(tree_blocks(p->k), sizeof *message, err);
	quo_block *seeds = quo_alloc(quo_vole_seeds(p->k), sizeof *seeds, err);
	quo_status status = QUO_FAILED;

	if (message && seeds)
		status = quo_me(s) == sender ? open_sender(p, s, sender, message, seeds, err)
					     : open_receiver(p, s, sender, message, seeds, err);
	quo_free(message);
	quo_free(seeds);
	return status;
}

static quo_status softspoken_extend(void *self, quo_session *s, size_t n, quo_block *out,
				    uint64_t *choices, quo_err *err)
{
	const struct softspoken *p = self;
	const double calls = (double)(1u << p->k) / p->k;

	for (int party = 0; party < 2; party++)
		quo_session_work(s, party, (double)n * (COT_S + calls * CALL_S));
	return quo_vole_extend(p->vole, s, n, out, choices, err);
}

static quo_block softspoken_delta(void *self)
{
	return ((struct softspoken *)self)->delta;
}

static const quo_option options[] = {
	QUO_OPTION(
		struct config, k, QUO_OPT_INT, STRING(K_DEFAULT),
		"Bits of Delta per block: a COT takes ceil(128 / k) - 1 bits and each party about "
		"2^k / k AES calls.",
		.min = 2, .max = QUO_FOLD_MAX),
	{ 0 },
};

static const quo_ot_ops softspoken_ops = {
	.life = { .init = softspoken_init, .fini = softspoken_fini },
	.open = softspoken_open,
	.extend = softspoken_extend,
	.delta = softspoken_delta,
};

static const quo_component softspoken = {
	QUO_COMPONENT(QUO_KIND_OT, &softspoken_ops),
	.name = "softspoken",
	.summary = "SoftSpokenOT of Roy: 128 / k bits a COT for 2^k / k times the AES work",
	.security = "semi-honest, kappa = 128; DDH on P-256 and random oracle (base OTs), AES-128 "
		    "as PRG",
	.wire_version = 1,
	.instance_size = sizeof(struct softspoken),
	.config_size = sizeof(struct config),
	.options = options,
};

QUO_PLUGIN("ot-softspoken", "1.0", &softspoken)
