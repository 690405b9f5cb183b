/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference trainer against weights from a third implementation of docs/numerics.md (a page of
 * Python with unbounded integers, written apart): 6-5-3, ten rows, batch 4, seven steps, lr_shift
 * up by one from epoch 2.
 */
#include "support.h"

#include "reference/reference.h"

#define ROWS 10
#define FEATURES 6

static const uint32_t out[] = { 5, 3 };

static const struct {
	quo_reference_optimizer optimizer;
	quo_reference_quantizer quantizer;
	uint64_t weights; /* FNV-1a of all weights */
} known[] = {
	{ QUO_REFERENCE_AMSGRAD, QUO_REFERENCE_NPOW, UINT64_C(0x44a6894234caee5a) },
	{ QUO_REFERENCE_AMSGRAD, QUO_REFERENCE_CPOW, UINT64_C(0x87b90d81cc424a40) },
	{ QUO_REFERENCE_SGD, QUO_REFERENCE_NPOW, UINT64_C(0xcbc5d36a840f81a) },
	{ QUO_REFERENCE_SGD, QUO_REFERENCE_CPOW, UINT64_C(0x3ca35bc7738a957b) },
	{ QUO_REFERENCE_SGD, QUO_REFERENCE_WAGE, UINT64_C(0x8f7c2a79d88ccbc9) },
	{ QUO_REFERENCE_AMSGRAD_STD, QUO_REFERENCE_NPOW, UINT64_C(0xa71128e7a9f8e6ef) },
	{ QUO_REFERENCE_AMSGRAD_STD, QUO_REFERENCE_CPOW, UINT64_C(0x5ade3419160d6973) },
};

static uint64_t trained(quo_reference_optimizer optimizer, quo_reference_quantizer quantizer)
{
	int8_t x[ROWS * FEATURES], weights0[FEATURES * 5], weights1[5 * 3],
		*weights[] = { weights0, weights1 };
	uint8_t y[ROWS];
	int r = optimizer == QUO_REFERENCE_SGD ? 3 : 0;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (uint64_t i = 0; i < sizeof x; i++)
		x[i] = (int8_t)(quo_public_value(quo_public_key(77, 1), i) % 128);
	for (uint64_t i = 0; i < ROWS; i++)
		y[i] = (uint8_t)(quo_public_value(quo_public_key(77, 2), i) % 3);
	quo_dataset data = { .n_dims = 1,
			     .dim = { FEATURES },
			     .features = FEATURES,
			     .classes = 3,
			     .train_rows = ROWS,
			     .test_rows = ROWS,
			     .train_x = x,
			     .test_x = x,
			     .train_y = y,
			     .test_y = y };
	quo_reference_config config = {
		.n_layers = 2,
		.out = out,
		.optimizer = optimizer,
		.quantizer = quantizer,
		.batch = 4,
		.seed = 9,
		.lr_shift = { .n = 2, .from = { 0, 2 }, .value = { r, r + 1 } },
	};
	quo_reference_train(&config, &data, 7, weights);
	for (size_t l = 0; l < 2; l++)
		for (size_t i = 0; i < (l ? sizeof weights1 : sizeof weights0); i++)
			hash = (hash ^ (uint8_t)weights[l][i]) * UINT64_C(0x100000001b3);
	return hash;
}

static void test_known_weights(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_int_equal(trained(known[i].optimizer, known[i].quantizer), known[i].weights);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_known_weights) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
