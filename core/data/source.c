/* SPDX-License-Identifier: Apache-2.0 */
#include "data/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "data/reader.h"

#define DEFLATE_BEST 1032u /* bytes out of one byte in, at most */
#define GZIP_SLACK 65536u
#define CHUNK ((size_t)1 << 22)

/* The folder that relative paths start from, and who says so. */
static const char *root_of(const quo_data_common *common, const char **says)
{
	const char *environment = getenv("QUOTIENT_DATA");

	*says = "the default";
	if (common->root && *common->root) {
		*says = "data.root";
		return common->root;
	}
	if (!environment || !*environment)
		return "data";
	*says = "QUOTIENT_DATA";
	return environment;
}

quo_status quo__data_path(const quo_data_common *common, const char *name, char *out, size_t size,
			  quo_err *err)
{
	const char *root_is;

	if (!*name)
		return quo_fail(err, QUO_USAGE, "data: an empty file name");
	int length = *name == '/' ? snprintf(out, size, "%s", name)
				  : snprintf(out, size, "%s/%s", root_of(common, &root_is), name);
	if (length < 0 || (size_t)length >= size)
		return quo_fail(err, QUO_USAGE, "data: a path of %d bytes is too long", length);
	return QUO_OK;
}

static quo_status open_file(quo__source *source, const quo_data_common *common, const char *name,
			    quo_err *err)
{
	const char *root_is, *root = root_of(common, &root_is);

	QUO_TRY(quo__data_path(common, name, source->path, sizeof source->path, err));

	/* O_NONBLOCK: a FIFO must not hang us before fstat() tells what it is. */
	int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		const char *why = strerror(errno);
		if (*name == '/')
			return quo_fail(err, QUO_USAGE,
					"%s: %s; check the path in the data section", source->path,
					why);
		return quo_fail(
			err, QUO_USAGE,
			"%s: %s; looked for '%s' in '%s' (%s): fetch it with 'make data', or name the folder "
			"with QUOTIENT_DATA or --set data.root=DIR",
			source->path, why, name, root, root_is);
	}
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return quo_fail(err, QUO_USAGE,
				"%s: not a regular file; check the path in the data section",
				source->path);
	}
	source->file_bytes = (uint64_t)st.st_size;
	gzFile file = gzdopen(fd, "rb");
	if (!file) {
		close(fd);
		return quo_fail(err, QUO_FAILED, "%s: out of memory", source->path);
	}
	source->file = file;
	gzbuffer(file, 1u << 18);
	source->compressed = gzdirect(file) == 0;
	return QUO_OK;
}

quo_status quo__source_open(quo__source *source, const quo_data_common *common, const char *name,
			    quo_err *err)
{
	*source = (quo__source){ .file = NULL };
	return open_file(source, common, name, err);
}

void quo__source_close(quo__source *source)
{
	if (source->file)
		gzclose_r((gzFile)source->file);
	source->file = NULL;
}

/* Up to n bytes; fewer only at the end of the file. */
static quo_status read_some(quo__source *source, void *out, size_t n, size_t *got, quo_err *err)
{
	gzFile file = (gzFile)source->file;

	*got = 0;
	while (*got < n) {
		size_t want = n - *got < CHUNK ? n - *got : CHUNK;
		int k = gzread(file, (char *)out + *got, (unsigned)want);
		if (k < 0) {
			int code = 0;
			const char *why = gzerror(file, &code);
			if (code == Z_ERRNO)
				why = strerror(errno);
			return quo_fail(err, QUO_USAGE,
					"%s: cannot be read beyond byte %" PRIu64
					": %s; fetch it again",
					source->path, source->at, why);
		}
		*got += (size_t)k;
		source->at += (uint64_t)k;
		if ((size_t)k < want)
			break;
	}
	/* A gzip file cut off in the middle gives its bytes and then an end that is
	 * only told here. */
	if (*got < n) {
		int code = 0;
		const char *why = gzerror(file, &code);
		if (code != Z_OK && code != Z_STREAM_END)
			return quo_fail(err, QUO_USAGE,
					"%s: cut off at decompressed byte %" PRIu64
					" (%s); fetch it again",
					source->path, source->at, why);
	}
	return QUO_OK;
}

