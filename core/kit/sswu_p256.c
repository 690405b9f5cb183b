/* SPDX-License-Identifier: Apache-2.0 */
#include "kit/sswu_p256.h"

#include <quotient/quotient.h>

#include <string.h>

__extension__ typedef unsigned __int128 u128;
typedef quo__p256_field fe;

/* p = 2^256 - 2^224 + 2^192 + 2^96 - 1; -1/p mod 2^64 = 1. */
static const uint64_t P[4] = { UINT64_C(0xffffffffffffffff), UINT64_C(0x00000000ffffffff), 0,
			       UINT64_C(0xffffffff00000001) };
static const uint64_t P_MINUS_2[4] = { UINT64_C(0xfffffffffffffffd), UINT64_C(0x00000000ffffffff),
				       0, UINT64_C(0xffffffff00000001) };
/* (p - 3) / 4 and (p + 1) / 4 */
static const uint64_t C1[4] = { UINT64_C(0xffffffffffffffff), UINT64_C(0x3fffffff),
				UINT64_C(0x4000000000000000), UINT64_C(0x3fffffffc0000000) };
static const uint64_t ROOT[4] = { 0, UINT64_C(0x40000000), UINT64_C(0x4000000000000000),
				  UINT64_C(0x3fffffffc0000000) };
static const uint8_t B[32] = { 0x5a, 0xc6, 0x35, 0xd8, 0xaa, 0x3a, 0x93, 0xe7, 0xb3, 0xeb, 0xbd,
			       0x55, 0x76, 0x98, 0x86, 0xbc, 0x65, 0x1d, 0x06, 0xb0, 0xcc, 0x53,
			       0xb0, 0xf6, 0x3b, 0xce, 0x3c, 0x3e, 0x27, 0xd2, 0x60, 0x4b };

