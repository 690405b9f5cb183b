/* SPDX-License-Identifier: Apache-2.0 */
/* A stage of a wave: local gates, one exchange, AND gates. */
#ifndef QUOTIENT_GMW_STAGES_H
#define QUOTIENT_GMW_STAGES_H

#include "plan.h"

/*
 * One stage of a wave: local gates, one exchange, AND gates. `mine` and `theirs` have room for the
 * stage's messages (gmw_stage_bytes) and a word more each.
 */
quo_status gmw_stage_run(quo_session *s, struct gmw_part *parts, size_t n_parts, uint32_t stage,
			 uint8_t *mine, uint8_t *theirs, quo_err *err);

#endif
