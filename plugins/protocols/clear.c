/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol/clear: one party computes on the values themselves.
 *
 * The twin that checks the other protocols and the fast way to explore accuracy. Products are
 * integer matrix products (planes with coefficients are an integer matrix), maps run the same
 * circuits as everybody else, bit-sliced.
 */
#include <string.h>

#include <quotient/gemm.h>
#include <quotient/quotient.h>

struct buffer {
	void *data;
	size_t bytes;
};

struct clear {
	quo_gemm *gemm;
	/* Kept from call to call: a training step allocates nothing. */
	struct buffer entries, planes;
};

static void *need(struct buffer *buffer, size_t n, size_t size, quo_err *err)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		quo_fail(err, QUO_FAILED, "protocol clear: a buffer of %zu x %zu bytes overflows",
			 n, size);
		return NULL;
	}
	if (bytes > buffer->bytes || !buffer->data) {
		quo_free(buffer->data);
		buffer->bytes = 0;
		buffer->data = quo_alloc(1, bytes, err);
		if (buffer->data)
			buffer->bytes = bytes;
	}
	return buffer->data;
}

static void clear_fini(void *self)
{
	struct clear *c = self;

	quo_gemm_free(c->gemm);
	quo_free(c->entries.data);
	quo_free(c->planes.data);
}

static quo_status clear_open(void *self, quo_session *s, quo_err *err)
{
	struct clear *c = self;

	if (!c->gemm)
		c->gemm = quo_gemm_new(err);
	return c->gemm ? quo_gemm_use(c->gemm, quo_session_pool(s), err) : QUO_FAILED;
}

static quo_status clear_share(void *self, quo_session *s, quo_tensor *out, const int32_t *values,
			      int owner, quo_err *err)
{
	(void)self, (void)owner;
	if (quo_is_dry(s))
		return QUO_OK;
	if (!values)
		return quo_fail(err, QUO_BUG, "protocol clear: share without values");
	quo_tensor_set(out, values);
	return QUO_OK;
}

static quo_status clear_reveal(void *self, quo_session *s, const quo_tensor *in, int32_t *out,
			       int to, quo_err *err)
{
	(void)self, (void)to, (void)err;
	if (!quo_is_dry(s) && out)
		quo_tensor_get(in, out);
	return QUO_OK;
}

/* The integers that planes low .. low + n - 1 of a tensor stand for, by their bits. */
static void weigh(const quo_tensor *t, const int32_t *coef, unsigned low, unsigned n,
		  uint32_t table[256])
{
	memset(table, 0, 256 * sizeof *table);
	for (unsigned k = 0; k < n; k++)
		for (uint32_t v = 0; v < 1u << k; v++)
			table[v | 1u << k] = table[v] + (uint32_t)quo_plane_coef(t, coef, low + k);
}

/* Whether every entry of a table of 2^n is in -128..127. */
static bool are_bytes(const uint32_t *table, unsigned n)
{
	uint32_t beyond = 0;

	for (unsigned v = 0; v < 1u << n; v++)
		beyond |= table[v] + 128;
	return beyond < 256;
}

/* The planes of a tensor one after the other. */
static quo_status planes_of(struct clear *c, const quo_tensor *t, const uint64_t **out,
			    quo_err *err)
{
	size_t words = quo_words(t->n);

	*out = t->b;
	if (t->words == words)
		return QUO_OK;
	uint64_t *planes = need(&c->planes, words, t->spec.width * sizeof *planes, err);
	if (!planes)
		return QUO_FAILED;
	for (unsigned k = 0; k < t->spec.width; k++)
		memcpy(planes + k * words, quo_plane(t, k), words * sizeof *planes);
	*out = planes;
	return QUO_OK;
}

/* Eight planes at a time, by a table of what their bits weigh together; `part` has room for as many
 * words. */
