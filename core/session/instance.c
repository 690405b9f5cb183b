/* SPDX-License-Identifier: Apache-2.0 */
#include <quotient/memory.h>
#include <quotient/plugin.h>

quo_status quo_instance_clone(const quo_instance *of, quo_instance **out, quo_err *err)
{
	const quo_lifecycle *life = of->component->ops_;
	quo_instance *instance = quo_alloc(1, sizeof *instance, err);

	if (!instance)
		return QUO_FAILED;
	*instance = *of;
	instance->self = quo_alloc(1, of->component->instance_size, err);
	if (!instance->self) {
		quo_free(instance);
		return QUO_FAILED;
	}
	quo_status status = life->init ? life->init(instance->self, instance->config, err) : QUO_OK;
	if (status != QUO_OK) {
		quo_instance_free(instance);
		return status;
	}
	*out = instance;
	return QUO_OK;
}

void quo_instance_free(quo_instance *instance)
{
	if (!instance)
		return;
	const quo_lifecycle *life = instance->component->ops_;
	if (instance->self && life->fini)
		life->fini(instance->self);
	quo_free(instance->self);
	quo_free(instance);
}
