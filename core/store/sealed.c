/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sealed.h"

#include <string.h>

#include <quotient/crypto.h>

#include "store/input.h"
#include "store/output.h"

#define DIGEST_BYTES 32

quo_status quo_sealed_write(const char *path, quo_buffer *b, quo_err *err)
{
	uint8_t digest[DIGEST_BYTES];

	quo_buffer_u64(b, b->n);
	quo_status status = quo_buffer_status(b, err);
	if (status == QUO_OK) {
		quo_sha256(b->data, b->n, digest);
		quo_buffer_add(b, digest, sizeof digest);
		status = quo_buffer_status(b, err);
	}
	if (status == QUO_OK)
		status = quo_file_write(path, b->data, b->n, true, err);
	quo_buffer_free(b);
	return status;
}

quo_status quo_sealed_check(const char *path, const uint8_t *data, size_t n, uint64_t promised,
			    quo_err *err)
{
	uint8_t digest[DIGEST_BYTES];

	if (n < QUO_SEAL_BYTES || promised != n - QUO_SEAL_BYTES ||
	    quo_little_endian(data + n - QUO_SEAL_BYTES, 8) != n - QUO_SEAL_BYTES)
		return quo_fail(err, QUO_USAGE,
				"%s: %zu bytes are not what its header promises; copy it again",
				path, n);
	quo_sha256(data, n - DIGEST_BYTES, digest);
	if (memcmp(digest, data + n - DIGEST_BYTES, DIGEST_BYTES) != 0)
		return quo_fail(err, QUO_USAGE,
				"%s: damaged: its SHA-256 does not match; copy it again", path);
	return QUO_OK;
}
