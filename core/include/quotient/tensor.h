/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors: a spec (kind, width, owner, dimensions) and this party's part of the data.
 *
 * ARITH tensors hold one 32-bit word per element, row-major; only the low `width` bits mean
 * anything. The words are shares mod 2^width, under `clear` the value itself. Values are signed.
 * BITS tensors hold `width` planes of quo_words(n) words (bits.h), XOR shares or the value itself.
 *
 * parts: how many shares of each element this party holds (protocol.h): one where sharing is
 * additive, two where it is replicated among three. A linear operation that needs no other party
 * acts on each part alike. Part k stands `stride` words (of the kind's size) behind part k - 1.
 *
 * owner: QUO_SHARED, or the party whose share is the value while the others' are zero by
 * construction. Such a tensor is known to its owner; with two parties a product on it needs one
 * direction only.
 *
 * Tensors are allocated by the core from an arena and are never freed one by one. In a dry session
 * they have no data.
 */
#ifndef QUOTIENT_TENSOR_H
#define QUOTIENT_TENSOR_H

#include <quotient/bits.h>
#include <quotient/memory.h>

QUO_BEGIN_DECLS

typedef enum quo_tensor_kind { QUO_ARITH, QUO_BITS } quo_tensor_kind;

#define QUO_SHARED (-1)
#define QUO_MAX_DIMS 4
#define QUO_MAX_RING 32 /* widest arithmetic share, in bits */

typedef struct quo_spec {
	quo_tensor_kind kind;
	uint8_t width;  /* ARITH: ring bits 1..32; BITS: planes 1..64 */
	bool is_signed; /* BITS: the top plane weighs -2^(width-1). ARITH: always true */
	int8_t owner;   /* QUO_SHARED or a party */
	uint8_t n_dims; /* 1..4 */
	uint32_t dim[QUO_MAX_DIMS];
} quo_spec;

typedef struct quo_tensor {
	quo_spec spec;
	size_t n;       /* elements */
	size_t words;   /* BITS: words from a plane to the next */
	unsigned parts; /* 0: no data here */
	size_t stride;  /* words from a part to the next */
	union {
		uint32_t *a; /* ARITH: n words, of each part */
		uint64_t *b; /* BITS: width * words words, of each part */
	};
} quo_tensor;

quo_spec quo_spec_arith(unsigned width, unsigned n_dims, const uint32_t *dim);
quo_spec quo_spec_bits(unsigned width, bool is_signed, unsigned n_dims, const uint32_t *dim);
/* Product of the dimensions; SIZE_MAX on overflow. */
size_t quo_spec_elements(const quo_spec *spec);

/* A zeroed tensor of so many parts; 0: without data. NULL and a message on lack of memory. */
quo_tensor *quo_tensor_new(quo_arena *arena, quo_spec spec, unsigned parts, quo_err *err);

/* Plane k of a BITS tensor, of its first part. */
static inline uint64_t *quo_plane(const quo_tensor *t, unsigned k)
{
	return t->b + (size_t)k * t->words;
}

/* Part k as a tensor of one part, a view. */
static inline quo_tensor quo_part(const quo_tensor *t, unsigned k)
{
	quo_tensor part = *t;

	part.parts = t->parts ? 1 : 0;
	if (!t->parts)
		return part;
	if (t->spec.kind == QUO_BITS)
		part.b = t->b + k * t->stride;
	else
		part.a = t->a + k * t->stride;
	return part;
}

/* The words or planes of a tensor's first part as signed integers, and back. */
void quo_tensor_get(const quo_tensor *t, int32_t *out);
void quo_tensor_set(quo_tensor *t, const int32_t *values);
/* z += 2^shift x, ARITH of as many elements, in every part: local. Words of x beyond z's ring mean
 * nothing. */
void quo_tensor_add(quo_tensor *z, const quo_tensor *x, unsigned shift);

QUO_END_DECLS

#endif
