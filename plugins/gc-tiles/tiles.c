/* SPDX-License-Identifier: Apache-2.0 */
/* See tiles.h. */
#include "tiles.h"

#include <string.h>

#define TILE_MIN 16u
#define LABEL_BYTES \
	((size_t)768 << 10) /* what the labels of a tile should fit in: most of an L2 cache */
#define TABLE_BYTES ((size_t)256 << 10)
#define LANES_BYTES ((size_t)128 << 20) /* tables in memory at most, of all lanes together */

/* The row of a slot: an input's labels lie where the caller has them until a gate takes the slot.
 */
struct slot {
	const quo_block *now;
	quo_block *home; /* where gates put it: in the caller's output row if an output ends here */
};

/* One garble() or evaluate() call, or what one of several lanes does of it. */
struct run {
	const tile_scheme *scheme;
	quo_session *s;
	const quo_circuit *c;
	const quo_label_ops *rows;
	quo_block *labels;
	struct slot *slots;
	uint8_t *table, *random;
	const quo_block *const *in;
	quo_block *const *out;
	size_t n, n_tiles;
	size_t from, end;   /* a lane's tiles */
	size_t room;        /* bytes that table[] holds */
	size_t stride;      /* labels from row to row: the full tile */
	size_t tile;        /* instances in the present tile */
	size_t used, have;  /* bytes of the table: written or consumed; received */
	size_t random_used; /* garbler: bytes of random[] */
	uint64_t left;      /* evaluator: bytes of tables still to receive */
	uint64_t tweak;     /* next to use */
	quo_block delta;    /* garbler */
	bool garbler;
};

static size_t tile_size(const quo_circuit *c)
{
	size_t tile = TILE_MAX;

	while (tile > TILE_MIN && c->n_slots * tile * sizeof(quo_block) > LABEL_BYTES)
		tile /= 2;
	return tile;
}

static uint64_t gate_tweaks(const tile_scheme *scheme, size_t tile)
{
	return scheme->hashes * QUO_LABEL_KEYS(tile);
}

static size_t gate_bytes(const tile_scheme *scheme, size_t tile)
{
	return scheme->block_bytes * tile + scheme->plane_bits * ((tile + 7) / 8);
}

/* Of the garbler, for all gates of a tile. */
static size_t random_bytes(const tile_scheme *scheme, const quo_circuit *c, size_t tile)
{
	return c->n_and * scheme->random_bits * ((tile + 7) / 8);
}

/* Instances of tile i. */
static size_t tile_at(const struct run *r, size_t i)
{
	size_t left = r->n - i * r->stride;

	return left < r->stride ? left : r->stride;
}

static uint64_t count_tweaks(const tile_scheme *scheme, const quo_circuit *c, size_t n)
{
	size_t tile = tile_size(c);

	return c->n_and * (n / tile * gate_tweaks(scheme, tile) + gate_tweaks(scheme, n % tile));
}

static uint64_t table_bytes(const tile_scheme *scheme, const quo_circuit *c, size_t n)
{
	size_t tile = tile_size(c);

	return c->n_and *
	       ((uint64_t)(n / tile) * gate_bytes(scheme, tile) + gate_bytes(scheme, n % tile));
}

/* ---- tables ---- */

static quo_status send_tables(struct run *r, quo_err *err)
{
	if (!r->used)
		return QUO_OK;
	QUO_TRY(quo_channel_send(quo_session_peer(r->s), r->table, r->used, err));
	r->used = 0;
	return QUO_OK;
}

/* Room for one gate's table in this tile. */
static quo_status table_room(struct run *r, uint8_t **at, quo_err *err)
{
	size_t need = gate_bytes(r->scheme, r->tile);

	if (r->used + need > r->room)
		QUO_TRY(send_tables(r, err));
	*at = r->table + r->used;
	r->used += need;
	return QUO_OK;
}

/* The next gate's table; receives as much as fits when it is not there yet. */
static quo_status table_next(struct run *r, const uint8_t **at, quo_err *err)
{
	size_t need = gate_bytes(r->scheme, r->tile);

	if (r->have - r->used < need) {
		size_t rest = r->have - r->used, take = r->room - rest;
		if (take > r->left)
			take = (size_t)r->left;
		memmove(r->table, r->table + r->used, rest);
		QUO_TRY(quo_channel_recv(quo_session_peer(r->s), r->table + rest, take, err));
		r->left -= take;
		r->used = 0;
		r->have = rest + take;
	}
	*at = r->table + r->used;
	r->used += need;
	return QUO_OK;
}

