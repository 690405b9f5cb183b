/* SPDX-License-Identifier: Apache-2.0 */
/* AES, the hash and the PRGs: published vectors, then OpenSSL as an independent reference, in every
 * tier. */
#include "tiers.h"

#include <openssl/evp.h>

static quo_block from_hex(const char *hex)
{
	unsigned char bytes[16];
	quo_block out;

	for (int i = 0; i < 16; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };
		bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	memcpy(&out, bytes, 16);
	return out;
}

static void assert_block(quo_block got, quo_block want)
{
	assert_memory_equal(&got, &want, sizeof got);
}

static quo_block openssl_aes(quo_block key, quo_block in)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	quo_block out;
	int n;

	assert_non_null(c);
	assert_int_equal(
		EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, (unsigned char *)&key, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(c, (unsigned char *)&out, &n, (unsigned char *)&in, 16),
			 1);
	EVP_CIPHER_CTX_free(c);
	return out;
}

/* FIPS 197 appendices B and C.1; NIST SP 800-38A F.1.1 (ECB) and F.5.1 (the key stream of CTR). */
static void test_aes_vectors(void **state)
{
	static const char *const vectors[][3] = {
		{ "2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734",
		  "3925841d02dc09fbdc118597196a0b32" },
		{ "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
		  "69c4e0d86a7b0430d8cdb78070b4c55a" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
		  "3ad77bb40d7a3660a89ecaf32466ef97" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "ae2d8a571e03ac9c9eb76fac45af8e51",
		  "f5d3d58503b9699de785895a96fdbaaf" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "30c81c46a35ce411e5fbc1191a0a52ef",
		  "43b1cd7f598ece23881b00e3ed030688" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f69f2445df4f9b17ad2b417be66c3710",
		  "7b0c785e27e8ad3f8223207104725dd4" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		  "ec8cdf7398607cb0f2d21675ea9ea1e4" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdff00",
		  "362b7c3c6773516318a077d7fc5073ae" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdff01",
		  "6a2cc3787889374fbeb4c81b17ba6c44" },
		{ "2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdff02",
		  "e89c399ff0f198c6d40a31db156cabfe" },
	};

	(void)state;
	FOR_EACH_TIER(tier)
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		assert_block(quo_aes128(from_hex(vectors[i][0]), from_hex(vectors[i][1])),
			     from_hex(vectors[i][2]));
}

static void test_aes_random(void **state)
{
	quo_rng *rng = quo_rng_new_test(1);

	(void)state;
	for (int i = 0; i < 200; i++) {
		quo_block key = quo_rng_block(rng), in = quo_rng_block(rng),
			  want = openssl_aes(key, in);
		FOR_EACH_TIER(tier)
		assert_block(quo_aes128(key, in), want);
	}
	quo_rng_free(rng);
}

/* quotient/crypto.h, word for word. */
static quo_block reference_hash(quo_block start, uint64_t tweak, unsigned per_key, quo_block x,
				size_t i)
{
	quo_block key = { { start.w[0] ^ (tweak + i / per_key), start.w[1] } };

	x.w[0] ^= i % per_key;
	quo_block s = { { x.w[1], x.w[1] ^ x.w[0] } };
	return quo_xor(openssl_aes(key, s), s);
}

static const size_t hash_sizes[] = { 0,  1,  2,  3,  4,  5,   7,   8,   9,   15,  16,  17, 31,
				     32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 300 };

