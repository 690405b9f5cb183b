/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128 without tables, bit-sliced over eight blocks: no secret indexes memory and no secret
 * decides a branch.
 *
 * Plane k of the state holds bit k of every byte. A plane is two 64-bit words of four blocks each;
 * within a word, the byte at (row, column) of block b sits at bit 16 * row + 4 * column + b.
 * ShiftRows is then a rotation inside 16-bit groups and MixColumns a rotation of the word. Each of
 * the eight blocks has a key of its own.
 */
#include "base/kernels.h"

#include <quotient/memory.h>

typedef uint64_t vec __attribute__((vector_size(16)));

#define GROUP 8
#define PER_WORD 4
#define ROUNDS 10

static inline void swap_bits(vec *x, vec *y, uint64_t low, unsigned shift)
{
	vec a = *x, b = *y;

	*x = (a & low) | ((b & low) << shift);
	*y = ((a >> shift) & low) | (b & ~low);
}

/* Eight 8 x 8 bit transpositions: bit 8j + i of plane k <-> bit 8j + k of plane i. Its own inverse.
 */
static void transpose(vec q[8])
{
	for (unsigned i = 0; i < 8; i += 2)
		swap_bits(&q[i], &q[i + 1], UINT64_C(0x5555555555555555), 1);
	for (unsigned i = 0; i < 8; i += i & 1 ? 3 : 1)
		swap_bits(&q[i], &q[i + 2], UINT64_C(0x3333333333333333), 2);
	for (unsigned i = 0; i < 4; i++)
		swap_bits(&q[i], &q[i + 4], UINT64_C(0x0f0f0f0f0f0f0f0f), 4);
}

