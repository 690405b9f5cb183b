/* SPDX-License-Identifier: Apache-2.0 */
#include "layers.h"

QUO_PLUGIN("layers", "0.1.0", &fc_component, &conv2d_component, &maxpool_component,
	   &residual_component, &flatten_component)
