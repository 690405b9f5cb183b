/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: wiping, aligned allocation, and arenas.
 *
 * Everything that held a secret is wiped before it goes back to the system. quo_free() wipes the
 * whole allocation; an arena wipes what it handed out, at reset and at free. All blocks are 64-byte
 * aligned.
 */
#ifndef QUOTIENT_MEMORY_H
#define QUOTIENT_MEMORY_H

#include <quotient/status.h>

QUO_BEGIN_DECLS

/* Overwrite n bytes with zeros; never optimised away. */
void quo_wipe(void *p, size_t n);

/* n * size zeroed bytes, 64-byte aligned; NULL with a message in err on overflow or
 * lack of memory. */
void *quo_alloc(size_t n, size_t size, quo_err *err);

/* Wipe and free what quo_alloc() returned. NULL is fine. */
void quo_free(void *p);

/*
 * An arena hands out zeroed, 64-byte aligned memory that lives until the next reset. One caller at
 * a time. Blocks are kept over a reset, so a training step allocates from the system only once.
 */
typedef struct quo_arena quo_arena;

quo_arena *quo_arena_new(quo_err *err);
void *quo_arena_alloc(quo_arena *arena, size_t n, size_t size, quo_err *err);
void quo_arena_reset(quo_arena *arena); /* wipes what was handed out since the last reset */
void quo_arena_free(quo_arena *arena);  /* wipes and frees; NULL is fine */

/* Everything handed out after a mark is wiped and taken back by release(mark). Marks nest. */
typedef struct quo_arena_mark {
	size_t block, used;
} quo_arena_mark;
quo_arena_mark quo_arena_here(const quo_arena *arena);
void quo_arena_release(quo_arena *arena, quo_arena_mark mark);

QUO_END_DECLS

#endif
