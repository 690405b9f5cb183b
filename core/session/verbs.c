/* SPDX-License-Identifier: Apache-2.0 */
/* The two verbs and their helpers as everybody calls them: check the shapes, then
 * ask the protocol. */
#include <string.h>

#include <quotient/protocol.h>

#include "session/session_core.h"

const int32_t quo_ternary_coef[2] = { 1, -1 };

static const quo_protocol_ops *ops(const quo_session *s)
{
	return quo_protocol(s->protocol);
}

static bool has_data(const quo_session *s, const quo_tensor *t)
{
	return s->dry || t->n == 0 || !s->parts || t->a;
}

quo_status quo_share(quo_session *s, quo_tensor *out, const int32_t *values, int owner,
		     quo_err *err)
{
	if (owner < 0 || owner >= s->parties ||
	    (out->spec.owner != QUO_SHARED && (out->spec.owner != owner || !ops(s)->owned)))
		return quo_fail(err, QUO_BUG, "share: party %d cannot be the owner", owner);
	if (!s->dry && (s->party == owner) != (values != NULL))
		return quo_fail(err, QUO_BUG, "share: values belong to the owner alone");
	return ops(s)->share(s->protocol->self, s, out, values, owner, err);
}

quo_status quo_reveal(quo_session *s, const quo_tensor *in, int32_t *out, int to, quo_err *err)
{
	if (to != QUO_TO_ALL && (to < 0 || to >= s->parties))
		return quo_fail(err, QUO_BUG, "reveal: there is no party %d", to);
	return ops(s)->reveal(s->protocol->self, s, in, out, to, err);
}

static size_t columns(const quo_tensor *t)
{
	return t->spec.dim[0] ? t->n / t->spec.dim[0] : 0;
}

static quo_status check_product(const quo_session *s, const quo_matrix_job *j, quo_err *err)
{
	if (j->y->spec.kind != QUO_ARITH || j->z->spec.kind != QUO_ARITH)
		return quo_fail(err, QUO_BUG,
				"product: wants integers on the right, and gives them");
	size_t p_rows = j->p->spec.dim[0], p_cols = columns(j->p);
	size_t y_rows = j->y->spec.dim[0], y_cols = columns(j->y);
	size_t z_rows = j->z->spec.dim[0], z_cols = columns(j->z);
	size_t m = j->p_t ? p_cols : p_rows, inner = j->p_t ? p_rows : p_cols;
	size_t n = j->y_t ? y_rows : y_cols, inner_y = j->y_t ? y_cols : y_rows;
	if (inner != inner_y || m != (j->z_t ? z_cols : z_rows) || n != (j->z_t ? z_rows : z_cols))
		return quo_fail(err, QUO_BUG,
				"product: %zu x %zu by %zu x %zu does not make %zu x %zu", m, inner,
				inner_y, n, z_rows, z_cols);
	unsigned ring = j->y->spec.width;
	if (j->p->spec.kind == QUO_ARITH && j->p->spec.width < ring)
		ring = j->p->spec.width;
	if (ring < j->z->spec.width)
		return quo_fail(err, QUO_BUG, "product: a ring of %u bits cannot give one of %d",
				ring, j->z->spec.width);
	if (!has_data(s, j->p) || !has_data(s, j->y) || !has_data(s, j->z))
		return quo_fail(err, QUO_BUG, "product: an operand has no data");
	return QUO_OK;
}

quo_status quo__multiply(quo_session *s, const quo_matrix_job *jobs, size_t n_jobs, quo_err *err)
{
	for (size_t i = 0; i < n_jobs; i++)
		QUO_TRY(check_product(s, &jobs[i], err));
	return ops(s)->product(s->protocol->self, s, jobs, n_jobs, err);
}

quo_status quo_convert(quo_session *s, const quo_convert_job *jobs, size_t n_jobs, quo_err *err)
{
	for (size_t i = 0; i < n_jobs; i++) {
		const quo_convert_job *j = &jobs[i];
		if (j->x->spec.kind != QUO_BITS || j->z->spec.kind != QUO_ARITH ||
		    j->x->n != j->z->n || !has_data(s, j->x) || !has_data(s, j->z))
			return quo_fail(err, QUO_BUG, "convert: wants planes and as many integers");
	}
	return ops(s)->convert(s->protocol->self, s, jobs, n_jobs, err);
}