static void test_tccr(void **state)
{
	quo_rng *rng = quo_rng_new_test(2);

	(void)state;
	for (size_t s = 0; s < sizeof hash_sizes / sizeof *hash_sizes; s++)
		for (unsigned per_key = 1; per_key <= QUO_TCCR_PER_KEY; per_key++) {
			size_t n = hash_sizes[s], bytes = n * sizeof(quo_block);
			quo_block *in = random_new(rng, bytes), *want0 = malloc(bytes + 1),
				  *want1 = malloc(bytes + 1);
			quo_block start = quo_rng_block(rng), delta = quo_rng_block(rng);
			/* The tweak wraps around inside the call. */
			uint64_t tweak = s % 2 ? quo_rng_block(rng).w[0] : UINT64_MAX - 3;

			for (size_t i = 0; i < n; i++) {
				want0[i] = reference_hash(start, tweak, per_key, in[i], i);
				want1[i] = reference_hash(start, tweak, per_key,
							  quo_xor(in[i], delta), i);
			}
			FOR_EACH_TIER(tier)
			{
				quo_block *out0 = guarded_new(bytes), *out1 = guarded_new(bytes);
				quo_tccr(start, tweak, per_key, in, out0, n);
				assert_memory_equal(out0, want0, bytes);
				guarded_check(out0, bytes);
				memset(out0, 0, bytes);
				quo_tccr_pair(start, tweak, per_key, in, delta, out0, out1, n);
				assert_memory_equal(out0, want0, bytes);
				assert_memory_equal(out1, want1, bytes);
				guarded_check(out0, bytes);
				guarded_check(out1, bytes);

				memcpy(out0, in, bytes);
				quo_tccr(start, tweak, per_key, out0, out0, n);
				assert_memory_equal(out0, want0, bytes);
				memcpy(out0, in, bytes);
				quo_tccr_pair(start, tweak, per_key, out0, delta, out0, out1, n);
				assert_memory_equal(out0, want0, bytes);
				assert_memory_equal(out1, want1, bytes);
				free(out0);
				free(out1);
			}
			free(in);
			free(want0);
			free(want1);
		}
	quo_rng_free(rng);
}

/* Equal inputs under one key, and across keys, hash to different values. */
static void test_tccr_separates(void **state)
{
	quo_block in[64], out[64];

	(void)state;
	FOR_EACH_TIER(tier)
	{
		memset(in, 7, sizeof in);
		quo_tccr((quo_block){ { 1, 2 } }, 3, 8, in, out, 64);
		for (int i = 0; i < 64; i++)
			for (int j = 0; j < i; j++)
				assert_memory_not_equal(&out[i], &out[j], sizeof *out);
	}
}

static void test_prg(void **state)
{
	static const uint64_t starts[] = { 0, 1, 1000, UINT64_MAX - 5 };
	quo_rng *rng = quo_rng_new_test(3);
	quo_block want[300];

	(void)state;
	for (size_t f = 0; f < sizeof starts / sizeof *starts; f++) {
		quo_block key = quo_rng_block(rng);
		for (size_t i = 0; i < 300; i++)
			want[i] = openssl_aes(key, (quo_block){ { starts[f] + i, 0 } });
		for (size_t s = 0; s < sizeof hash_sizes / sizeof *hash_sizes; s++)
			FOR_EACH_TIER(tier)
			{
				size_t bytes = hash_sizes[s] * sizeof(quo_block);
				quo_block *out = guarded_new(bytes);
				quo_prg(key, starts[f], out, hash_sizes[s]);
				assert_memory_equal(out, want, bytes);
				guarded_check(out, bytes);
				free(out);
			}
	}
	quo_rng_free(rng);
}

static void test_prg_many(void **state)
{
	static const size_t lengths[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 33, 61 };
	static const size_t counts[] = { 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 33 };
	quo_rng *rng = quo_rng_new_test(4);

	(void)state;
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
		for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
			size_t n = counts[c], per_key = lengths[l],
			       bytes = n * per_key * sizeof(quo_block);
			uint64_t first = c * UINT64_C(0x7fffffffffffff3), step = l << 2 * c;
			quo_block *keys = random_new(rng, n * sizeof *keys),
				  *want = malloc(bytes + 1);
			for (size_t i = 0; i < n * per_key; i++)
				want[i] = openssl_aes(
					keys[i / per_key],
					(quo_block){
						{ first + i / per_key * step + i % per_key, 0 } });
			FOR_EACH_TIER(tier)
			{
				quo_block *out = guarded_new(bytes);
				quo_prg_many(keys, n, first, step, out, per_key);
				assert_memory_equal(out, want, bytes);
				guarded_check(out, bytes);
				free(out);
			}
			free(keys);
			free(want);
		}
	quo_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aes_vectors), cmocka_unit_test(test_aes_random),
		cmocka_unit_test(test_tccr),        cmocka_unit_test(test_tccr_separates),
		cmocka_unit_test(test_prg),         cmocka_unit_test(test_prg_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
