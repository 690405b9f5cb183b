/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 from OpenSSL. The low-level interface is deprecated in OpenSSL 3 but, unlike EVP, cannot
 * fail half-way, and a digest that two parties compare must not.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <quotient/crypto.h>
#include <quotient/memory.h>

#include <openssl/sha.h>

struct quo_sha256_state {
	SHA256_CTX context;
};

quo_sha256_state *quo_sha256_new(quo_err *err)
{
	quo_sha256_state *state = quo_alloc(1, sizeof *state, err);

	if (state)
		SHA256_Init(&state->context);
	return state;
}

void quo_sha256_add(quo_sha256_state *state, const void *data, size_t n)
{
	if (n)
		SHA256_Update(&state->context, data, n);
}

void quo_sha256_end(quo_sha256_state *state, uint8_t digest[32])
{
	SHA256_Final(digest, &state->context);
	quo_free(state);
}

void quo_sha256(const void *data, size_t n, uint8_t digest[32])
{
	SHA256_CTX context;

	SHA256_Init(&context);
	if (n)
		SHA256_Update(&context, data, n);
	SHA256_Final(digest, &context);
	quo_wipe(&context, sizeof context);
}
