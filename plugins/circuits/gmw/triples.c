/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multiplication triples from random COTs (Asharov, Lindell, Schneider, Zohner 2013, section 5.1:
 * triples from two random OTs, one per direction).
 *
 * In the direction in which party i sends, a COT (q; c, t = q ^ c Delta) hashed gives the sender x
 * = H(q) and v = x ^ H(q ^ Delta), the receiver c and y = H(t) = x ^ c v. So x ^ y = c v, bit by
 * bit: one COT multiplies its choice bit by as many bits as are wanted. Party i's share of a is the
 * c that it receives, its share of b_j bit j of the v that it sends, and with both directions a b_j
 * = (a_0 ^ a_1)(b_0j ^ b_1j) = a_0 b_0j ^ a_1 b_1j ^ (x_j ^ y_j of one direction) ^ (of the other),
 * c_ij = a_i b_ij ^ x_j (sent) ^ y_j (received). Nothing is sent beyond what the COTs take.
 *
 * Where party i alone knows a's operand and the other b's (GMW_CROSS), a = a_i and b = b_(1-i): one
 * direction will do. For one bit times a bit of every instance (GMW_SCALAR) the hash is the key of
 * a stream.
 */
#include "triples.h"

/* COTs that are made and hashed at a time; a multiple of 64. */
#ifndef GMW_BATCH_COTS
#define GMW_BATCH_COTS ((size_t)1 << 14)
#endif
/* COTs of a batch that a thread should have to itself. */
#ifndef GMW_SHARE_COTS
#define GMW_SHARE_COTS ((size_t)1 << 11)
#endif

/* Hashes of a tile stay in the first-level cache. */
#define TILE 512

struct wave {
	quo_session *s;
	const struct gmw_part *parts;
	size_t n_parts;
	int sender; /* of this direction */
	bool last;  /* of the two directions */
	quo_block delta;
	const struct gmw_kernels *k;
};

static bool sends(const struct wave *w)
{
	return quo_me(w->s) == w->sender;
}

static uint64_t take_tweaks(const struct wave *w, size_t n_cots)
{
	quo_domain domain = w->sender ? QUO_DOMAIN_COT_1 : QUO_DOMAIN_COT_0;

	return quo_session_tweaks(w->s, domain,
				  n_cots / QUO_TCCR_PER_KEY + (n_cots % QUO_TCCR_PER_KEY != 0));
}

/* ---- stars that take one COT in all ---- */

static void spread(uint64_t *words, const quo_block *x, const quo_block *other, uint32_t degree)
{
	for (uint32_t j = 0; j < degree; j++) {
		uint64_t bit = x->w[0] >> j & 1;
		if (other)
			bit ^= other->w[0] >> j & 1;
		words[j] ^= 0 - bit;
	}
}

/* h0 = H(q), h1 = H(q ^ Delta) at the sender; h0 = H(t) at the receiver. */
static void one_star(const struct wave *w, const struct gmw_part *part, const struct gmw_star *star,
		     const quo_block *h0, const quo_block *h1)
{
	spread(gmw_c(part, star, 0), h0, NULL, star->degree);
	if (sends(w))
		spread(gmw_b(part, star, 0), h0, h1, star->degree);
}

/* Leaves' planes follow each other: the stream fills them in one go from its block `first` on,
 * padded to blocks. */
static quo_status scalar_star(const struct wave *w, const struct gmw_part *part,
			      const struct gmw_star *star, const quo_block *h0, const quo_block *h1,
			      uint64_t first, quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(quo_step_arena(w->s));
	size_t words = star->degree * part->words, blocks = words / 2 + words % 2;
	quo_block *x = quo_arena_alloc(quo_step_arena(w->s), 2 * blocks, sizeof *x, err);

	if (!x)
		return QUO_FAILED;
	uint64_t *x_words = x->w, *v_words = x[blocks].w, *c = gmw_c(part, star, 0);
	quo_prg(*h0, first, x, blocks);
	part->k->xor_rows(c, c, x_words, words);
	if (sends(w)) {
		quo_prg(*h1, first, x + blocks, blocks);
		part->k->xor_rows(gmw_b(part, star, 0), x_words, v_words, words);
	}
	quo_arena_release(quo_step_arena(w->s), mark);
	return QUO_OK;
}

