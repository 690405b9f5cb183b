/* SPDX-License-Identifier: Apache-2.0 */
/* The leaves of an iteration's trees, batch by batch, and the rows that the code makes of them. */
#include <string.h>

#include "ferret.h"

#define CODE_TAG "QUOTIENT-V1-ot-ferret-code"
#define CHUNK 4096 /* rows encoded at a time by a thread; a multiple of 64 */

/* ---- trees ---- */

static size_t batch_trees(const struct ferret *f, size_t tree)
{
	const size_t left = f->now->trees - tree, most = BATCH >> f->now->depth;

	return left < most ? left : most;
}

/* Tweaks of the trees before `tree`, which starts a batch or is the last plus one. */
static uint64_t tweaks_before(const struct ferret *f, size_t tree)
{
	const size_t most = BATCH >> f->now->depth;

	return tree / most * ferret_batch_tweaks(most, f->now->depth) +
	       ferret_batch_tweaks(tree % most, f->now->depth);
}

static void start_trees(struct ferret *f, quo_session *s)
{
	const size_t trees = f->now->trees;

	f->told = 0;
	if (f->dry)
		return;
	f->tweak = quo_session_tweaks(s, f->sender ? QUO_DOMAIN_OT_1 : QUO_DOMAIN_OT_0,
				      tweaks_before(f, trees));
	if (f->is_sender)
		quo_rng_bytes(quo_session_rng(s), f->trees, trees * sizeof *f->trees);
}

/* Batches expanded together; all but the last of an iteration are whole. */
struct group {
	const struct ferret *f;
	size_t tree, trees;
	quo_block *leaves;
};

static void expand_batch(void *arg, size_t i)
{
	const struct group *g = arg;
	const struct ferret *f = g->f;
	const unsigned depth = f->now->depth;
	const size_t before = i * (BATCH >> depth), tree = g->tree + before;
	const ferret_batch b = {
		.kernels = f->kernels,
		.hash_start = f->hash_start,
		.tweak = f->tweak + tweaks_before(f, tree),
		.trees = batch_trees(f, tree),
		.depth = depth,
		.base = f->cots + ferret_secret(f->now) + tree * depth,
		.sums = f->is_sender ? f->sums + before * depth : f->trees + tree * depth,
		.leaves = g->leaves + i * BATCH,
	};

	if (f->is_sender)
		ferret_trees_send(&b, f->delta, f->trees + tree);
	else
		ferret_trees_receive(&b);
}

/* Trees of up to `batches` batches from `tree` on. */
static size_t group_trees(const struct ferret *f, size_t tree, size_t batches)
{
	const size_t left = f->now->trees - tree, most = batches * (BATCH >> f->now->depth);

	return left < most ? left : most;
}

/* The sums of trees from `tree` on travel: the sender's from f->sums, at once. */
static quo_status pass_sums(struct ferret *f, quo_session *s, size_t tree, size_t trees,
			    quo_err *err)
{
	const int other = 1 - quo_me(s);
	const size_t per_tree = f->now->depth;
	const size_t bytes = trees * per_tree * sizeof(quo_block);

	f->told = tree + trees;
	if (!f->is_sender)
		return quo_recv(s, other, f->dry ? NULL : f->trees + tree * per_tree, bytes, err);
	QUO_TRY(quo_send(s, other, f->sums, bytes, err));
	return quo_flush(s, err);
}

/* Up to `batches` batches that begin with `tree`, each by one thread; their sums travel unless they
 * have, which is the same for all of them. */
static quo_status expand(struct ferret *f, quo_session *s, size_t tree, size_t batches,
			 quo_block *leaves, quo_err *err)
{
	const unsigned depth = f->now->depth;
	struct group g = { f, tree, group_trees(f, tree, batches), leaves };
	const size_t most = BATCH >> depth;
	const bool fresh = tree >= f->told;

	if (fresh && !f->is_sender)
		QUO_TRY(pass_sums(f, s, tree, g.trees, err));
	if (!f->dry)
		quo_parallel(quo_session_pool(s), (g.trees + most - 1) / most, expand_batch, &g);
	return fresh && f->is_sender ? pass_sums(f, s, tree, g.trees, err) : QUO_OK;
}

