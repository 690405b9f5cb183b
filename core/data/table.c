/* SPDX-License-Identifier: Apache-2.0 */
#include "data/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "data/source.h"

void quo__table_free(quo__table *table)
{
	quo_free(table->text);
	quo_free(table->cell);
	quo_free(table->line);
	table->text = NULL;
	table->cell = NULL;
	table->line = NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* Unquote from behind the opening quote, in place; NULL when the quote stays open, else what
 * follows the field. */
static char *cut_quoted(char *p)
{
	char *to = p;

	for (;; p++) {
		if (*p == 0)
			return NULL;
		if (*p == '"' && *++p != '"') {
			*to = 0;
			return p;
		}
		*to++ = *p;
	}
}

/*
 * The next field of a line that ends with a 0 byte; *next is where the one after it starts, NULL
 * after the last. Returns NULL for a broken quote.
 */
static char *cut_field(char *p, char separator, char **next)
{
	char *field, *end;

	p = separator == '\t' ? p + strspn(p, " ") : skip_blanks(p);
	field = p;
	if (*p == '"') {
		field = p + 1;
		p = cut_quoted(p + 1);
		if (!p)
			return NULL;
		/* cut_quoted() put its 0 byte at or before the closing quote. */
		if (*p && !is_blank(*p) && *p != separator)
			return NULL;
		p = separator == '\t' ? p + strspn(p, " ") : skip_blanks(p);
		if (separator && *p && *p != separator)
			return NULL;
		*next = *p == 0 ? NULL : separator ? p + 1 : p;
		return field;
	}
	while (*p && (separator ? *p != separator : !is_blank(*p)))
		p++;
	end = p;
	while (end > field && is_blank(end[-1]))
		end--;
	if (!separator)
		p = skip_blanks(p);
	*next = *p == 0 ? NULL : separator ? p + 1 : p;
	*end = 0;
	return field;
}

static quo_status cut_row(quo__table *table, char *line, uint32_t number, char separator,
			  const char **cell, quo_err *err)
{
	uint32_t n = 0;

	for (char *next = line; next;) {
		char *field = cut_field(next, separator, &next);
		if (!field)
			return quo_fail(err, QUO_USAGE,
					"%s:%" PRIu32
					": a quote is not closed at the end of field %" PRIu32,
					table->path, number, n + 1);
		if (n < table->cols)
			cell[n] = field;
		n++;
	}
	if (n != table->cols)
		return quo_fail(err, QUO_USAGE,
				"%s:%" PRIu32 ": %" PRIu32
				" fields, but the columns declared add up to %" PRIu32
				"; check this line, data.columns and data.separator",
				table->path, number, n, table->cols);
	return QUO_OK;
}

static quo_status cut_rows(quo__table *table, size_t n_text, uint32_t max_rows, char separator,
			   bool header, quo_err *err)
{
	char *p = table->text, *end = p + n_text;
	uint32_t number = 0;

	if (n_text >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (p < end) {
		char *stop = memchr(p, '\n', (size_t)(end - p));
		char *after = stop ? stop + 1 : end;
		if (!stop)
			stop = end;
		number++;
		if ((size_t)(stop - p) > QUO_TABLE_MAX_LINE)
			return quo_fail(err, QUO_USAGE,
					"%s:%" PRIu32
					": a line of %zu bytes, over %zu; is it a text table?",
					table->path, number, (size_t)(stop - p),
					QUO_TABLE_MAX_LINE);
		if (memchr(p, 0, (size_t)(stop - p)))
			return quo_fail(err, QUO_USAGE,
					"%s:%" PRIu32 ": holds a 0 byte; is it a text table?",
					table->path, number);
		if (stop > p && stop[-1] == '\r')
			stop--;
		*stop = 0;
		/* With a tab as separator a line of tabs is a row of empty fields. */
		char *content = separator == '\t' ? p + strspn(p, " ") : skip_blanks(p);
		if (*content) {
			/* A row takes at least cols bytes, so only a short one could go beyond the
			 * space: it fails first. */
			if (table->rows == max_rows)
				return quo_fail(err, QUO_USAGE,
						"%s:%" PRIu32
						": fewer fields than the columns declared (%" PRIu32
						")",
						table->path, number, table->cols);
			QUO_TRY(cut_row(table, content, number, separator,
					table->cell + (size_t)table->rows * table->cols, err));
			if (header) {
				header = false;
			} else {
				table->line[table->rows++] = number;
			}
		}
		p = after;
	}
	if (table->rows == 0)
		return quo_fail(err, QUO_USAGE, "%s: holds no rows; is it the right file?",
				table->path);
	return QUO_OK;
}

quo_status quo__table_read(quo__table *table, const quo_data_common *common, const char *name,
			   char separator, bool header, uint32_t cols, quo_err *err)
{
	quo__source source;
	size_t n_text = 0;

	*table = (quo__table){ .cols = cols };
	quo_status status = quo__source_open(&source, common, name, err);
	if (status == QUO_OK)
		status = quo__source_all(&source, QUO_TABLE_MAX_BYTES - 1, &table->text, &n_text,
					 err);
	memcpy(table->path, source.path, sizeof table->path);
	quo__source_close(&source);
	QUO_TRY(status);

	/* cols fields need cols - 1 separators and a line end (the last line's may be missing). */
	uint32_t max_rows = (uint32_t)((n_text + 1) / cols + 1);
	table->cell = quo_alloc((size_t)max_rows * cols, sizeof *table->cell, err);
	table->line = quo_alloc(max_rows, sizeof *table->line, err);
	if (!table->cell || !table->line)
		return QUO_FAILED;
	return cut_rows(table, n_text, max_rows, separator, header, err);
}
