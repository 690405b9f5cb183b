/* SPDX-License-Identifier: Apache-2.0 */
/* Shared operands: both parties make both shares from the same random stream and keep their own. */
#ifndef QUOTIENT_TESTS_OPERANDS_H
#define QUOTIENT_TESTS_OPERANDS_H

#include "twoparty.h"

static inline quo_tensor *shared_words(quo_session *s, quo_spec spec, uint32_t *values,
				       uint64_t *random)
{
	quo_err err = QUO_ERR_INIT;
	quo_tensor *t = quo_tensor_new(s->step, spec, true, &err);

	assert_non_null(t);
	for (size_t i = 0; i < t->n; i++) {
		uint32_t v = (uint32_t)quo_test_random(random),
			 share = (uint32_t)quo_test_random(random);
		if (quo_test_random(random) % 4 == 0)
			v = (uint32_t)quo_test_random(random) % 4 - 2;
		if (spec.owner != QUO_SHARED)
			share = spec.owner == 0 ? 0 : v;
		values[i] = v & quo_mask32(spec.width);
		t->a[i] = (s->party == 1 ? share : v - share) & quo_mask32(spec.width);
	}
	return t;
}

/* values[k * n + i]: bit k of element i. */
static inline quo_tensor *shared_bits(quo_session *s, quo_spec spec, uint8_t *values,
				      uint64_t *random)
{
	quo_err err = QUO_ERR_INIT;
	quo_tensor *t = quo_tensor_new(s->step, spec, true, &err);

	assert_non_null(t);
	for (unsigned k = 0; k < spec.width; k++)
		for (size_t i = 0; i < t->n; i++) {
			uint64_t r = quo_test_random(random);
			uint64_t v = r & 1, share = r >> 1 & 1;
			if (spec.owner != QUO_SHARED)
				share = spec.owner == 0 ? 0 : v;
			values[k * t->n + i] = (uint8_t)v;
			quo_plane(t, k)[i / 64] |= (s->party == 1 ? share : v ^ share) << (i % 64);
		}
	return t;
}

/* Party 1 shows its share to party 0, which adds. In a bracket, so that what follows starts a
 * flight of its own. */
static inline void open_words(quo_session *s, const quo_tensor *z, uint32_t *out)
{
	quo_err err = QUO_ERR_INIT;
	uint32_t mask = quo_mask32(z->spec.width);

	quo_channel_duplex(s->peer, true);
	if (s->party == 1)
		quo_test_ok(quo_channel_send(s->peer, z->a, z->n * sizeof *z->a, &err));
	else
		quo_test_ok(quo_channel_recv(s->peer, out, z->n * sizeof *out, &err));
	quo_test_ok(quo_channel_flush(s->peer, &err));
	quo_channel_duplex(s->peer, false);
	if (s->party == 1)
		return;
	for (size_t i = 0; i < z->n; i++)
		out[i] = (out[i] + z->a[i]) & mask;
}

#endif
