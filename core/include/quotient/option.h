/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Option tables: what a component or a section of the experiment file can be told.
 *
 * A table is a constant array that ends with a zero entry. The core parses YAML into a config
 * struct by it, reports unknown keys ("did you mean"), wrong types and ranges with file and line,
 * prints help and writes docs/configuration.md.
 */
#ifndef QUOTIENT_OPTION_H
#define QUOTIENT_OPTION_H

#include <quotient/status.h>

QUO_BEGIN_DECLS
typedef struct quo_instance quo_instance; /* plugin.h */

typedef enum quo_option_type {
	QUO_OPT_INT,      /* int64_t; min..max */
	QUO_OPT_REAL,     /* double; min_real..max_real */
	QUO_OPT_BOOL,     /* bool */
	QUO_OPT_STRING,   /* const char *, owned by the experiment */
	QUO_OPT_ENUM,     /* int: index into choices */
	QUO_OPT_STRINGS,  /* quo_strings; a YAML list, or one string */
	QUO_OPT_SCHEDULE, /* quo_schedule; one integer, or a map {epoch: integer}; values min..max */
	QUO_OPT_COLUMNS,  /* quo_columns; a YAML list of column declarations (csv) */
	QUO_OPT_COMPONENT, /* quo_instance *; {use: name, ...} of kind `component_kind` */
	QUO_OPT_SECONDS,   /* double; a time with its unit: us, ms, s; min_real..max_real seconds */
	QUO_OPT_RATE,      /* double, bytes per second; B/s, .., GB/s, or bit/s, .., Gbit/s */
} quo_option_type;

typedef struct quo_strings {
	uint32_t n;
	const char *const *item;
} quo_strings;

/* Value from epoch `from[i]` on; from[0] = 0, ascending. */
#define QUO_SCHEDULE_MAX 32
typedef struct quo_schedule {
	uint32_t n;
	int32_t from[QUO_SCHEDULE_MAX];
	int32_t value[QUO_SCHEDULE_MAX];
} quo_schedule;

static inline int quo_schedule_at(const quo_schedule *schedule, int epoch)
{
	int value = schedule->n ? schedule->value[0] : 0;
	for (uint32_t i = 1; i < schedule->n && schedule->from[i] <= epoch; i++)
		value = schedule->value[i];
	return value;
}

/*
 * Column declarations, run-length: `[{numeric: 3}, one_hot, {numeric: 1, scale: min_max}, {ignore:
 * 2}, label]`. Each entry is a role name, or a map {role: count} with an optional `scale`.
 */
typedef enum quo_column_role {
	QUO_COL_NUMERIC,
	QUO_COL_ONE_HOT,
	QUO_COL_LABEL,
	QUO_COL_IGNORE
} quo_column_role;
typedef enum quo_column_scale { QUO_SCALE_MIN_MAX, QUO_SCALE_Z, QUO_SCALE_LOG_Z } quo_column_scale;
typedef struct quo_column {
	quo_column_role role;
	quo_column_scale scale; /* numeric only; default min_max */
	uint32_t count;         /* consecutive columns, >= 1 */
} quo_column;
typedef struct quo_columns {
	uint32_t n;
	const quo_column *item;
} quo_columns;

typedef struct quo_option {
	const char *name;
	quo_option_type type;
	uint32_t offset;          /* in the config struct */
	const char *default_yaml; /* NULL: required */
	const char *help;         /* one sentence with units */
	int64_t min, max;         /* INT, SCHEDULE; both 0: no limit */
	double min_real, max_real;
	const char *const *choices; /* ENUM; ends with NULL */
	uint32_t component_kind;    /* COMPONENT: a quo_kind */
	bool local; /* this party's own: not part of what all parties must agree on */
} quo_option;

/* The C type of the member that an option of each type fills, for QUO_OPTION(). */
typedef int64_t QUO_OPT_INT_member;
typedef double QUO_OPT_REAL_member;
typedef bool QUO_OPT_BOOL_member;
typedef const char *QUO_OPT_STRING_member;
typedef int QUO_OPT_ENUM_member;
typedef quo_strings QUO_OPT_STRINGS_member;
typedef quo_schedule QUO_OPT_SCHEDULE_member;
typedef quo_columns QUO_OPT_COLUMNS_member;
typedef quo_instance *QUO_OPT_COMPONENT_member;
typedef double QUO_OPT_SECONDS_member;
typedef double QUO_OPT_RATE_member;

/* `kind_`, if `member` has its C type; else it does not compile. */
#ifdef __cplusplus
extern "C++" {
template <typename Member, typename Wanted> struct quo_option_fits_; /* a member of another type */
template <typename Type> struct quo_option_fits_<Type &, Type> {
	static const bool yes = true;
};
}
#define QUO_OPTION_TYPE_(type_, member, kind_) \
	(quo_option_fits_<decltype((((type_ *)0)->member)), kind_##_member>::yes ? kind_ : kind_)
#else
#define QUO_OPTION_TYPE_(type_, member, kind_) \
	_Generic(((type_ *)0)->member, kind_##_member : kind_)
#endif

/*
 * One entry of a table: the config struct and its member, the option's type (an enumerator of
 * quo_option_type by its name), the default as YAML (NULL: required), the help text, then any
 * further members of quo_option:
 *
 *     QUO_OPTION(struct config, batch, QUO_OPT_INT, "128", "rows per step", .min = 1, .max = 65536),
 *
 * A member of another C type than the option's does not compile. QUO_OPTION_AS() is for an option
 * that has another name than its member, or a member such as `engine[0]` or `common.root`.
 */
/* clang-format off */
#define QUO_OPTION(type_, member, kind_, default_, ...) \
	{ .name = #member, .type = QUO_OPTION_TYPE_(type_, member, kind_), \
	  .offset = (uint32_t)offsetof(type_, member), .default_yaml = (default_), .help = __VA_ARGS__ }
#define QUO_OPTION_AS(name_, type_, member, kind_, default_, ...) \
	{ .name = (name_), .type = QUO_OPTION_TYPE_(type_, member, kind_), \
	  .offset = (uint32_t)offsetof(type_, member), .default_yaml = (default_), .help = __VA_ARGS__ }
/* clang-format on */

QUO_END_DECLS

#endif
