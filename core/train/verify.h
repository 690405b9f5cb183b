/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --verify: every named tensor of a secure run against the clear twin.
 *
 * The twin is a process of its own that runs the same experiment under `clear` and writes a digest
 * of every tensor to a pipe, in program order. Party 0 opens its own tensors one by one, digests
 * them and compares: the first that differs ends the run with its name, layer and step. A verified
 * run has no privacy.
 */
#ifndef QUOTIENT_CORE_VERIFY_H
#define QUOTIENT_CORE_VERIFY_H

#include "train/trainer.h"

typedef struct quo_verify {
	int fd; /* the twin's end to write, party 0's end to read, -1 at other parties */
	const quo_trainer *trainer;
	uint64_t compared;
} quo_verify;

/* For quo_session_trace(), with a quo_verify as the argument. */
quo_status quo_verify_twin(void *arg, quo_session *s, const char *where, const char *name,
			   const quo_tensor *t, quo_err *err);
quo_status quo_verify_party(void *arg, quo_session *s, const char *where, const char *name,
			    const quo_tensor *t, quo_err *err);

#endif