static void sum_planes(const quo_tensor *t, const int32_t *coef, const uint64_t *planes,
		       uint32_t *part, uint32_t *sum)
{
	uint32_t table[256];

	for (unsigned low = 0; low < t->spec.width; low += 8) {
		unsigned chunk = t->spec.width - low < 8 ? t->spec.width - low : 8;
		weigh(t, coef, low, chunk, table);
		quo_words_from_planes(planes + low * quo_words(t->n), t->n, chunk, false, part);
		for (size_t i = 0; i < t->n; i++)
			sum[i] = (low ? sum[i] : 0) + table[part[i]];
	}
}

/* The integers that the planes of a job's left operand and its coefficients stand for, mod 2^32. */
static quo_status combine(struct clear *c, const quo_matrix_job *job, quo_gemm_operand *out,
			  quo_err *err)
{
	const quo_tensor *p = job->p;
	unsigned width = p->spec.width;
	const uint64_t *planes;
	uint32_t table[256];

	QUO_TRY(planes_of(c, p, &planes, err));
	if (width <= 8) {
		weigh(p, job->coef, 0, width, table);
		if (are_bytes(table, width)) {
			uint8_t bytes[256], *entries = need(&c->entries, p->n, 1, err);
			if (!entries)
				return QUO_FAILED;
			for (unsigned v = 0; v < 256; v++)
				bytes[v] = (uint8_t)table[v];
			quo_bytes_from_planes(planes, p->n, width, bytes, entries);
			out->bytes = (const int8_t *)entries;
			return QUO_OK;
		}
	}

	uint32_t *sum = need(&c->entries, p->n, 2 * sizeof *sum, err);
	if (!sum)
		return QUO_FAILED;
	out->data = sum;
	out->width = 32;
	if (!job->coef && width <= 32) {
		quo_words_from_planes(planes, p->n, width, p->spec.is_signed, sum);
		return QUO_OK;
	}
	sum_planes(p, job->coef, planes, sum + p->n, sum);
	return QUO_OK;
}

static quo_status clear_product(void *self, quo_session *s, const quo_matrix_job *jobs,
				size_t n_jobs, quo_err *err)
{
	struct clear *c = self;

	if (quo_is_dry(s))
		return QUO_OK;
	for (size_t i = 0; i < n_jobs; i++) {
		const quo_matrix_job *job = &jobs[i];
		quo_gemm_operand a = { 0 };
		QUO_TRY(combine(c, job, &a, err));

		size_t p_rows = job->p->spec.dim[0], y_rows = job->y->spec.dim[0],
		       z_rows = job->z->spec.dim[0];
		size_t p_cols = p_rows ? job->p->n / p_rows : 0,
		       y_cols = y_rows ? job->y->n / y_rows : 0;
		size_t z_cols = z_rows ? job->z->n / z_rows : 0;
		size_t m = job->p_t ? p_cols : p_rows, p = job->p_t ? p_rows : p_cols;
		size_t n = job->y_t ? y_rows : y_cols;
		a.row_stride = job->p_t ? 1 : p_cols;
		a.col_stride = job->p_t ? p_cols : 1;
		quo_gemm_operand b = { job->y->a, job->y_t ? 1 : y_cols, job->y_t ? y_cols : 1,
				       job->y->spec.width, NULL };
		quo_gemm_run(c->gemm, m, n, p, &a, &b, job->z->a, job->z_t ? 1 : z_cols,
			     job->z_t ? z_cols : 1, job->z->spec.width);
	}
	return QUO_OK;
}

/* Ternary weights; else what is narrower. Both give the same integers. */
static quo_product_side clear_planes(void *self, const quo_session *s, const quo_product_job *job)
{
	const quo_value *left = job->left, *right = job->right;

	(void)self, (void)s;
	if (!left->bits || !right->bits)
		return left->bits ? QUO_SIDE_LEFT : QUO_SIDE_RIGHT;
	if (!left->coef != !right->coef)
		return left->coef ? QUO_SIDE_LEFT : QUO_SIDE_RIGHT;
	uint64_t of_left = left->bits->spec.width * quo_product_outer(job, QUO_SIDE_LEFT);
	uint64_t of_right = right->bits->spec.width * quo_product_outer(job, QUO_SIDE_RIGHT);
	return of_left < of_right ? QUO_SIDE_LEFT : QUO_SIDE_RIGHT;
}

