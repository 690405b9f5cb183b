/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From products of values (products.h) to the plain matrix jobs that a protocol multiplies: which
 * operand is given as planes, what is converted first, how patches are laid out and cut.
 */
#include "kit/patches.h"
#include "session/session_core.h"

/* ---- shapes ---- */

static const quo_tensor *any(const quo_value *v)
{
	return v->arith ? v->arith : v->bits;
}

static const quo_tensor *tensor_of(const quo_product_job *j, quo_product_side side)
{
	return side == QUO_SIDE_LEFT ? any(j->left) : side == QUO_SIDE_RIGHT ? any(j->right) : j->z;
}

/* Z[m, n] = L[m, k] R[k, n]: which of the three the stored rows of a side are. */
enum dimension { M, K, N };

static enum dimension rows_are(const quo_product_job *j, quo_product_side side)
{
	switch (side) {
	case QUO_SIDE_LEFT:
		return j->left_t ? K : M;
	case QUO_SIDE_RIGHT:
		return j->right_t ? N : K;
	default:
		return j->z_t ? N : M;
	}
}

/* The side that has a row for each patch; NONE without patches. */
static quo_product_side places_of(const quo_product_job *j)
{
	for (quo_product_side side = QUO_SIDE_LEFT; j->conv && side <= QUO_SIDE_Z; side++)
		if (side != j->patched && rows_are(j, side) == rows_are(j, j->patched))
			return side;
	return QUO_SIDE_NONE;
}

static uint64_t rows(const quo_product_job *j, quo_product_side side)
{
	if (j->conv && (side == j->patched || side == places_of(j)))
		return quo__patch_rows(j->conv);
	return tensor_of(j, side)->spec.dim[0];
}

static uint64_t columns(const quo_product_job *j, quo_product_side side)
{
	if (j->conv && side == j->patched)
		return quo__patch_columns(j->conv);
	uint64_t n = rows(j, side);
	return n ? tensor_of(j, side)->n / n : 0;
}

uint64_t quo_product_outer(const quo_product_job *j, quo_product_side side)
{
	bool by_rows = side == QUO_SIDE_LEFT ? !j->left_t : j->right_t;

	return by_rows ? rows(j, side) : columns(j, side);
}

static quo_status check(const quo_product_job *j, quo_err *err)
{
	if (!any(j->left) || !any(j->right))
		return quo_fail(err, QUO_BUG, "product: an operand has neither bits nor integers");
	if (!j->conv)
		return QUO_OK;
	const quo_geometry *g = j->conv;
	quo_product_side places = places_of(j);
	if (j->patched == QUO_SIDE_NONE || places == QUO_SIDE_NONE)
		return quo_fail(err, QUO_BUG,
				"product: no operand is stored with a row for each patch");
	uint64_t n = quo__patch_rows(g);
	if (tensor_of(j, j->patched)->n != (uint64_t)g->n * g->h * g->w * g->c ||
	    (n && tensor_of(j, places)->n % n))
		return quo_fail(err, QUO_BUG,
				"product: the images or places do not fit the geometry");
	return QUO_OK;
}

/* ---- how a job is multiplied ---- */

/* How many examples' patches the protocol wants at a time: whole words of planes of the places. */
static uint32_t examples_at_once(const quo_session *s, const quo_product_job *j)
{
	const quo_geometry *g = j->conv;
	size_t most = quo_protocol(s->protocol)->layout_bytes;

	if (!most || quo__patches_trivial(g))
		return g->n;
	uint64_t each = (uint64_t)g->oh * g->ow * quo__patch_columns(g) * sizeof(uint32_t);
	uint64_t n = most / (each ? each : 1), unit = 64;
	uint64_t elements = (uint64_t)g->oh * g->ow * columns(j, places_of(j));
	while (unit > 1 && elements % 2 == 0) {
		unit /= 2;
		elements /= 2;
	}
	n = n / unit * unit;
	if (n < unit)
		n = unit;
	return n > g->n ? g->n : (uint32_t)n;
}

struct form {
	quo_product_side planes; /* NONE: integers on both sides */
	uint32_t step;           /* examples at a time; 0: no patches */
};

static bool has_bits(const quo_product_job *j, quo_product_side side)
{
	return (side == QUO_SIDE_LEFT ? j->left : j->right)->bits != NULL;
}

