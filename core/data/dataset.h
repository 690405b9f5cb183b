/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datasets: what readers (idx, csv, npy, records, windows, digits) deliver, already in the integers of
 * docs/numerics.md.
 *
 * Readers are components of kind `data`, built into the core. Every reader's config starts with
 * quo_data_common, filled by the shared options QUO_DATA_COMMON_OPTIONS. Files are hostile: sizes
 * are checked before anything is allocated, and every failure names file and place (line or byte).
 */
#ifndef QUOTIENT_CORE_DATASET_H
#define QUOTIENT_CORE_DATASET_H

#include <quotient/plugin.h>

#include "plugin/data_kind.h"

/* Who brings the data. QUO_OWNER_DEALER: outside owners share them to all parties (in local mode
 * the launching process plays them, else party 0 does). QUO_OWNER_0 + i: party i knows them; it
 * shares them only where the protocol has no owners. */
typedef enum quo_data_owner { QUO_OWNER_DEALER, QUO_OWNER_0 /* and so on */ } quo_data_owner;

typedef struct quo_data_common {
	const char *root;                /* local. "": QUOTIENT_DATA, else data/ */
	int64_t classes;                 /* 2..256 */
	int owner;                       /* quo_data_owner */
	int64_t train_limit, test_limit; /* first rows only; 0: all */
} quo_data_common;

struct quo_dataset {
	uint8_t n_dims; /* of one example: 1 (features) or 3 (h, w, c) */
	uint32_t dim[3];
	uint32_t features; /* their product */
	uint32_t classes;
	bool is_signed; /* values -127..127, else 0..127 */
	uint32_t train_rows, test_rows;
	int8_t *train_x, *test_x;  /* rows x features, row-major */
	uint8_t *train_y, *test_y; /* class of each row, 0 .. classes-1 */
};

void quo_dataset_free(quo_dataset *data); /* wipes */

/* Built-in readers, for the maker of a registry. Ends with NULL. */
extern const quo_component *const quo_data_components[];

#endif
