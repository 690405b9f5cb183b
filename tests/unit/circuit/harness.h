/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates a circuit under construction on plain integers, one per instance. */
#ifndef QUOTIENT_TESTS_CIRCUIT_HARNESS_H
#define QUOTIENT_TESTS_CIRCUIT_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <quotient/bits.h>
#include <quotient/circuits.h>
#include <quotient/memory.h>

/* The low `width` bits of v read as a signed or unsigned integer. */
static inline int64_t as_int(uint64_t v, unsigned width, bool is_signed)
{
	if (!width)
		return 0;
	v <<= 64 - width;
	return is_signed ? (int64_t)v >> (64 - width) : (int64_t)(v >> (64 - width));
}

/* A generator for tests: SplitMix64. */
static inline uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static inline uint64_t *to_planes(const uint64_t *v, size_t n, unsigned width)
{
	size_t words = quo_words(n);
	uint64_t *planes = quo_alloc(width * words + 1, sizeof *planes, NULL);

	for (unsigned k = 0; k < width; k++)
		for (size_t i = 0; i < n; i++)
			planes[k * words + i / 64] |= (v[i] >> k & 1) << (i % 64);
	return planes;
}

/* The same outputs from ports that take integers, every second one of them or all. */
static inline void check_words(const quo_circuit *c, size_t n, const uint64_t *const *in,
			       uint64_t *const *pin, uint64_t *const *want)
{
	uint64_t *out[QUO_MAX_PORTS];
	uint32_t *from[QUO_MAX_PORTS];
	const uint32_t *words[QUO_MAX_PORTS];
	quo_err err = QUO_ERR_INIT;

	for (uint32_t p = 0; p < c->n_in; p++) {
		size_t count = c->in[p].scalar ? 1 : n;
		from[p] = quo_alloc(count + 1, sizeof **from, NULL);
		for (size_t i = 0; i < count; i++)
			from[p][i] = (uint32_t)in[p][i];
	}
	for (uint32_t p = 0; p < c->n_out; p++)
		out[p] = quo_alloc(c->out[p].width * quo_words(n) + 1, sizeof **out, NULL);
	for (unsigned step = 1; step <= 2; step++) {
		for (uint32_t p = 0; p < c->n_in; p++)
			words[p] = c->in[p].width <= 32 && p % step == 0 ? from[p] : NULL;
		assert_int_equal(quo_circuit_eval_words(NULL, c, n, (const uint64_t *const *)pin,
							words, out, &err),
				 QUO_OK);
		for (uint32_t p = 0; p < c->n_out; p++)
			assert_memory_equal(out[p], want[p],
					    c->out[p].width * quo_words(n) * sizeof **out);
	}
	for (uint32_t p = 0; p < c->n_in; p++)
		quo_free(from[p]);
	for (uint32_t p = 0; p < c->n_out; p++)
		quo_free(out[p]);
}

/* in[p][i] and out[p][i]: port p, instance i (a scalar port: instance 0). Outputs are
 * zero-extended. */
static inline void run_circuit(const quo_circuit *c, size_t n, const uint64_t *const *in,
			       uint64_t *const *out)
{
	uint64_t *pin[QUO_MAX_PORTS], *pout[QUO_MAX_PORTS];
	quo_err err = QUO_ERR_INIT;
	size_t words = quo_words(n);

	for (uint32_t p = 0; p < c->n_in; p++)
		pin[p] = to_planes(in[p], c->in[p].scalar ? 1 : n, c->in[p].width);
	for (uint32_t p = 0; p < c->n_out; p++)
		pout[p] = quo_alloc(c->out[p].width * words + 1, sizeof **pout, NULL);
	assert_int_equal(quo_circuit_eval(c, n, (const uint64_t *const *)pin, pout, &err), QUO_OK);
	check_words(c, n, in, pin, pout);
	for (uint32_t p = 0; p < c->n_out; p++) {
		for (size_t i = 0; i < n; i++) {
			out[p][i] = 0;
			for (unsigned k = 0; k < c->out[p].width; k++)
				out[p][i] |= (pout[p][k * words + i / 64] >> (i % 64) & 1) << k;
		}
		for (unsigned k = 0; n % 64 && k < c->out[p].width; k++)
			assert_int_equal(pout[p][k * words + words - 1] >> (n % 64), 0);
		quo_free(pout[p]);
	}
	for (uint32_t p = 0; p < c->n_in; p++)
		quo_free(pin[p]);
}

static inline quo_circuit *finish(quo_builder *b)
{
	quo_err err = QUO_ERR_INIT;
	quo_circuit *c = quo_circuit_finish(b, &err);

	if (!c)
		print_error("%s\n", err.text);
	assert_non_null(c);
	return c;
}

#endif
