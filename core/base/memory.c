/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/memory.h>

#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#define ALIGN 64u
#define LARGE_PAGE ((size_t)1 << 21)
#define BLOCK_BYTES ((size_t)1 << 20)

void quo_wipe(void *p, size_t n)
{
	if (!n)
		return;
	memset(p, 0, n);
	/* Somebody may read it, as far as the compiler can tell. */
	__asm__ volatile("" : : "r"(p) : "memory");
}

/*
 * Large blocks lie on large pages where the system has some: fewer faults at first touch, fewer
 * misses of the address cache at random access. Without them nothing changes.
 */
static void *allocate(size_t bytes)
{
	void *p;

	if (bytes < LARGE_PAGE)
		return aligned_alloc(ALIGN, bytes);
	if (posix_memalign(&p, LARGE_PAGE, bytes))
		return NULL;
#ifdef MADV_HUGEPAGE
	(void)madvise(p, bytes, MADV_HUGEPAGE);
#endif
	return p;
}

/* The size lives in the 64 bytes before what the caller gets, so that free can wipe. */
void *quo_alloc(size_t n, size_t size, quo_err *err)
{
	size_t bytes, total;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes) ||
	    __builtin_add_overflow(bytes, 2 * ALIGN, &total)) {
		quo_fail(err, QUO_FAILED, "a request for %zu x %zu bytes overflows", n, size);
		return NULL;
	}
	total = total / ALIGN * ALIGN;
	p = allocate(total);
	if (!p) {
		quo_fail(err, QUO_FAILED, "out of memory: %zu bytes", bytes);
		return NULL;
	}
	memset(p, 0, total);
	*(size_t *)p = total;
	return (char *)p + ALIGN;
}

void quo_free(void *p)
{
	if (!p)
		return;
	char *base = (char *)p - ALIGN;
	quo_wipe(base, *(size_t *)(void *)base);
	free(base);
}

struct block {
	char *data;
	size_t size, used;
};

struct quo_arena {
	struct block *blocks;
	size_t n_blocks, current;
};

quo_arena *quo_arena_new(quo_err *err)
{
	return quo_alloc(1, sizeof(quo_arena), err);
}

static bool add_block(quo_arena *arena, size_t bytes, quo_err *err)
{
	struct block *blocks = realloc(arena->blocks, (arena->n_blocks + 1) * sizeof *blocks);
	if (!blocks) {
		quo_fail(err, QUO_FAILED, "out of memory: a list of arena blocks");
		return false;
	}
	arena->blocks = blocks;
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	char *data = quo_alloc(1, size, err);
	if (!data)
		return false;
	blocks[arena->n_blocks++] = (struct block){ data, size, 0 };
	return true;
}

void *quo_arena_alloc(quo_arena *arena, size_t n, size_t size, quo_err *err)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - ALIGN) {
		quo_fail(err, QUO_FAILED, "a request for %zu x %zu bytes overflows", n, size);
		return NULL;
	}
	bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
	while (arena->current < arena->n_blocks) {
		struct block *b = &arena->blocks[arena->current];
		if (b->size - b->used >= bytes) {
			void *p = b->data + b->used;
			b->used += bytes;
			return p;
		}
		arena->current++;
	}
	if (!add_block(arena, bytes, err))
		return NULL;
	arena->current = arena->n_blocks - 1;
	arena->blocks[arena->current].used = bytes;
	return arena->blocks[arena->current].data;
}

quo_arena_mark quo_arena_here(const quo_arena *arena)
{
	if (arena->current >= arena->n_blocks)
		return (quo_arena_mark){ arena->n_blocks, 0 };
	return (quo_arena_mark){ arena->current, arena->blocks[arena->current].used };
}

void quo_arena_release(quo_arena *arena, quo_arena_mark mark)
{
	for (size_t i = mark.block; i < arena->n_blocks; i++) {
		struct block *b = &arena->blocks[i];
		size_t keep = i == mark.block ? mark.used : 0;
		if (b->used > keep) {
			quo_wipe(b->data + keep, b->used - keep);
			b->used = keep;
		}
	}
	arena->current = mark.block;
}

void quo_arena_reset(quo_arena *arena)
{
	quo_arena_release(arena, (quo_arena_mark){ 0, 0 });
}

void quo_arena_free(quo_arena *arena)
{
	if (!arena)
		return;
	for (size_t i = 0; i < arena->n_blocks; i++)
		quo_free(arena->blocks[i].data);
	free(arena->blocks);
	quo_free(arena);
}
