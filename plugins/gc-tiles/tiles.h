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
	void *table, *labels, *slots, *random, *lanes;
	size_t table_size, labels_size, slots_size, random_size, lanes_size; /* bytes */
} tiles;

/* The methods of quo_gc_ops. */
quo_status tiles_garble(tiles *t, const tile_scheme *scheme, quo_session *s, const quo_circuit *c,
			size_t n, quo_block delta, const quo_block *const *in,
			quo_block *const *out, quo_err *err);
quo_status tiles_evaluate(tiles *t, const tile_scheme *scheme, quo_session *s, const quo_circuit *c,
			  size_t n, const quo_block *const *in, quo_block *const *out,
			  quo_err *err);
uint64_t tiles_table_bytes(const tile_scheme *scheme, const quo_circuit *c, size_t n);
void tiles_fini(tiles *t);

#endif
