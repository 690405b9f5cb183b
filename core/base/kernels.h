/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SIMD kernels of core/base, by tier (quotient/tier.h).
 *
 * A tier has a method table each for AES, bit rearrangement and folding; each kernel file exports
 * one. The contracts are those of quotient/crypto.h and bits.h; a kernel may assume n > 0 where the
 * public function takes a count, and gives the same bytes as the portable kernel.
 */
#ifndef QUO_BASE_KERNELS_H
#define QUO_BASE_KERNELS_H

#include <quotient/bits.h>
#include <quotient/crypto.h>
#include <quotient/tier.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "the wire and the kernels are little-endian");

typedef struct quo__aes_kernels {
	void (*tccr)(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
		     quo_block *out, size_t n);
	void (*tccr_pair)(quo_block start, uint64_t tweak, unsigned per_key, const quo_block *in,
			  quo_block delta, quo_block *out0, quo_block *out1, size_t n);
	void (*prg)(quo_block key, uint64_t first, quo_block *out, size_t n_blocks);
	void (*prg_many)(const quo_block *keys, size_t n, uint64_t first, uint64_t step,
			 quo_block *out, size_t per_key);
	quo_block (*aes128)(quo_block key, quo_block in);
} quo__aes_kernels;

typedef struct quo__bits_kernels {
	void (*planes_from_words)(const uint32_t *in, size_t n, unsigned width, uint64_t *planes);
	void (*words_from_planes)(const uint64_t *planes, size_t n, unsigned width, bool is_signed,
				  uint32_t *out);
	void (*bytes_from_planes)(const uint64_t *planes, size_t n, unsigned width,
				  const uint8_t table[256], uint8_t *out);
	void (*transpose_128)(const uint64_t *rows, size_t row_words, size_t n, quo_block *out);
	void (*transpose_64)(uint64_t tile[64]); /* tile[i] bit j <-> tile[j] bit i */
	void (*words_transpose)(const uint32_t *in, size_t rows, size_t cols, uint32_t *out);
	void (*pack)(const uint32_t *in, size_t n, unsigned width, uint8_t *out);
	void (*unpack)(const uint8_t *in, size_t n, unsigned width, uint32_t *out);
} quo__bits_kernels;

/* The arguments of quo_prg_fold(), sum not NULL, or quo_prg_fold_punctured(), sum NULL. */
typedef struct quo__fold {
	const quo_aes_key *keys;
	unsigned k;
	uint64_t first;
	size_t n_blocks;
	const quo_block *add; /* mask or correction; may be NULL */
	uint64_t bits;
	quo_block *sum, *rows;
	size_t row_blocks;
} quo__fold;

typedef struct quo__fold_kernels {
	void (*key_set)(const quo_block *keys, size_t n, quo_aes_key *out);
	void (*fold)(const quo__fold *f);
	void (*xor_blocks)(quo_block *out, const quo_block *a, const quo_block *b, size_t n);
	void (*xor_if_bits)(quo_block *io, quo_block delta, const uint64_t *bits, size_t n);
} quo__fold_kernels;

typedef struct quo__kernels {
	const quo__aes_kernels *aes;
	const quo__bits_kernels *bits;
	const quo__fold_kernels *fold;
} quo__kernels;

extern const quo__aes_kernels quo__aes_portable, quo__aes_aesni, quo__aes_vaes;
extern const quo__bits_kernels quo__bits_portable, quo__bits_avx2, quo__bits_avx512;
extern const quo__fold_kernels quo__fold_portable, quo__fold_aesni, quo__fold_vaes;

/* Those of the tier in use. */
const quo__kernels *quo__kernels_here(void);

/* For tests: switch the whole process to the tier of that name; false when it is not available
 * here. */
bool quo__cpu_force(const char *name);

/* quo_cpu_cache_bytes() of the caches that a folder lists as sysfs does. */
uint64_t quo__cache_bytes(const char *folder);
/* For tests: what quo_cpu_cache_bytes() says in this process from now on. */
void quo__cache_force(uint64_t bytes);

#endif
