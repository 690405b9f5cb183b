/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Half-gates garbling: two ciphertexts (32 bytes) per AND gate, XOR and NOT free.
 *
 * Zahur, Rosulek, Evans 2015, "Two Halves Make a Whole", figure 2 (GbAnd, and the AND case of Ev);
 * free XOR from Kolesnikov, Schneider 2008; colour bits in the labels' lsb.
 *
 * The hash is the MITCCRH of Guo et al. 2020 (quo_tccr, crypto.h): its security asks that under one
 * tweak no input occurs twice in a way that would make the adversary's queries contradict each
 * other, and its bound loses log2(2 mu) bits for mu queries per tweak; mu = QUO_TCCR_PER_KEY = 8
 * here, a loss of 4 bits against a key per query. Instances of one call may share labels: a scalar
 * port hands one label to all of them, and so does every gate that depends on scalar ports alone; a
 * gate may also read one wire twice, or a wire and its negation (the same active label). That is
 * safe because no two hash calls ever use the same (tweak, lane): tweaks are reserved from the
 * session and each serves up to 8 lanes of one gate of one tile, and quo_tccr() offsets the label
 * by the lane number before it hashes. Two lanes j != k of one tweak that hold the same label w
 * thus query w ^ j and w ^ k, distinct points of the ideal cipher, and the hidden halves w ^ j ^
 * Delta and w ^ k ^ Delta are distinct as well. That a point of one lane meets a hidden point of
 * another would need w ^ w' ^ j ^ k = Delta for two known labels w, w', which is as hard as
 * guessing Delta.
 *
 * Order of work: tiles of instances, through the whole circuit gate by gate, in the circuit's
 * register slots, so that labels stay in the cache. The tile is part of the wire format.
 */
#include <quotient/quotient.h>

#include <string.h>

#define TILE_MAX 64u
#define TILE_MIN 16u
#define LABEL_BYTES \
	((size_t)768 << 10) /* what the labels of a tile should fit in: most of an L2 cache */
#define TABLE_BLOCKS (((size_t)256 << 10) / sizeof(quo_block))
#define AND_BLOCKS 2u /* ciphertexts per AND gate */

/* Labels of one gate over a tile: the tile's A-labels, then its B-labels, and what they hash to. */
struct scratch {
	quo_block ab[2 * TILE_MAX];
	quo_block h0[2 * TILE_MAX], h1[2 * TILE_MAX];
	quo_block table[TABLE_BLOCKS];
};

struct halfgates {
	struct scratch *scratch;
	quo_block *labels; /* n_slots rows of a tile */
	size_t labels_size;
};

/* One garble() or evaluate() call. */
struct run {
	quo_session *s;
	const quo_circuit *c;
	quo_block *labels;
	struct scratch *scratch;
	size_t stride;     /* labels from row to row: the full tile */
	size_t tile;       /* instances in the present tile */
	size_t used, have; /* blocks of scratch->table: written or consumed; received */
	uint64_t left;     /* evaluator: blocks of tables still to receive */
	uint64_t tweak;    /* next to use */
	quo_block delta;   /* garbler */
	bool garbler;
};

static size_t tile_size(const quo_circuit *c)
{
	size_t tile = TILE_MAX;

	while (tile > TILE_MIN && c->n_slots * tile * sizeof(quo_block) > LABEL_BYTES)
		tile /= 2;
	return tile;
}

/* Both halves of a gate over a tile share tweaks when the tile has fewer than 8 instances. */
static uint64_t gate_tweaks(size_t tile)
{
	return (2 * tile + QUO_TCCR_PER_KEY - 1) / QUO_TCCR_PER_KEY;
}

static uint64_t count_tweaks(const quo_circuit *c, size_t n)
{
	size_t tile = tile_size(c);

	return c->n_and * (n / tile * gate_tweaks(tile) + gate_tweaks(n % tile));
}

static uint64_t table_blocks(const quo_circuit *c, size_t n)
{
	return (uint64_t)AND_BLOCKS * c->n_and * n;
}

/* ---- tables ---- */

static quo_status send_tables(struct run *r, quo_err *err)
{
	if (!r->used)
		return QUO_OK;
	QUO_TRY(quo_channel_send(r->s->peer, r->scratch->table, r->used * sizeof(quo_block), err));
	r->used = 0;
	return QUO_OK;
}

/* Room for one gate's ciphertexts in this tile. */
static quo_status table_room(struct run *r, quo_block **at, quo_err *err)
{
	size_t need = AND_BLOCKS * r->tile;

	if (r->used + need > TABLE_BLOCKS)
		QUO_TRY(send_tables(r, err));
	*at = r->scratch->table + r->used;
	r->used += need;
	return QUO_OK;
}

