/* SPDX-License-Identifier: Apache-2.0 */
#include "train/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One line of the twin's log; less than PIPE_BUF, so written whole. */
struct record {
	uint64_t step;
	char where[64], name[24];
	uint8_t digest[32];
};

static struct record make_record(const quo_verify *v, const char *where, const char *name,
				 const int32_t *values, size_t n)
{
	struct record r = { .step = v->trainer->step + 1 };

	snprintf(r.where, sizeof r.where, "%s", where);
	snprintf(r.name, sizeof r.name, "%s", name);
	quo_sha256(values, n * sizeof *values, r.digest);
	return r;
}

static quo_status read_record(int fd, struct record *r, quo_err *err)
{
	size_t have = 0;

	while (have < sizeof *r) {
		ssize_t n = read(fd, (char *)r + have, sizeof *r - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return quo_fail(err, QUO_FAILED,
					"verify: the clear twin ended early; see its own message");
		have += (size_t)n;
	}
	return QUO_OK;
}

quo_status quo_verify_twin(void *arg, quo_session *s, const char *where, const char *name,
			   const quo_tensor *t, quo_err *err)
{
	quo_verify *v = arg;
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	int32_t *values = quo_arena_alloc(quo_step_arena(s), t->n, sizeof *values, err);

	if (!values)
		return QUO_FAILED;
	QUO_TRY(quo_reveal(s, t, values, 0, err));
	struct record r = make_record(v, where, name, values, t->n);
	quo_arena_release(quo_step_arena(s), mark);
	if (write(v->fd, &r, sizeof r) != (ssize_t)sizeof r)
		return quo_fail(err, QUO_FAILED,
				"verify: the secure run ended before its clear twin");
	return QUO_OK;
}

quo_status quo_verify_party(void *arg, quo_session *s, const char *where, const char *name,
			    const quo_tensor *t, quo_err *err)
{
	quo_verify *v = arg;

	if (quo_me(s) != 0)
		return quo_reveal(s, t, NULL, 0, err);
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	int32_t *values = quo_arena_alloc(quo_step_arena(s), t->n, sizeof *values, err);
	if (!values)
		return QUO_FAILED;
	QUO_TRY(quo_reveal(s, t, values, 0, err));
	struct record mine = make_record(v, where, name, values, t->n), twin;
	quo_arena_release(quo_step_arena(s), mark);
	QUO_TRY(read_record(v->fd, &twin, err));
	if (memcmp(&mine, &twin, sizeof mine) == 0) {
		v->compared++;
		return QUO_OK;
	}
	if (mine.step != twin.step || strcmp(mine.where, twin.where) != 0 ||
	    strcmp(mine.name, twin.name) != 0)
		return quo_fail(
			err, QUO_FAILED,
			"verify: step %llu, %s, tensor '%s': the clear twin is at step %.0f, %.63s, '%.23s'; the "
			"two do not run the same program",
			(unsigned long long)mine.step, where, name, (double)twin.step, twin.where,
			twin.name);
	return quo_fail(
		err, QUO_FAILED,
		"verify: step %llu, %s: tensor '%s' (%zu values) differs from the clear twin; the %llu tensors "
		"before it are equal",
		(unsigned long long)mine.step, where, name, t->n, (unsigned long long)v->compared);
}
