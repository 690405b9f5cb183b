/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Garbling by tiles of instances: what the garbling plugins share. Each of them compiles tiles.c
 * in.
 *
 * A tile of up to 64 instances goes through the whole circuit gate by gate, in the circuit's
 * register slots, so that labels stay in the cache; XOR and NOT gates are free. Tables travel tile
 * by tile, gate by gate. The tile size follows from the circuit's n_slots alone and is part of the
 * wire format of every scheme.
 */
#ifndef QUOTIENT_PLUGINS_TILES_H
#define QUOTIENT_PLUGINS_TILES_H

#include <quotient/quotient.h>

#define TILE_MAX 64u

/* AND gates of a scheme. A gate over n instances has n * and_bytes + n_bits * ceil(n / 8) bytes of
 * table, of which the evaluator has received all. */
typedef struct tile_scheme {
	const char *name;
	unsigned hashes;      /* rows hashed per gate: QUO_LABEL_KEYS(n) tweaks each */
	unsigned block_bytes; /* per instance */
	unsigned plane_bits;  /* and so many bit planes */
	unsigned random_bits; /* planes of the garbler's randomness per gate */
	void (*garble)(const quo_label_ops *ops, const quo_and_row *row, quo_block delta,
		       const uint8_t *random, void *table, quo_block *out);
	void (*evaluate)(const quo_label_ops *ops, const quo_and_row *row, const void *table,
			 quo_block *out);
} tile_scheme;

/* The instance of a garbling plugin; zeroed at the start. */
typedef struct tiles {
	const tile_scheme *scheme;
	void *table, *labels, *slots, *random, *lanes;
	size_t table_size, labels_size, slots_size, random_size, lanes_size; /* bytes */
} tiles;

/* All that a plugin's init has to do. scheme: static. */
void tiles_init(tiles *t, const tile_scheme *scheme);

/* The methods of quo_gc_ops; self is a tiles. */
quo_status tiles_garble(void *self, quo_session *s, const quo_circuit *c, size_t n, quo_block delta,
			const quo_block *const *in, quo_block *const *out, quo_err *err);
quo_status tiles_evaluate(void *self, quo_session *s, const quo_circuit *c, size_t n,
			  const quo_block *const *in, quo_block *const *out, quo_err *err);
uint64_t tiles_table_bytes(void *self, const quo_circuit *c, size_t n);
void tiles_fini(void *self);

/* A plugin's quo_gc_ops: its init, and what an AND gate takes of a core to garble and to evaluate. */
/* clang-format off */
#define TILES_OPS(init_method, garble_seconds, evaluate_seconds) \
	{ \
		.life = { .init = (init_method), .fini = tiles_fini }, \
		.garble = tiles_garble, \
		.evaluate = tiles_evaluate, \
		.table_bytes = tiles_table_bytes, \
		.garble_s = (garble_seconds), \
		.evaluate_s = (evaluate_seconds), \
	}
/* clang-format on */

#endif
