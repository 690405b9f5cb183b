/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin in C++17: an optimiser that moves every weight by one against its gradient's sign. */
#include <quotient/quotient.h>

namespace
{

quo_status states(void *, const quo_instance *, quo_optim_state *, unsigned *n, quo_err *)
{
	*n = 0;
	return QUO_OK;
}

void update(void *, quo_builder *b, quo_update *u)
{
	quo_int step = quo_mux(b, quo_sign(u->g), quo_const(1, 8, true), quo_const(-1, 8, true));

	u->v = quo_clamp(b, quo_add(b, u->v, step), -127, 127);
}

int variant(void *, int)
{
	return 0;
}

const quo_optim_ops ops = { {}, states, update, variant };

const quo_component cxx_sign = {
	QUO_COMPONENT(QUO_KIND_OPTIM, &ops),
	"cxx-sign",
	"moves every weight by one against the sign of its gradient",
	"as the protocol's circuits",
	1, /* wire_version */
	0, /* instance_size */
	0, /* config_size */
	nullptr,
};

} // namespace

QUO_PLUGIN("cxx-sign", "1.0", &cxx_sign)
