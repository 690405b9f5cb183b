/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shared objects that a registry has loaded. They stay mapped until quo__objects_close().
 */
#ifndef QUOTIENT_CORE_OBJECTS_H
#define QUOTIENT_CORE_OBJECTS_H

#include <sys/stat.h>

#include <quotient/status.h>

typedef struct quo__object {
	void *handle; /* of dlopen */
	dev_t device;
	ino_t inode;
} quo__object;

/* All zero: none. */
typedef struct quo__objects {
	quo__object *item;
	size_t n;
} quo__objects;

/* Whether this file is among them, under whatever path. */
bool quo__objects_have(const quo__objects *objects, const struct stat *file);
/* Room for one more, so that the next quo__objects_add() cannot fail. */
quo_status quo__objects_reserve(quo__objects *objects, quo_err *err);
/* Takes the handle. */
void quo__objects_add(quo__objects *objects, void *handle, const struct stat *file);
/* dlclose() all and free the list. */
void quo__objects_close(quo__objects *objects);

#endif
