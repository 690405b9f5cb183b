/* SPDX-License-Identifier: Apache-2.0 */
#include "store/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <quotient/memory.h>

#define MAX_TRIES 1000

struct quo_folder {
	int metrics; /* descriptor, -1 before the first line */
	off_t metrics_bytes;
	char folder[PATH_MAX];
	char path[PATH_MAX];
};

static const char *advice(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return "free some space or choose another folder (output.dir)";
	case EACCES:
	case EPERM:
	case EROFS:
		return "make it writable or choose another folder (output.dir)";
	default:
		return "choose another folder (output.dir)";
	}
}

static quo_status fail_errno(quo_err *err, const char *path, const char *what)
{
	int error = errno;

	return quo_fail(err, QUO_FAILED, "%s: cannot %s: %s; %s", path, what, strerror(error),
			advice(error));
}

/* mkdir -p. */
static quo_status make_folders(const char *dir, quo_err *err)
{
	char path[PATH_MAX];
	size_t n = strlen(dir);

	if (n == 0 || n >= sizeof path)
		return quo_fail(err, QUO_FAILED,
				"output.dir: '%.100s' is not a usable path; set output.dir", dir);
	memcpy(path, dir, n + 1);
	for (char *slash = path + 1; *slash; slash++) {
		if (*slash != '/')
			continue;
		*slash = 0;
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return fail_errno(err, path, "make this folder");
		*slash = '/';
	}
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return fail_errno(err, path, "make this folder");
	return QUO_OK;
}

static void clean_name(const char *name, char *out, size_t size)
{
	size_t n = 0;

	for (; name[n] && n + 1 < size; n++) {
		char c = name[n];
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '-' || (c == '.' && n > 0);
		out[n] = fine ? c : '-';
	}
	out[n] = 0;
}

static quo_status make_run_folder(quo_folder *out, const char *dir, const char *name, quo_err *err)
{
	char safe[100], stamp[32], suffix[16] = "";
	time_t now = time(NULL);
	struct tm local;

	QUO_TRY(make_folders(dir, err));
	clean_name(*name ? name : "run", safe, sizeof safe);
	if (!localtime_r(&now, &local) || !strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local))
		return quo_fail(err, QUO_FAILED, "%s: the system clock gives no date", dir);
	for (int i = 1; i <= MAX_TRIES; i++) {
		if (i > 1)
			snprintf(suffix, sizeof suffix, "-%d", i);
		/* Room for the longest file name that we write. */
		int n = snprintf(out->folder, sizeof out->folder, "%s/%s-%s%s", dir, safe, stamp,
				 suffix);
		if (n < 0 || (size_t)n + 64 >= sizeof out->folder)
			return quo_fail(err, QUO_FAILED,
					"output.dir: a path of %zu characters is too long",
					strlen(dir));
		if (mkdir(out->folder, 0777) == 0)
			return QUO_OK;
		if (errno != EEXIST)
			return fail_errno(err, out->folder, "make this folder");
	}
	return quo_fail(err, QUO_FAILED, "%s: %d runs named %s in one second", dir, MAX_TRIES,
			safe);
}

static quo_folder *folder_new(quo_err *err)
{
	quo_folder *out = quo_alloc(1, sizeof *out, err);

	if (out)
		out->metrics = -1;
	return out;
}

quo_folder *quo_folder_open(const char *dir, const char *name, quo_err *err)
{
	quo_folder *out = folder_new(err);

	if (out && make_run_folder(out, dir, name, err) != QUO_OK) {
		quo_free(out);
		return NULL;
	}
	return out;
}

quo_folder *quo_folder_join(const char *folder, quo_err *err)
{
	quo_folder *out = folder_new(err);
	size_t n = strlen(folder);

	if (!out)
		return NULL;
	if (n + 64 >= sizeof out->folder) {
		quo_fail(err, QUO_FAILED, "output.dir: a path of %zu characters is too long", n);
		quo_free(out);
		return NULL;
	}
	memcpy(out->folder, folder, n + 1);
	return out;
}

quo_folder *quo_folder_at(const char *dir, const char *name, quo_err *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof path) {
		quo_fail(err, QUO_FAILED, "output.dir: a path of %zu characters is too long",
			 strlen(dir));
		return NULL;
	}
	return make_folders(path, err) == QUO_OK ? quo_folder_join(path, err) : NULL;
}

void quo_folder_close(quo_folder *out)
{
	if (!out)
		return;
	if (out->metrics >= 0)
		close(out->metrics);
	quo_free(out);
}

const char *quo_folder_name(const quo_folder *out)
{
	return out->folder;
}

const char *quo_folder_path(quo_folder *out, const char *file, quo_err *err)
{
	int n = snprintf(out->path, sizeof out->path, "%s/%s", out->folder, file);

	if (n < 0 || (size_t)n >= sizeof out->path) {
		quo_fail(err, QUO_FAILED, "output.dir: the path of %s is too long", file);
		return NULL;
	}
	return out->path;
}

static bool write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			if (done == 0)
				errno = ENOSPC;
			return false;
		}
		p += done;
		n -= (size_t)done;
	}
	return true;
}

quo_status quo_folder_metrics(quo_folder *out, const char *line, size_t n, quo_err *err)
{
	const char *path = quo_folder_path(out, "metrics.jsonl", err);

	if (!path)
		return QUO_FAILED;
	if (out->metrics < 0) {
		out->metrics = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		if (out->metrics < 0)
			return fail_errno(err, path, "open");
		out->metrics_bytes = lseek(out->metrics, 0, SEEK_END);
	}
	if (!write_all(out->metrics, line, n) || !write_all(out->metrics, "\n", 1)) {
		quo_status status = fail_errno(err, path, "write");
		/* Best effort: a reader must not find half a line. */
		if (out->metrics_bytes >= 0 && ftruncate(out->metrics, out->metrics_bytes) != 0)
			return status;
		return status;
	}
	out->metrics_bytes += (off_t)n + 1;
	return QUO_OK;
}

/* A rename is on disk only when its folder is; a file system that cannot sync folders is not an
 * error. */
static void sync_folder_of(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	memcpy(dir, slash ? path : ".", slash ? n : 1);
	dir[slash ? n : 1] = 0;
	int fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

quo_status quo_file_write(const char *path, const void *data, size_t n, bool is_secret,
			  quo_err *err)
{
	char temporary[PATH_MAX];
	int length = snprintf(temporary, sizeof temporary, "%s.tmp-%ld", path, (long)getpid());

	if (length < 0 || (size_t)length >= sizeof temporary)
		return quo_fail(err, QUO_FAILED, "a path of %zu characters is too long",
				strlen(path));
	unlink(temporary); /* of a killed process with our number */
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      is_secret ? 0600 : 0666);
	if (fd < 0)
		return fail_errno(err, path, "write");
	bool done = write_all(fd, data, n) && fsync(fd) == 0;
	int error = errno;
	if (close(fd) != 0 && done) {
		done = false;
		error = errno;
	}
	if (done && rename(temporary, path) != 0) {
		done = false;
		error = errno;
	}
	if (!done) {
		unlink(temporary);
		errno = error;
		return fail_errno(err, path, "write");
	}
	sync_folder_of(path);
	return QUO_OK;
}

quo_status quo_folder_write(quo_folder *out, const char *file, const void *data, size_t n,
			    bool is_secret, quo_err *err)
{
	const char *path = quo_folder_path(out, file, err);

	return path ? quo_file_write(path, data, n, is_secret, err) : QUO_FAILED;
}
