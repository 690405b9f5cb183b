/* SPDX-License-Identifier: Apache-2.0 */
/* Which tier of kernels this process runs. */
#include "base/kernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* xgetbv by its mnemonic needs -mxsave; XCR0 says which registers the operating system saves. */
static uint64_t xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

#define ALL(value, bits) (((value) & (bits)) == (bits))

/* The highest tier that this machine has. */
static quo_tier detect(void)
{
	const unsigned ssse3 = 1u << 9, sse41 = 1u << 19, aes = 1u << 25, osxsave = 1u << 27;
	const unsigned avx2 = 1u << 5;
	const unsigned f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
	const unsigned vbmi = 1u << 1, gfni = 1u << 8, vaes = 1u << 9;
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !ALL(c, ssse3 | sse41 | aes | osxsave))
		return QUO_TIER_PORTABLE;
	uint64_t saved = xcr0();
	if (!ALL(saved, 0x6u) || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !ALL(b, avx2))
		return QUO_TIER_PORTABLE;
	if (!ALL(saved, 0xe6u) || !ALL(b, f | dq | bw | vl) || !ALL(c, vbmi | gfni | vaes))
		return QUO_TIER_AVX2;
	return QUO_TIER_AVX512;
}
#else
static quo_tier detect(void)
{
	return QUO_TIER_PORTABLE;
}
#endif

static const char *const names[] = { "portable", "avx2", "avx512" };
#define UNKNOWN (-1)

/* The tier of that name; UNKNOWN when there is none here. */
static int find(const char *name)
{
	for (int i = 0; i <= (int)detect(); i++)
		if (!strcmp(name, names[i]))
			return i;
	return UNKNOWN;
}

static _Atomic int chosen = UNKNOWN;

/* Two threads that arrive together choose the same tier, so the race is harmless. */
quo_tier quo_tier_in_use(void)
{
	int tier = atomic_load_explicit(&chosen, memory_order_relaxed);

	if (tier == UNKNOWN) {
		const char *limit = getenv("QUOTIENT_CPU");
		tier = limit ? find(limit) : UNKNOWN;
		if (tier == UNKNOWN)
			tier = (int)detect();
		atomic_store_explicit(&chosen, tier, memory_order_relaxed);
	}
	return (quo_tier)tier;
}

const char *quo_cpu_tier(void)
{
	return names[quo_tier_in_use()];
}

bool quo__cpu_force(const char *name)
{
	int tier = find(name);

	if (tier != UNKNOWN)
		atomic_store_explicit(&chosen, tier, memory_order_relaxed);
	return tier != UNKNOWN;
}

/* ---- the kernels of this folder ---- */

static const quo__kernels portable = { &quo__aes_portable, &quo__bits_portable,
				       &quo__fold_portable };
#if defined(__x86_64__)
static const quo__kernels avx2 = { &quo__aes_aesni, &quo__bits_avx2, &quo__fold_aesni };
static const quo__kernels avx512 = { &quo__aes_vaes, &quo__bits_avx512, &quo__fold_vaes };
#endif

const quo__kernels *quo__kernels_here(void)
{
	return QUO_TIER_PICK(&portable, &avx2, &avx512);
}