/* t, of five limbs and below 2p, minus p if it is not below p. */
static fe reduce_once(const uint64_t t[5])
{
	fe r;
	uint64_t borrow = 0, keep;

	for (int i = 0; i < 4; i++) {
		u128 d = (u128)t[i] - P[i] - borrow;
		r.v[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
	keep = 0 - (borrow & (t[4] ^ 1)); /* all ones: t < p */
	for (int i = 0; i < 4; i++)
		r.v[i] ^= keep & (r.v[i] ^ t[i]);
	return r;
}

static fe add(fe a, fe b)
{
	uint64_t t[5];
	u128 c = 0;

	for (int i = 0; i < 4; i++) {
		c += (u128)a.v[i] + b.v[i];
		t[i] = (uint64_t)c;
		c >>= 64;
	}
	t[4] = (uint64_t)c;
	return reduce_once(t);
}

static fe neg(fe a)
{
	uint64_t t[5], borrow = 0;

	for (int i = 0; i < 4; i++) {
		u128 d = (u128)P[i] - a.v[i] - borrow;
		t[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
	t[4] = 0;
	return reduce_once(t); /* p - 0 = p becomes 0 */
}

/* Montgomery product a*b / 2^256; one of them may be any 256-bit number. */
static fe mul(fe a, fe b)
{
	uint64_t t[6] = { 0 };

	for (int i = 0; i < 4; i++) {
		u128 c = 0;
		for (int j = 0; j < 4; j++) {
			c += (u128)a.v[j] * b.v[i] + t[j];
			t[j] = (uint64_t)c;
			c >>= 64;
		}
		c += t[4];
		t[4] = (uint64_t)c;
		t[5] = (uint64_t)(c >> 64);
		uint64_t m = t[0];
		c = ((u128)m * P[0] + t[0]) >> 64;
		for (int j = 1; j < 4; j++) {
			c += (u128)m * P[j] + t[j];
			t[j - 1] = (uint64_t)c;
			c >>= 64;
		}
		c += t[4];
		t[3] = (uint64_t)c;
		t[4] = t[5] + (uint64_t)(c >> 64);
	}
	return reduce_once(t);
}

/* a to a public power. */
static fe power(const quo__sswu_p256 *k, fe a, const uint64_t e[4])
{
	fe r = k->one;

	for (int i = 255; i >= 0; i--) {
		r = mul(r, r);
		if (e[i / 64] >> (i % 64) & 1)
			r = mul(r, a);
	}
	return r;
}

/* All ones when a = b, else 0. */
static uint64_t equal(fe a, fe b)
{
	uint64_t d = 0;

	for (int i = 0; i < 4; i++)
		d |= a.v[i] ^ b.v[i];
	return ((d | (0 - d)) >> 63) - 1;
}

/* RFC 9380 CMOV(a, b, c): b when mask is all ones, else a. */
static fe cmov(fe a, fe b, uint64_t mask)
{
	for (int i = 0; i < 4; i++)
		a.v[i] ^= mask & (a.v[i] ^ b.v[i]);
	return a;
}

/* The number itself, out of Montgomery form. */
static fe plain(fe a)
{
	return mul(a, (fe){ { 1, 0, 0, 0 } });
}

static fe load(const uint8_t in[32])
{
	fe a = { { 0 } };

	for (int i = 0; i < 32; i++)
		a.v[3 - i / 8] = a.v[3 - i / 8] << 8 | in[i];
	return a;
}

static void store(fe a, uint8_t out[32])
{
	a = plain(a);
	for (int i = 0; i < 32; i++)
		out[i] = (uint8_t)(a.v[3 - i / 8] >> (56 - 8 * (i % 8)));
}

void quo__sswu_p256_init(quo__sswu_p256 *k)
{
	const uint64_t r[5] = { 1, UINT64_C(0xffffffff00000000), UINT64_C(0xffffffffffffffff),
				UINT64_C(0x00000000fffffffe), 0 };
	fe three, ten;

	memcpy(k->one.v, r, sizeof k->one.v); /* 2^256 - p */
	k->r2 = k->one;
	for (int i = 0; i < 256; i++)
		k->r2 = add(k->r2, k->r2);
	three = add(k->one, add(k->one, k->one));
	ten = add(k->one, add(three, add(three, three)));
	k->a = neg(three);
	k->b = mul(load(B), k->r2);
	k->z = neg(ten);
	k->sqrt_minus_z = power(k, ten, ROOT);
}

/* RFC 9380 appendix F.2.1.2 (q = 3 mod 4): *y = sqrt(u/v), or sqrt(Z*u/v); all ones in the first
 * case. */
static uint64_t sqrt_ratio(const quo__sswu_p256 *k, fe u, fe v, fe *y)
{
	fe tv1 = mul(v, v), tv2 = mul(u, v), y1;
	uint64_t is_square;

	y1 = mul(power(k, mul(tv1, tv2), C1), tv2);
	is_square = equal(mul(mul(y1, y1), v), u);
	*y = cmov(mul(y1, k->sqrt_minus_z), y1, is_square);
	return is_square;
}

/* RFC 9380 appendix F.2, simplified SWU, straight line. */
static void map_to_curve(const quo__sswu_p256 *k, fe u, uint8_t out[64])
{
	const fe zero = { { 0 } };
	fe tv1, tv2, tv3, tv4, tv5, tv6, x, y, y1;
	uint64_t is_square, same_sign;

	tv1 = mul(k->z, mul(u, u));
	tv2 = add(mul(tv1, tv1), tv1);
	tv3 = mul(k->b, add(tv2, k->one));
	tv4 = mul(k->a, cmov(k->z, neg(tv2), ~equal(tv2, zero)));
	tv2 = mul(tv3, tv3);
	tv6 = mul(tv4, tv4);
	tv5 = mul(k->a, tv6);
	tv2 = mul(add(tv2, tv5), tv3);
	tv6 = mul(tv6, tv4);
	tv5 = mul(k->b, tv6);
	tv2 = add(tv2, tv5);
	x = mul(tv1, tv3);
	is_square = sqrt_ratio(k, tv2, tv6, &y1);
	y = mul(mul(tv1, u), y1);
	x = cmov(x, tv3, is_square);
	y = cmov(y, y1, is_square);
	same_sign = ((plain(u).v[0] ^ plain(y).v[0]) & 1) - 1;
	y = cmov(neg(y), y, same_sign);
	x = mul(x, power(k, tv4, P_MINUS_2));
	store(x, out);
	store(y, out + 32);
}

/* 48 big-endian bytes modulo p: hi * 2^256 + lo. */
static fe from_48_bytes(const quo__sswu_p256 *k, const uint8_t in[48])
{
	uint8_t hi[32] = { 0 };

	memcpy(hi + 16, in, 16);
	fe h = mul(mul(load(hi), k->r2), k->r2);
	return add(h, mul(load(in + 16), k->r2));
}

/* RFC 9380 section 5.3.1, expand_message_xmd with SHA-256, 96 bytes. */
static void expand(const void *message, size_t n, const char *dst, uint8_t out[96])
{
	uint8_t buffer[64 + SSWU_MESSAGE_MAX + 3 + 256], b0[32], tag[256];
	size_t tag_bytes = strlen(dst) & 255, used = 64;

	memcpy(tag, dst, tag_bytes);
	tag[tag_bytes] = (uint8_t)tag_bytes;
	tag_bytes++;
	memset(buffer, 0, 64);
	memcpy(buffer + used, message, n);
	used += n;
	memcpy(buffer + used, "\0\140\0", 3); /* 96 in two bytes, then 0 */
	used += 3;
	memcpy(buffer + used, tag, tag_bytes);
	quo_sha256(buffer, used + tag_bytes, b0);
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 32; j++)
			buffer[j] = (uint8_t)(b0[j] ^ (i ? out[32 * (i - 1) + j] : 0));
		buffer[32] = (uint8_t)(i + 1);
		memcpy(buffer + 33, tag, tag_bytes);
		quo_sha256(buffer, 33 + tag_bytes, out + 32 * i);
	}
	quo_wipe(buffer, sizeof buffer);
}

void quo__sswu_p256_hash(const quo__sswu_p256 *k, const void *message, size_t n, const char *dst,
			 uint8_t out[2][64])
{
	uint8_t uniform[96];

	quo_assert(n <= SSWU_MESSAGE_MAX);
	expand(message, n, dst, uniform);
	map_to_curve(k, from_48_bytes(k, uniform), out[0]);
	map_to_curve(k, from_48_bytes(k, uniform + 48), out[1]);
}
