/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `NAME.party0.share`: one party's shares of a data set, as its owner outside splits them
 * (quotient-share).
 *
 * All integers little-endian:
 *     8 bytes   magic "QUODSHAR"
 *     u32       version, 1
 *     u32 u32   party, parties (2)
 *     16 bytes  id: equal in the files that belong together
 *     9 u32     dimensions of an example, dim[3], features, classes, signed (0, 1), training rows,
 *               test rows
 *     training, then test part: rows * features u32 (additive shares mod 2^32), rows * classes
 *               bytes (XOR shares of one-hot labels)
 *     u64       bytes before this field
 *     32 bytes  SHA-256 of everything before it
 *
 * The digest finds damage, not malice: who can write the file can write its digest.
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

/* QUO_USAGE unless the two are of one sharing: equal ids and shapes. */
quo_status quo_data_share_match(const quo_holding part[2], const quo_data_share_id id[2],
				quo_err *err);

/* Both parties' shares, which match, put together: what protocols of one party compute on. */
quo_status quo_data_share_join(const quo_holding part[2], quo_dataset *out, quo_err *err);

#endif
