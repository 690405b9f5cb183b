/* SPDX-License-Identifier: Apache-2.0 */
#include "twoparty.h"

struct two {
	quo_test_peer *peer;
	void *arg;
};

static void one_of_two(int me, quo_channel *channel[], void *arg)
{
	const struct two *two = arg;

	two->peer(me, channel[1 - me], two->arg);
	quo_channel_close(channel[1 - me]);
	quo_test_assert_no_leaks();
}

void quo_test_two_parties(quo_test_party *party, void *arg)
{
	quo_test_parties(2, party, arg);
}

void quo_test_two_peers(quo_test_peer *peer, void *arg)
{
	quo_test_channels(2, one_of_two, &(struct two){ peer, arg }, -1);
}

/* ---- COTs ---- */

/* Instances of the sessions that have COTs open. */
static struct opened {
	quo_session *s;
	quo_instance *ot[2];
} opened[4];

static struct opened *opened_of(const quo_session *s)
{
	for (size_t i = 0; i < sizeof opened / sizeof *opened; i++)
		if (opened[i].s == s)
			return &opened[i];
	return NULL;
}

static quo_instance *ot_instance(const char *name)
{
	if (strcmp(name, "dealer") == 0)
		return quo_test_instance(&quo_test_dealer_ot);
	return quo_test_registered_instance(QUO_KIND_OT, name);
}

void quo_test_open_cots(quo_session *s, const char *ot_name)
{
	quo_err err = QUO_ERR_INIT;
	struct opened *o = opened_of(NULL);

	assert_non_null(o);
	o->s = s;
	for (int i = 0; i < 2; i++) {
		o->ot[i] = ot_instance(ot_name);
		s->cot[i] = quo_cot_new(o->ot[i], i, &err);
		if (!s->cot[i])
			fail_msg("%s", err.text);
		quo_test_ok(quo_cot_open(s->cot[i], s, &err));
	}
}

void quo_test_close_cots(quo_session *s)
{
	struct opened *o = opened_of(s);

	if (!o)
		return;
	for (int i = 0; i < 2; i++) {
		quo_cot_free(s->cot[i]);
		s->cot[i] = NULL;
		quo_instance_free(o->ot[i]);
		o->ot[i] = NULL;
	}
	o->s = NULL;
}

/* ---- forecasts ---- */

void quo_test_assert_cost(quo_session *s, quo_traffic before, const quo_cost *cost)
{
	quo_traffic now = quo_channel_traffic(s->peer);

	assert_int_equal(now.sent_bytes - before.sent_bytes, cost->sent_bytes[s->party]);
	assert_int_equal(now.received_bytes - before.received_bytes,
			 cost->sent_bytes[1 - s->party]);
	assert_int_equal(now.rounds - before.rounds, cost->rounds);
}
