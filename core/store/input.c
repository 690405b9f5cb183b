/* SPDX-License-Identifier: Apache-2.0 */
#include "store/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <quotient/memory.h>

static quo_status read_all(int fd, const char *path, uint8_t *data, size_t n, quo_err *err)
{
	for (size_t at = 0; at < n;) {
		ssize_t done = read(fd, data + at, n - at);
		if (done > 0)
			at += (size_t)done;
		else if (done == 0 || errno != EINTR)
			return quo_fail(err, QUO_USAGE, "%s: cannot read beyond byte %zu: %s", path,
					at,
					done == 0 ? "the file became shorter" : strerror(errno));
	}
	return QUO_OK;
}

quo_status quo_file_read(const char *path, const char *what, uint64_t max, uint8_t **data,
			 size_t *n, quo_err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO must not hold us */

	if (fd < 0)
		return quo_fail(err, QUO_USAGE, "%s: cannot open: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > max) {
		close(fd);
		return quo_fail(err, QUO_USAGE, "%s: not %s: want a file of at most %llu GB", path,
				what, (unsigned long long)(max >> 30));
	}
	*n = (size_t)st.st_size;
	*data = quo_alloc(*n, 1, err);
	quo_status status = *data ? read_all(fd, path, *data, *n, err) : QUO_FAILED;
	close(fd);
	if (status != QUO_OK) {
		quo_free(*data);
		*data = NULL;
	}
	return status;
}
