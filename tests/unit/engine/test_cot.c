/* SPDX-License-Identifier: Apache-2.0 */
#include "twoparty.h"

#define MOST 70000

struct result {
	quo_block delta, q[MOST], t[MOST];
	uint64_t choices[(MOST + 63) / 64];
};

static const size_t sizes[] = { 0, 1, 63, 64, 65, 200, 7, 1000, 32767, 32768, 32769, MOST };
enum { SIZES = sizeof sizes / sizeof *sizes };

static quo_status send_chosen(quo_cot *cot, quo_session *s, size_t n, quo_block *out,
			      uint64_t *choices, quo_err *err)
{
	return quo_cot_chosen(cot, s, n, choices, out, err);
}

/* shared: results [sender][size]. */
static void exchange(quo_session *s, void *shared, bool random)
{
	struct result(*results)[SIZES] = shared;
	quo_err err = QUO_ERR_INIT;
	uint64_t seed = (uint64_t)s->party;

	quo_test_open_cots(s, "dealer");
	for (int i = 0; i < SIZES; i++) {
		for (int sender = 0; sender < 2; sender++) {
			struct result *r = &results[sender][i];
			size_t n = sizes[i];
			quo_cost cost = QUO_COST_INIT;
			quo_session *dry = quo_session_dry(s, &cost, &err);
			assert_non_null(dry);
			quo_traffic before = quo_channel_traffic(s->peer);
			assert_int_equal(quo_cot_sender(s->cot[sender]), sender);
			if (s->party == sender) {
				r->delta = quo_cot_delta(s->cot[sender]);
				quo_test_ok((random ? quo_cot_random : send_chosen)(
					s->cot[sender], s, n, r->q, NULL, &err));
			} else if (random) {
				quo_test_ok(quo_cot_random(s->cot[sender], s, n, r->t, r->choices,
							   &err));
			} else {
				for (size_t w = 0; w < (n + 63) / 64; w++)
					r->choices[w] = quo_test_random(&seed);
				quo_test_ok(quo_cot_chosen(s->cot[sender], s, n, r->choices, r->t,
							   &err));
			}
			/* The flights depend on what was last sent; bytes do not. */
			quo_test_ok((random ? quo_cot_random : send_chosen)(s->cot[sender], dry, n,
									    NULL, NULL, &err));
			quo_session_free(dry);
			quo_traffic now = quo_channel_traffic(s->peer);
			assert_int_equal(now.sent_bytes - before.sent_bytes,
					 cost.sent_bytes[s->party]);
			assert_int_equal(now.received_bytes - before.received_bytes,
					 cost.sent_bytes[1 - s->party]);
			assert_int_equal(cost.cots, n);
		}
	}
}

static void chosen(quo_session *s, void *shared)
{
	exchange(s, shared, false);
}

static void random_choices(quo_session *s, void *shared)
{
	exchange(s, shared, true);
}

static void check(quo_test_party *party)
{
	struct result(*results)[SIZES] = quo_test_shared(2, sizeof *results);

	quo_test_two_parties(party, results);
	for (int sender = 0; sender < 2; sender++) {
		for (int i = 0; i < SIZES; i++) {
			const struct result *r = &results[sender][i];
			assert_int_equal(quo_lsb(r->delta), 1);
			for (size_t e = 0; e < sizes[i]; e++) {
				quo_block want = quo_xor_if(r->q[e], r->delta,
							    r->choices[e / 64] >> (e % 64) & 1);
				assert_memory_equal(&want, &r->t[e], sizeof want);
			}
		}
	}
	quo_test_unshare(results, 2, sizeof *results);
}

static void test_chosen(void **state)
{
	(void)state;
	check(chosen);
}

static void test_random(void **state)
{
	(void)state;
	check(random_choices);
}

static void test_dry(void **state)
{
	quo_cost cost = QUO_COST_INIT, want = QUO_COST_INIT;
	quo_err err = QUO_ERR_INIT;
	quo_session s;

	(void)state;
	quo_test_dry(&s, 0, &cost);
	quo_test_open_cots(&s, "dealer");
	quo_test_ok(quo_cot_chosen(s.cot[0], &s, 100, NULL, NULL, &err));
	quo_test_ok(quo_cot_chosen(s.cot[1], &s, 0, NULL, NULL, &err));
	quo_test_ok(quo_cot_chosen(s.cot[1], &s, 8, NULL, NULL, &err));
	quo_test_ok(quo_cot_random(s.cot[1], &s, 50, NULL, NULL, &err));
	quo_cost_send(&want, 1, 13);
	quo_cost_send(&want, 0, 1);
	assert_int_equal(cost.sent_bytes[0], want.sent_bytes[0]);
	assert_int_equal(cost.sent_bytes[1], want.sent_bytes[1]);
	assert_int_equal(cost.rounds, want.rounds);
	assert_int_equal(cost.cots, 158);
	quo_test_dry_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_dry),
	};
	return cmocka_run_group_tests_name("cot", tests, NULL, NULL);
}