/* The random planes of one gate in this tile. */
static const uint8_t *take_random(struct run *r)
{
	size_t need = r->scheme->random_bits * ((r->tile + 7) / 8);

	if (!need)
		return NULL;
	r->random_used += need;
	return r->random + r->random_used - need;
}

/* ---- gates over a tile ---- */

static const quo_block *row(const struct run *r, uint32_t wire)
{
	return r->slots[quo_circuit_slot(r->c, wire)].now;
}

static quo_status and_gate(struct run *r, const quo_gate *gate, quo_block *out, quo_err *err)
{
	quo_and_row and = { quo_hash_start(r->s), r->tweak, row(r, gate->a), row(r, gate->b),
			    r->tile };

	r->tweak += gate_tweaks(r->scheme, r->tile);
	if (r->garbler) {
		uint8_t *table;
		QUO_TRY(table_room(r, &table, err));
		r->scheme->garble(r->rows, &and, r->delta, take_random(r), table, out);
	} else {
		const uint8_t *table;
		QUO_TRY(table_next(r, &table, err));
		r->scheme->evaluate(r->rows, &and, table, out);
	}
	return QUO_OK;
}

static quo_status run_gates(struct run *r, quo_err *err)
{
	const quo_circuit *c = r->c;

	for (uint32_t g = 0; g < c->n_gates; g++) {
		const quo_gate *gate = &c->gates[g];
		struct slot *slot = &r->slots[gate->slot];
		quo_block *out = slot->home;
		if (gate->op == QUO_GATE_AND)
			QUO_TRY(and_gate(r, gate, out, err));
		else if (gate->op == QUO_GATE_XOR)
			quo_xor_blocks(out, row(r, gate->a), row(r, gate->b), r->tile);
		else /* the evaluator's delta is 0 */
			r->rows->offset_row(out, row(r, gate->a), r->delta, r->tile);
		slot->now = out;
	}
	return QUO_OK;
}

/* ---- tiles ---- */

static bool is_constant(uint32_t output)
{
	return output == QUO_OUT_ZERO || output == QUO_OUT_ONE;
}

static void place_slots(const struct run *r, quo_block *const *out, size_t first)
{
	const quo_circuit *c = r->c;

	for (uint32_t i = 0; i < c->n_slots; i++)
		r->slots[i].home = r->labels + i * r->stride;
	for (uint32_t o = 0; o < c->n_output_wires; o++)
		if (!is_constant(c->outputs[o]))
			r->slots[quo_circuit_slot(c, c->outputs[o])].home = out[o] + first;
}

static void load_inputs(const struct run *r, const quo_block *const *in, size_t first)
{
	uint32_t w = 0;

	for (uint32_t p = 0; p < r->c->n_in; p++) {
		for (uint32_t k = 0; k < r->c->in[p].width; k++, w++) {
			struct slot *slot = &r->slots[w];
			slot->now = in[w] + first;
			if (!r->c->in[p].scalar)
				continue;
			for (size_t i = 0; i < r->tile; i++)
				slot->home[i] = in[w][0];
			slot->now = slot->home;
		}
	}
}

/* What a gate has not put there: constants, inputs, and an output that another one repeats. */
static void store_outputs(const struct run *r, quo_block *const *out, size_t first)
{
	for (uint32_t o = 0; o < r->c->n_output_wires; o++) {
		uint32_t wire = r->c->outputs[o];
		quo_block *to = out[o] + first;
		if (is_constant(wire))
			for (size_t i = 0; i < r->tile; i++) /* the evaluator's delta is 0 */
				to[i] = wire == QUO_OUT_ONE ? r->delta : (quo_block){ { 0, 0 } };
		else if (row(r, wire) != to)
			memcpy(to, row(r, wire), r->tile * sizeof *to);
	}
}

/* Uniform bytes for the gates of tiles from .. end - 1, drawn tile by tile and so the same for any
 * number of lanes. */
static void fill_random(struct run *r, size_t from, size_t end)
{
	r->random_used = 0;
	for (size_t i = from, at = 0; r->garbler && r->scheme->random_bits && i < end; i++) {
		size_t bytes = random_bytes(r->scheme, r->c, tile_at(r, i));
		quo_rng_bytes(quo_session_rng(r->s), r->random + at, bytes);
		at += bytes;
	}
}

