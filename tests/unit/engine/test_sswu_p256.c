/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9380 appendix J.1.1 (P256_XMD:SHA-256_SSWU_RO_): the two mapped points, and their sum. */
#include "support.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "kit/sswu_p256.h"

#define TAG "QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_"

static void assert_hex(const uint8_t *got, size_t n, const char *want)
{
	char hex[200];

	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", got[i]);
	assert_string_equal(hex, want);
}

static void sum(const uint8_t q[2][64], uint8_t x[32])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *p[2];
	uint8_t encoded[65] = { 4 };

	for (int i = 0; i < 2; i++) {
		p[i] = EC_POINT_new(group);
		memcpy(encoded + 1, q[i], 64);
		assert_int_equal(EC_POINT_oct2point(group, p[i], encoded, 65, NULL), 1);
	}
	assert_int_equal(EC_POINT_add(group, p[0], p[0], p[1], NULL), 1);
	assert_int_equal(
		EC_POINT_point2oct(group, p[0], POINT_CONVERSION_UNCOMPRESSED, encoded, 65, NULL),
		65);
	memcpy(x, encoded + 1, 32);
	for (int i = 0; i < 2; i++)
		EC_POINT_free(p[i]);
	EC_GROUP_free(group);
}

static void test_known_answers(void **state)
{
	uint8_t q[2][64], x[32];
	char message[600];
	quo__sswu_p256 k;

	(void)state;
	quo__sswu_p256_init(&k);
	quo__sswu_p256_hash(&k, "", 0, TAG, q);
	assert_hex(q[0], 32, "ab640a12220d3ff283510ff3f4b1953d09fad35795140b1c5d64f313967934d5");
	assert_hex(q[0] + 32, 32,
		   "dccb558863804a881d4fff3455716c836cef230e5209594ddd33d85c565b19b1");
	assert_hex(q[1], 32, "51cce63c50d972a6e51c61334f0f4875c9ac1cd2d3238412f84e31da7d980ef5");
	assert_hex(q[1] + 32, 32,
		   "b45d1a36d00ad90e5ec7840a60a4de411917fbe7c82c3949a6e699e5a1b66aac");
	sum((const uint8_t(*)[64])q, x);
	assert_hex(x, 32, "2c15230b26dbc6fc9a37051158c95b79656e17a1a920b11394ca91c44247d3e4");
	quo__sswu_p256_hash(&k, "abc", 3, TAG, q);
	sum((const uint8_t(*)[64])q, x);
	assert_hex(x, 32, "0bb8b87485551aa43ed54f009230450b492fead5f1cc91658775dac4a3388a0f");
	quo__sswu_p256_hash(&k, "abcdef0123456789", 16, TAG, q);
	sum((const uint8_t(*)[64])q, x);
	assert_hex(x, 32, "65038ac8f2b1def042a5df0b33b1f4eca6bff7cb0f9c6c1526811864e544ed80");
	memcpy(message, "a512_", 5);
	memset(message + 5, 'a', 512);
	quo__sswu_p256_hash(&k, message, 517, TAG, q);
	sum((const uint8_t(*)[64])q, x);
	assert_hex(x, 32, "457ae2981f70ca85d8e24c308b14db22f3e3862c5ea0f652ca38b5e49cd64bc5");
}

/* Every output is on the curve (OpenSSL checks), many times over. */
static void test_on_curve(void **state)
{
	uint8_t q[2][64], x[32];
	quo__sswu_p256 k;

	(void)state;
	quo__sswu_p256_init(&k);
	for (uint32_t i = 0; i < 200; i++) {
		quo__sswu_p256_hash(&k, &i, sizeof i, "test", q);
		sum((const uint8_t(*)[64])q, x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_on_curve),
	};
	return cmocka_run_group_tests_name("sswu_p256", tests, NULL, NULL);
}