static quo_status choose(const quo_session *s, const quo_product_job *j, struct form *f,
			 quo_err *err)
{
	const quo_protocol_ops *ops = quo_protocol(s->protocol);
	quo_product_side side = ops->planes ? ops->planes(s->protocol->self, s, j) : QUO_SIDE_NONE;

	*f = (struct form){ side, j->conv ? examples_at_once(s, j) : 0 };
	if (side == QUO_SIDE_NONE)
		return QUO_OK;
	quo_product_side other = side == QUO_SIDE_LEFT ? QUO_SIDE_RIGHT : QUO_SIDE_LEFT;
	if (!has_bits(j, side)) {
		if (!has_bits(j, other))
			return quo_fail(err, QUO_BUG, "product: no operand has bit planes");
		f->planes = other;
	}
	/* Planes of images cannot be cut between words. */
	if (j->conv && f->step < j->conv->n && f->planes == j->patched) {
		other = f->planes == QUO_SIDE_LEFT ? QUO_SIDE_RIGHT : QUO_SIDE_LEFT;
		if (has_bits(j, other))
			f->planes = other;
		else
			f->step = j->conv->n;
	}
	return QUO_OK;
}

/* ---- conversions ---- */

#define MAX_CONVERSIONS 16

/* The integers of v, to be made by a conversion that is added to the list. */
static quo_status want_integers(quo_session *s, quo_value *v, quo_convert_job *list, size_t *n,
				quo_err *err)
{
	if (v->arith)
		return QUO_OK;
	if (*n == MAX_CONVERSIONS) {
		QUO_TRY(quo_convert(s, list, *n, err));
		*n = 0;
	}
	quo_spec spec = v->bits->spec;
	spec.kind = QUO_ARITH;
	spec.width = v->ring;
	spec.is_signed = true;
	v->arith = quo_temp(s, spec, err);
	if (!v->arith)
		return QUO_FAILED;
	list[(*n)++] = (quo_convert_job){ .z = v->arith, .x = v->bits, .coef = v->coef };
	return QUO_OK;
}

static quo_status convert_operands(quo_session *s, const quo_product_job *jobs, size_t n_jobs,
				   quo_err *err)
{
	quo_convert_job list[MAX_CONVERSIONS];
	struct form f;
	size_t n = 0;

	for (size_t i = 0; i < n_jobs; i++) {
		QUO_TRY(check(&jobs[i], err));
		QUO_TRY(choose(s, &jobs[i], &f, err));
		if (f.planes != QUO_SIDE_LEFT)
			QUO_TRY(want_integers(s, jobs[i].left, list, &n, err));
		if (f.planes != QUO_SIDE_RIGHT)
			QUO_TRY(want_integers(s, jobs[i].right, list, &n, err));
	}
	return n ? quo_convert(s, list, n, err) : QUO_OK;
}

quo_status quo_value_arith(quo_session *s, quo_value *v, const quo_tensor **out, quo_err *err)
{
	quo_convert_job job;
	size_t n = 0;

	QUO_TRY(want_integers(s, v, &job, &n, err));
	*out = v->arith;
	return n ? quo_convert(s, &job, 1, err) : QUO_OK;
}

/* ---- matrices ---- */

/* A job while it is multiplied, part of the examples after part. */
struct work {
	const quo_product_job *job;
	struct form form;
	quo_product_side places;
	uint32_t first, n;  /* the examples of this part */
	quo_tensor *space;  /* patches; NULL: none, or images are the patches */
	quo_tensor *addend; /* what a part adds to Z; NULL: parts of Z are parts of the product */
	quo_tensor left, right, z;
};

/* The tensor as a matrix of so many rows, on the same data. */
static quo_tensor with_rows(const quo_tensor *t, uint32_t n)
{
	quo_tensor view = *t;

	view.spec.n_dims = 2;
	view.spec.dim[0] = n;
	view.spec.dim[1] = n ? (uint32_t)(t->n / n) : 0;
	return view;
}

/* Examples first .. first + n - 1 of all; planes of them start with a word. */
static quo_tensor examples(const quo_tensor *t, uint32_t all, uint32_t first, uint32_t n)
{
	size_t each = all ? t->n / all : 0;
	quo_tensor view = *t;

	view.spec.dim[0] = n;
	view.n = n * each;
	if (t->spec.kind == QUO_BITS)
		view.b = t->b ? t->b + first * each / 64 : NULL;
	else
		view.a = t->a ? t->a + first * each : NULL;
	return view;
}

static const quo_tensor *operand(const struct work *w, quo_product_side side)
{
	const quo_product_job *j = w->job;

	if (side == QUO_SIDE_Z)
		return w->addend && w->first ? w->addend : j->z;
	const quo_value *v = side == QUO_SIDE_LEFT ? j->left : j->right;
	return w->form.planes == side ? v->bits : v->arith;
}

static quo_geometry part_of(const struct work *w)
{
	quo_geometry g = *w->job->conv;

	g.n = w->n;
	return g;
}

