/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/base_ot.h>

#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "kit/sswu_p256.h"

#define POINT QUO_BASE_OT_POINT_BYTES
#define SCALAR 32
#define HASH_TAG "QUOTIENT-V1-base-ot-MR19_P256_XMD:SHA-256_SSWU_RO_"
#define KEY_TAG "QUOTIENT-V1-base-ot-key"

/* What a set-up works with. Points are named by the step that uses them. */
struct ec {
	EC_GROUP *group;
	BN_CTX *ctx;
	BIGNUM *scalar;
	EC_POINT *point, *hash, *term;
	quo__sswu_p256 sswu;
	quo_session *s;
	int direction;
	uint8_t order[SCALAR];
};

static quo_status library(quo_err *err)
{
	return quo_fail(err, QUO_FAILED,
			"base OT: OpenSSL failed in P-256 arithmetic (out of memory?)");
}

static void ec_end(struct ec *e)
{
	EC_POINT_clear_free(e->point);
	EC_POINT_clear_free(e->hash);
	EC_POINT_clear_free(e->term);
	BN_clear_free(e->scalar);
	BN_CTX_free(e->ctx);
	EC_GROUP_free(e->group);
}

static quo_status ec_begin(struct ec *e, quo_session *s, int direction, quo_err *err)
{
	memset(e, 0, sizeof *e);
	e->s = s;
	e->direction = direction;
	e->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	e->ctx = BN_CTX_secure_new();
	e->scalar = BN_secure_new();
	if (!e->group || !e->ctx || !e->scalar)
		return library(err);
	e->point = EC_POINT_new(e->group);
	e->hash = EC_POINT_new(e->group);
	e->term = EC_POINT_new(e->group);
	if (!e->point || !e->hash || !e->term ||
	    BN_bn2binpad(EC_GROUP_get0_order(e->group), e->order, SCALAR) != SCALAR)
		return library(err);
	BN_set_flags(e->scalar, BN_FLG_CONSTTIME);
	quo__sswu_p256_init(&e->sswu);
	return QUO_OK;
}

/* Uniform below the group's order, by rejection; zero has probability 2^-256. */
static void draw_scalar(struct ec *e, uint8_t scalar[SCALAR])
{
	do
		quo_rng_bytes(quo_session_rng(e->s), scalar, SCALAR);
	while (memcmp(scalar, e->order, SCALAR) >= 0);
}

/* An encoding to a point; refuses what is not a point of the curve, infinity included. */
static quo_status decode(struct ec *e, const uint8_t *in, EC_POINT *out, quo_err *err)
{
	if (in[0] == 4 && EC_POINT_oct2point(e->group, out, in, POINT, e->ctx) == 1)
		return QUO_OK;
	return quo_fail(err, QUO_FAILED,
			"base OT: party %d sent bytes that are not a point of P-256; check "
			"that both parties run the same version",
			1 - quo_me(e->s));
}

static quo_status encode(struct ec *e, const EC_POINT *p, uint8_t *out, quo_err *err)
{
	if (EC_POINT_is_at_infinity(e->group, p))
		return quo_fail(err, QUO_FAILED, "base OT: party %d sent a degenerate point",
				1 - quo_me(e->s));
	if (EC_POINT_point2oct(e->group, p, POINT_CONVERSION_UNCOMPRESSED, out, POINT, e->ctx) !=
	    POINT)
		return library(err);
	return QUO_OK;
}

/* out = scalar * p, or scalar * G for p = NULL. */
static quo_status multiply(struct ec *e, const uint8_t scalar[SCALAR], const EC_POINT *p,
			   EC_POINT *out, quo_err *err)
{
	if (!BN_bin2bn(scalar, SCALAR, e->scalar) ||
	    EC_POINT_mul(e->group, out, p ? NULL : e->scalar, p, p ? e->scalar : NULL, e->ctx) != 1)
		return library(err);
	return QUO_OK;
}

/* Everything that a hash of instance j, role i is bound to. */
static size_t context(const struct ec *e, size_t j, unsigned i, uint8_t out[20])
{
	const quo_block start = quo_hash_start(e->s);

	memcpy(out, &start, 16);
	out[16] = (uint8_t)e->direction;
	out[17] = (uint8_t)(j >> 8);
	out[18] = (uint8_t)j;
	out[19] = (uint8_t)i;
	return 20;
}

