/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input and output.
 *
 * share by o: piece o is key stream of K_o, which party o + 2 has too; piece o + 1 is the value less it and goes to party
 * o + 1; piece o + 2 is zero. Masking: party o + 1 lacks K_o.
 *
 * reveal to t: party t - 1 sends it piece t - 1, the one that t lacks. Masking: none is needed, the piece is the
 * value that t is to learn less the two pieces that it has. To all: the same around the ring, one round.
 */
#include "share.h"

#include <string.h>

#include "instance.h"
#include "parties.h"
#include "wire.h"

static void clear(quo_tensor *t)
{
	if (t->spec.kind == QUO_ARITH)
		memset(t->a, 0, t->n * sizeof *t->a);
	for (unsigned k = 0; t->spec.kind == QUO_BITS && k < t->spec.width; k++)
		memset(quo_plane(t, k), 0, quo_words(t->n) * sizeof *t->b);
}

/* What each of the three does with its two parts, around the message. */
static void before(const struct replicated *r, struct rep_range range, int role, quo_tensor part[2],
		   const int32_t *values, uint8_t *wire)
{
	switch (role) {
	case 0:
		rep_draw(&r->keys, 0, range, &part[0]);
		quo_tensor_set(&part[1], values);
		rep_combine(&part[1], &part[0], true);
		rep_pack(&part[1], wire);
		break;
	case 1:
		clear(&part[1]);
		break;
	default:
		clear(&part[0]);
		rep_draw(&r->keys, 1, range, &part[1]);
	}
}

static quo_status share(struct replicated *r, quo_session *s, quo_tensor *out,
			const int32_t *values, int owner, quo_err *err)
{
	struct rep_round round = { 0 };
	struct rep_range range;
	int to = rep_after(owner, 1), role = rep_after(quo_me(s), REP_PARTIES - owner);

	QUO_TRY(rep_take(&r->keys, rep_stream_bytes(out), &range, err));
	round.m.bytes[owner][to] = rep_wire_bytes(out);
	QUO_TRY(rep_round_buffers(s, &round, err));
	if (quo_is_dry(s))
		return rep_round_run(s, &round, err);
	quo_tensor part[2] = { quo_part(out, 0), quo_part(out, 1) };
	before(r, range, role, part, values, round.out[to]);
	QUO_TRY(rep_round_run(s, &round, err));
	if (role == 1)
		rep_unpack(round.in[owner], &part[0]);
	return QUO_OK;
}

quo_status rep_share(void *self, quo_session *s, quo_tensor *out, const int32_t *values, int owner,
		     quo_err *err)
{
	if (!out->n)
		return QUO_OK;
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = share(self, s, out, values, owner, err);

	quo_arena_release(quo_step_arena(s), mark);
	return status;
}

static quo_status reveal(quo_session *s, const quo_tensor *in, int32_t *out, int to, quo_err *err)
{
	struct rep_round round = { 0 };
	int me = quo_me(s), from = rep_after(me, 2), next = rep_after(me, 1);

	for (int p = 0; p < REP_PARTIES; p++)
		if (to == QUO_TO_ALL || to == rep_after(p, 1))
			round.m.bytes[p][rep_after(p, 1)] = rep_wire_bytes(in);
	QUO_TRY(rep_round_buffers(s, &round, err));
	if (quo_is_dry(s))
		return rep_round_run(s, &round, err);
	quo_tensor part[2] = { quo_part(in, 0), quo_part(in, 1) };
	if (round.out[next])
		rep_pack(&part[0], round.out[next]);
	QUO_TRY(rep_round_run(s, &round, err));
	if (to != QUO_TO_ALL && to != me)
		return QUO_OK;
	quo_tensor *sum = quo_tensor_new(quo_step_arena(s), in->spec, 1, err);
	if (!sum)
		return QUO_FAILED;
	rep_unpack(round.in[from], sum);
	rep_combine(sum, &part[0], false);
	rep_combine(sum, &part[1], false);
	quo_tensor_get(sum, out);
	return QUO_OK;
}

quo_status rep_reveal(void *self, quo_session *s, const quo_tensor *in, int32_t *out, int to,
		      quo_err *err)
{
	(void)self;
	if (!in->n)
		return QUO_OK;
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = reveal(s, in, out, to, err);

	quo_arena_release(quo_step_arena(s), mark);
	return status;
}
