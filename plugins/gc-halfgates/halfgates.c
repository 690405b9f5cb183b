/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Half-gates garbling: two ciphertexts (32 bytes) per AND gate, XOR and NOT free.
 *
 * Zahur, Rosulek, Evans 2015, "Two Halves Make a Whole", figure 2 (GbAnd, and the AND case of Ev);
 * free XOR from Kolesnikov, Schneider 2008; colour bits in the labels' lsb.
 *
 * The hash is the MITCCRH of Guo et al. 2020 (quo_tccr, crypto.h): its security asks that under one
 * tweak no input occurs twice in a way that would make the adversary's queries contradict each
 * other, and its bound loses log2(2 mu) bits for mu queries per tweak; mu = QUO_TCCR_PER_KEY = 8
 * here, a loss of 4 bits against a key per query. Instances of one call may share labels: a scalar
 * port hands one label to all of them, and so does every gate that depends on scalar ports alone; a
 * gate may also read one wire twice, or a wire and its negation (the same active label). That is
 * safe because no two hash calls ever use the same (tweak, lane): tweaks are reserved from the
 * session and each serves up to 8 lanes of one gate of one tile, and quo_tccr() offsets the label
 * by the lane number before it hashes. Two lanes j != k of one tweak that hold the same label w
 * thus query w ^ j and w ^ k, distinct points of the ideal cipher, and the hidden halves w ^ j ^
 * Delta and w ^ k ^ Delta are distinct as well. That a point of one lane meets a hidden point of
 * another would need w ^ w' ^ j ^ k = Delta for two known labels w, w', which is as hard as
 * guessing Delta.
 */
#include "tiles.h"

static void garble_row(const quo_label_ops *ops, const quo_and_row *row, quo_block delta,
		       const uint8_t *random, void *table, quo_block *out)
{
	(void)random;
	ops->halfgates_garble(row, delta, table, out);
}

static void evaluate_row(const quo_label_ops *ops, const quo_and_row *row, const void *table,
			 quo_block *out)
{
	ops->halfgates_evaluate(row, table, out);
}

static const tile_scheme scheme = {
	.name = "halfgates",
	.hashes = 2,
	.block_bytes = 32,
	.garble = garble_row,
	.evaluate = evaluate_row,
};

static quo_status init(void *self, const void *config, quo_err *err)
{
	(void)config;
	(void)err;
	tiles_init(self, &scheme);
	return QUO_OK;
}

/* Seconds of an AND gate: docs/performance.md. */
static const quo_gc_ops ops = TILES_OPS(init, 3.6e-9, 3.1e-9);

static const quo_component component = {
	QUO_COMPONENT(QUO_KIND_GC, &ops),
	.name = "halfgates",
	.summary =
		"half-gates with free XOR: 32 bytes per AND gate, garbled over tiles of instances",
	.security = "semi-honest, 128-bit labels; MITCCRH from AES-128 as an ideal cipher",
	.wire_version = 2,
	.instance_size = sizeof(tiles),
};

QUO_PLUGIN("gc-halfgates", "1.0", &component)
