/* SPDX-License-Identifier: Apache-2.0 */
/* Pair sessions: two-party engines inside a run of three. */
#include "net/mesh.h"
#include "twoparty.h"

enum { PARTIES = 3, N = 1000 };

/* One direction of a pair's COTs as its two parties see them, in shared memory. */
struct direction {
	quo_block delta, hash_start[2], q[N], t[N];
	uint64_t choices[(N + 63) / 64];
};

/* [smaller party][larger party][which of the two sends] */
typedef struct direction table[PARTIES][PARTIES][2];

static void run_pair(quo_session *s, int other, table *all)
{
	quo_err err = QUO_ERR_INIT;
	quo_session *pair = quo_pair(s, other, &err);

	assert_non_null(pair);
	assert_ptr_equal(pair, quo_pair(s, other, &err)); /* made once */
	assert_int_equal(quo_parties(pair), 2);
	assert_int_equal(quo_me(pair), quo_me(s) > other);
	int first = quo_me(s) < other ? quo_me(s) : other, second = quo_me(s) + other - first;
	for (int sender = 0; sender < 2; sender++) {
		struct direction *d = &(*all)[first][second][sender];
		quo_instance *ot = quo_test_registered_instance(QUO_KIND_OT, "iknp");
		quo_cot *cot = quo_cot_new(ot, sender, &err);
		assert_non_null(cot);
		quo_test_ok(quo_cot_open(cot, pair, &err));
		d->hash_start[quo_me(pair)] = quo_hash_start(pair);
		if (quo_me(pair) == sender) {
			d->delta = quo_cot_delta(cot);
			quo_test_ok(quo_cot_random(cot, pair, N, d->q, NULL, &err));
		} else {
			quo_test_ok(quo_cot_random(cot, pair, N, d->t, d->choices, &err));
		}
		quo_test_ok(quo_flush(pair, &err));
		quo_cot_free(cot);
		quo_instance_free(ot);
	}
}

/* A tournament: in slot r party i meets (r - i) mod 3, so that nobody waits in a circle. */
static void party(quo_session *s, void *all)
{
	quo_err err = QUO_ERR_INIT;
	uint64_t bytes[PARTIES];

	for (int slot = 0; slot < PARTIES; slot++) {
		int other = (slot - quo_me(s) + PARTIES) % PARTIES;
		if (other != quo_me(s))
			run_pair(s, other, all);
	}
	quo_test_ok(quo_session_bytes(s, bytes, &err));
	for (int i = 0; i < PARTIES; i++)
		assert_true(bytes[i] > N / 8);
	assert_int_equal(bytes[quo_me(s)],
			 quo_mesh_traffic(s->mesh).sent_bytes - (PARTIES - 1) * sizeof(uint64_t));
}

static void cots_in_every_pair(void **state)
{
	table *all = quo_test_shared(1, sizeof *all);

	(void)state;
	quo_test_parties(PARTIES, party, all);
	for (int i = 0; i < PARTIES; i++)
		for (int j = i + 1; j < PARTIES; j++)
			for (int sender = 0; sender < 2; sender++) {
				const struct direction *d = &(*all)[i][j][sender];
				assert_memory_equal(&d->hash_start[0], &d->hash_start[1], 16);
				for (size_t e = 0; e < N; e++) {
					quo_block want =
						quo_xor_if(d->q[e], d->delta,
							   d->choices[e / 64] >> (e % 64) & 1);
					assert_memory_equal(&want, &d->t[e], sizeof want);
				}
			}
	/* Each pair hashes from a start of its own. */
	assert_memory_not_equal(&(*all)[0][1][0].hash_start[0], &(*all)[0][2][0].hash_start[0], 16);
	assert_memory_not_equal(&(*all)[0][1][0].hash_start[0], &(*all)[1][2][0].hash_start[0], 16);
	quo_test_unshare(all, 1, sizeof *all);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cots_in_every_pair) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