static void finish_single(const struct gmw_part *part, const struct gmw_star *star)
{
	size_t words = star->kind == GMW_ONE ? 1 : part->words;

	for (uint32_t j = 0; j < star->degree; j++)
		part->k->add_multiple(gmw_c(part, star, j), *gmw_a(part, star),
				      gmw_b(part, star, j), words);
}

/* tweak: of the first hash. */
static quo_status use_singles(const struct wave *w, const quo_block *h0, const quo_block *h1,
			      const uint64_t *choices, uint64_t tweak, quo_err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < w->n_parts; i++) {
		const struct gmw_part *part = &w->parts[i];
		const struct gmw_program *p = part->job->program;
		for (uint32_t k = 0; k < p->n_stars; k++) {
			const struct gmw_star *star = &p->stars[k];
			if (gmw_wide(star))
				continue;
			if (!sends(w))
				*gmw_a(part, star) = 0 - (choices[at / 64] >> at % 64 & 1);
			if (star->kind == GMW_ONE)
				one_star(w, part, star, h0 + at, h1 + at);
			else
				QUO_TRY(scalar_star(w, part, star, h0 + at, h1 + at,
						    quo_cot_stream(w->sender, tweak, at), err));
			if (w->last)
				finish_single(part, star);
			at++;
		}
	}
	return QUO_OK;
}

static quo_status singles(const struct wave *w, quo_err *err)
{
	quo_session *s = w->s;
	quo_block *q = NULL;
	uint64_t *choices = NULL;
	size_t n = 0;

	for (size_t i = 0; i < w->n_parts; i++)
		n += w->parts[i].job->program->n_single_stars;
	if (!n)
		return QUO_OK;
	if (!quo_is_dry(s)) {
		q = quo_arena_alloc(quo_step_arena(s), 3 * n, sizeof *q, err);
		choices = quo_arena_alloc(quo_step_arena(s), quo_words(n), sizeof *choices, err);
		if (!q || !choices)
			return QUO_FAILED;
	}
	QUO_TRY(quo_cot_random(quo_session_cot(s, w->sender), s, n, q, sends(w) ? NULL : choices,
			       err));
	if (quo_is_dry(s))
		return QUO_OK;
	uint64_t tweak = take_tweaks(w, n);
	if (sends(w))
		quo_tccr_pair(quo_hash_start(s), tweak, QUO_TCCR_PER_KEY, q, w->delta, q + n,
			      q + 2 * n, n);
	else
		quo_tccr(quo_hash_start(s), tweak, QUO_TCCR_PER_KEY, q, q + n, n);
	return use_singles(w, q + n, q + 2 * n, choices, tweak, err);
}

/* ---- stars that take a COT of every instance ---- */

/* Where a walk over the wave's (star, instance) pairs stands. */
struct place {
	size_t part, done;
	uint32_t star;
};

/* Instances first .. first+n-1 of a star; first is a multiple of 64. */
struct piece {
	const struct gmw_part *part;
	const struct gmw_star *star;
	size_t first, n;
};

/* The next piece of at most `room` COTs; false when all is done or the piece would be cut inside a
 * word. */
static bool next_piece(const struct wave *w, struct place *at, size_t room, struct piece *out)
{
	for (; at->part < w->n_parts; at->part++, at->star = 0) {
		const struct gmw_part *part = &w->parts[at->part];
		const struct gmw_program *p = part->job->program;
		for (; at->star < p->n_stars; at->star++, at->done = 0) {
			size_t left = part->m - at->done, n = left < room ? left : room / 64 * 64;
			if (!gmw_wide(&p->stars[at->star]) ||
			    !gmw_has_cots(&p->stars[at->star], w->sender) || !left)
				continue;
			if (!n)
				return false;
			*out = (struct piece){ part, &p->stars[at->star], at->done, n };
			at->done += n;
			return true;
		}
	}
	return false;
}