/* The four bytes of x to the even bytes of a word, and back. */
static inline uint64_t spread(uint64_t x)
{
	x &= UINT64_C(0xffffffff);
	x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
	return (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
}

static inline uint64_t gather(uint64_t x)
{
	x &= UINT64_C(0x00ff00ff00ff00ff);
	x = (x | x >> 8) & UINT64_C(0x0000ffff0000ffff);
	return (x | x >> 16) & UINT64_C(0xffffffff);
}

static void load(const quo_block in[GROUP], vec q[8])
{
	for (unsigned b = 0; b < PER_WORD; b++)
		for (unsigned l = 0; l < 2; l++) {
			quo_block x = in[PER_WORD * l + b];
			q[b][l] = spread(x.w[0]) | spread(x.w[1]) << 8;
			q[b + 4][l] = spread(x.w[0] >> 32) | spread(x.w[1] >> 32) << 8;
		}
	transpose(q);
}

static void store(vec q[8], quo_block out[GROUP])
{
	transpose(q);
	for (unsigned b = 0; b < PER_WORD; b++)
		for (unsigned l = 0; l < 2; l++) {
			uint64_t even = q[b][l], odd = q[b + 4][l];
			out[PER_WORD * l + b] =
				(quo_block){ { gather(even) | gather(odd) << 32,
					       gather(even >> 8) | gather(odd >> 8) << 32 } };
		}
}

/* Boyar, Peralta, "A depth-16 circuit for the AES S-box" (eprint 2011/332); x0 and s0 are the high
 * bits. */
static void sub_bytes(vec q[8])
{
	vec x0 = q[7], x1 = q[6], x2 = q[5], x3 = q[4], x4 = q[3], x5 = q[2], x6 = q[1], x7 = q[0];

	vec y14 = x3 ^ x5, y13 = x0 ^ x6, y9 = x0 ^ x3, y8 = x0 ^ x5, t0 = x1 ^ x2;
	vec y1 = t0 ^ x7, y4 = y1 ^ x3, y12 = y13 ^ y14, y2 = y1 ^ x0, y5 = y1 ^ x6;
	vec y3 = y5 ^ y8, t1 = x4 ^ y12, y15 = t1 ^ x5, y20 = t1 ^ x1, y6 = y15 ^ x7;
	vec y10 = y15 ^ t0, y11 = y20 ^ y9, y7 = x7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8;
	vec y16 = t0 ^ y11, y21 = y13 ^ y16, y18 = x0 ^ y16;

	vec t2 = y12 & y15, t3 = y3 & y6, t4 = t3 ^ t2, t5 = y4 & x7, t6 = t5 ^ t2;
	vec t7 = y13 & y16, t8 = y5 & y1, t9 = t8 ^ t7, t10 = y2 & y7, t11 = t10 ^ t7;
	vec t12 = y9 & y11, t13 = y14 & y17, t14 = t13 ^ t12, t15 = y8 & y10, t16 = t15 ^ t12;
	vec t17 = t4 ^ t14, t18 = t6 ^ t16, t19 = t9 ^ t14, t20 = t11 ^ t16;
	vec t21 = t17 ^ y20, t22 = t18 ^ y19, t23 = t19 ^ y21, t24 = t20 ^ y18;
	vec t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26, t28 = t25 & t27, t29 = t28 ^ t22;
	vec t30 = t23 ^ t24, t31 = t22 ^ t26, t32 = t31 & t30, t33 = t32 ^ t24, t34 = t23 ^ t33;
	vec t35 = t27 ^ t33, t36 = t24 & t35, t37 = t36 ^ t34, t38 = t27 ^ t36, t39 = t29 & t38;
	vec t40 = t25 ^ t39, t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40, t44 = t33 ^ t37;
	vec t45 = t42 ^ t41;
	vec z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & x7, z3 = t43 & y16, z4 = t40 & y1;
	vec z5 = t29 & y7, z6 = t42 & y11, z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12;
	vec z10 = t37 & y3, z11 = t33 & y4, z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2;
	vec z15 = t42 & y9, z16 = t45 & y14, z17 = t41 & y8;

	vec t46 = z15 ^ z16, t47 = z10 ^ z11, t48 = z5 ^ z13, t49 = z9 ^ z10, t50 = z2 ^ z12;
	vec t51 = z2 ^ z5, t52 = z7 ^ z8, t53 = z0 ^ z3, t54 = z6 ^ z7, t55 = z16 ^ z17;
	vec t56 = z12 ^ t48, t57 = t50 ^ t53, t58 = z4 ^ t46, t59 = z3 ^ t54, t60 = t46 ^ t57;
	vec t61 = z14 ^ t57, t62 = t52 ^ t58, t63 = t49 ^ t58, t64 = z4 ^ t59, t65 = t61 ^ t62;
	vec t66 = z1 ^ t63, t67 = t64 ^ t65, s3 = t53 ^ t66;

	q[7] = t59 ^ t63;
	q[6] = t64 ^ ~s3;
	q[5] = t55 ^ ~t67;
	q[4] = s3;
	q[3] = t51 ^ t66;
	q[2] = t47 ^ t65;
	q[1] = t56 ^ ~t62;
	q[0] = t48 ^ ~t60;
}

static void shift_rows(vec q[8])
{
	for (unsigned k = 0; k < 8; k++) {
		vec x = q[k];
		q[k] = (x & UINT64_C(0x000000000000ffff)) |
		       ((x & UINT64_C(0x00000000fff00000)) >> 4) |
		       ((x & UINT64_C(0x00000000000f0000)) << 12) |
		       ((x & UINT64_C(0x0000ff0000000000)) >> 8) |
		       ((x & UINT64_C(0x000000ff00000000)) << 8) |
		       ((x & UINT64_C(0xf000000000000000)) >> 12) |
		       ((x & UINT64_C(0x0fff000000000000)) << 4);
	}
}

static inline vec rotate(vec x, unsigned by)
{
	return x >> by | x << (64 - by);
}

/* Row r becomes 2 a_r + 3 a_(r+1) + a_(r+2) + a_(r+3) = 2 (a_r + a_(r+1)) + a_(r+1) + (a_(r+2) +
 * a_(r+3)). */
static void mix_columns(vec q[8])
{
	vec next[8], sum[8];

	for (unsigned k = 0; k < 8; k++) {
		next[k] = rotate(q[k], 16);
		sum[k] = q[k] ^ next[k];
	}
	for (unsigned k = 0; k < 8; k++) {
		vec twice = k ? sum[k - 1] : sum[7];
		if (k == 1 || k == 3 || k == 4)
			twice ^= sum[7];
		q[k] = twice ^ next[k] ^ rotate(sum[k], 32);
	}
}

struct schedule {
	vec key[ROUNDS + 1][8];
};

/* FIPS 197, section 5.2, on eight keys. The last column of the whole-state S-box is the SubWord. */
static void expand(struct schedule *s, const quo_block keys[GROUP])
{
	static const uint8_t rcon[ROUNDS] = { 1, 2, 4, 8, 16, 32, 64, 128, 27, 54 };

	load(keys, s->key[0]);
	for (unsigned r = 0; r < ROUNDS; r++) {
		vec sub[8];
		for (unsigned k = 0; k < 8; k++)
			sub[k] = s->key[r][k];
		sub_bytes(sub);
		for (unsigned k = 0; k < 8; k++) {
			vec t = rotate((sub[k] >> 12) & UINT64_C(0x000f000f000f000f), 16);
			vec x = s->key[r][k];
			if (rcon[r] >> k & 1)
				t ^= UINT64_C(0xf);
			t |= t << 4;
			t |= t << 8;
			x ^= (x & UINT64_C(0x0fff0fff0fff0fff)) << 4;
			x ^= (x & UINT64_C(0x00ff00ff00ff00ff)) << 8;
			s->key[r + 1][k] = x ^ t;
		}
	}
}

static void encrypt(const struct schedule *s, quo_block io[GROUP])
{
	vec q[8];

	load(io, q);
	for (unsigned k = 0; k < 8; k++)
		q[k] ^= s->key[0][k];
	for (unsigned r = 1; r <= ROUNDS; r++) {
		sub_bytes(q);
		shift_rows(q);
		if (r < ROUNDS)
			mix_columns(q);
		for (unsigned k = 0; k < 8; k++)
			q[k] ^= s->key[r][k];
	}
	store(q, io);
}

static inline quo_block sigma(quo_block x)
{
	return (quo_block){ { x.w[1], x.w[1] ^ x.w[0] } };
}

/* io[g] to AES(sigma(io[g])) ^ sigma(io[g]). */
static void hash(const struct schedule *s, quo_block io[GROUP])
{
	quo_block x[GROUP];

	for (unsigned g = 0; g < GROUP; g++)
		io[g] = x[g] = sigma(io[g]);
	encrypt(s, io);
	for (unsigned g = 0; g < GROUP; g++)
		io[g] = quo_xor(io[g], x[g]);
}

/* Keys first .. first+7 of a call, one lane of all of them at a time. out1 = NULL: no second hash.
 */
static void tccr_any(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		     quo_block delta, quo_block *out0, quo_block *out1, size_t n)
{
	size_t n_keys = (n + per_key - 1) / per_key;

	for (size_t first = 0; first < n_keys; first += GROUP) {
		quo_block keys[GROUP];
		struct schedule s;

		for (unsigned g = 0; g < GROUP; g++)
			keys[g] = (quo_block){ { start.w[0] ^ (tweak + first + g), start.w[1] } };
		expand(&s, keys);
		for (unsigned j = 0; j < per_key; j++) {
			quo_block a[GROUP] = { 0 }, b[GROUP];
			for (unsigned g = 0; g < GROUP; g++) {
				size_t i = (first + g) * per_key + j;
				if (i < n)
					a[g] = quo_xor(in[i], (quo_block){ { j, 0 } });
				b[g] = quo_xor(a[g], delta);
			}
			hash(&s, a);
			if (out1)
				hash(&s, b);
			for (unsigned g = 0; g < GROUP; g++) {
				size_t i = (first + g) * per_key + j;
				if (i >= n)
					continue;
				out0[i] = a[g];
				if (out1)
					out1[i] = b[g];
			}
		}
	}
}

static void tccr(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		 quo_block *out, size_t n)
{
	tccr_any(start, tweak, per_key, in, (quo_block){ { 0, 0 } }, out, NULL, n);
}

static void tccr_pair(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		      quo_block delta, quo_block *out0, quo_block *out1, size_t n)
{
	tccr_any(start, tweak, per_key, in, delta, out0, out1, n);
}

static void prg(quo_block key, uint64_t first, quo_block *out, size_t n_blocks)
{
	quo_block x[GROUP];
	struct schedule s;

	for (unsigned g = 0; g < GROUP; g++)
		x[g] = key;
	expand(&s, x);
	for (size_t i = 0; i < n_blocks; i += GROUP) {
		for (unsigned g = 0; g < GROUP; g++)
			x[g] = (quo_block){ { first + i + g, 0 } };
		encrypt(&s, x);
		for (unsigned g = 0; g < GROUP && i + g < n_blocks; g++)
			out[i + g] = x[g];
	}
	quo_wipe(x, sizeof x);
	quo_wipe(&s, sizeof s);
}

static void prg_many(const quo_block *keys, size_t n, uint64_t first, uint64_t step, quo_block *out,
		     size_t per_key)
{
	quo_block x[GROUP] = { 0 };
	struct schedule s;

	for (size_t at = 0; at < n; at += GROUP) {
		for (unsigned g = 0; g < GROUP; g++)
			x[g] = at + g < n ? keys[at + g] : (quo_block){ { 0, 0 } };
		expand(&s, x);
		for (size_t j = 0; j < per_key; j++) {
			for (unsigned g = 0; g < GROUP; g++)
				x[g] = (quo_block){ { first + (at + g) * step + j, 0 } };
			encrypt(&s, x);
			for (unsigned g = 0; g < GROUP && at + g < n; g++)
				out[(at + g) * per_key + j] = x[g];
		}
	}
	quo_wipe(x, sizeof x);
	quo_wipe(&s, sizeof s);
}

static quo_block aes128(quo_block key, quo_block in)
{
	quo_block x[GROUP] = { key };
	struct schedule s;

	expand(&s, x);
	x[0] = in;
	encrypt(&s, x);
	quo_wipe(&s, sizeof s);
	return x[0];
}

const quo__aes_kernels quo__aes_portable = { tccr, tccr_pair, prg, prg_many, aes128 };
