/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ot/iknp: semi-honest OT extension as random correlated OT, 127 bits a COT.
 *
 * Ishai, Kilian, Nissim, Petrank, "Extending oblivious transfers efficiently" (CRYPTO 2003), with
 * the PRG expansion and the correlated form of Asharov, Lindell, Schneider, Zohner, "More efficient
 * oblivious transfer and extensions for faster secure computation" (CCS 2013), protocol 5.2.
 *
 * Set-up: 128 base OTs in the reverse direction. The COT receiver holds seeds k[j][0], k[j][1]; the
 * COT sender holds k[j][1 - Delta_j]. Extension, with r the receiver's choices and G the PRG:
 * column j of the receiver's matrix is t_j = G(k[j][1]); it sends u_j = G(k[j][0]) ^ G(k[j][1]) ^
 * r; the sender's column is q_j = G(k[j][1 - Delta_j]) ^ Delta_j * u_j = t_j ^ Delta_j * r. Row i
 * of the transposes: q_i = t_i ^ r_i * Delta. That is small-field VOLE with fields of two elements,
 * and quotient/vole.h with k = 1 does it.
 *
 * Random choices make column 0 free. Delta_0 = 1 is public (free XOR needs lsb(Delta) = 1), so the
 * sender holds k[0][0] and never k[0][1]. Both parties set r := G(k[0][0]) ^ G(k[0][1]), that is
 * u_0 = 0: the receiver computes r and the sender's column G(k[0][0]) is t_0 ^ r without anything
 * sent. r is pseudorandom to the sender since G(k[0][1]) is, and that seed is used for nothing
 * else. The other 127 columns are as in the paper; Delta has 127 secret bits.
 */
#include <quotient/base_ot.h>
#include <quotient/quotient.h>
#include <quotient/vole.h>

#define COLUMNS 128
/* Processor time of either party for a COT (docs/performance.md). */
#define COT_S 3e-9

struct iknp {
	quo_block delta;
	quo_vole *vole;
};

static quo_status open_sender(struct iknp *k, quo_session *s, int sender, quo_err *err)
{
	quo_block chosen[COLUMNS] = { 0 }, seeds[2 * COLUMNS] = { 0 };
	uint64_t choices[2];
	quo_status status;

	if (!quo_is_dry(s))
		k->delta = quo_rng_block(quo_session_rng(s));
	k->delta.w[0] |= 1;
	choices[0] = ~k->delta.w[0];
	choices[1] = ~k->delta.w[1];
	status = quo_base_ot_receive(s, sender, COLUMNS, choices, chosen, err);
	for (int j = 0; status == QUO_OK && j < COLUMNS; j++)
		seeds[2 * j + 1] = chosen[j];
	if (status == QUO_OK &&
	    !(k->vole = quo_vole_new(1, &k->delta, quo_is_dry(s) ? NULL : seeds, err)))
		status = QUO_FAILED;
	quo_wipe(choices, sizeof choices);
	quo_wipe(chosen, sizeof chosen);
	quo_wipe(seeds, sizeof seeds);
	return status;
}

static quo_status open_receiver(struct iknp *k, quo_session *s, int sender, quo_err *err)
{
	quo_block seeds[COLUMNS][2];
	quo_status status = quo_base_ot_send(s, sender, COLUMNS, seeds, err);

	if (status == QUO_OK &&
	    !(k->vole = quo_vole_new(1, NULL, quo_is_dry(s) ? NULL : seeds[0], err)))
		status = QUO_FAILED;
	quo_wipe(seeds, sizeof seeds);
	return status;
}

static quo_status iknp_open(void *self, quo_session *s, int sender, quo_err *err)
{
	return quo_me(s) == sender ? open_sender(self, s, sender, err)
				   : open_receiver(self, s, sender, err);
}

static void iknp_fini(void *self)
{
	struct iknp *k = self;

	quo_vole_free(k->vole);
	quo_wipe(k, sizeof *k);
}

static quo_status iknp_extend(void *self, quo_session *s, size_t n, quo_block *out,
			      uint64_t *choices, quo_err *err)
{
	for (int party = 0; party < 2; party++)
		quo_session_work(s, party, (double)n * COT_S);
	return quo_vole_extend(((struct iknp *)self)->vole, s, n, out, choices, err);
}

static quo_block iknp_delta(void *self)
{
	return ((struct iknp *)self)->delta;
}

static const quo_ot_ops iknp_ops = {
	.life = { .fini = iknp_fini },
	.open = iknp_open,
	.extend = iknp_extend,
	.delta = iknp_delta,
};

static const quo_component iknp = {
	QUO_COMPONENT(QUO_KIND_OT, &iknp_ops),
	.name = "iknp",
	.summary = "OT extension of Ishai, Kilian, Nissim and Petrank: 127 bits a COT, little "
		   "computation",
	.security = "semi-honest, kappa = 128; DDH on P-256 and random oracle (base OTs), AES-128 "
		    "as PRG",
	.wire_version = 2,
	.instance_size = sizeof(struct iknp),
};

QUO_PLUGIN("ot-iknp", "1.0", &iknp)
