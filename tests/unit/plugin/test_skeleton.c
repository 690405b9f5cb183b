/* SPDX-License-Identifier: Apache-2.0 */
/* plugins/skeleton does what it says: its circuit against the formula, loaded and configured as in
 * a run. */
#include "support.h"

#include <quotient/bits.h>

#include "config/experiment.h"
#include "data/dataset.h"
#include "plugin/loader.h"

#define N 4000

/* The new weights by the plugin's circuit, evaluated in the clear. */
static void update(const quo_instance *optimizer, int epoch, const int32_t *v, const int32_t *g,
		   int32_t *out)
{
	quo_err err = QUO_ERR_INIT;
	static uint64_t planes_v[8 * (N / 64 + 1)], planes_g[18 * (N / 64 + 1)],
		planes_out[8 * (N / 64 + 1)];
	quo_builder *b = quo_builder_new(QUO_SMALL);
	quo_update u = { .epoch = epoch };
	u.v = quo_input(b, "v", QUO_PORT_BITS, 8, true, false);
	u.g = quo_input(b, "g", QUO_PORT_BITS, 18, true, false);
	quo_optim(optimizer)->update(optimizer->self, b, &u);
	assert_true(u.v.is_signed);
	quo_output(b, "v", quo_resize(u.v, 8, true));
	quo_circuit *c = quo_circuit_finish(b, &err);
	assert_non_null(c);

	quo_planes_from_words((const uint32_t *)v, N, 8, planes_v);
	quo_planes_from_words((const uint32_t *)g, N, 18, planes_g);
	const uint64_t *in[] = { planes_v, planes_g };
	uint64_t *to[] = { planes_out };
	quo_test_ok(quo_circuit_eval(c, N, in, to, &err));
	quo_words_from_planes(planes_out, N, 8, true, (uint32_t *)out);
	quo_circuit_free(c);
}

static void follows_the_formula(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	quo_experiment *owner = NULL;
	quo_instance *optimizer = NULL;
	static int32_t v[N], g[N], out[N];
	uint64_t random = 1;

	quo_test_ok(quo_component_load(quo_test_registry(), QUO_KIND_OPTIM,
				       "{use: sign-sgd, shift: {0: 6, 1: 2}}", &owner, &optimizer,
				       &err));
	for (int i = 0; i < N; i++) {
		v[i] = (int32_t)(quo_test_random(&random) % 255) - 127;
		g[i] = i % 5 ? (int32_t)(quo_test_random(&random) % (1 << 18)) - (1 << 17)
			     : i % 3 - 1;
	}
	v[0] = v[1] = -127;
	v[2] = v[3] = 127;
	g[0] = 1, g[1] = -(1 << 17), g[2] = -1, g[3] = 0;
	for (int epoch = 0; epoch < 3; epoch++) {
		update(optimizer, epoch, v, g, out);
		for (int i = 0; i < N; i++) {
			int32_t step = (g[i] > 0) - (g[i] < 0),
				moved = v[i] - step * (epoch ? 4 : 64);
			assert_int_equal(out[i], moved > 127 ? 127 : moved < -127 ? -127 : moved);
		}
	}
	assert_int_not_equal(quo_optim(optimizer)->variant(optimizer->self, 0),
			     quo_optim(optimizer)->variant(optimizer->self, 1));
	assert_int_equal(quo_optim(optimizer)->variant(optimizer->self, 1),
			 quo_optim(optimizer)->variant(optimizer->self, 9));
	quo_experiment_free(owner);
}

/* The command in its first comment, word for word but for the folder of the headers. */
static void builds_outside_the_tree(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	char folder[] = "/tmp/quo-skeleton-XXXXXX", command[3000], path[100];
	const char *source = getenv("QUOTIENT_SOURCE_ROOT");
	if (system("command -v cc >/dev/null")) {
		print_message("no cc here\n");
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/sign-sgd.so", folder);
	snprintf(command, sizeof command,
		 "cc -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -shared -fPIC "
		 "-fvisibility=hidden -I '%s/core/include' "
		 "'%s/plugins/skeleton/sign_sgd.c' -o %s",
		 source, source, path);
	assert_int_equal(system(command), 0);
	quo_registry *registry = quo_registry_new(quo_data_components, &err);
	assert_non_null(registry);
	quo_test_ok(quo_registry_load_file(registry, path, &err));
	assert_non_null(quo_registry_find(registry, QUO_KIND_OPTIM, "sign-sgd"));
	quo_registry_free(registry);
	snprintf(command, sizeof command, "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_formula),
		cmocka_unit_test(builds_outside_the_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
