/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed streams and shares of zero: AES-128 in counter mode, the counters as streams.h says. */
#include "streams.h"

/* Blocks that a thread should have to do at a time, and what is in flight while two streams are added. */
#define TASK_BLOCKS ((size_t)4096)
#define CHUNK_BLOCKS ((size_t)128)

void rep_keys_set(struct rep_keys *keys, quo_block own, quo_block next)
{
	keys->key[0] = own;
	keys->key[1] = next;
	quo_aes_key_set(keys->key, 2, keys->schedule);
	keys->next = 0;
}

quo_status rep_take(struct rep_keys *keys, uint64_t bytes, struct rep_range *out, quo_err *err)
{
	uint64_t blocks = bytes / 16 + (bytes % 16 != 0);

	if (blocks > UINT64_MAX - keys->next)
		return quo_fail(
			err, QUO_FAILED,
			"protocol replicated: the counters of this session's keys are used up");
	*out = (struct rep_range){ keys->next, blocks };
	keys->next += blocks;
	return QUO_OK;
}

struct fill {
	const struct rep_keys *keys;
	enum rep_stream which;
	uint64_t first;
	quo_block *out;
	size_t n;
};

static void add_streams(const struct fill *f, size_t at, size_t n)
{
	quo_block unused[CHUNK_BLOCKS];

	for (size_t done = 0; done < n; done += CHUNK_BLOCKS) {
		size_t chunk = n - done < CHUNK_BLOCKS ? n - done : CHUNK_BLOCKS;
		quo_prg_fold(f->keys->schedule, 1, f->first + at + done, chunk, NULL,
			     f->out + at + done, unused, CHUNK_BLOCKS);
	}
	quo_wipe(unused, sizeof unused);
}

static void fill_task(void *arg, size_t i)
{
	const struct fill *f = arg;
	size_t at = i * TASK_BLOCKS, n = f->n - at < TASK_BLOCKS ? f->n - at : TASK_BLOCKS;

	if (f->which == REP_BOTH)
		add_streams(f, at, n);
	else
		quo_prg(f->keys->key[f->which], f->first + at, f->out + at, n);
}

void rep_stream(quo_pool *pool, const struct rep_keys *keys, enum rep_stream which,
		struct rep_range range, uint64_t at, quo_block *out, size_t n)
{
	struct fill f = { keys, which, range.first + at, out, n };

	quo_assert(at + n <= range.blocks);
	quo_parallel(n > TASK_BLOCKS ? pool : NULL, (n + TASK_BLOCKS - 1) / TASK_BLOCKS, fill_task,
		     &f);
}

void rep_words(const struct rep_keys *keys, unsigned part, struct rep_range range, uint64_t at,
	       uint32_t *out, size_t n)
{
	quo_assert(at % 4 == 0 && at / 4 + (n + 3) / 4 <= range.blocks);
	quo_prg(keys->key[part], range.first + at / 4, (quo_block *)(void *)out, (n + 3) / 4);
}

void rep_zero_words(const struct rep_keys *keys, struct rep_range range, uint32_t *z, size_t n)
{
	_Alignas(64) uint32_t own[4 * CHUNK_BLOCKS], next[4 * CHUNK_BLOCKS];

	for (size_t at = 0; at < n; at += 4 * CHUNK_BLOCKS) {
		size_t chunk = n - at < 4 * CHUNK_BLOCKS ? n - at : 4 * CHUNK_BLOCKS;
		rep_words(keys, 0, range, at, own, chunk);
		rep_words(keys, 1, range, at, next, chunk);
		for (size_t i = 0; i < chunk; i++)
			z[at + i] += own[i] - next[i];
	}
	quo_wipe(own, sizeof own);
	quo_wipe(next, sizeof next);
}
