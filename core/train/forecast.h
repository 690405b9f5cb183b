/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forecasts: the trainer itself in a dry session, where engines report what they would send.
 *
 * Bytes and rounds are those of a run after the handshake and the sharing of the data. Time is an
 * estimate: what the engines say they compute, against the bytes and rounds over the link that the
 * experiment gives (quotient/cost.h).
 */
#ifndef QUOTIENT_CORE_FORECAST_H
#define QUOTIENT_CORE_FORECAST_H

#include "train/trainer.h"

typedef struct quo_forecast_layer {
	char where[64];
	uint32_t in, out;
	int alpha;
	uint8_t z_width, g_width, e_width;
	uint32_t activate_ands, normalise_ands,
		update_ands; /* per output, per output's error, per weight; adders apart */
} quo_forecast_layer;

typedef struct quo_forecast {
	quo_cost cost;
	quo_phase phase[QUO_PHASES]; /* seconds: estimated */
	quo_link link;               /* that the experiment gives, or loopback */
	uint64_t steps, steps_per_epoch, weights;
	bool scaled; /* a very long run: its first steps were walked, the counts are in proportion */
	uint64_t step_bytes, step_rounds; /* of the first training step */
	uint64_t memory_bytes;            /* per party, estimated */
	double seconds;                   /* estimated, a core for each party */
	uint32_t n_layers;
	quo_forecast_layer *layers;
} quo_forecast;

/* `experiment` must be one that no session has used or will use. reveal_model: with
 * the final opening. */
quo_status quo_forecast_run(quo_forecast *f, const quo_experiment_config *experiment,
			    const quo_data_shape *shape, bool reveal_model, quo_err *err);
void quo_forecast_free(quo_forecast *f);

#endif
