/* SPDX-License-Identifier: Apache-2.0 */
/* data/shares: files that data owners outside have made with quotient-share, one for each party. */
#ifndef QUOTIENT_CORE_SHARES_H
#define QUOTIENT_CORE_SHARES_H

#include "data/dataset.h"

#define QUO_SHARE_PATH 4096

/* Whether an instance of kind DATA is this component. A reader of shares has no load(): each party
 * takes its own file. */
bool quo_data_is_shares(const quo_instance *data);
/* The path of a party's file. */
quo_status quo_data_share_path(const quo_instance *data, int party, char out[QUO_SHARE_PATH],
			       quo_err *err);

#endif
