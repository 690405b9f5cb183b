/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of prediction times: a file that lists experiments, a row each. */
#ifndef QUOTIENT_TOOLS_PREDICT_TABLE_H
#define QUOTIENT_TOOLS_PREDICT_TABLE_H

#include "tools/cli.h"
#include "tools/predict.h"

/* Whether a file has `table:` where an experiment has a model. A file that cannot be read has none:
 * loading it says why. */
bool quo_predict_table_is(const char *path);

/*
 * Measure every row with the public initial weights: one example and a batch, as the machine's own
 * loopback is and over an imitated link. Prints the table; writes table.csv and table.json to a
 * folder of output.dir. A row whose experiment cannot run says why and the others go on; QUO_FAILED
 * at the end if there was one.
 */
quo_status quo_predict_table(const quo_cli *cli, FILE *ui, quo_err *err);

#endif
