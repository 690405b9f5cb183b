/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

static quo_sha256_state *sent[QUO_MAX_PARTIES];

void wire_digest_text(const uint8_t digest[32], wire_text text)
{
	for (int i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void add(void *arg, int to, const void *data, size_t n)
{
	(void)arg;
	quo_sha256_add(sent[to], data, n);
}

void wire_begin(const quo_session *s)
{
	quo_err err = QUO_ERR_INIT;
	uint8_t unused[32];

	for (int p = 0; p < s->parties; p++) {
		if (sent[p]) /* it begins anew */
			quo_sha256_end(sent[p], unused);
		sent[p] = quo_sha256_new(&err);
		assert_non_null(sent[p]);
	}
	quo_test_listen(&(quo_test_tap){ .sent = add });
}

void wire_end(quo_session *s, wire_text text[QUO_MAX_PARTIES])
{
	quo_err err = QUO_ERR_INIT;
	uint8_t digest[32];

	quo_test_ok(quo_flush(s, &err));
	quo_test_listen(NULL);
	for (int p = 0; p < s->parties; p++) {
		quo_sha256_end(sent[p], digest);
		sent[p] = NULL;
		wire_digest_text(digest, text[p]);
	}
}