/* A side's matrix of this part; an operand's patches are taken. */
static quo_tensor matrix(const quo_session *s, const struct work *w, quo_product_side side)
{
	const quo_product_job *j = w->job;
	const quo_tensor *t = operand(w, side);

	if (!j->conv)
		return *t;
	if (side != j->patched && side != w->places)
		return *t;
	quo_geometry g = part_of(w);
	uint32_t n = (uint32_t)quo__patch_rows(&g);
	quo_tensor part = examples(t, j->conv->n, w->first, w->n);
	if (side == j->patched && w->space) {
		quo_tensor patches = *w->space;
		patches.n = n * quo__patch_columns(&g);
		if (side != QUO_SIDE_Z)
			quo__patches_take(&g, quo_session_pool(s), &part, &patches);
		part = patches;
	}
	return with_rows(&part, n);
}

static quo_status open_work(quo_session *s, const quo_product_job *j, struct work *w, quo_err *err)
{
	*w = (struct work){ .job = j, .places = places_of(j) };
	QUO_TRY(choose(s, j, &w->form, err));
	if (!j->conv)
		return QUO_OK;
	if (!quo__patches_trivial(j->conv)) {
		quo_spec spec = operand(w, j->patched)->spec;
		spec.n_dims = 2;
		spec.dim[0] = w->form.step * j->conv->oh * j->conv->ow;
		spec.dim[1] = (uint32_t)quo__patch_columns(j->conv);
		w->space = quo_temp(s, spec, err);
		if (!w->space)
			return QUO_FAILED;
	}
	bool whole = j->patched != QUO_SIDE_Z && w->places != QUO_SIDE_Z;
	if (whole && w->form.step < j->conv->n) {
		w->addend = quo_temp(s, j->z->spec, err);
		if (!w->addend)
			return QUO_FAILED;
	}
	return QUO_OK;
}

/* The matrix job of the next part; w->n: its examples. */
static quo_matrix_job begin_part(const quo_session *s, struct work *w)
{
	const quo_product_job *j = w->job;

	if (j->conv) {
		uint32_t left = j->conv->n - w->first;
		w->n = left < w->form.step ? left : w->form.step;
	}
	w->left = matrix(s, w, QUO_SIDE_LEFT);
	w->right = matrix(s, w, QUO_SIDE_RIGHT);
	w->z = matrix(s, w, QUO_SIDE_Z);
	if (w->form.planes != QUO_SIDE_RIGHT)
		return (quo_matrix_job){ .z = &w->z,
					 .p = &w->left,
					 .y = &w->right,
					 .coef = w->form.planes ? j->left->coef : NULL,
					 .p_t = j->left_t,
					 .y_t = j->right_t,
					 .z_t = j->z_t };
	/* Z^T = R^T L^T */
	return (quo_matrix_job){ .z = &w->z,
				 .p = &w->right,
				 .y = &w->left,
				 .coef = j->right->coef,
				 .p_t = !j->right_t,
				 .y_t = !j->left_t,
				 .z_t = !j->z_t };
}

/* Whether it was the last one. */
static bool end_part(const quo_session *s, struct work *w)
{
	const quo_product_job *j = w->job;

	if (!j->conv)
		return true;
	if (j->patched == QUO_SIDE_Z && w->space) {
		quo_geometry g = part_of(w);
		quo_tensor images = examples(j->z, j->conv->n, w->first, w->n);
		quo__patches_add(&g, quo_session_pool(s), &w->z, &images);
	}
	if (w->addend && w->first)
		quo_tensor_add(j->z, w->addend, 0);
	w->first += w->n;
	return w->first >= j->conv->n;
}

/* Part after part of all jobs together; those with fewer parts end earlier. */
static quo_status multiply(quo_session *s, const quo_product_job *jobs, size_t n_jobs, quo_err *err)
{
	struct work *work = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *work, err);
	quo_matrix_job *list = quo_arena_alloc(quo_step_arena(s), n_jobs, sizeof *list, err);
	size_t n = n_jobs;

	if (!work || !list)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++)
		QUO_TRY(open_work(s, &jobs[i], &work[i], err));
	while (n) {
		size_t left = 0;
		for (size_t i = 0; i < n; i++)
			list[i] = begin_part(s, &work[i]);
		QUO_TRY(quo__multiply(s, list, n, err));
		for (size_t i = 0; i < n; i++)
			if (!end_part(s, &work[i]))
				work[left++] = work[i];
		n = left;
	}
	return QUO_OK;
}

quo_status quo_product(quo_session *s, const quo_product_job *jobs, size_t n_jobs, quo_err *err)
{
	QUO_TRY(convert_operands(s, jobs, n_jobs, err));
	/* Converted forms stay; patches go. */
	quo_temp_mark mark = quo_temp_here(s);
	quo_status status = multiply(s, jobs, n_jobs, err);
	quo_temp_release(s, mark);
	return status;
}
