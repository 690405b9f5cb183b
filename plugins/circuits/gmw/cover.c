/* SPDX-License-Identifier: Apache-2.0 */
/* Which operands become centres of stars: a small vertex cover. */
#include "cover.h"

#define NONE UINT32_MAX

/* Neighbourhoods in one array: edges at[v] .. at[v+1]-1 of `list` touch v. */
struct graph {
	const struct gmw_edge *edges;
	uint32_t n, n_vertices;
	uint32_t *at, *list;
	uint32_t *open;        /* uncovered edges of a vertex */
	uint32_t *head, *next; /* vertices by what they had open when they were put there */
};

static void link_edges(struct graph *g)
{
	for (uint32_t e = 0; e < g->n; e++) {
		g->open[g->edges[e].a]++;
		g->open[g->edges[e].b]++;
	}
	for (uint32_t v = 0; v < g->n_vertices; v++)
		g->at[v + 1] = g->at[v] + g->open[v];
	/* next[] serves as fill counters first. */
	for (uint32_t e = 0; e < g->n; e++) {
		g->list[g->at[g->edges[e].a] + g->next[g->edges[e].a]++] = e;
		g->list[g->at[g->edges[e].b] + g->next[g->edges[e].b]++] = e;
	}
}

static uint32_t other_end(const struct gmw_edge *e, uint32_t v)
{
	return e->a == v ? e->b : e->a;
}

static void put(struct graph *g, uint32_t v)
{
	g->next[v] = g->head[g->open[v]];
	g->head[g->open[v]] = v;
}

static void take(struct graph *g, uint32_t v, uint32_t *centre)
{
	for (uint32_t i = g->at[v]; i < g->at[v + 1]; i++) {
		uint32_t e = g->list[i];
		if (centre[e] != NONE)
			continue;
		centre[e] = v;
		g->open[v]--;
		g->open[other_end(&g->edges[e], v)]--;
	}
}

/* A vertex's number of uncovered edges only falls: who is found in too high a list moves down. */
static void greedy(struct graph *g, uint32_t *centre)
{
	for (uint32_t i = 0; i <= g->n; i++)
		g->head[i] = NONE;
	for (uint32_t v = g->n_vertices; v-- > 0;)
		put(g, v);
	for (uint32_t degree = g->n; degree > 0; degree--) {
		while (g->head[degree] != NONE) {
			uint32_t v = g->head[degree];
			g->head[degree] = g->next[v];
			if (g->open[v] == degree)
				take(g, v, centre);
			else
				put(g, v);
		}
	}
}

/* Centres chosen last are the smallest: they go first. */
static void drop_redundant(struct graph *g, uint32_t *centre)
{
	uint32_t *leaves = g->open;

	for (uint32_t v = 0; v < g->n_vertices; v++)
		leaves[v] = 0;
	for (uint32_t e = 0; e < g->n; e++)
		leaves[centre[e]]++;
	for (uint32_t v = g->n_vertices; v-- > 0;) {
		bool needed = !leaves[v];
		for (uint32_t i = g->at[v]; i < g->at[v + 1] && !needed; i++) {
			uint32_t e = g->list[i];
			needed = centre[e] == v && !leaves[other_end(&g->edges[e], v)];
		}
		for (uint32_t i = g->at[v]; i < g->at[v + 1] && !needed; i++) {
			uint32_t e = g->list[i];
			if (centre[e] != v)
				continue;
			centre[e] = other_end(&g->edges[e], v);
			leaves[centre[e]]++;
			leaves[v]--;
		}
	}
}

quo_status gmw_cover(const struct gmw_edge *edges, uint32_t n, uint32_t n_vertices,
		     uint32_t *centre, quo_err *err)
{
	struct graph g = { .edges = edges, .n = n, .n_vertices = n_vertices };
	uint32_t *memory = quo_alloc(3 * ((size_t)n + n_vertices + 1), sizeof *memory, err);

	if (!memory)
		return QUO_FAILED;
	g.at = memory;
	g.open = g.at + n_vertices + 1;
	g.next = g.open + n_vertices;
	g.list = g.next + n_vertices;
	g.head = g.list + 2 * (size_t)n;
	for (uint32_t e = 0; e < n; e++)
		centre[e] = NONE;
	link_edges(&g);
	greedy(&g, centre);
	drop_redundant(&g, centre);
	quo_free(memory);
	return QUO_OK;
}
