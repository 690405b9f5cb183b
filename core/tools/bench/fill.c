/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors with random shares: any bits are shares of something, and cost does not depend on
 * values. */
#include <string.h>

#include "tools/bench/bench.h"

quo_tensor *bench_tensor(quo_session *s, quo_spec spec, quo_err *err)
{
	quo_tensor *t = quo_keep(s, spec, err);

	if (!t || quo_is_dry(s) || (spec.owner != QUO_SHARED && spec.owner != quo_me(s)))
		return t;
	if (spec.kind == QUO_ARITH) {
		quo_rng_bytes(quo_session_rng(s), t->a, t->n * sizeof *t->a);
		for (size_t i = 0; i < t->n; i++)
			t->a[i] &= quo_mask32(spec.width);
		return t;
	}
	quo_rng_bytes(quo_session_rng(s), t->b, spec.width * t->words * sizeof *t->b);
	for (unsigned k = 0; k < spec.width && t->n % 64; k++)
		quo_plane(t, k)[t->words - 1] &= (UINT64_C(1) << t->n % 64) - 1;
	return t;
}

quo_tensor *bench_bits(quo_session *s, unsigned width, bool is_signed, uint32_t rows, uint32_t cols,
		       quo_err *err)
{
	return bench_tensor(s, quo_spec_bits(width, is_signed, 2, (uint32_t[2]){ rows, cols }),
			    err);
}

quo_tensor *bench_arith(quo_session *s, unsigned width, uint32_t rows, uint32_t cols, quo_err *err)
{
	return bench_tensor(s, quo_spec_arith(width, 2, (uint32_t[2]){ rows, cols }), err);
}

quo_tensor *bench_labels(quo_session *s, uint32_t rows, uint32_t classes, quo_err *err)
{
	quo_tensor *t =
		quo_keep(s, quo_spec_bits(1, false, 2, (uint32_t[2]){ rows, classes }), err);

	if (!t || quo_is_dry(s) || quo_me(s) != 0)
		return t;
	for (size_t i = 0; i < rows; i++) {
		size_t e = i * classes + i % classes;
		t->b[e / 64] |= UINT64_C(1) << e % 64;
	}
	return t;
}

quo_status bench_map_job(quo_session *s, const quo_circuit *c, size_t n, quo_map_job *job,
			 quo_err *err)
{
	*job = (quo_map_job){ .circuit = c, .n = n };
	if (c->n_in > QUO_MAX_PORTS || c->n_out > QUO_MAX_PORTS || n > UINT32_MAX)
		return quo_fail(err, QUO_BUG, "a circuit of %u and %u ports over %zu instances",
				c->n_in, c->n_out, n);
	for (uint32_t p = 0; p < c->n_in; p++) {
		const quo_port *port = &c->in[p];
		uint32_t rows = port->scalar ? 1 : (uint32_t)n;
		job->in[p] = port->kind == QUO_PORT_ARITH
				     ? bench_arith(s, port->width, rows, 1, err)
				     : bench_bits(s, port->width, port->is_signed, rows, 1, err);
		if (!job->in[p])
			return QUO_FAILED;
	}
	for (uint32_t p = 0; p < c->n_out; p++) {
		uint32_t rows = (uint32_t)n;
		job->out[p] = quo_keep(
			s, quo_spec_bits(c->out[p].width, c->out[p].is_signed, 1, &rows), err);
		if (!job->out[p])
			return QUO_FAILED;
	}
	return QUO_OK;
}
