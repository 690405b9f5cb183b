/* SPDX-License-Identifier: Apache-2.0 */
#include "yao.h"

QUO_PLUGIN("circuits", "1.0", &yao_component)