static quo_status convert_weighed(struct clear *c, const quo_convert_job *job, quo_err *err)
{
	const quo_tensor *x = job->x;
	uint32_t mask = quo_mask32(job->z->spec.width);
	uint32_t *part = need(&c->entries, x->n, sizeof *part, err);
	const uint64_t *planes;

	if (!part)
		return QUO_FAILED;
	QUO_TRY(planes_of(c, x, &planes, err));
	sum_planes(x, job->coef, planes, part, job->z->a);
	for (size_t e = 0; e < x->n; e++)
		job->z->a[e] &= mask;
	return QUO_OK;
}

static quo_status clear_convert(void *self, quo_session *s, const quo_convert_job *jobs,
				size_t n_jobs, quo_err *err)
{
	if (quo_is_dry(s))
		return QUO_OK;
	for (size_t i = 0; i < n_jobs; i++) {
		const quo_tensor *x = jobs[i].x;
		quo_tensor *z = jobs[i].z;
		if (jobs[i].coef) {
			QUO_TRY(convert_weighed(self, &jobs[i], err));
			continue;
		}
		uint32_t mask = quo_mask32(z->spec.width);
		/* Planes beyond 32 vanish mod 2^32, the sign plane among them. */
		bool all = x->spec.width <= 32, is_signed = all && x->spec.is_signed;
		quo_words_from_planes(x->b, x->n, all ? x->spec.width : 32, is_signed, z->a);
		uint32_t *words = z->a;
		size_t n = is_signed || x->spec.width > z->spec.width ? z->n : 0;
		for (size_t e = 0; e < n; e++)
			words[e] &= mask;
	}
	return QUO_OK;
}

/* A protocol's arith port holds the value itself. */
static quo_status map_one(quo_pool *pool, const quo_map_job *job, quo_err *err)
{
	const quo_circuit *circuit = job->circuit;
	const uint64_t *in[QUO_MAX_PORTS];
	const uint32_t *words[QUO_MAX_PORTS];
	uint64_t *out[QUO_MAX_PORTS];

	for (uint32_t p = 0; p < circuit->n_in; p++) {
		bool arith = circuit->in[p].kind == QUO_PORT_ARITH;
		in[p] = arith ? NULL : job->in[p]->b;
		words[p] = arith ? job->in[p]->a : NULL;
	}
	for (uint32_t p = 0; p < circuit->n_out; p++)
		out[p] = job->out[p]->b;
	return quo_circuit_eval_words(pool, circuit, job->n, in, words, out, err);
}

static quo_status clear_map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs,
			    quo_err *err)
{
	(void)self;
	if (quo_is_dry(s))
		return QUO_OK;
	for (size_t i = 0; i < n_jobs; i++)
		QUO_TRY(map_one(quo_session_pool(s), &jobs[i], err));
	return QUO_OK;
}

static quo_goal clear_goal(void *self, const quo_session *s, size_t n)
{
	(void)self;
	(void)s;
	(void)n;
	return QUO_SMALL;
}

static const quo_protocol_ops clear_ops = {
	.life = { .fini = clear_fini },
	.parties = 1,
	.owned = true,
	.open = clear_open,
	.share = clear_share,
	.reveal = clear_reveal,
	.product = clear_product,
	.convert = clear_convert,
	.map = clear_map,
	.goal = clear_goal,
	.layout_bytes = (size_t)1536 << 10,
	.planes = clear_planes,
};

static const quo_component clear_component = {
	QUO_COMPONENT(QUO_KIND_PROTOCOL, &clear_ops),
	.name = "clear",
	.summary = "everything in the clear, in one process: fast, and bit for bit what the others "
		   "compute",
	.security = "none: everything is in the clear; the twin that checks the others",
	.wire_version = 1,
	.instance_size = sizeof(struct clear),
	.config_size = 0,
};

QUO_PLUGIN("protocol-clear", "1.0", &clear_component)
