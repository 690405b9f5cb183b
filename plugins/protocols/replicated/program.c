/* SPDX-License-Identifier: Apache-2.0 */
/* Circuits by levels, kept from call to call. */
#include "program.h"

#include <stdlib.h>

static void free_program(struct rep_program *p)
{
	if (!p)
		return;
	quo_levels_free(p->levels);
	quo_free(p);
}

static void measure(struct rep_program *p, const quo_circuit *given)
{
	for (uint32_t i = 0; i < p->levels->n_levels; i++) {
		const quo_level *level = &p->levels->levels[i];
		uint32_t rows = level->ands_end - level->ands;
		p->most_rows = p->most_rows < rows ? rows : p->most_rows;
	}
	for (uint32_t i = 0; i < given->n_in; i++)
		if (given->in[i].kind == QUO_PORT_ARITH)
			p->arith_planes += given->in[i].width;
}

static struct rep_program *program_new(const quo_circuit *c, quo_goal goal, quo_err *err)
{
	struct rep_program *p = quo_alloc(1, sizeof *p, err);
	quo_circuit *split = p ? quo_split_arith(c, goal, err) : NULL;

	if (split)
		p->levels = quo_levels_new(split, err);
	quo_circuit_free(split);
	if (!p || !p->levels) {
		free_program(p);
		return NULL;
	}
	p->id = c->id;
	p->goal = goal;
	measure(p, c);
	return p;
}

quo_status rep_program_of(struct replicated *r, const quo_circuit *c, quo_goal goal,
			  const struct rep_program **out, quo_err *err)
{
	for (size_t i = 0; i < r->n_programs; i++)
		if (r->programs[i]->id == c->id && r->programs[i]->goal == goal) {
			*out = r->programs[i];
			return QUO_OK;
		}
	struct rep_program **list = realloc(r->programs, (r->n_programs + 1) * sizeof(void *));
	if (!list)
		return quo_fail(err, QUO_FAILED, "out of memory: a list of circuits");
	r->programs = list;
	struct rep_program *p = program_new(c, goal, err);
	if (!p)
		return QUO_FAILED;
	list[r->n_programs++] = p;
	*out = p;
	return QUO_OK;
}

void rep_programs_free(struct replicated *r)
{
	for (size_t i = 0; i < r->n_programs; i++)
		free_program(r->programs[i]);
	free(r->programs);
	r->programs = NULL;
	r->n_programs = 0;
}