/* What a thread has of its own for its share of a batch. */
struct scratch {
	uint32_t *x, *v; /* low bits of the hashes */
	uint64_t *planes;
};

/* COTs made together, cut into shares. A share is hashed and used by one thread. */
struct batch {
	const struct wave *w;
	quo_block *cots;
	uint64_t *choices;
	struct scratch *scratch; /* of every share */
	size_t n, shares, most_shares;
	uint64_t tweak;
	struct place from; /* of its first COT */
};

/* A word of a row is not cut, so that a share may take up to 63 COTs more. */
#define SHARE_SLACK 64

static quo_status make_batch(struct batch *b, quo_err *err)
{
	quo_arena *arena = quo_step_arena(b->w->s);
	size_t most = GMW_BATCH_COTS / GMW_SHARE_COTS,
	       threads = quo_pool_threads(quo_session_pool(b->w->s));

	b->most_shares = threads < most ? threads : most;
	size_t cots =
		(GMW_BATCH_COTS / 64 + b->most_shares - 1) / b->most_shares * 64 + SHARE_SLACK;
	b->cots = quo_arena_alloc(arena, GMW_BATCH_COTS, sizeof *b->cots, err);
	b->choices = quo_arena_alloc(arena, GMW_BATCH_COTS / 64 + 1, sizeof *b->choices, err);
	b->scratch = quo_arena_alloc(arena, b->most_shares, sizeof *b->scratch, err);
	if (!b->cots || !b->choices || !b->scratch)
		return QUO_FAILED;
	for (size_t i = 0; i < b->most_shares; i++) {
		struct scratch *own = &b->scratch[i];
		own->x = quo_arena_alloc(arena, cots, sizeof *own->x, err);
		own->v = quo_arena_alloc(arena, cots, sizeof *own->v, err);
		own->planes = quo_arena_alloc(arena, GMW_MAX_LEAVES * (cots / 64 + 1),
					      sizeof *own->planes, err);
		if (!own->x || !own->v || !own->planes)
			return QUO_FAILED;
	}
	return QUO_OK;
}

/* COTs first .. end-1 of the batch; first is a multiple of QUO_TCCR_PER_KEY. */
static void hash_sender(const struct batch *b, const struct scratch *own, size_t first, size_t end)
{
	const struct wave *w = b->w;
	quo_block h0[TILE], h1[TILE];

	for (size_t at = first, m; at < end; at += m) {
		m = end - at < TILE ? end - at : TILE;
		quo_tccr_pair(quo_hash_start(w->s), b->tweak + at / QUO_TCCR_PER_KEY,
			      QUO_TCCR_PER_KEY, b->cots + at, w->delta, h0, h1, m);
		w->k->low_words_pair(own->x + (at - first), own->v + (at - first), h0, h1, m);
	}
	quo_wipe(h0, sizeof h0);
	quo_wipe(h1, sizeof h1);
}

static void hash_receiver(const struct batch *b, const struct scratch *own, size_t first,
			  size_t end)
{
	const struct wave *w = b->w;
	quo_block h[TILE];

	for (size_t at = first, m; at < end; at += m) {
		m = end - at < TILE ? end - at : TILE;
		quo_tccr(quo_hash_start(w->s), b->tweak + at / QUO_TCCR_PER_KEY, QUO_TCCR_PER_KEY,
			 b->cots + at, h, m);
		w->k->low_words(own->x + (at - first), h, m);
	}
	quo_wipe(h, sizeof h);
}

