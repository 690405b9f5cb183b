/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private randomness. Block i of a key's stream is AES_key(i); after 2^20 blocks the next block
 * becomes the key, so what was drawn before cannot be recomputed from the state.
 */
#include "base/rng_private.h"

#include <quotient/memory.h>

#include <stdatomic.h>
#include <string.h>

#include <openssl/rand.h>
#include <pthread.h>
#include <unistd.h>

#define BUFFER 256 /* blocks */
#define PER_KEY (UINT64_C(1) << 20)

struct quo_rng {
	quo_block buffer[BUFFER];
	quo_block key;
	uint64_t next;  /* counter of the first block that is not in the buffer */
	size_t used;    /* bytes of the buffer that were handed out */
	unsigned forks; /* of this process when the key was drawn */
	bool from_seed;
};

/* How many fork()s lie between the first process and this one: a child must not repeat its parent's
 * stream. */
static _Atomic unsigned forks;
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

static void after_fork(void)
{
	atomic_fetch_add(&forks, 1);
}

static void watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, after_fork);
}

static void take_key(quo_rng *rng, quo_block key)
{
	rng->key = key;
	rng->next = 0;
	rng->used = sizeof rng->buffer;
	rng->forks = atomic_load(&forks);
}

quo_rng *quo__rng_from_seed(quo_block seed, quo_err *err)
{
	quo_rng *rng = quo_alloc(1, sizeof *rng, err);

	if (rng) {
		rng->from_seed = true;
		take_key(rng, seed);
	}
	return rng;
}

quo_rng *quo_rng_new(quo_err *err)
{
	quo_block seed;

	pthread_once(&watch_once, watch_forks);
	if (RAND_bytes((unsigned char *)&seed, sizeof seed) != 1) {
		quo_fail(err, QUO_FAILED,
			 "the operating system gave no randomness (OpenSSL RAND_bytes)");
		return NULL;
	}
	quo_rng *rng = quo__rng_from_seed(seed, err);
	if (rng)
		rng->from_seed = false;
	quo_wipe(&seed, sizeof seed);
	return rng;
}

/* The new key depends on the old one and the process too, so it is no weaker if the operating system fails here, and
 * two children of one process still differ. */
static void rekey_after_fork(quo_rng *rng)
{
	uint64_t process = (uint64_t)getpid() << 32 | atomic_load(&forks);
	quo_block fresh = { { 0, 0 } }, key;

	(void)RAND_bytes((unsigned char *)&fresh, sizeof fresh);
	key = quo_aes128(rng->key, (quo_block){ { process, UINT64_MAX } });
	take_key(rng, quo_xor(key, fresh));
	quo_wipe(&fresh, sizeof fresh);
	quo_wipe(&key, sizeof key);
}

static void refill(quo_rng *rng)
{
	if (rng->next == PER_KEY) {
		quo_block key;
		quo_prg(rng->key, rng->next, &key, 1);
		take_key(rng, key);
	}
	quo_prg(rng->key, rng->next, rng->buffer, BUFFER);
	rng->next += BUFFER;
	rng->used = 0;
}

void quo_rng_bytes(quo_rng *rng, void *out, size_t n)
{
	unsigned char *to = out;

	if (!rng->from_seed && rng->forks != atomic_load_explicit(&forks, memory_order_relaxed))
		rekey_after_fork(rng);
	while (n) {
		if (rng->used == sizeof rng->buffer)
			refill(rng);
		size_t some = sizeof rng->buffer - rng->used;
		if (some > n)
			some = n;
		unsigned char *from = (unsigned char *)rng->buffer + rng->used;
		memcpy(to, from, some);
		memset(from, 0, some);
		rng->used += some;
		to += some;
		n -= some;
	}
}

quo_block quo_rng_block(quo_rng *rng)
{
	quo_block out;

	quo_rng_bytes(rng, &out, sizeof out);
	return out;
}

void quo_rng_free(quo_rng *rng)
{
	quo_free(rng);
}