static quo_status run_tile(struct run *r, size_t i, quo_err *err)
{
	size_t first = i * r->stride;

	r->tile = tile_at(r, i);
	place_slots(r, r->out, first);
	load_inputs(r, r->in, first);
	QUO_TRY(run_gates(r, err));
	store_outputs(r, r->out, first);
	return QUO_OK;
}

/* One thread: tables go out or come in while the gates run. */
static quo_status run_serially(struct run *r, quo_err *err)
{
	for (size_t i = 0; i < r->n_tiles; i++) {
		fill_random(r, i, i + 1);
		QUO_TRY(run_tile(r, i, err));
	}
	return r->garbler ? send_tables(r, err) : QUO_OK;
}

/* A lane's share has its tables whole in memory, so that nothing in it can fail. */
static void run_lane(void *arg, size_t i)
{
	struct run *r = (struct run *)arg + i;
	quo_err err = QUO_ERR_INIT;

	for (size_t tile = r->from; tile < r->end; tile++) {
		quo_status status = run_tile(r, tile, &err);
		quo_assert(status == QUO_OK);
		(void)status;
	}
}

/* Tiles from .. end - 1 for one lane; number 0 begins at the call's first tweak. */
static void begin_share(struct run *lane, const struct run *r, size_t from, size_t end)
{
	lane->from = from;
	lane->end = end;
	lane->tweak = r->tweak + from * r->c->n_and * gate_tweaks(r->scheme, r->stride);
	lane->used = lane->have = 0;
	fill_random(lane, from, end);
}

static size_t share_bytes(const struct run *lane)
{
	size_t n = 0;

	for (size_t i = lane->from; i < lane->end; i++)
		n += lane->c->n_and * gate_bytes(lane->scheme, tile_at(lane, i));
	return n;
}

/* Consecutive tiles for every lane at a time; tables travel in the order of tiles. */
static quo_status run_in_lanes(const struct run *r, struct run *lanes, size_t n_lanes,
			       size_t per_lane, quo_err *err)
{
	for (size_t from = 0; from < r->n_tiles;) {
		size_t left = r->n_tiles - from, most = n_lanes * per_lane;
		size_t n = left < most ? left : most, used = n < n_lanes ? n : n_lanes;
		for (size_t i = 0; i < used; i++) {
			quo_range range = quo_range_of(n, used, i, 1);
			begin_share(&lanes[i], r, from + range.first, from + range.end);
			if (r->garbler)
				continue;
			lanes[i].have = share_bytes(&lanes[i]);
			QUO_TRY(quo_channel_recv(quo_session_peer(r->s), lanes[i].table,
						 lanes[i].have, err));
		}
		quo_parallel(quo_session_pool(r->s), used, run_lane, lanes);
		for (size_t i = 0; i < used && r->garbler; i++)
			QUO_TRY(send_tables(&lanes[i], err));
		from += n;
	}
	return QUO_OK;
}

/* At least size objects of that many bytes, not cleared when they are there already. */
static quo_status make_room(void **at, size_t *have, size_t size, size_t bytes, quo_err *err)
{
	size_t need;

	if (__builtin_mul_overflow(size, bytes, &need))
		return quo_fail(err, QUO_FAILED, "a circuit's tile is too large for this machine");
	if (*have >= need)
		return QUO_OK;
	quo_free(*at);
	*have = 0;
	*at = quo_alloc(1, need, err);
	if (!*at)
		return QUO_FAILED;
	*have = need;
	return QUO_OK;
}

/* How many lanes work, and of how many tiles each has tables in memory; 1 lane: none. */
static size_t plan_lanes(const struct run *r, size_t *per_lane)
{
	size_t lanes = quo_pool_threads(quo_session_pool(r->s));
	size_t tile = r->c->n_and * gate_bytes(r->scheme, r->stride),
	       n = tile ? TABLE_BYTES / tile : 1;

	if (lanes > r->n_tiles)
		lanes = r->n_tiles;
	n = n ? n : 1;
	if (tile && lanes > LANES_BYTES / (n * tile))
		lanes = LANES_BYTES / (n * tile);
	*per_lane = n;
	return tile && lanes > 1 ? lanes : 1;
}

