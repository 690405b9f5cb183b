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
#include "gmw.h"

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
	return w->s->party == w->sender;
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

/* Leaves' planes follow each other: the stream fills them in one go, padded to blocks. */
static quo_status scalar_star(const struct wave *w, const struct gmw_part *part,
			      const struct gmw_star *star, const quo_block *h0, const quo_block *h1,
			      quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(w->s->step);
	size_t words = star->degree * part->words, blocks = words / 2 + words % 2;
	quo_block *x = quo_arena_alloc(w->s->step, 2 * blocks, sizeof *x, err);

	if (!x)
		return QUO_FAILED;
	uint64_t *x_words = x->w, *v_words = x[blocks].w, *c = gmw_c(part, star, 0);
	quo_prg(*h0, 0, x, blocks);
	part->k->xor_rows(c, c, x_words, words);
	if (sends(w)) {
		quo_prg(*h1, 0, x + blocks, blocks);
		part->k->xor_rows(gmw_b(part, star, 0), x_words, v_words, words);
	}
	quo_arena_release(w->s->step, mark);
	return QUO_OK;
}

static void finish_single(const struct gmw_part *part, const struct gmw_star *star)
{
	size_t words = star->kind == GMW_ONE ? 1 : part->words;

	for (uint32_t j = 0; j < star->degree; j++)
		part->k->add_multiple(gmw_c(part, star, j), *gmw_a(part, star),
				      gmw_b(part, star, j), words);
}

static quo_status use_singles(const struct wave *w, const quo_block *h0, const quo_block *h1,
			      const uint64_t *choices, quo_err *err)
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
				QUO_TRY(scalar_star(w, part, star, h0 + at, h1 + at, err));
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
	quo_cot *cot = s->cot[w->sender];
	size_t n = 0;

	for (size_t i = 0; i < w->n_parts; i++)
		n += w->parts[i].job->program->n_single_stars;
	if (!n)
		return QUO_OK;
	if (s->dry) {
		quo_cot_random_cost(cot, n, s->cost);
		return QUO_OK;
	}
	quo_block *q = quo_arena_alloc(s->step, 3 * n, sizeof *q, err);
	uint64_t *choices = quo_arena_alloc(s->step, quo_words(n), sizeof *choices, err);
	if (!q || !choices)
		return QUO_FAILED;
	QUO_TRY(quo_cot_random(cot, s, n, q, sends(w) ? NULL : choices, err));
	uint64_t tweak = take_tweaks(w, n);
	if (sends(w))
		quo_tccr_pair(s->hash_start, tweak, QUO_TCCR_PER_KEY, q, w->delta, q + n, q + 2 * n,
			      n);
	else
		quo_tccr(s->hash_start, tweak, QUO_TCCR_PER_KEY, q, q + n, n);
	return use_singles(w, q + n, q + 2 * n, choices, err);
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

/* What a batch works with. */
struct batch {
	quo_block *cots;
	uint64_t *choices;
	uint32_t *x, *v; /* low bits of the hashes */
	uint64_t *planes, *row;
};

static quo_status make_batch(quo_session *s, struct batch *b, quo_err *err)
{
	size_t words = GMW_BATCH_COTS / 64 + 1;

	b->cots = quo_arena_alloc(s->step, GMW_BATCH_COTS, sizeof *b->cots, err);
	b->choices = quo_arena_alloc(s->step, words, sizeof *b->choices, err);
	b->x = quo_arena_alloc(s->step, 2 * GMW_BATCH_COTS, sizeof *b->x, err);
	b->planes = quo_arena_alloc(s->step, (GMW_MAX_LEAVES + 1) * words, sizeof *b->planes, err);
	if (!b->cots || !b->choices || !b->x || !b->planes)
		return QUO_FAILED;
	b->v = b->x + GMW_BATCH_COTS;
	b->row = b->planes + GMW_MAX_LEAVES * words;
	return QUO_OK;
}

