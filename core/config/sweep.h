/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sweeps: `sweep:` in an experiment file makes one experiment of every combination of values.
 *
 *     sweep:
 *       network:                                    # a free name: a list of variants
 *         - {name: MNIST, base: ../mnist-2x128.yaml, paper: 95.04}
 *         - {name: thyroid, base: ../thyroid.yaml, set: {train.epochs: 20}}
 *       train.optimizer: [{use: amsgrad}, {use: sgd, lr_shift: 4}]      # a key: a list of values
 *       train.seed: [1, 2, 3]
 *
 * An axis is a key with its values, or a name with variants, which set several keys at once. The
 * base of a variant is the experiment that the file is laid upon, as with `extends`. A point is one
 * value of every axis; the points are in the order of running: all others for the first seed, then
 * for the next one, so that a sweep that was interrupted has something to compare.
 *
 * Overrides go on top of every point. Those of an axis's own key fix that key, and the axis goes.
 * "sweep.<axis>=[..]" replaces the values of an axis, or picks variants by name.
 *
 * Every failure is QUO_USAGE with one line "file:line: ..." (or "--set key=value: ...").
 */
#ifndef QUOTIENT_CORE_SWEEP_H
#define QUOTIENT_CORE_SWEEP_H

#include "config/experiment.h"
#include "text/node.h"

#define QUO_SWEEP_MAX_AXES 8
#define QUO_SWEEP_MAX_POINTS 1000

typedef struct quo_sweep_axis {
	const char *name; /* "train.seed", or the name of the variants */
	bool variants;
	bool bases; /* variants, some with another base: other data */
	uint32_t n;
	const char *const *label; /* of each value, as people read it; no two are equal */
	const double *paper;      /* of each value, a published accuracy 0..1; NaN: none */
	quo_node *const *value;   /* private */
} quo_sweep_axis;

typedef struct quo_sweep {
	uint32_t n_axes, n_points;
	quo_sweep_axis axis[QUO_SWEEP_MAX_AXES];
	int seeds; /* the axis that is train.seed; -1: none */
} quo_sweep;

/* The axes of a file under overrides, in an arena of the caller. *out is NULL when the file has no
 * sweep. */
quo_status quo_sweep_load(quo_arena *arena, const char *path, const char *const *sets,
			  size_t n_sets, const quo_sweep **out, quo_err *err);

/* Index of the value of every axis at a point. */
void quo_sweep_at(const quo_sweep *sweep, uint32_t point, uint32_t index[QUO_SWEEP_MAX_AXES]);
/* "MNIST, amsgrad, seed 2". */
char *quo_sweep_title(quo_arena *arena, const quo_sweep *sweep, uint32_t point, quo_err *err);
/* The same as a part of a path, at most 100 characters: "MNIST_amsgrad_seed-2". */
char *quo_sweep_slug(quo_arena *arena, const quo_sweep *sweep, uint32_t point, quo_err *err);

/* quo_experiment_load() of one point. */
quo_status quo_experiment_load_point(quo_registry *registry, const char *path,
				     const char *const *sets, size_t n_sets, uint32_t point,
				     quo_experiment **out, quo_err *err);

/* Characters of a label, at most: labels go into tables. */
#define QUO__SWEEP_MAX_LABEL 60

/* The sweep of a file under overrides, and the whole file; *out is NULL when it has none. */
quo_status quo__sweep_load(quo_arena *arena, const char *path, const char *const *sets,
			   size_t n_sets, quo_node **root, quo_sweep **out, quo_err *err);
/* Whether an override ("key=value") concerns the sweep itself, not its points. */
bool quo__sweep_owns(const char *set);
/* The tree of a point, overrides applied and `sweep` gone. */
quo_status quo__sweep_tree(quo_arena *arena, const char *path, const char *const *sets,
			   size_t n_sets, uint32_t point, quo_node **out, quo_err *err);

#endif