/* e->hash = H_i(r) of instance j. */
static quo_status hash_point(struct ec *e, size_t j, unsigned i, const uint8_t r[POINT],
			     quo_err *err)
{
	uint8_t message[20 + POINT], encoded[POINT] = { 4 }, q[2][64];
	size_t n = context(e, j, i, message);

	memcpy(message + n, r, POINT);
	quo__sswu_p256_hash(&e->sswu, message, n + POINT, HASH_TAG, q);
	memcpy(encoded + 1, q[0], 64);
	if (EC_POINT_oct2point(e->group, e->hash, encoded, POINT, e->ctx) != 1)
		return library(err);
	memcpy(encoded + 1, q[1], 64);
	if (EC_POINT_oct2point(e->group, e->term, encoded, POINT, e->ctx) != 1 ||
	    EC_POINT_add(e->group, e->hash, e->hash, e->term, e->ctx) != 1)
		return library(err);
	return QUO_OK;
}

static quo_block derive_key(const struct ec *e, size_t j, unsigned i, const uint8_t a[POINT],
			    const uint8_t b[POINT], const uint8_t shared[POINT])
{
	uint8_t message[sizeof KEY_TAG + 20 + 3 * POINT], digest[32];
	size_t n = sizeof KEY_TAG;
	quo_block key;

	memcpy(message, KEY_TAG, n);
	n += context(e, j, i, message + n);
	memcpy(message + n, a, POINT);
	memcpy(message + n + POINT, b, POINT);
	memcpy(message + n + 2 * POINT, shared, POINT);
	quo_sha256(message, n + 3 * POINT, digest);
	memcpy(&key, digest, sizeof key);
	quo_wipe(message, sizeof message);
	quo_wipe(digest, sizeof digest);
	return key;
}

/* Both messages of n base OTs travel at once; `sends` is who this party is. NULLs when dry. */
static quo_status exchange(quo_session *s, bool sends, size_t n, const uint8_t *out, uint8_t *in,
			   quo_err *err)
{
	const uint64_t sender = QUO_BASE_OT_SENDER_BYTES(n),
		       receiver = QUO_BASE_OT_RECEIVER_BYTES(n);

	return quo_exchange_two(s, out, sends ? sender : receiver, in, sends ? receiver : sender,
				err);
}

/* ---- sender ---- */

static quo_status sender_keys(struct ec *e, size_t j, const uint8_t scalar[SCALAR],
			      const uint8_t b[POINT], const uint8_t r[2][POINT], quo_block keys[2],
			      quo_err *err)
{
	uint8_t a[POINT], shared[POINT];

	for (unsigned i = 0; i < 2; i++) {
		QUO_TRY(decode(e, r[i], e->point, err));
		QUO_TRY(hash_point(e, j, i, r[1 - i], err));
		if (EC_POINT_add(e->group, e->point, e->point, e->hash, e->ctx) != 1)
			return library(err);
		QUO_TRY(encode(e, e->point, a, err));
		QUO_TRY(multiply(e, scalar, e->point, e->term, err));
		QUO_TRY(encode(e, e->term, shared, err));
		keys[i] = derive_key(e, j, i, a, b, shared);
	}
	quo_wipe(shared, sizeof shared);
	return QUO_OK;
}

static quo_status send_with(struct ec *e, size_t n, uint8_t (*scalars)[SCALAR], uint8_t (*b)[POINT],
			    uint8_t (*r)[2][POINT], quo_block (*keys)[2], quo_err *err)
{
	for (size_t j = 0; j < n; j++) {
		draw_scalar(e, scalars[j]);
		QUO_TRY(multiply(e, scalars[j], NULL, e->point, err));
		QUO_TRY(encode(e, e->point, b[j], err));
	}
	QUO_TRY(exchange(e->s, true, n, b[0], r[0][0], err));
	for (size_t j = 0; j < n; j++)
		QUO_TRY(sender_keys(e, j, scalars[j], b[j], (const uint8_t(*)[POINT])r[j], keys[j],
				    err));
	return QUO_OK;
}

