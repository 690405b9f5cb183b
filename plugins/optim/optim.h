/* SPDX-License-Identifier: Apache-2.0 */
/* The optimisers of this shared object. */
#ifndef QUOTIENT_PLUGINS_OPTIM_H
#define QUOTIENT_PLUGINS_OPTIM_H

#include <quotient/optim.h>

extern const quo_component optim_amsgrad, optim_amsgrad_std;

#endif