/* The next gate's ciphertexts; receives as much as fits when they are not there yet. */
static quo_status table_next(struct run *r, const quo_block **at, quo_err *err)
{
	quo_block *table = r->scratch->table;
	size_t need = AND_BLOCKS * r->tile;

	if (r->have - r->used < need) {
		size_t rest = r->have - r->used, take = TABLE_BLOCKS - rest;
		if (take > r->left)
			take = (size_t)r->left;
		memmove(table, table + r->used, rest * sizeof *table);
		QUO_TRY(quo_channel_recv(r->s->peer, table + rest, take * sizeof *table, err));
		r->left -= take;
		r->used = 0;
		r->have = rest + take;
	}
	*at = table + r->used;
	r->used += need;
	return QUO_OK;
}

/* ---- gates over a tile ---- */

static quo_block *row(const struct run *r, uint32_t wire)
{
	return r->labels + quo_circuit_slot(r->c, wire) * r->stride;
}

static void not_row(quo_block *out, const quo_block *a, quo_block delta, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = quo_xor(a[i], delta);
}

/* GbAnd: TG = H(A0) ^ H(A1) ^ p_b Delta, TE = H(B0) ^ H(B1) ^ A0, both to table; out the zero
 * labels. */
static void garble_rows(const struct scratch *t, size_t n, quo_block delta,
			quo_block *restrict table, quo_block *restrict out)
{
	const quo_block *a0 = t->ab, *b0 = t->ab + n;
	const quo_block *ha0 = t->h0, *hb0 = t->h0 + n;
	const quo_block *ha1 = t->h1, *hb1 = t->h1 + n;

	for (size_t i = 0; i < n; i++) {
		uint64_t pa = quo_lsb(a0[i]), pb = quo_lsb(b0[i]);
		quo_block tg = quo_xor_if(quo_xor(ha0[i], ha1[i]), delta, pb);
		quo_block hb = quo_xor(hb0[i], hb1[i]);
		table[i] = tg;
		table[n + i] = quo_xor(hb, a0[i]);
		out[i] = quo_xor(quo_xor_if(ha0[i], tg, pa), quo_xor_if(hb0[i], hb, pb));
	}
}

static void evaluate_rows(const struct scratch *t, size_t n, const quo_block *restrict table,
			  quo_block *restrict out)
{
	const quo_block *a = t->ab, *b = t->ab + n;
	const quo_block *ha = t->h0, *hb = t->h0 + n;

	for (size_t i = 0; i < n; i++) {
		quo_block wg = quo_xor_if(ha[i], table[i], quo_lsb(a[i]));
		quo_block we = quo_xor_if(hb[i], quo_xor(table[n + i], a[i]), quo_lsb(b[i]));
		out[i] = quo_xor(wg, we);
	}
}

static quo_status and_gate(struct run *r, const quo_gate *gate, quo_block *out, quo_err *err)
{
	struct scratch *t = r->scratch;
	size_t n = r->tile;

	memcpy(t->ab, row(r, gate->a), n * sizeof *t->ab);
	memcpy(t->ab + n, row(r, gate->b), n * sizeof *t->ab);
	if (r->garbler) {
		quo_block *table;
		QUO_TRY(table_room(r, &table, err));
		quo_tccr_pair(r->s->hash_start, r->tweak, QUO_TCCR_PER_KEY, t->ab, r->delta, t->h0,
			      t->h1, 2 * n);
		garble_rows(t, n, r->delta, table, out);
	} else {
		const quo_block *table;
		QUO_TRY(table_next(r, &table, err));
		quo_tccr(r->s->hash_start, r->tweak, QUO_TCCR_PER_KEY, t->ab, t->h0, 2 * n);
		evaluate_rows(t, n, table, out);
	}
	r->tweak += gate_tweaks(n);
	return QUO_OK;
}

static quo_status run_gates(struct run *r, quo_err *err)
{
	const quo_circuit *c = r->c;

	for (uint32_t g = 0; g < c->n_gates; g++) {
		const quo_gate *gate = &c->gates[g];
		quo_block *out = r->labels + gate->slot * r->stride;
		if (gate->op == QUO_GATE_AND)
			QUO_TRY(and_gate(r, gate, out, err));
		else if (gate->op == QUO_GATE_XOR)
			quo_xor_blocks(out, row(r, gate->a), row(r, gate->b), r->tile);
		else
			not_row(out, row(r, gate->a), r->delta,
				r->tile); /* the evaluator's delta is 0 */
	}
	return QUO_OK;
}

/* ---- tiles ---- */

static void load_inputs(const struct run *r, const quo_block *const *in, size_t first)
{
	uint32_t w = 0;

	for (uint32_t p = 0; p < r->c->n_in; p++) {
		for (uint32_t k = 0; k < r->c->in[p].width; k++, w++) {
			quo_block *to = r->labels + w * r->stride;
			if (r->c->in[p].scalar)
				for (size_t i = 0; i < r->tile; i++)
					to[i] = in[w][0];
			else
				memcpy(to, in[w] + first, r->tile * sizeof *to);
		}
	}
}

