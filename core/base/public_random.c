/* SPDX-License-Identifier: Apache-2.0 */
/* Public randomness: SplitMix64 (Steele, Lea, Flood 2014) in counter mode; docs/numerics.md. */
#include <quotient/crypto.h>

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

static uint64_t mix(uint64_t z)
{
	z ^= z >> 30;
	z *= UINT64_C(0xBF58476D1CE4E5B9);
	z ^= z >> 27;
	z *= UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

uint64_t quo_public_key(uint64_t seed, uint64_t stream)
{
	return mix(seed + mix(stream));
}

uint64_t quo_public_value(uint64_t key, uint64_t j)
{
	return mix(key + (j + 1) * GOLDEN);
}

uint64_t quo_public_below(uint64_t r, uint64_t n)
{
	uint64_t r0 = r & UINT32_MAX, r1 = r >> 32, n0 = n & UINT32_MAX, n1 = n >> 32;
	uint64_t middle = r1 * n0 + (r0 * n0 >> 32);
	uint64_t other = r0 * n1 + (middle & UINT32_MAX);

	return r1 * n1 + (middle >> 32) + (other >> 32);
}

void quo_public_order(uint64_t seed, uint64_t stream, uint32_t n, uint32_t *order)
{
	uint64_t key = quo_public_key(seed, stream);

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t i = n; i-- > 1;) {
		uint64_t r = quo_public_value(key, n - 1 - i);
		uint32_t j = (uint32_t)quo_public_below(r, (uint64_t)i + 1);
		uint32_t old = order[i];
		order[i] = order[j];
		order[j] = old;
	}
}
