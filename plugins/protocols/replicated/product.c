/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products of integers (Araki, Furukawa, Lindell, Nof, Ohara 2016, over Z_2^l).
 *
 * Party i computes z_i = X_i (Y_i + Y_i+1) + X_i+1 Y_i + a_i, where a_0 + a_1 + a_2 = 0; z_i is its piece i and goes to
 * party i - 1, l bits an element, all jobs in one round. Operands come as integers on both sides.
 * Masking: a_i = F(K_i) - F(K_i+1), and party i - 1 lacks K_i+1. Times: quo_gemm_run_shares(), since a neighbour
 * has one of the pieces that are multiplied.
 */
#include "product.h"

#include "instance.h"
#include "parties.h"
#include "rows.h"
#include "wire.h"

struct shape {
	size_t m, n, p, x_cols, y_cols, z_cols;
};

static size_t columns(const quo_tensor *t)
{
	return t->spec.dim[0] ? t->n / t->spec.dim[0] : 0;
}

static struct shape shape_of(const quo_matrix_job *job)
{
	const quo_tensor *x = job->p, *y = job->y;
	struct shape h = { .x_cols = columns(x), .y_cols = columns(y), .z_cols = columns(job->z) };

	h.m = job->p_t ? h.x_cols : x->spec.dim[0];
	h.p = job->p_t ? x->spec.dim[0] : h.x_cols;
	h.n = job->y_t ? y->spec.dim[0] : h.y_cols;
	return h;
}

/* Words of the step arena that a job needs while it is computed. */
struct scratch {
	uint32_t *y_sum, *second;
};

static void multiply(const struct replicated *r, const quo_matrix_job *job, const struct scratch *t,
		     struct rep_range zeros)
{
	const quo_tensor *x = job->p, *y = job->y;
	const struct rep_kernels *k = rep_kernels();
	struct shape h = shape_of(job);
	quo_tensor z = quo_part(job->z, 0);
	uint32_t mask = quo_mask32(z.spec.width);
	size_t z_row = job->z_t ? 1 : h.z_cols, z_col = job->z_t ? h.z_cols : 1;
	quo_gemm_operand left = { .row_stride = job->p_t ? 1 : h.x_cols,
				  .col_stride = job->p_t ? h.x_cols : 1,
				  .width = x->spec.width };
	quo_gemm_operand right = { .row_stride = job->y_t ? 1 : h.y_cols,
				   .col_stride = job->y_t ? h.y_cols : 1,
				   .width = y->spec.width };

	k->sum(t->y_sum, quo_part(y, 0).a, quo_part(y, 1).a, UINT32_MAX, y->n);
	left.data = quo_part(x, 0).a;
	right.data = t->y_sum;
	quo_gemm_run_shares(r->gemm, h.m, h.n, h.p, &left, &right, z.a, z_row, z_col, z.spec.width);
	left.data = quo_part(x, 1).a;
	right.data = quo_part(y, 0).a;
	quo_gemm_run_shares(r->gemm, h.m, h.n, h.p, &left, &right, t->second, z_row, z_col,
			    z.spec.width);
	rep_zero_words(&r->keys, zeros, z.a, z.n);
	k->sum(z.a, z.a, t->second, mask, z.n);
}

static quo_status product(struct replicated *r, quo_session *s, const quo_matrix_job *jobs,
			  size_t n_jobs, quo_err *err)
{
	struct rep_round round = { 0 };
	int me = quo_me(s), to = rep_after(me, 2), from = rep_after(me, 1);
	size_t y_most = 0, z_most = 0, bytes = 0;

	for (size_t i = 0; i < n_jobs; i++) {
		if (jobs[i].p->spec.kind != QUO_ARITH)
			return quo_fail(err, QUO_BUG, "protocol replicated: a product of planes");
		y_most = jobs[i].y->n > y_most ? jobs[i].y->n : y_most;
		z_most = jobs[i].z->n > z_most ? jobs[i].z->n : z_most;
		bytes += rep_wire_bytes(jobs[i].z);
	}
	for (int p = 0; p < REP_PARTIES; p++)
		round.m.bytes[p][rep_after(p, 2)] = bytes;
	QUO_TRY(rep_round_buffers(s, &round, err));
	bool dry = quo_is_dry(s);
	struct scratch t = { NULL, NULL };
	if (!dry) {
		t.y_sum = quo_arena_alloc(quo_step_arena(s), y_most, sizeof *t.y_sum, err);
		t.second = quo_arena_alloc(quo_step_arena(s), z_most, sizeof *t.second, err);
		if (!t.y_sum || !t.second)
			return QUO_FAILED;
	}
	size_t at = 0;
	for (size_t i = 0; i < n_jobs; i++) {
		struct rep_range zeros;
		QUO_TRY(rep_take(&r->keys, 4 * (uint64_t)jobs[i].z->n, &zeros, err));
		if (dry || !jobs[i].z->n)
			continue;
		multiply(r, &jobs[i], &t, zeros);
		quo_tensor z = quo_part(jobs[i].z, 0);
		rep_pack(&z, round.out[to] + at);
		at += rep_wire_bytes(&z);
	}
	QUO_TRY(rep_round_run(s, &round, err));
	at = 0;
	for (size_t i = 0; i < n_jobs && !dry; i++) {
		quo_tensor z = quo_part(jobs[i].z, 1);
		if (z.n)
			rep_unpack(round.in[from] + at, &z);
		at += rep_wire_bytes(&z);
	}
	return QUO_OK;
}

quo_status rep_product(void *self, quo_session *s, const quo_matrix_job *jobs, size_t n_jobs,
		       quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = product(self, s, jobs, n_jobs, err);

	quo_arena_release(quo_step_arena(s), mark);
	return status;
}
