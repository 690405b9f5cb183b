/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `model.party0.share`: one party's XOR shares of the master weights. In the file of a protocol of
 * one party they are the weights themselves.
 *
 * All integers little-endian:
 *     8 bytes   magic "QUOSHARE"
 *     u32       version: 1, or 2 with more or fewer parts than one
 *     u32 u32   party, parties
 *     u32       layers
 *     16 bytes  id: equal in the files that belong together
 *     u32       version 2: parts, the shares of each weight that the party holds
 *     per layer: u32 rows (in), u32 cols (out), u32 width (planes)
 *     per layer, part after part: width planes of ceil(rows * cols / 64) u64 words, element
 *               e = r * cols + c at bit e % 64 of word e / 64
 *     u64       bytes before this field
 *     32 bytes  SHA-256 of everything before it
 *
 * The digest finds damage, not malice: anybody who can write the file can write its digest.
 */
#ifndef QUOTIENT_CORE_MODELSHARE_H
#define QUOTIENT_CORE_MODELSHARE_H

#include <quotient/status.h>

#define QUO_MODEL_MAX_LAYERS 1024
#define QUO_MODEL_MAX_PARTS 128

typedef struct quo_model_layer {
	uint32_t rows, cols, width; /* width 1..64 */
	uint64_t *planes;           /* parts * width * quo_words(rows * cols) words */
} quo_model_layer;

typedef struct quo_model_share {
	uint32_t party, parties;
	uint8_t id[16];
	uint32_t parts; /* shares of each weight */
	uint32_t n_layers;
	quo_model_layer *layers;
} quo_model_share;

/* Write it atomically, readable by its owner alone. */
quo_status quo_model_share_save(const char *path, const quo_model_share *model, quo_err *err);
/* QUO_USAGE for a file that is not whole and right; *out is then untouched. */
quo_status quo_model_share_load(const char *path, quo_model_share *out, quo_err *err);
void quo_model_share_free(quo_model_share *model); /* what load allocated; wipes */

#endif
