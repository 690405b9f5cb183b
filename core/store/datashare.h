/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `NAME.party0.share`: one party's shares of a data set, as its owner outside splits them
 * (quotient-share).
 *
 * All integers little-endian:
 *     8 bytes   magic "QUODSHAR"
 *     u32       version: 1, or 2 with more or fewer parts than one
 *     u32 u32   party, parties
 *     16 bytes  id: equal in the files that belong together
 *     9 u32     dimensions of an example, dim[3], features, classes, signed (0, 1), training rows,
 *               test rows
 *     u32       version 2: parts, the shares of each value that the party holds
 *     training, then test rows: parts * rows * features u32 (shares mod 2^32), parts * rows *
 *               classes bytes (XOR shares of one-hot labels)
 *     u64       bytes before this field
 *     32 bytes  SHA-256 of everything before it
 *
 * The digest finds damage, not malice: anybody who can write the file can write its digest.
 */
#ifndef QUOTIENT_CORE_DATASHARE_H
#define QUOTIENT_CORE_DATASHARE_H

#include "store/holding.h"

typedef struct quo_data_share_id {
	uint32_t party, parties;
	uint8_t id[16];
} quo_data_share_id;

/* Write it atomically, readable by its owner alone. */
quo_status quo_data_share_save(const char *path, const quo_holding *in, const quo_data_share_id *id,
			       quo_err *err);
/* QUO_USAGE for a file that is not whole and right; outputs are then untouched. */
quo_status quo_data_share_load(const char *path, quo_holding *in, quo_data_share_id *id,
			       quo_err *err);

/* QUO_USAGE unless all are of one sharing: equal ids and shapes. */
quo_status quo_data_share_match(const quo_holding *part, const quo_data_share_id *id, int parties,
				quo_err *err);

/* All parties' shares, which match, put together: what protocols of one party compute on. */
quo_status quo_data_share_join(const quo_holding *part, int parties, const quo_sharing *sharing,
			       quo_dataset *out, quo_err *err);

#endif
