/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/objects.h"

#include <dlfcn.h>
#include <stdlib.h>

bool quo__objects_have(const quo__objects *objects, const struct stat *file)
{
	for (size_t i = 0; i < objects->n; i++)
		if (objects->item[i].device == file->st_dev &&
		    objects->item[i].inode == file->st_ino)
			return true;
	return false;
}

quo_status quo__objects_reserve(quo__objects *objects, quo_err *err)
{
	quo__object *item = realloc(objects->item, (objects->n + 1) * sizeof *item);
	if (!item)
		return quo_fail(err, QUO_FAILED, "out of memory: the list of plugins");
	objects->item = item;
	return QUO_OK;
}

void quo__objects_add(quo__objects *objects, void *handle, const struct stat *file)
{
	objects->item[objects->n++] = (quo__object){ handle, file->st_dev, file->st_ino };
}

void quo__objects_close(quo__objects *objects)
{
	for (size_t i = 0; i < objects->n; i++)
		dlclose(objects->item[i].handle);
	free(objects->item);
	*objects = (quo__objects){ 0 };
}
