/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/tensor.h>

#include <string.h>

static quo_spec make_spec(quo_tensor_kind kind, unsigned width, bool is_signed, unsigned n_dims,
			  const uint32_t *dim)
{
	quo_spec spec = { .kind = kind,
			  .width = (uint8_t)width,
			  .is_signed = is_signed,
			  .owner = QUO_SHARED,
			  .n_dims = (uint8_t)n_dims };

	quo_assert(n_dims >= 1 && n_dims <= QUO_MAX_DIMS);
	memcpy(spec.dim, dim, n_dims * sizeof *dim);
	return spec;
}

quo_spec quo_spec_arith(unsigned width, unsigned n_dims, const uint32_t *dim)
{
	quo_assert(width >= 1 && width <= QUO_MAX_RING);
	return make_spec(QUO_ARITH, width, true, n_dims, dim);
}

quo_spec quo_spec_bits(unsigned width, bool is_signed, unsigned n_dims, const uint32_t *dim)
{
	quo_assert(width >= 1 && width <= 64);
	return make_spec(QUO_BITS, width, is_signed, n_dims, dim);
}

size_t quo_spec_elements(const quo_spec *spec)
{
	size_t n = 1;

	for (unsigned i = 0; i < spec->n_dims; i++)
		if (__builtin_mul_overflow(n, (size_t)spec->dim[i], &n))
			return SIZE_MAX;
	return n;
}

quo_tensor *quo_tensor_new(quo_arena *arena, quo_spec spec, unsigned parts, quo_err *err)
{
	size_t n = quo_spec_elements(&spec);

	if (n == SIZE_MAX) {
		quo_fail(err, QUO_FAILED, "a tensor's dimensions overflow");
		return NULL;
	}
	quo_tensor *t = quo_arena_alloc(arena, 1, sizeof *t, err);
	if (!t)
		return NULL;
	t->spec = spec;
	t->n = n;
	t->parts = parts;
	if (spec.kind == QUO_BITS) {
		t->words = quo_words(n);
		t->stride = t->words * spec.width;
		if (parts)
			t->b = quo_arena_alloc(arena, t->stride, parts * sizeof *t->b, err);
	} else {
		t->stride = n;
		if (parts)
			t->a = quo_arena_alloc(arena, n, parts * sizeof *t->a, err);
	}
	return parts && !t->a ? NULL : t;
}

void quo_tensor_get(const quo_tensor *t, int32_t *out)
{
	if (t->spec.kind == QUO_BITS) {
		quo_words_from_planes(t->b, t->n, t->spec.width, t->spec.is_signed,
				      (uint32_t *)out);
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		out[i] = quo_sign_extend(t->a[i], t->spec.width);
}

void quo_tensor_set(quo_tensor *t, const int32_t *values)
{
	if (t->spec.kind == QUO_BITS) {
		quo_planes_from_words((const uint32_t *)values, t->n, t->spec.width, t->b);
		return;
	}
	uint32_t mask = quo_mask32(t->spec.width);
	for (size_t i = 0; i < t->n; i++)
		t->a[i] = (uint32_t)values[i] & mask;
}

void quo_tensor_add(quo_tensor *z, const quo_tensor *x, unsigned shift)
{
	uint32_t mask = quo_mask32(z->spec.width);

	for (unsigned k = 0; k < z->parts; k++) {
		const uint32_t *from = quo_part(x, k).a;
		uint32_t *restrict to = quo_part(z, k).a;
		for (size_t i = 0; i < z->n; i++)
			to[i] = (to[i] + (from[i] << shift)) & mask;
	}
}