/* The piece's COTs begin with number `at` of the batch; x and v are theirs. */
static void use_piece(const struct batch *b, const struct piece *piece, size_t at,
		      const uint32_t *x, const uint32_t *v, uint64_t *planes)
{
	const struct wave *w = b->w;
	const struct gmw_star *star = piece->star;
	const struct gmw_kernels *k = w->k;
	size_t words = quo_words(piece->n), word = piece->first / 64;
	uint64_t *a = gmw_a(piece->part, star) + word;

	if (!sends(w))
		gmw_cut_bits(a, b->choices, at, piece->n);
	quo_planes_from_words(x, piece->n, star->degree, planes);
	for (uint32_t j = 0; j < star->degree; j++) {
		uint64_t *c = gmw_c(piece->part, star, j) + word;
		k->xor_rows(c, c, planes + j * words, words);
	}
	if (sends(w)) {
		quo_planes_from_words(v, piece->n, star->degree, planes);
		for (uint32_t j = 0; j < star->degree; j++)
			k->xor_word(gmw_b(piece->part, star, j) + word, planes + j * words, 0,
				    words);
	}
	/* The own terms; zero in a cross product. */
	for (uint32_t j = 0; w->last && j < star->degree; j++)
		k->add_product(gmw_c(piece->part, star, j) + word, a,
			       gmw_b(piece->part, star, j) + word, words);
}

/* COTs to skip from the start of a piece to its first word that begins at or behind `bound`. */
static size_t skipped(size_t at, size_t n, size_t bound)
{
	size_t skip = bound > at ? (bound - at + 63) / 64 * 64 : 0;

	return skip < n ? skip : n;
}

/* The words whose first COT is in the share. */
static void share_task(void *arg, size_t i)
{
	const struct batch *b = arg;
	const struct scratch *own = &b->scratch[i];
	quo_range share = quo_range_of(b->n, b->shares, i, 64);
	size_t last = share.end + SHARE_SLACK < b->n ? share.end + SHARE_SLACK : b->n;
	struct place place = b->from;
	struct piece whole;

	if (share.first == share.end)
		return;
	if (sends(b->w))
		hash_sender(b, own, share.first, last);
	else
		hash_receiver(b, own, share.first, last);
	for (size_t at = 0; at < share.end && next_piece(b->w, &place, GMW_BATCH_COTS - at, &whole);
	     at += whole.n) {
		size_t skip = skipped(at, whole.n, share.first),
		       end = skipped(at, whole.n, share.end);
		struct piece piece = { whole.part, whole.star, whole.first + skip, end - skip };
		size_t place_in = at + skip - share.first;
		if (skip < end)
			use_piece(b, &piece, at + skip, own->x + place_in, own->v + place_in,
				  own->planes);
	}
}

static quo_status vectors(const struct wave *w, quo_err *err)
{
	quo_session *s = w->s;
	struct place to = { 0 };
	struct piece piece;
	struct batch b = { .w = w };

	if (!quo_is_dry(s))
		QUO_TRY(make_batch(&b, err));
	for (;;) {
		b.from = to;
		b.n = 0;
		while (next_piece(w, &to, GMW_BATCH_COTS - b.n, &piece))
			b.n += piece.n;
		if (!b.n)
			return QUO_OK;
		QUO_TRY(quo_cot_random(quo_session_cot(s, w->sender), s, b.n, b.cots,
				       sends(w) ? NULL : b.choices, err));
		if (quo_is_dry(s))
			continue;
		b.tweak = take_tweaks(w, b.n);
		b.shares = b.n / GMW_SHARE_COTS + 1;
		if (b.shares > b.most_shares)
			b.shares = b.most_shares;
		quo_parallel(quo_session_pool(s), b.shares, share_task, &b);
	}
}

/* ---- both directions ---- */

quo_status gmw_triples(quo_session *s, const struct gmw_part *parts, size_t n_parts, quo_err *err)
{
	for (int sender = 0; sender < 2; sender++) {
		struct wave w = { .s = s,
				  .parts = parts,
				  .n_parts = n_parts,
				  .sender = sender,
				  .last = sender == 1,
				  .k = gmw_kernels() };
		quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
		if (!quo_is_dry(s) && sends(&w))
			w.delta = quo_cot_delta(quo_session_cot(s, sender));
		quo_status status = singles(&w, err);
		if (status == QUO_OK)
			status = vectors(&w, err);
		quo_arena_release(quo_step_arena(s), mark);
		quo_wipe(&w.delta, sizeof w.delta);
		QUO_TRY(status);
	}
	return QUO_OK;
}
