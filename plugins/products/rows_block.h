/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One vector's width of one COT's sliced row: VECTOR_BYTES columns-of-eight at byte `at` of every
 * plane. Included once for each VECTOR_BYTES. Vectors are the compiler's generic ones, so the tier
 * is a matter of compiler flags.
 */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define VEC PASTE(vec, VECTOR_BYTES)
#define MEM PASTE(mem, VECTOR_BYTES)
#define LOAD(p) ((VEC) * (const MEM *)(p))
#define STORE(p, v) (*(MEM *)(p) = (MEM)(v))
#define SPREAD(bit) ((VEC){ 0 } - (bit))
#define MAJORITY(a, b, c) (((a) & (b)) | (((a) | (b)) & (c)))

typedef uint64_t VEC __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t MEM __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias));

/*
 * x = pad0. The message of choice 1 is u = x + d with d = (1 - 2w) y: y, or ~y and a carry. The
 * share is x - w y, which is u when w is 1 and x when it is 0; it is added to z, or its complement
 * and a carry.
 */
static inline void PASTE(send, VECTOR_BYTES)(const struct row *row, size_t at, uint64_t bit,
					     uint64_t subtract)
{
	const VEC w = SPREAD(bit), minus = SPREAD(subtract);
	VEC carry_u = w, carry_z = minus;
	const uint8_t *pad0 = row->pad0 + at, *pad1 = row->pad1 + at, *y = row->y + at;
	uint8_t *z = row->z + at, *wire = row->wire + at;

	for (unsigned k = 0; k < row->width; k++) {
		VEC x = LOAD(pad0), d = LOAD(y) ^ w;
		VEC u = x ^ d ^ carry_u;
		carry_u = MAJORITY(x, d, carry_u);
		VEC share = (x ^ ((x ^ u) & w)) ^ minus, sum = LOAD(z);
		STORE(z, sum ^ share ^ carry_z);
		carry_z = MAJORITY(sum, share, carry_z);
		STORE(wire, u ^ LOAD(pad1));
		pad0 += row->plane_bytes;
		pad1 += row->plane_bytes;
		wire += row->plane_bytes;
		y += row->stride;
		z += row->stride;
	}
}

/* The share is pad0, with the correction when the choice is 1. */
static inline void PASTE(receive, VECTOR_BYTES)(const struct row *row, size_t at, uint64_t bit,
						uint64_t subtract)
{
	const VEC choice = SPREAD(bit), minus = SPREAD(subtract);
	VEC carry = minus;
	const uint8_t *pad = row->pad0 + at, *wire = row->wire + at;
	uint8_t *z = row->z + at;

	for (unsigned k = 0; k < row->width; k++) {
		VEC share = LOAD(pad) ^ (LOAD(wire) & choice) ^ minus, sum = LOAD(z);
		STORE(z, sum ^ share ^ carry);
		carry = MAJORITY(sum, share, carry);
		pad += row->plane_bytes;
		wire += row->plane_bytes;
		z += row->stride;
	}
}

#undef PASTE_
#undef PASTE
#undef VEC
#undef MEM
#undef LOAD
#undef STORE
#undef SPREAD
#undef MAJORITY
#undef VECTOR_BYTES
