/* SPDX-License-Identifier: Apache-2.0 */
#include "data_support.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

static char scratch_path[256];

const char *scratch(void)
{
	if (!*scratch_path) {
		const char *tmp = getenv("TMPDIR");
		snprintf(scratch_path, sizeof scratch_path, "%s/quotient-data-XXXXXX",
			 tmp && *tmp ? tmp : "/tmp");
		if (!mkdtemp(scratch_path))
			fail_msg("cannot make %s", scratch_path);
	}
	return scratch_path;
}

static void path_of(const char *name, char out[512])
{
	snprintf(out, 512, "%s/%s", scratch(), name);
}

int remove_scratch(void **state)
{
	(void)state;
	DIR *dir = *scratch_path ? opendir(scratch_path) : NULL;
	char path[512];

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		if (*entry->d_name == '.')
			continue;
		path_of(entry->d_name, path);
		if (unlink(path) != 0)
			rmdir(path);
	}
	if (dir) {
		closedir(dir);
		rmdir(scratch_path);
	}
	return 0;
}

void put(const char *name, const void *bytes, size_t n)
{
	char path[512];

	path_of(name, path);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

void put_gz(const char *name, const void *bytes, size_t n)
{
	char path[512];

	path_of(name, path);
	gzFile file = gzopen(path, "wb");
	assert_non_null(file);
	if (n)
		assert_int_equal(gzwrite(file, bytes, (unsigned)n), n);
	assert_int_equal(gzclose(file), Z_OK);
}

static void *member(reader *r, const char *name, quo_option_type type, const quo_option **found)
{
	for (const quo_option *o = r->component->options; o->name; o++)
		if (strcmp(o->name, name) == 0) {
			assert_int_equal(o->type, type);
			if (found)
				*found = o;
			return (char *)r->config + o->offset;
		}
	fail_msg("data/%s has no option '%s'", r->component->name, name);
	return NULL;
}

/* Enough YAML for the defaults of our tables. */
static void set_default(reader *r, const quo_option *o)
{
	const char *text = o->default_yaml;

	if (!text)
		return;
	if (o->type == QUO_OPT_INT)
		set_int(r, o->name, strtoll(text, NULL, 10));
	else if (o->type == QUO_OPT_REAL)
		set_real(r, o->name, strtod(text, NULL));
	else if (o->type == QUO_OPT_BOOL)
		set_bool(r, o->name, strcmp(text, "true") == 0);
	else if (o->type == QUO_OPT_ENUM)
		set_enum(r, o->name, text);
	else if (o->type == QUO_OPT_STRING)
		set_text(r, o->name, strcmp(text, "','") == 0 ? "," : "");
	else
		fail_msg("no default known for %s", o->name);
}

void reader_make(reader *r, const char *name)
{
	*r = (reader){ 0 };
	for (unsigned i = 0; quo_data_components[i]; i++)
		if (strcmp(quo_data_components[i]->name, name) == 0)
			r->component = quo_data_components[i];
	assert_non_null(r->component);
	assert_true(r->component->config_size <= sizeof r->config);
	for (const quo_option *o = r->component->options; o->name; o++)
		set_default(r, o);
	if (strcmp(name, "digits") != 0) {
		set_text(r, "root", scratch());
		set_int(r, "classes", 2);
	}
}

void set_int(reader *r, const char *option, int64_t value)
{
	*(int64_t *)member(r, option, QUO_OPT_INT, NULL) = value;
}

void set_real(reader *r, const char *option, double value)
{
	*(double *)member(r, option, QUO_OPT_REAL, NULL) = value;
}

void set_bool(reader *r, const char *option, bool value)
{
	*(bool *)member(r, option, QUO_OPT_BOOL, NULL) = value;
}

void set_enum(reader *r, const char *option, const char *choice)
{
	const quo_option *o = NULL;
	int *value = member(r, option, QUO_OPT_ENUM, &o);

	for (*value = 0; o->choices[*value]; ++*value)
		if (strcmp(o->choices[*value], choice) == 0)
			return;
	fail_msg("%s has no choice %s", option, choice);
}

void set_text(reader *r, const char *option, const char *value)
{
	*(const char **)member(r, option, QUO_OPT_STRING, NULL) = value;
}

void set_pair(reader *r, const char *option, const char *a, const char *b)
{
	quo_strings *strings = member(r, option, QUO_OPT_STRINGS, NULL);
	unsigned at = strcmp(option, "train") == 0 ? 0 : 2;

	r->file[at] = a;
	r->file[at + 1] = b;
	*strings = (quo_strings){ b ? 2 : 1, r->file + at };
}

void set_strings(reader *r, const char *option, const char *const *item, uint32_t n)
{
	*(quo_strings *)member(r, option, QUO_OPT_STRINGS, NULL) = (quo_strings){ n, item };
}

void set_columns(reader *r, const quo_column *column, uint32_t n)
{
	*(quo_columns *)member(r, "columns", QUO_OPT_COLUMNS, NULL) = (quo_columns){ n, column };
}

quo_status reader_load(reader *r, uint64_t seed)
{
	const quo_data_ops *ops = QUO_OPS(QUO_KIND_DATA, r->component);

	quo_dataset_free(&r->data);
	r->err = (quo_err){ QUO_OK, "" };
	quo_instance *instance = quo_test_instance_with(r->component, r->config);
	quo_status status = ops->load(instance->self, seed, &r->data, &r->err);
	quo_test_instance_free(instance);
	assert_int_equal(status, r->err.status);
	return status;
}

void assert_refused(reader *r, const char *part)
{
	static const quo_dataset untouched;

	if (reader_load(r, 1) == QUO_OK)
		fail_msg("loaded; should say '%s'", part);
	quo_test_assert_error(&r->err, QUO_USAGE, part);
	assert_null(strchr(r->err.text, '\n'));
	assert_memory_equal(&r->data, &untouched, sizeof untouched);
}

void assert_loads(reader *r)
{
	if (reader_load(r, 1) != QUO_OK)
		fail_msg("%s", r->err.text);
}

void reader_done(reader *r)
{
	quo_dataset_free(&r->data);
}

const char *real_data(const char *file)
{
	static char root[512];
	const char *environment = getenv("QUOTIENT_DATA"), *source = getenv("QUOTIENT_SOURCE_ROOT");
	char path[1024];
	struct stat st;

	if (environment && *environment)
		snprintf(root, sizeof root, "%s", environment);
	else
		snprintf(root, sizeof root, "%s/../shared/data", source ? source : ".");
	snprintf(path, sizeof path, "%s/%s", root, file);
	if (stat(path, &st) == 0)
		return root;
	print_message("skipped: no %s in %s (make data, or QUOTIENT_DATA=DIR)\n", file, root);
	skip();
	return NULL;
}