quo_status ferret_make_leaves(struct ferret *f, quo_session *s, quo_err *err)
{
	const size_t tree = f->made >> f->now->depth;

	if (!tree)
		start_trees(f, s);
	f->first = f->made;
	f->made += group_trees(f, tree, f->lanes) << f->now->depth;
	return expand(f, s, tree, f->lanes, f->leaves, err);
}

quo_status ferret_tell_rest(struct ferret *f, quo_session *s, quo_err *err)
{
	const size_t told = f->told, trees = f->now->trees;

	if (told < trees && (f->dry || !f->is_sender))
		return pass_sums(f, s, told, trees - told, err);
	/* What is to be kept is not there before the iteration's end: its place is free. */
	const size_t room = f->kept_room / BATCH, batches = room < f->lanes ? room : f->lanes;
	while (f->told < trees)
		QUO_TRY(expand(f, s, f->told, batches, f->kept, err));
	return QUO_OK;
}

/* ---- code ---- */

void ferret_set_code_key(struct ferret *f)
{
	uint8_t message[sizeof CODE_TAG + 16 + 1 + 8], digest[32];
	size_t n = sizeof CODE_TAG;

	memcpy(message, CODE_TAG, n);
	memcpy(message + n, &f->hash_start, 16);
	message[n + 16] = (uint8_t)f->sender;
	memcpy(message + n + 17, &f->iteration, 8);
	quo_sha256(message, sizeof message, digest);
	memcpy(&f->code, digest, sizeof f->code);
}

/* OR the n <= 64 lowest bits into a plane at bit `at`. */
static void put_bits(uint64_t *plane, size_t at, uint64_t bits, size_t n)
{
	if (n < 64)
		bits &= (UINT64_C(1) << n) - 1;
	plane[at / 64] |= bits << at % 64;
	if (at % 64 + n > 64)
		plane[at / 64 + 1] |= bits >> (64 - at % 64);
}

/* Rows that the pool's threads encode, the first of them even. */
struct rows {
	const struct ferret *f;
	const ferret_code *code;
	const quo_block *leaves;
	quo_block *out;
	size_t n;
};

static void encode_chunk(void *arg, size_t i)
{
	const struct rows *r = arg;
	const size_t at = i * CHUNK, n = r->n - at < CHUNK ? r->n - at : CHUNK;

	r->f->kernels->encode(r->code, (r->f->row + at) / 2, r->leaves + at, r->out + at,
			      (uint8_t *)(r->f->bits + at / 64), n);
}

/* The second row of a pair: the first is made too, if only for its words. Returns its bit. */
static uint64_t encode_odd(const struct ferret *f, const ferret_code *code, quo_block leaf,
			   quo_block *out)
{
	quo_block two[2], leaves[2] = { { { 0, 0 } }, leaf };
	uint8_t bits;

	f->kernels->encode(code, f->row / 2, leaves, two, &bits, 2);
	*out = two[1];
	quo_wipe(two, sizeof two);
	quo_wipe(leaves, sizeof leaves);
	return bits >> 1;
}

void ferret_encode(struct ferret *f, quo_session *s, size_t n, bool publish, quo_block *out,
		   uint64_t *choices, size_t at)
{
	const ferret_code code = {
		.key = f->code,
		.secret = f->cots,
		.mask = (uint32_t)(ferret_secret(f->now) - 1) * (uint32_t)sizeof(quo_block),
		.publish = publish,
		.keep = { { UINT64_MAX - f->is_sender, UINT64_MAX } },
	};
	const quo_block *leaves = f->leaves + (f->row - f->first);

	if (n && f->row % 2) {
		const uint64_t bit = encode_odd(f, &code, *leaves++, out++);
		if (choices)
			put_bits(choices, at++, bit, 1);
		f->row++;
		n--;
	}
	struct rows r = { f, &code, leaves, out, n };
	quo_parallel(quo_session_pool(s), (n + CHUNK - 1) / CHUNK, encode_chunk, &r);
	for (size_t i = 0; choices && i < n; i += 64)
		put_bits(choices, at + i, f->bits[i / 64], n - i < 64 ? n - i : 64);
	f->row += n;
}
