/* SPDX-License-Identifier: Apache-2.0 */
/* The whole plugin SDK. */
#ifndef QUOTIENT_QUOTIENT_H
#define QUOTIENT_QUOTIENT_H

#include <quotient/gc.h>
#include <quotient/labels.h>
#include <quotient/layer.h>
#include <quotient/levels.h>
#include <quotient/optim.h>
#include <quotient/ot.h>
#include <quotient/plugin.h>
#include <quotient/protocol.h>
#include <quotient/quant.h>
#include <quotient/tier.h>

#endif
