/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIMD tiers: which kernels this process runs.
 *
 *	portable  C11 on a little-endian machine
 *	avx2      and AVX2, AES-NI
 *	avx512    and AVX-512 F, DQ, BW, VL and VBMI, GFNI, VAES
 *
 * A process has one tier, chosen at the first question: the highest that the processor and the
 * operating system have. In every build the environment variable QUOTIENT_CPU=portable|avx2|avx512
 * lowers it (never raises it over what is there; other values count for nothing). Kernels of all
 * tiers give the same bytes.
 *
 * The idiom. Kernels of a tier are functions or tables in a file of their own, X_portable.c,
 * X_avx2.c, X_avx512.c, or in one file that is compiled once per tier. Each tier is a static
 * library, built with the arguments that the top-level meson.build lists in `tiers`. Where kernels
 * are used, QUO_TIER_PICK() chooses; take the choice once, not for every row. Nothing but the
 * kernels has intrinsics, and nothing else asks what the processor has.
 */
#ifndef QUOTIENT_TIER_H
#define QUOTIENT_TIER_H

/* In ascending order. */
typedef enum quo_tier { QUO_TIER_PORTABLE, QUO_TIER_AVX2, QUO_TIER_AVX512 } quo_tier;

/* The tier in use. Any thread may ask. */
quo_tier quo_tier_in_use(void);

/* Its name: "portable", "avx2" or "avx512". */
const char *quo_cpu_tier(void);

/*
 * One of three expressions of one type (functions, pointers to tables), as the tier says. On
 * processors that have the portable tier alone the others are not compiled, so that they need not
 * exist.
 */
#if defined(__x86_64__)
#define QUO_TIER_PICK(portable, avx2, avx512) \
	(quo_tier_in_use() == QUO_TIER_AVX512 ? (avx512) \
	 : quo_tier_in_use() == QUO_TIER_AVX2 ? (avx2) \
					      : (portable))
#else
#define QUO_TIER_PICK(portable, avx2, avx512) (portable)
#endif

#endif
