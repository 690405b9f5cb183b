/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/session.h>

uint64_t quo_session_tweaks(quo_session *s, quo_domain domain, uint64_t n)
{
	uint64_t first = s->tweak_next[domain];

	s->tweak_next[domain] += n;
	quo_assert(s->tweak_next[domain] < UINT64_C(1) << 56);
	return (uint64_t)domain << 56 | first;
}
