/* SPDX-License-Identifier: Apache-2.0 */
/* The label kernels over AES-NI; the rest is left to the compiler, with AVX2. */
#define HASH quo__aes_aesni
#include "kit/labels_generic.h"

const quo_label_ops quo__labels_avx2 = { offset_row,         colours,
					 halfgates_garble,   halfgates_evaluate,
					 threehalves_garble, threehalves_evaluate };
