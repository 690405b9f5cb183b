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

/* 0 portable, 1 AVX2 + AES-NI, 2 AVX-512 + VAES. */
static unsigned detect(void)
{
	const unsigned ssse3 = 1u << 9, sse41 = 1u << 19, aes = 1u << 25, osxsave = 1u << 27;
	const unsigned avx2 = 1u << 5;
	const unsigned f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
	const unsigned vbmi = 1u << 1, gfni = 1u << 8, vaes = 1u << 9;
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !ALL(c, ssse3 | sse41 | aes | osxsave))
		return 0;
	uint64_t saved = xcr0();
	if (!ALL(saved, 0x6u) || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !ALL(b, avx2))
		return 0;
	if (!ALL(saved, 0xe6u) || !ALL(b, f | dq | bw | vl) || !ALL(c, vbmi | gfni | vaes))
		return 1;
	return 2;
}

static const quo__tier tiers[] = {
	{ "portable", &quo__aes_portable, &quo__bits_portable, &quo__fold_portable,
	  &quo__labels_portable },
	{ "avx2", &quo__aes_aesni, &quo__bits_avx2, &quo__fold_aesni, &quo__labels_avx2 },
	{ "avx512", &quo__aes_vaes, &quo__bits_avx512, &quo__fold_vaes, &quo__labels_avx512 },
};
#else
static unsigned detect(void)
{
	return 0;
}

static const quo__tier tiers[] = {
	{ "portable", &quo__aes_portable, &quo__bits_portable, &quo__fold_portable,
	  &quo__labels_portable },
};
#endif

static const quo__tier *find(const char *name)
{
	unsigned best = detect();

	for (unsigned i = 0; i <= best; i++)
		if (!strcmp(name, tiers[i].name))
			return &tiers[i];
	return NULL;
}

static _Atomic(const quo__tier *) chosen;

/* Two threads that arrive together choose the same tier, so the race is harmless. */
const quo__tier *quo__cpu(void)
{
	const quo__tier *tier = atomic_load_explicit(&chosen, memory_order_acquire);

	if (!tier) {
		const char *limit = getenv("QUOTIENT_CPU");
		tier = limit ? find(limit) : NULL;
		if (!tier)
			tier = &tiers[detect()];
		atomic_store_explicit(&chosen, tier, memory_order_release);
	}
	return tier;
}

bool quo__cpu_force(const char *name)
{
	const quo__tier *tier = find(name);

	if (tier)
		atomic_store_explicit(&chosen, tier, memory_order_release);
	return tier != NULL;
}

const quo_label_ops *quo_label_kernels(void)
{
	return quo__cpu()->labels;
}

const char *quo_cpu_tier(void)
{
	return quo__cpu()->name;
}