static bool fits(const quo_session *s, const quo_tensor *t, const quo_port *port, size_t n)
{
	return t && t->spec.kind == (port->kind == QUO_PORT_ARITH ? QUO_ARITH : QUO_BITS) &&
	       (port->kind == QUO_PORT_ARITH ? t->spec.width >= port->width
					     : t->spec.width == port->width) &&
	       t->n == (port->scalar ? 1 : n) && has_data(s, t);
}

quo_status quo_map(quo_session *s, const quo_map_job *jobs, size_t n_jobs, quo_err *err)
{
	for (size_t i = 0; i < n_jobs; i++) {
		const quo_map_job *j = &jobs[i];
		const quo_circuit *c = j->circuit;
		if (c->n_in > QUO_MAX_PORTS || c->n_out > QUO_MAX_PORTS)
			return quo_fail(err, QUO_BUG, "map: more than %d ports", QUO_MAX_PORTS);
		for (uint32_t p = 0; p < c->n_in; p++)
			if (!fits(s, j->in[p], &c->in[p], j->n))
				return quo_fail(err, QUO_BUG,
						"map: a tensor does not fit input '%s'",
						c->in[p].name);
		for (uint32_t p = 0; p < c->n_out; p++)
			if (!fits(s, j->out[p], &c->out[p], j->n))
				return quo_fail(err, QUO_BUG,
						"map: a tensor does not fit output '%s'",
						c->out[p].name);
	}
	return ops(s)->map(s->protocol->self, s, jobs, n_jobs, err);
}

quo_goal quo_protocol_goal(const quo_session *s, size_t n)
{
	return ops(s)->goal(s->protocol->self, s, n);
}

quo_sharing quo_protocol_sharing(const quo_instance *protocol, int parties)
{
	const quo_protocol_ops *own = protocol ? quo_protocol(protocol) : NULL;
	quo_sharing sharing = { .pieces = (unsigned)parties };

	for (int i = 0; i < parties; i++) {
		sharing.parts[i] = 1;
		sharing.piece[i][0] = (uint8_t)i;
	}
	if (own && own->sharing)
		own->sharing(protocol->self, parties, &sharing);
	return sharing;
}

quo_status quo_protocol_open(quo_session *s, quo_err *err)
{
	return ops(s)->open(s->protocol->self, s, err);
}

void quo_protocol_close(quo_session *s)
{
	if (ops(s)->close)
		ops(s)->close(s->protocol->self, s);
}

void quo_publish(quo_session *s, quo_tensor *out, const int32_t *values)
{
	const quo_sharing sharing = quo_protocol_sharing(s->protocol, s->parties);

	if (ops(s)->owned)
		out->spec.owner = 0;
	for (unsigned k = 0; k < out->parts; k++) {
		quo_tensor part = quo_part(out, k);
		if (sharing.piece[s->party][k] == 0)
			quo_tensor_set(&part, values);
		else if (out->spec.kind == QUO_BITS)
			memset(part.b, 0, part.stride * sizeof *part.b);
		else
			memset(part.a, 0, part.n * sizeof *part.a);
	}
}

static quo_tensor *allocate(quo_session *s, quo_arena *arena, quo_spec spec, uint64_t *dry_bytes,
			    quo_err *err)
{
	quo_tensor *t = quo_tensor_new(arena, spec, s->parts, err);

	if (t && s->dry)
		*dry_bytes += t->stride * s->dry_parts *
			      (spec.kind == QUO_BITS ? sizeof *t->b : sizeof *t->a);
	return t;
}

quo_tensor *quo_temp(quo_session *s, quo_spec spec, quo_err *err)
{
	return allocate(s, s->step, spec, &s->dry_step_bytes, err);
}

quo_temp_mark quo_temp_here(const quo_session *s)
{
	return (quo_temp_mark){ quo_arena_here(s->step), s->dry_step_bytes };
}

void quo_temp_release(quo_session *s, quo_temp_mark mark)
{
	if (s->dry_step_peak < s->dry_step_bytes)
		s->dry_step_peak = s->dry_step_bytes;
	s->dry_step_bytes = mark.dry_bytes;
	quo_arena_release(s->step, mark.arena);
}

quo_tensor *quo_keep(quo_session *s, quo_spec spec, quo_err *err)
{
	return allocate(s, s->run, spec, &s->dry_run_bytes, err);
}

quo_status quo_trace(quo_session *s, const char *where, const char *name, const quo_tensor *t,
		     quo_err *err)
{
	return s->trace ? s->trace(s->trace_arg, s, where, name, t, err) : QUO_OK;
}