static void hash_sender(const struct wave *w, const struct batch *b, uint64_t tweak, size_t n)
{
	quo_block h0[TILE], h1[TILE];

	for (size_t at = 0, m; at < n; at += m) {
		m = n - at < TILE ? n - at : TILE;
		quo_tccr_pair(w->s->hash_start, tweak + at / QUO_TCCR_PER_KEY, QUO_TCCR_PER_KEY,
			      b->cots + at, w->delta, h0, h1, m);
		w->k->low_words_pair(b->x + at, b->v + at, h0, h1, m);
	}
	quo_wipe(h0, sizeof h0);
	quo_wipe(h1, sizeof h1);
}

static void hash_receiver(const struct wave *w, const struct batch *b, uint64_t tweak, size_t n)
{
	quo_block h[TILE];

	for (size_t at = 0, m; at < n; at += m) {
		m = n - at < TILE ? n - at : TILE;
		quo_tccr(w->s->hash_start, tweak + at / QUO_TCCR_PER_KEY, QUO_TCCR_PER_KEY,
			 b->cots + at, h, m);
		w->k->low_words(b->x + at, h, m);
	}
	quo_wipe(h, sizeof h);
}

/* COTs at .. at+n-1 of the batch are the piece's. */
static void use_piece(const struct wave *w, const struct batch *b, const struct piece *piece,
		      size_t at)
{
	const struct gmw_star *star = piece->star;
	const struct gmw_kernels *k = w->k;
	size_t words = quo_words(piece->n), word = piece->first / 64;
	uint64_t *a = gmw_a(piece->part, star) + word;

	if (!sends(w))
		gmw_cut_bits(a, b->choices, at, piece->n);
	quo_planes_from_words(b->x + at, piece->n, star->degree, b->planes);
	for (uint32_t j = 0; j < star->degree; j++) {
		uint64_t *c = gmw_c(piece->part, star, j) + word;
		k->xor_rows(c, c, b->planes + j * words, words);
	}
	if (sends(w)) {
		quo_planes_from_words(b->v + at, piece->n, star->degree, b->planes);
		for (uint32_t j = 0; j < star->degree; j++)
			k->xor_word(gmw_b(piece->part, star, j) + word, b->planes + j * words, 0,
				    words);
	}
	/* The own terms; zero in a cross product. */
	for (uint32_t j = 0; w->last && j < star->degree; j++)
		k->add_product(gmw_c(piece->part, star, j) + word, a,
			       gmw_b(piece->part, star, j) + word, words);
}

static quo_status vectors(const struct wave *w, quo_err *err)
{
	quo_session *s = w->s;
	struct place from = { 0 }, to = { 0 };
	struct piece piece;
	struct batch b;

	if (!s->dry)
		QUO_TRY(make_batch(s, &b, err));
	for (;;) {
		size_t n = 0, at = 0;
		while (next_piece(w, &to, GMW_BATCH_COTS - n, &piece))
			n += piece.n;
		if (!n)
			return QUO_OK;
		if (s->dry) {
			quo_cot_random_cost(s->cot[w->sender], n, s->cost);
			continue;
		}
		QUO_TRY(quo_cot_random(s->cot[w->sender], s, n, b.cots, sends(w) ? NULL : b.choices,
				       err));
		uint64_t tweak = take_tweaks(w, n);
		if (sends(w))
			hash_sender(w, &b, tweak, n);
		else
			hash_receiver(w, &b, tweak, n);
		while (at < n && next_piece(w, &from, GMW_BATCH_COTS - at, &piece)) {
			use_piece(w, &b, &piece, at);
			at += piece.n;
		}
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
		quo_arena_mark mark = quo_arena_here(s->step);
		if (!s->dry && sends(&w))
			w.delta = quo_cot_delta(s->cot[sender]);
		quo_status status = singles(&w, err);
		if (status == QUO_OK)
			status = vectors(&w, err);
		quo_arena_release(s->step, mark);
		quo_wipe(&w.delta, sizeof w.delta);
		QUO_TRY(status);
	}
	return QUO_OK;
}
