/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes and the caller-owned error record.
 *
 * Every function that can fail returns a quo_status and takes a `quo_err *` as its last argument.
 * The record is left untouched on success. On failure it holds one complete line that says what
 * happened, where, and what to do. The first failure wins: quo_fail() on a record that already
 * holds a failure keeps the first text. Messages never hold secrets.
 */
#ifndef QUOTIENT_STATUS_H
#define QUOTIENT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* C++ may include every header of the SDK: around the declarations; an alignment. */
#ifdef __cplusplus
#define QUO_BEGIN_DECLS extern "C" {
#define QUO_END_DECLS }
#define QUO_ALIGNAS(bytes) alignas(bytes)
#else
#define QUO_BEGIN_DECLS
#define QUO_END_DECLS
#define QUO_ALIGNAS(bytes) _Alignas(bytes)
#endif

QUO_BEGIN_DECLS

typedef enum quo_status {
	QUO_OK = 0,
	QUO_USAGE = -1,  /* the user's mistake: bad command line, YAML or data; exit status 2 */
	QUO_FAILED = -2, /* something failed at run time: peer, disk, memory; exit status 1 */
	QUO_BUG = -3,    /* a broken contract between two pieces of code; exit status 1 */
} quo_status;

typedef struct quo_err {
	quo_status status;
	char text[1000];
} quo_err;

/* clang-format off */
#define QUO_ERR_INIT \
	{ QUO_OK, "" }
/* clang-format on */

#if defined(__GNUC__)
#define QUO_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define QUO_NODISCARD __attribute__((warn_unused_result))
#else
#define QUO_PRINTF(fmt, args)
#define QUO_NODISCARD
#endif

/*
 * Record a failure and return its status, so that callers write
 * `return quo_fail(err, QUO_USAGE, "%s:%d: ...", file, line);`. err may be NULL. Control characters
 * in what the format brings in become blanks.
 */
quo_status quo_fail(quo_err *err, quo_status status, const char *format, ...) QUO_PRINTF(3, 4);

/* Return from the calling function when `call` does not return QUO_OK. */
#define QUO_TRY(call) \
	do { \
		quo_status quo_try_status_ = (call); \
		if (quo_try_status_ != QUO_OK) \
			return quo_try_status_; \
	} while (0)

/* Our own bugs, in debug builds only. A plugin built for debugging finds the function in any core. */
void quo_assert_failed(const char *expression, const char *file, int line);
#ifdef NDEBUG
#define quo_assert(x) ((void)0)
#else
#define quo_assert(x) ((x) ? (void)0 : quo_assert_failed(#x, __FILE__, __LINE__))
#endif

QUO_END_DECLS

#endif