quo_status quo__source_read(quo__source *source, const char *what, void *out, size_t n,
			    quo_err *err)
{
	uint64_t start = source->at;
	size_t got;

	QUO_TRY(read_some(source, out, n, &got, err));
	if (got < n)
		return quo_fail(err, QUO_USAGE,
				"%s: ends at byte %" PRIu64
				", inside its %s (%zu bytes from byte %" PRIu64 "); fetch it again",
				source->path, source->at, what, n, start);
	return QUO_OK;
}

/* Move the first `used` bytes to a block of `size` bytes. */
static quo_status resize(uint8_t **block, size_t used, size_t size, quo_err *err)
{
	uint8_t *bigger = quo_alloc(size, 1, err);

	if (!bigger)
		return QUO_FAILED;
	if (used)
		memcpy(bigger, *block, used);
	quo_free(*block);
	*block = bigger;
	return QUO_OK;
}

/* Read up to limit bytes into a block that doubles; `spare` zero bytes stay behind them. */
static quo_status read_growing(quo__source *source, uint64_t limit, size_t spare, uint8_t **block,
			       size_t *n, quo_err *err)
{
	size_t size = 0, used = 0, got;

	while (used < limit) {
		uint64_t first = source->compressed ? 4 * source->file_bytes + GZIP_SLACK
						    : source->file_bytes + 1;
		uint64_t next = size ? 2 * (uint64_t)size : first;
		size = (size_t)(next < limit ? next : limit);
		QUO_TRY(resize(block, used, size + spare, err));
		QUO_TRY(read_some(source, *block + used, size - used, &got, err));
		used += got;
		if (used < size)
			break;
	}
	*n = used;
	return QUO_OK;
}

quo_status quo__source_rest(quo__source *source, const char *what, uint64_t n, uint8_t **out,
			    quo_err *err)
{
	uint64_t can_hold = source->compressed ? source->file_bytes * DEFLATE_BEST + GZIP_SLACK
					       : source->file_bytes;
	uint8_t *block = NULL, extra;
	size_t got = 0, more = 0;
	quo_status status = QUO_OK;

	if (n > QUO_DATA_MAX_BYTES || n > SIZE_MAX / 4 || n > can_hold)
		return quo_fail(err, QUO_USAGE,
				"%s: its header promises %" PRIu64
				" bytes of %s, which a file of %" PRIu64
				" bytes cannot hold; it is damaged or not what its name says",
				source->path, n, what, source->file_bytes);
	status = read_growing(source, n, 0, &block, &got, err);
	if (status == QUO_OK && got < n)
		status = quo_fail(err, QUO_USAGE,
				  "%s: truncated: its header promises %" PRIu64
				  " bytes of %s, %zu are there; fetch it again",
				  source->path, n, what, got);
	if (status == QUO_OK)
		status = read_some(source, &extra, 1, &more, err);
	if (status == QUO_OK && more)
		status = quo_fail(err, QUO_USAGE,
				  "%s: goes on after byte %" PRIu64
				  ", where its header says it ends; it is damaged or not "
				  "what its name says",
				  source->path, source->at - 1);
	if (status != QUO_OK) {
		quo_free(block);
		return status;
	}
	*out = block;
	return QUO_OK;
}

quo_status quo__source_all(quo__source *source, uint64_t max, char **out, size_t *n, quo_err *err)
{
	uint8_t *block = NULL;
	quo_status status = QUO_OK;

	if (!source->compressed && source->file_bytes > max)
		return quo_fail(err, QUO_USAGE,
				"%s: %" PRIu64 " bytes, more than the %" PRIu64
				" that a text may have",
				source->path, source->file_bytes, max);
	status = read_growing(source, max + 1, 1, &block, n, err);
	if (status == QUO_OK && *n > max)
		status = quo_fail(err, QUO_USAGE,
				  "%s: holds more than the %" PRIu64 " bytes that a text may have",
				  source->path, max);
	if (status == QUO_OK && *n == 0)
		status = quo_fail(err, QUO_USAGE,
				  "%s: the file is empty; fetch it again or name another one",
				  source->path);
	if (status != QUO_OK) {
		quo_free(block);
		return status;
	}
	*out = (char *)block;
	return QUO_OK;
}
