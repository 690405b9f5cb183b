/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Experiments: a YAML file with `extends`, `--set` overrides and defaults resolved into typed
 * structs and instances.
 *
 * Every failure is QUO_USAGE with one line "file:line: ..." (or "--set key=value: ...").
 */
#ifndef QUOTIENT_CORE_EXPERIMENT_H
#define QUOTIENT_CORE_EXPERIMENT_H

#include "net/handshake.h"
#include "plugin/registry.h"

typedef enum quo_evaluate { QUO_EVALUATE_EPOCH, QUO_EVALUATE_END, QUO_EVALUATE_NEVER } quo_evaluate;
typedef enum quo_mode { QUO_MODE_LOCAL, QUO_MODE_LISTEN, QUO_MODE_CONNECT, QUO_MODE_MESH } quo_mode;

typedef struct quo_train_config {
	int64_t epochs, batch, seed, max_steps /* 0: no limit */;
	int evaluate;      /* quo_evaluate */
	int64_t test_rows; /* 0: all */
	quo_instance *optimizer, *quantizer;
	const char *batch_where, *optimizer_where; /* "file:line", for messages; may be NULL */
} quo_train_config;

/* A link to imitate between processes of one machine; 0: as it is. */
typedef struct quo_shape_config {
	double latency;   /* seconds, one way */
	double bandwidth; /* bytes per second, each way */
} quo_shape_config;

typedef struct quo_network_config {
	int mode;                  /* quo_mode */
	const char *address;       /* host:port; modes listen and connect */
	quo_strings parties;       /* host:port of every party; mode mesh */
	bool plain;                /* a tunnel hides what the parties send */
	const char *bind;          /* where to listen in mode mesh; "": parties[own number] */
	int64_t timeout;           /* seconds to wait for the other parties */
	double latency, bandwidth; /* of the link, for plans; 0: not given */
	quo_shape_config shape;
} quo_network_config;

typedef struct quo_output_config {
	const char *dir;
} quo_output_config;

typedef enum quo_predict_reveal { QUO_REVEAL_CLASS, QUO_REVEAL_SCORES } quo_predict_reveal;
typedef enum quo_predict_to { QUO_PREDICT_TO_ALL, QUO_PREDICT_TO_0 /* and so on */ } quo_predict_to;
typedef enum quo_model_owner {
	QUO_MODEL_DEALER,
	QUO_MODEL_OWNER_0 /* and so on */
} quo_model_owner;

typedef struct quo_predict_config {
	const char *model, *inputs; /* paths; "": none given */
	int owner;                  /* quo_model_owner, of an .npz */
	int64_t batch, first, rows /* 0: to the last */, repeat;
	int reveal; /* quo_predict_reveal */
	int to;     /* quo_predict_to */
} quo_predict_config;

typedef struct quo_experiment_config {
	const char *name;
	quo_instance *data; /* kind DATA */
	quo_strings reveal; /* "accuracy" */
	int64_t threads;    /* of this party */
	quo_train_config train;
	quo_instance *protocol;
	quo_network_config network;
	quo_output_config output;
	quo_predict_config predict;
	uint32_t n_layers;
	quo_instance *const *layers;    /* `model:` */
	const char *const *layer_where; /* "file:line" of each layer, for messages */
} quo_experiment_config;

typedef struct quo_experiment quo_experiment;

/*
 * Load a file, apply `sets` ("a.b.c=value"; the value is YAML) in order, resolve and create all
 * instances.
 */
quo_status quo_experiment_load(quo_registry *registry, const char *path, const char *const *sets,
			       size_t n_sets, quo_experiment **out, quo_err *err);
const quo_experiment_config *quo_experiment_config_of(const quo_experiment *experiment);
void quo_experiment_free(quo_experiment *experiment);

/* The resolved experiment as YAML, defaults filled in, keys in table order. The caller frees with
 * free(). */
char *quo_experiment_yaml(const quo_experiment *experiment, quo_err *err);

/* SHA-256 of the resolved experiment without its name and output: equal for the same experiment. */
quo_status quo_experiment_digest(const quo_experiment *experiment, uint8_t digest[32],
				 quo_err *err);
/* The registry that its components come from. */
const quo_registry *quo_experiment_registry(const quo_experiment *experiment);

/* The resolved experiment as flat "key" / "value" pairs in a fixed order, local keys left out, and
 * with "<path>.wire" = "name/version" of every component: what the parties must agree on. */
const quo_agreement *quo_experiment_agreement(const quo_experiment *experiment);

/* Every component instance of the experiment with its path ("protocol.ot"), for summaries. */
size_t quo_experiment_instances(const quo_experiment *experiment);
const quo_instance *quo_experiment_instance_at(const quo_experiment *experiment, size_t i,
					       const char **path);

/*
 * One component outside an experiment, from "{use: sgd, lr_shift: 4}", sub-components and all
 * (tests, tools). The instance lives until quo_experiment_free(*owner).
 */
quo_status quo_component_load(quo_registry *registry, quo_kind kind, const char *yaml,
			      quo_experiment **owner, quo_instance **out, quo_err *err);

#endif
