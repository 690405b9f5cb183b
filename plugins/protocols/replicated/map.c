/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Circuits on shared bits: dealing of arith ports, then level by level, all jobs of a call together.
 *
 * n instances of a circuit with t AND gates and arith ports of sum l bits: n (3 t + sum l) bits of all parties together,
 * the adders behind the ports among the t, and one round more than the deepest circuit has levels; none for the
 * dealing where no port is arith.
 */
#include "map.h"

#include <string.h>

#include "instance.h"
#include "parties.h"
#include "plan.h"
#include "ports.h"
#include "program.h"
#include "stages.h"
#include "wire.h"

static quo_status load_part(quo_session *s, struct rep_part *part, quo_err *err)
{
	const quo_levels *l = part->job->program->levels;
	quo_arena *arena = quo_step_arena(s);
	/* Rows are whole 64-byte lines. */
	size_t words = (part->words + 7) / 8 * 8;
	uint64_t *slots = quo_arena_alloc(arena, 2 * (l->n_vectors * words + l->n_scalars),
					  sizeof *slots, err);

	part->rows = quo_arena_alloc(arena, quo_levels_rows(l), sizeof *part->rows, err);
	if (!slots || !part->rows)
		return QUO_FAILED;
	struct rep_row *row = part->rows + l->n_inputs;
	for (uint32_t i = 0; i < l->n_vectors + l->n_scalars; i++, row++) {
		size_t step = i < l->n_vectors ? words : 1;
		row->piece[0] = slots;
		row->piece[1] = slots + step;
		slots += 2 * step;
	}
	return QUO_OK;
}

/* One output wire's piece to a plane of the result. */
static void store_plane(const struct rep_part *part, uint32_t o, int me, unsigned piece,
			uint64_t *to)
{
	const quo_levels *l = part->job->program->levels;
	uint64_t tail = part->m % 64 ? (UINT64_C(1) << part->m % 64) - 1 : UINT64_MAX;
	uint32_t row = l->out_rows[o];
	bool constant = row == QUO_OUT_ZERO || row == QUO_OUT_ONE;

	if (!constant && !l->out_scalar[o]) {
		memcpy(to, part->rows[row].piece[piece], part->words * sizeof *to);
	} else {
		uint64_t word =
			row == QUO_OUT_ONE && rep_after(me, (int)piece) == 0 ? UINT64_MAX : 0;
		if (!constant)
			word = part->rows[row].piece[piece][0];
		for (size_t i = 0; i < part->words; i++)
			to[i] = word;
	}
	to[part->words - 1] &= tail;
}

static void store_outputs(int me, const struct rep_part *part)
{
	const quo_map_job *map = part->job->map;

	for (unsigned piece = 0; piece < 2; piece++) {
		uint32_t o = 0;
		for (uint32_t port = 0; port < map->circuit->n_out; port++) {
			quo_tensor view = quo_part(map->out[port], piece);
			for (unsigned k = 0; k < map->circuit->out[port].width; k++)
				store_plane(part, o++, me, piece,
					    quo_plane(&view, k) + part->first / 64);
		}
	}
}

static uint32_t wave_levels(const struct rep_part *parts, size_t n_parts)
{
	uint32_t levels = 0;

	for (size_t i = 0; i < n_parts; i++)
		if (levels < parts[i].job->program->levels->n_levels)
			levels = parts[i].job->program->levels->n_levels;
	return levels;
}

/* A round with room for the largest level of a wave. */
static quo_status level_buffers(quo_session *s, const struct rep_part *parts, size_t n_parts,
				uint32_t levels, struct rep_round *round, quo_err *err)
{
	size_t most = 0;

	for (uint32_t i = 0; i < levels; i++) {
		size_t bytes = 0;
		for (size_t j = 0; j < n_parts; j++)
			bytes += rep_level_bytes(&parts[j], i);
		most = most < bytes ? bytes : most;
	}
	for (int p = 0; p < REP_PARTIES; p++)
		round->m.bytes[p][rep_after(p, 2)] = most;
	return rep_round_buffers(s, round, err);
}

static void account(quo_session *s, const struct rep_part *parts, size_t n_parts)
{
	uint64_t ands = 0;

	for (size_t i = 0; i < n_parts; i++)
		ands += (uint64_t)parts[i].job->program->levels->n_ands * parts[i].m;
	quo_session_cost(s)->and_gates += ands;
	for (int party = 0; party < REP_PARTIES; party++)
		quo_cost_work(quo_session_cost(s), party, (double)ands * REP_AND_S);
}

static quo_status run_wave(struct replicated *r, quo_session *s, struct rep_part *parts,
			   size_t n_parts, quo_err *err)
{
	uint32_t levels = wave_levels(parts, n_parts);
	struct rep_round round = { 0 };
	bool dry = quo_is_dry(s);

	for (size_t i = 0; i < n_parts && !dry; i++)
		QUO_TRY(load_part(s, &parts[i], err));
	QUO_TRY(rep_load_inputs(r, s, parts, n_parts, err));
	QUO_TRY(level_buffers(s, parts, n_parts, levels, &round, err));
	for (uint32_t level = 0; level < levels; level++)
		QUO_TRY(rep_level_run(r, s, parts, n_parts, level, &round, err));
	for (size_t i = 0; i < n_parts && !dry; i++)
		store_outputs(quo_me(s), &parts[i]);
	if (dry)
		account(s, parts, n_parts);
	return QUO_OK;
}

static quo_status run_call(struct replicated *r, quo_session *s, const quo_map_job *maps,
			   size_t n_jobs, quo_err *err)
{
	quo_arena *arena = quo_step_arena(s);
	struct rep_job *jobs = quo_arena_alloc(arena, n_jobs, sizeof *jobs, err);
	struct rep_part *parts = quo_arena_alloc(arena, n_jobs, sizeof *parts, err);
	struct rep_cursor cursor = { 0, 0 };
	size_t n_parts;

	if (!jobs || !parts)
		return QUO_FAILED;
	for (size_t i = 0; i < n_jobs; i++) {
		jobs[i].map = &maps[i];
		jobs[i].number = i;
		QUO_TRY(rep_program_of(r, maps[i].circuit, rep_goal(r, s, maps[i].n),
				       &jobs[i].program, err));
	}
	while ((n_parts = rep_next_wave(jobs, n_jobs, &cursor, parts))) {
		quo_arena_mark mark = quo_arena_here(arena);
		quo_status status = run_wave(r, s, parts, n_parts, err);
		quo_arena_release(arena, mark);
		QUO_TRY(status);
	}
	return QUO_OK;
}

quo_status rep_map(void *self, quo_session *s, const quo_map_job *jobs, size_t n_jobs, quo_err *err)
{
	quo_arena_mark mark = quo_arena_here(quo_step_arena(s));
	quo_status status = run_call(self, s, jobs, n_jobs, err);

	quo_arena_release(quo_step_arena(s), mark);
	return status;
}