static quo_status prepare(tiles *t, struct run *r, size_t lanes, size_t per_lane, quo_err *err)
{
	size_t slots = r->c->n_slots, labels = slots * r->stride;
	size_t random = per_lane * random_bytes(r->scheme, r->c, r->stride);

	r->room =
		lanes > 1 ? per_lane * r->c->n_and * gate_bytes(r->scheme, r->stride) : TABLE_BYTES;
	QUO_TRY(make_room(&t->table, &t->table_size, lanes, r->room, err));
	QUO_TRY(make_room(&t->random, &t->random_size, lanes, random, err));
	QUO_TRY(make_room(&t->slots, &t->slots_size, lanes, slots * sizeof *r->slots, err));
	QUO_TRY(make_room(&t->labels, &t->labels_size, lanes, labels * sizeof *r->labels, err));
	r->table = t->table;
	r->random = t->random;
	r->slots = t->slots;
	r->labels = t->labels;
	if (lanes == 1)
		return QUO_OK;
	QUO_TRY(make_room(&t->lanes, &t->lanes_size, lanes, sizeof *r, err));
	for (size_t i = 0; i < lanes; i++) {
		struct run *lane = (struct run *)t->lanes + i;
		*lane = *r;
		lane->table += i * r->room;
		lane->random += i * random;
		lane->slots += i * slots;
		lane->labels += i * labels;
	}
	return QUO_OK;
}

static quo_status run_circuit(tiles *t, struct run *r, size_t n, quo_err *err)
{
	quo_domain domain = r->garbler == (quo_me(r->s) == 0) ? QUO_DOMAIN_GC_0 : QUO_DOMAIN_GC_1;
	size_t whole = tile_size(r->c), per_lane;

	if (!n)
		return QUO_OK;
	r->n = n;
	r->stride = n < whole ? (n + 3) / 4 * 4 : whole;
	r->n_tiles = (n + r->stride - 1) / r->stride;
	r->rows = quo_label_kernels();
	size_t lanes = plan_lanes(r, &per_lane);
	if (lanes == 1)
		per_lane = 1;
	QUO_TRY(prepare(t, r, lanes, per_lane, err));
	r->left = r->garbler ? 0 : table_bytes(r->scheme, r->c, n);
	r->tweak = quo_session_tweaks(r->s, domain, count_tweaks(r->scheme, r->c, n));
	quo_status status =
		lanes > 1 ? run_in_lanes(r, t->lanes, lanes, per_lane, err) : run_serially(r, err);
	quo_wipe(r->labels, lanes * r->c->n_slots * r->stride * sizeof *r->labels);
	if (r->garbler) /* tables are public */
		quo_wipe(r->random, lanes * per_lane * random_bytes(r->scheme, r->c, r->stride));
	if (lanes > 1)
		quo_wipe(t->lanes, lanes * sizeof *r);
	return status;
}

void tiles_init(tiles *t, const tile_scheme *scheme)
{
	t->scheme = scheme;
}

quo_status tiles_garble(void *self, quo_session *s, const quo_circuit *c, size_t n, quo_block delta,
			const quo_block *const *in, quo_block *const *out, quo_err *err)
{
	tiles *t = self;
	struct run r = { .scheme = t->scheme,
			 .s = s,
			 .c = c,
			 .in = in,
			 .out = out,
			 .delta = delta,
			 .garbler = true };

	if (!quo_lsb(delta))
		return quo_fail(err, QUO_BUG, "gc/%s: the lsb of Delta must be 1", t->scheme->name);
	quo_status status = run_circuit(t, &r, n, err);
	quo_wipe(&r, sizeof r);
	return status;
}

quo_status tiles_evaluate(void *self, quo_session *s, const quo_circuit *c, size_t n,
			  const quo_block *const *in, quo_block *const *out, quo_err *err)
{
	tiles *t = self;
	struct run r = { .scheme = t->scheme, .s = s, .c = c, .in = in, .out = out };

	return run_circuit(t, &r, n, err);
}

uint64_t tiles_table_bytes(void *self, const quo_circuit *c, size_t n)
{
	return table_bytes(((const tiles *)self)->scheme, c, n);
}

void tiles_fini(void *self)
{
	tiles *t = self;

	quo_free(t->table);
	quo_free(t->labels);
	quo_free(t->slots);
	quo_free(t->random);
	quo_free(t->lanes);
}
