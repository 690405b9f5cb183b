/* SPDX-License-Identifier: Apache-2.0 */
/* The label kernels without intrinsics. */
#define HASH quo__aes_portable
#include "kit/labels_generic.h"

const quo_label_ops quo__labels_portable = { offset_row,         colours,
					     halfgates_garble,   halfgates_evaluate,
					     threehalves_garble, threehalves_evaluate };
