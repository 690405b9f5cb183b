/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `model.npz`: int8 matrices for numpy.load, built in memory. A zip archive of .npy members,
 * deflated; the same matrices give the same bytes (members are dated 1980-01-01).
 */
#ifndef QUOTIENT_CORE_NPZ_H
#define QUOTIENT_CORE_NPZ_H

#include "text/buffer.h"

typedef struct quo_npz {
	quo_buffer out; /* the archive, after quo_npz_finish() */
	quo_buffer directory;
	uint32_t members;
} quo_npz;

#define QUO_NPZ_INIT \
	{ \
		QUO_BUFFER_INIT, QUO_BUFFER_INIT, 0 \
	}

/* Add rows x cols int8 values, row-major, as array `name` ("layer1.weight"). QUO_FAILED on lack of
 * memory. */
quo_status quo_npz_add(quo_npz *z, const char *name, const int8_t *values, uint32_t rows,
		       uint32_t cols, quo_err *err);
/* Close the archive; its bytes are then z->out.data, z->out.n. */
quo_status quo_npz_finish(quo_npz *z, quo_err *err);
void quo_npz_free(quo_npz *z);

#endif
