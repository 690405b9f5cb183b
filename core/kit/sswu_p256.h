/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashing to the curve P-256, constant time: P256_XMD:SHA-256_SSWU_RO_ of RFC 9380.
 *
 * The message is secret in base OT (which of two points was hashed is the choice), hence field
 * arithmetic of our own with no branch on data. The last step, adding two points, is the caller's.
 */
#ifndef QUO_ENGINE_SSWU_P256_H
#define QUO_ENGINE_SSWU_P256_H

#include <stddef.h>
#include <stdint.h>

typedef struct quo__p256_field {
	uint64_t v[4]; /* Montgomery form, little-endian limbs, below p */
} quo__p256_field;

/* Constants, derived once by quo__sswu_p256_init(). */
typedef struct quo__sswu_p256 {
	quo__p256_field one, r2, a, b, z, sqrt_minus_z;
} quo__sswu_p256;

void quo__sswu_p256_init(quo__sswu_p256 *k);

#define SSWU_MESSAGE_MAX 1024

/*
 * hash_to_curve() up to the addition: out[0] and out[1] are affine points (x then y, 32 bytes each,
 * big-endian) whose sum is the hash of n <= SSWU_MESSAGE_MAX bytes under the tag dst (a string of
 * at most 255 bytes).
 */
void quo__sswu_p256_hash(const quo__sswu_p256 *k, const void *message, size_t n, const char *dst,
			 uint8_t out[2][64]);

#endif
