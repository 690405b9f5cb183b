/* SPDX-License-Identifier: Apache-2.0 */
#include "three.h"

#include <pthread.h>

#include "net/mesh.h"

#undef quo_prg
#undef quo_prg_fold
void quo_prg(quo_block key, uint64_t first, quo_block *out, size_t n_blocks);
void quo_prg_fold(const quo_aes_key *keys, unsigned k, uint64_t first, size_t n_blocks,
		  const quo_block *mask, quo_block *sum, quo_block *rows, size_t row_blocks);

extern const quo_plugin quo_plugin_entry;

/* ---- what a party draws ---- */

struct use {
	uint64_t key, first, n;
};

static _Thread_local struct use *uses;
static _Thread_local size_t n_uses, room;
static _Thread_local bool noting; /* a party's own thread, not those of its pool */

static void note(uint64_t key, uint64_t first, size_t n)
{
	if (!noting)
		return;
	if (n_uses == room) {
		room = 2 * room + 1024;
		struct use *list = realloc(uses, room * sizeof *list);
		if (!list)
			abort();
		uses = list;
	}
	uses[n_uses++] = (struct use){ key, first, n };
}

void replicated_prg(quo_block key, uint64_t first, quo_block *out, size_t n_blocks);
void replicated_prg(quo_block key, uint64_t first, quo_block *out, size_t n_blocks)
{
	note(key.w[0], first, n_blocks);
	quo_prg(key, first, out, n_blocks);
}

void replicated_prg_fold(const quo_aes_key *keys, unsigned k, uint64_t first, size_t n_blocks,
			 const quo_block *mask, quo_block *sum, quo_block *rows, size_t row_blocks);
void replicated_prg_fold(const quo_aes_key *keys, unsigned k, uint64_t first, size_t n_blocks,
			 const quo_block *mask, quo_block *sum, quo_block *rows, size_t row_blocks)
{
	const struct rep_keys *of =
		(const void *)((const char *)keys - offsetof(struct rep_keys, schedule));

	note(of->key[0].w[0], first, n_blocks);
	note(of->key[1].w[0], first, n_blocks);
	quo_prg_fold(keys, k, first, n_blocks, mask, sum, rows, row_blocks);
}

static int by_place(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* Blocks that this party drew twice; forgets all. */
static size_t repeated(void)
{
	size_t n = 0;

	if (n_uses)
		qsort(uses, n_uses, sizeof *uses, by_place);
	for (size_t i = 1; i < n_uses; i++)
		n += uses[i].key == uses[i - 1].key &&
		     uses[i].first < uses[i - 1].first + uses[i - 1].n;
	free(uses);
	uses = NULL;
	n_uses = room = 0;
	return n;
}

/* ---- three parties ---- */

struct thread {
	struct run *run;
	int me;
	quo_channel *channel[QUO_MAX_PARTIES];
};

static quo_status in_session(struct run *run, quo_session *s, int me, quo_err *err)
{
	QUO_TRY(quo_protocol_open(s, err));
	quo_status status = run->party(run, s, quo_is_dry(s) ? NULL : run->out[me], err);
	quo_protocol_close(s);
	return status;
}

static void *party(void *arg)
{
	struct thread *t = arg;
	struct run *run = t->run;
	quo_err *err = &run->err[t->me];
	const quo_component *c = quo_plugin_entry.components[0];
	quo_instance *instance = quo_test_instance_with(c, &run->config);
	quo_mesh *mesh = quo_mesh_new(REP_PARTIES, t->me, t->channel, err);
	quo_session *s = mesh ? quo_session_live(&(quo_session_config){ .party = t->me,
									.parties = REP_PARTIES,
									.mesh = mesh,
									.link = run->link,
									.protocol = instance,
									.threads = run->threads },
						 err)
			      : NULL;

	noting = true;
	if (s && in_session(run, s, t->me, err) == QUO_OK) {
		run->traffic[t->me] = quo_session_traffic(s);
		/* Other threads' draws are not noted here. */
		run->repeated[t->me] = repeated();
	}
	quo_session_free(s);
	quo_test_instance_free(instance);
	return NULL;
}

void run_forecast(struct run *run)
{
	quo_err err = QUO_ERR_INIT;
	quo_instance *instance =
		quo_test_instance_with(quo_plugin_entry.components[0], &run->config);

	run->forecast = (quo_cost)QUO_COST_INIT;
	quo_session *s = quo_session_forecast(instance, run->link, &run->forecast, &err);
	assert_non_null(s);
	quo_test_ok(in_session(run, s, 0, &err));
	quo_session_free(s);
	quo_test_instance_free(instance);
}

void run_case(struct run *run)
{
	struct thread t[REP_PARTIES] = { 0 };
	pthread_t id[REP_PARTIES];
	quo_err err = QUO_ERR_INIT;

	for (int p = 0; p < REP_PARTIES; p++) {
		t[p].run = run;
		t[p].me = p;
		run->err[p] = (quo_err)QUO_ERR_INIT;
		run->out[p] = quo_alloc(run->n_out + 1, sizeof *run->out[p], &err);
		assert_non_null(run->out[p]);
		for (int q = 0; q < p; q++) {
			quo_channel *ends[2];
			quo_test_ok(quo_channel_pair(ends, &err));
			t[q].channel[p] = quo_channel_count(ends[0], &err);
			t[p].channel[q] = quo_channel_count(ends[1], &err);
		}
	}
	for (int p = 0; p < REP_PARTIES; p++)
		assert_int_equal(pthread_create(&id[p], NULL, party, &t[p]), 0);
	for (int p = 0; p < REP_PARTIES; p++)
		assert_int_equal(pthread_join(id[p], NULL), 0);
	run_forecast(run);
	for (int p = 0; p < REP_PARTIES; p++) {
		if (run->err[p].status != QUO_OK)
			fail_msg("party %d: %s", p, run->err[p].text);
		assert_int_equal(run->repeated[p], 0);
		assert_int_equal(run->traffic[p].sent_bytes, run->forecast.sent_bytes[p]);
		assert_int_equal(run->traffic[p].rounds, run->forecast.rounds);
	}
}

void run_end(struct run *run)
{
	for (int p = 0; p < REP_PARTIES; p++)
		quo_free(run->out[p]);
}