static void store_outputs(const struct run *r, quo_block *const *out, size_t first)
{
	for (uint32_t o = 0; o < r->c->n_output_wires; o++) {
		uint32_t wire = r->c->outputs[o];
		quo_block *to = out[o] + first;
		if (wire == QUO_OUT_ZERO || wire == QUO_OUT_ONE)
			for (size_t i = 0; i < r->tile; i++) /* the evaluator's delta is 0 */
				to[i] = wire == QUO_OUT_ONE ? r->delta : (quo_block){ { 0, 0 } };
		else
			memcpy(to, row(r, wire), r->tile * sizeof *to);
	}
}

static quo_status run_tiles(struct run *r, size_t n, const quo_block *const *in,
			    quo_block *const *out, quo_err *err)
{
	for (size_t first = 0; first < n; first += r->tile) {
		r->tile = n - first < r->stride ? n - first : r->stride;
		load_inputs(r, in, first);
		QUO_TRY(run_gates(r, err));
		store_outputs(r, out, first);
	}
	return r->garbler ? send_tables(r, err) : QUO_OK;
}

static quo_status make_room(struct halfgates *h, size_t n_labels, quo_err *err)
{
	if (!h->scratch) {
		h->scratch = quo_alloc(1, sizeof *h->scratch, err);
		if (!h->scratch)
			return QUO_FAILED;
	}
	if (h->labels_size < n_labels) {
		quo_free(h->labels);
		h->labels_size = 0;
		h->labels = quo_alloc(n_labels, sizeof *h->labels, err);
		if (!h->labels)
			return QUO_FAILED;
		h->labels_size = n_labels;
	}
	return QUO_OK;
}

static quo_status run_circuit(struct halfgates *h, struct run *r, size_t n,
			      const quo_block *const *in, quo_block *const *out, quo_err *err)
{
	const quo_circuit *c = r->c;
	quo_domain domain = r->garbler == (r->s->party == 0) ? QUO_DOMAIN_GC_0 : QUO_DOMAIN_GC_1;

	if (!n)
		return QUO_OK;
	r->stride = tile_size(c);
	size_t n_labels = c->n_slots * r->stride;
	QUO_TRY(make_room(h, n_labels, err));
	r->labels = h->labels;
	r->scratch = h->scratch;
	r->left = r->garbler ? 0 : table_blocks(c, n);
	r->tweak = quo_session_tweaks(r->s, domain, count_tweaks(c, n));

	quo_status status = run_tiles(r, n, in, out, err);
	quo_wipe(h->labels, n_labels * sizeof *h->labels);
	quo_wipe(h->scratch, offsetof(struct scratch, table)); /* tables are public */
	return status;
}

static quo_status garble(void *self, quo_session *s, const quo_circuit *c, size_t n,
			 quo_block delta, const quo_block *const *in, quo_block *const *out,
			 quo_err *err)
{
	struct run r = { .s = s, .c = c, .delta = delta, .garbler = true };

	if (!quo_lsb(delta))
		return quo_fail(err, QUO_BUG, "gc/halfgates: the lsb of Delta must be 1");
	quo_status status = run_circuit(self, &r, n, in, out, err);
	quo_wipe(&r, sizeof r);
	return status;
}

static quo_status evaluate(void *self, quo_session *s, const quo_circuit *c, size_t n,
			   const quo_block *const *in, quo_block *const *out, quo_err *err)
{
	struct run r = { .s = s, .c = c };

	return run_circuit(self, &r, n, in, out, err);
}

static uint64_t table_bytes(void *self, const quo_circuit *c, size_t n)
{
	(void)self;
	return table_blocks(c, n) * sizeof(quo_block);
}

static void fini(void *self)
{
	struct halfgates *h = self;

	quo_free(h->scratch);
	quo_free(h->labels);
}

static const quo_gc_ops ops = {
	.life = { .fini = fini },
	.garble = garble,
	.evaluate = evaluate,
	.table_bytes = table_bytes,
};

static const quo_component component = {
	.size = sizeof(quo_component),
	.kind = QUO_KIND_GC,
	.name = "halfgates",
	.summary =
		"half-gates with free XOR: 32 bytes per AND gate, garbled over tiles of instances",
	.security = "semi-honest, 128-bit labels; MITCCRH from AES-128 as an ideal cipher",
	.wire_version = 1,
	.instance_size = sizeof(struct halfgates),
	.ops_size = sizeof(quo_gc_ops),
	.ops = &ops,
};

QUO_PLUGIN("gc-halfgates", "1.0", &component)
