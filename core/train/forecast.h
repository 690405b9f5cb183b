/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forecasts: the trainer itself in a dry session, where engines report what they would send.
 *
 * Bytes and rounds are those of a run after the handshake and the sharing of the data; time is an estimate from the
 * counts of COTs, AND gates and bytes with the rates in forecast.c.
 */
#ifndef QUOTIENT_CORE_FORECAST_H
#define QUOTIENT_CORE_FORECAST_H

#include "train/trainer.h"

typedef struct quo_forecast_layer {
	char where[64];
	uint32_t in, out;
	int alpha;
	uint8_t z_width, g_width, e_width;
	uint32_t activate_ands, normalise_ands, update_ands; /* per output, per output's error, per weight; adders apart */
} quo_forecast_layer;

typedef struct quo_forecast {
	quo_cost cost;
	quo_phase phase[QUO_PHASES]; /* bytes and rounds; seconds 0 */
	uint64_t steps, steps_per_epoch, weights, macs;
	bool scaled; /* a very long run: its first steps were walked, the counts are in proportion */
	uint64_t step_bytes, step_rounds; /* of one training step */
	uint64_t memory_bytes;            /* per party, estimated */
	double seconds;                   /* estimated, two cores of this machine's kind over loopback */
	uint32_t n_layers;
	quo_forecast_layer *layers;
} quo_forecast;

/* `experiment` must be one that no session has used or will use. reveal_model: with the final opening. */
quo_status quo_forecast_run(quo_forecast *f, const quo_experiment_config *experiment, const quo_data_shape *shape,
                            bool reveal_model, quo_err *err);
void quo_forecast_free(quo_forecast *f);

#endif
