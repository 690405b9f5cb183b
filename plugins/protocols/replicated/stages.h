/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wave level by level.
 */
#ifndef QUOTIENT_PLUGINS_REPLICATED_STAGES_H
#define QUOTIENT_PLUGINS_REPLICATED_STAGES_H

#include "plan.h"
#include "wire.h"

/* What a thread should have to do: words of a row, and words of all rows of a level together. */
#ifndef REP_SHARE_WORDS
#define REP_SHARE_WORDS ((size_t)64)
#define REP_SHARE_WORK ((size_t)1 << 15)
#endif

/* One level of a wave: local gates, AND gates, one exchange. `round` has buffers for the largest level. */
quo_status rep_level_run(struct replicated *r, quo_session *s, struct rep_part *parts,
			 size_t n_parts, uint32_t level, struct rep_round *round, quo_err *err);

#endif
