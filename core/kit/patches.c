/* SPDX-License-Identifier: Apache-2.0 */
#include "kit/patches.h"

#include <string.h>

/* Words that a task should move to be worth its waking. */
#define TASK_WORDS ((uint64_t)1 << 15)

bool quo__patches_trivial(const quo_geometry *p)
{
	return p->kh == 1 && p->kw == 1 && p->oh == p->h && p->ow == p->w && p->sh == 1 &&
	       p->sw == 1 && !p->top && !p->left;
}

/*
 * A patch is kh runs: columns of one row of the image follow each other in both. run(): the part of
 * run ky of place (oy, ox) that lies in the image. False: none of it does.
 */
struct run {
	size_t image; /* offset in one image */
	size_t patch; /* offset in the patch */
	size_t n;
};

static inline bool run_of(const quo_geometry *p, uint32_t oy, uint32_t ox, uint32_t ky,
			  struct run *run)
{
	int64_t y = (int64_t)oy * p->sh + ky - p->top, x = (int64_t)ox * p->sw - p->left;
	int64_t from = x < 0 ? -x : 0, end = p->kw;

	if (end > (int64_t)p->w - x)
		end = (int64_t)p->w - x;
	if (y < 0 || y >= p->h || from >= end)
		return false;
	run->image = ((size_t)y * p->w + (size_t)(x + from)) * p->c;
	run->patch = ((size_t)ky * p->kw + (size_t)from) * p->c;
	run->n = (size_t)(end - from) * p->c;
	return true;
}

/* Copies short runs without a call. */
static inline void copy_run(uint32_t *to, const uint32_t *from, size_t n)
{
	if (n < 4 || n > 32) {
		memcpy(to, from, n * sizeof *to);
		return;
	}
	for (size_t i = 0; i + 4 < n; i += 4)
		memcpy(to + i, from + i, 4 * sizeof *to);
	memcpy(to + n - 4, from + n - 4, 4 * sizeof *to);
}

struct work {
	const quo_geometry *p;
	const uint32_t *from;
	uint32_t *to;
	uint32_t mask;
	size_t tasks;
};

static void take_words(void *arg, size_t i)
{
	const struct work *work = arg;
	const quo_geometry *p = work->p;
	quo_range range = quo_range_of(p->n, work->tasks, i, 1);
	size_t image = (size_t)p->h * p->w * p->c, columns = quo__patch_columns(p);
	struct run run;

	for (size_t n = range.first; n < range.end; n++) {
		const uint32_t *from = work->from + n * image;
		uint32_t *to = work->to + n * p->oh * p->ow * columns;
		for (uint32_t oy = 0; oy < p->oh; oy++)
			for (uint32_t ox = 0; ox < p->ow; ox++, to += columns)
				for (uint32_t ky = 0; ky < p->kh; ky++)
					if (run_of(p, oy, ox, ky, &run))
						copy_run(to + run.patch, from + run.image, run.n);
	}
}

static void add_words(void *arg, size_t i)
{
	const struct work *work = arg;
	const quo_geometry *p = work->p;
	quo_range range = quo_range_of(p->n, work->tasks, i, 1);
	size_t image = (size_t)p->h * p->w * p->c, columns = quo__patch_columns(p);
	struct run run;

	for (size_t n = range.first; n < range.end; n++) {
		const uint32_t *from = work->from + n * p->oh * p->ow * columns;
		uint32_t *restrict to = work->to + n * image;
		memset(to, 0, image * sizeof *to);
		for (uint32_t oy = 0; oy < p->oh; oy++)
			for (uint32_t ox = 0; ox < p->ow; ox++, from += columns)
				for (uint32_t ky = 0; ky < p->kh; ky++) {
					if (!run_of(p, oy, ox, ky, &run))
						continue;
					for (size_t e = 0; e < run.n; e++)
						to[run.image + e] += from[run.patch + e];
				}
		for (size_t e = 0; e < image; e++)
			to[e] &= work->mask;
	}
}

static void on_words(struct work *work, quo_pool *pool, void (*task)(void *arg, size_t i))
{
	uint64_t words = quo__patch_rows(work->p) * quo__patch_columns(work->p);
	uint64_t tasks = 4 * (uint64_t)quo_pool_threads(pool);

	if (tasks > words / TASK_WORDS)
		tasks = words / TASK_WORDS;
	if (tasks > work->p->n)
		tasks = work->p->n;
	work->tasks = tasks ? tasks : 1;
	quo_parallel(pool, work->tasks, task, work);
}

static void take_bits(const quo_geometry *p, const uint64_t *from, uint64_t *to)
{
	size_t image = (size_t)p->h * p->w * p->c, columns = quo__patch_columns(p), at = 0;
	struct run run;

	for (size_t n = 0; n < p->n; n++)
		for (uint32_t oy = 0; oy < p->oh; oy++)
			for (uint32_t ox = 0; ox < p->ow; ox++, at += columns)
				for (uint32_t ky = 0; ky < p->kh; ky++)
					if (run_of(p, oy, ox, ky, &run))
						quo_bits_append(to, at + run.patch, from,
								n * image + run.image, run.n);
}

void quo__patches_take(const quo_geometry *p, quo_pool *pool, const quo_tensor *images,
		       quo_tensor *out)
{
	for (unsigned part = 0; part < images->parts; part++) {
		quo_tensor from = quo_part(images, part), to = quo_part(out, part);
		if (from.spec.kind == QUO_BITS) {
			for (unsigned k = 0; k < from.spec.width; k++)
				take_bits(p, quo_plane(&from, k), quo_plane(&to, k));
			continue;
		}
		struct work work = { .p = p, .from = from.a, .to = to.a };
		on_words(&work, pool, take_words);
	}
}

void quo__patches_add(const quo_geometry *p, quo_pool *pool, const quo_tensor *patches,
		      quo_tensor *images)
{
	for (unsigned part = 0; part < images->parts; part++) {
		struct work work = { .p = p,
				     .from = quo_part(patches, part).a,
				     .to = quo_part(images, part).a,
				     .mask = quo_mask32(images->spec.width) };
		on_words(&work, pool, add_words);
	}
}