quo_status quo_base_ot_send(quo_session *s, int direction, size_t n, quo_block (*keys)[2],
			    quo_err *err)
{
	struct ec e;

	if (quo_is_dry(s))
		return exchange(s, true, n, NULL, NULL, err);
	uint8_t *scalars = quo_alloc(n, SCALAR, err), *points = quo_alloc(n, 3 * POINT, err);
	quo_status status = scalars && points ? ec_begin(&e, s, direction, err) : QUO_FAILED;

	if (status == QUO_OK)
		status = send_with(&e, n, (uint8_t(*)[SCALAR])scalars, (uint8_t(*)[POINT])points,
				   (uint8_t(*)[2][POINT])(points + n * POINT), keys, err);
	if (scalars && points)
		ec_end(&e);
	quo_free(points);
	quo_free(scalars);
	return status;
}

/* ---- receiver ---- */

/* r[c] = a*G - H_c(r[1-c]), placed without a branch on c. */
static quo_status receiver_points(struct ec *e, size_t j, unsigned c, const uint8_t scalar[SCALAR],
				  uint8_t a[POINT], uint8_t r[2][POINT], quo_err *err)
{
	uint8_t random[SCALAR], other[POINT], mine[POINT];
	uint8_t mask = (uint8_t)(0 - c);

	draw_scalar(e, random);
	QUO_TRY(multiply(e, random, NULL, e->point, err));
	QUO_TRY(encode(e, e->point, other, err));
	QUO_TRY(hash_point(e, j, c, other, err));
	QUO_TRY(multiply(e, scalar, NULL, e->point, err));
	QUO_TRY(encode(e, e->point, a, err));
	if (EC_POINT_invert(e->group, e->hash, e->ctx) != 1 ||
	    EC_POINT_add(e->group, e->point, e->point, e->hash, e->ctx) != 1)
		return library(err);
	QUO_TRY(encode(e, e->point, mine, err));
	for (int i = 0; i < POINT; i++) {
		uint8_t swap = (uint8_t)(mask & (mine[i] ^ other[i]));
		r[0][i] = mine[i] ^ swap;
		r[1][i] = other[i] ^ swap;
	}
	quo_wipe(random, sizeof random);
	return QUO_OK;
}

static quo_status receive_with(struct ec *e, size_t n, const uint64_t *choices,
			       uint8_t (*scalars)[SCALAR], uint8_t (*a)[POINT], uint8_t (*b)[POINT],
			       uint8_t (*r)[2][POINT], quo_block *keys, quo_err *err)
{
	uint8_t shared[POINT];

	for (size_t j = 0; j < n; j++) {
		draw_scalar(e, scalars[j]);
		QUO_TRY(receiver_points(e, j, choices[j / 64] >> (j % 64) & 1, scalars[j], a[j],
					r[j], err));
	}
	QUO_TRY(exchange(e->s, false, n, r[0][0], b[0], err));
	for (size_t j = 0; j < n; j++) {
		QUO_TRY(decode(e, b[j], e->point, err));
		QUO_TRY(multiply(e, scalars[j], e->point, e->term, err));
		QUO_TRY(encode(e, e->term, shared, err));
		keys[j] = derive_key(e, j, choices[j / 64] >> (j % 64) & 1, a[j], b[j], shared);
	}
	quo_wipe(shared, sizeof shared);
	return QUO_OK;
}

quo_status quo_base_ot_receive(quo_session *s, int direction, size_t n, const uint64_t *choices,
			       quo_block *keys, quo_err *err)
{
	struct ec e;

	if (quo_is_dry(s))
		return exchange(s, false, n, NULL, NULL, err);
	uint8_t *scalars = quo_alloc(n, SCALAR, err), *points = quo_alloc(n, 4 * POINT, err);
	quo_status status = scalars && points ? ec_begin(&e, s, direction, err) : QUO_FAILED;

	if (status == QUO_OK)
		status = receive_with(&e, n, choices, (uint8_t(*)[SCALAR])scalars,
				      (uint8_t(*)[POINT])points,
				      (uint8_t(*)[POINT])(points + n * POINT),
				      (uint8_t(*)[2][POINT])(points + 2 * n * POINT), keys, err);
	if (scalars && points)
		ec_end(&e);
	quo_free(points);
	quo_free(scalars);
	return status;
}
