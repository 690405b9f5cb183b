/* SPDX-License-Identifier: Apache-2.0 */
/* Malformed plugins, one defect each: one line that says which, and nothing of theirs runs. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "data/dataset.h"
#include "plugin/loader.h"
#include "plugin/peek.h"

static char folder[] = "/tmp/quo-loader-XXXXXX";
static quo_registry *registry;

static int begin(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	char command[100];
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

static int setup(void **state)
{
	(void)state;
	unsetenv("QUO_TEST_CONSTRUCTED");
	unsetenv("QUO_TEST_INIT");
	registry = quo_registry_new(NULL, NULL);
	return registry ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	quo_registry_free(registry);
	return 0;
}

static const char *module(const char *name)
{
	static char path[4][1000];
	static int turn;
	char *out = path[turn++ % 4];
	snprintf(out, 1000, "%s/tests/loader/%s.so", getenv("QUOTIENT_BUILD_ROOT"), name);
	return out;
}

static void refuses(const char *path, const char *why)
{
	quo_err err = QUO_ERR_INIT;
	size_t before = quo_registry_count(registry);
	quo_status status = quo_registry_load_file(registry, path, &err);
	if (status != QUO_USAGE || strncmp(err.text, path, strlen(path)) ||
	    !strstr(err.text, why) || strchr(err.text, '\n'))
		fail_msg("%s: status %d, '%s' does not say '%s'", path, status, err.text, why);
	assert_int_equal(quo_registry_count(registry), before);
	assert_null(getenv("QUO_TEST_INIT"));
}

static const struct {
	const char *name, *why;
	bool loaded; /* seen only in the loaded object; else not even a constructor may run */
} defects[] = {
	{ "magic", "wrong magic in quo_plugin_entry", false },
	{ "abi_major", "built for plugin ABI 3.0, this core has 2.0; rebuild it", false },
	{ "abi_1",
	  ": built for plugin ABI 1.1, this core has 2.0; rebuild it against quotient 0.2's headers "
	  "(docs/adding-a-plugin.md, \"From ABI 1\")",
	  false },
	{ "abi_minor", "built for plugin ABI 2.1, this core has 2.0; rebuild it", false },
	{ "plugin_truncated", "quo_plugin_entry is truncated", false },
	{ "plugin_size_beyond", "quo_plugin_entry is truncated", false },
	{ "short_symbol", "quo_plugin_entry is truncated", false },
	{ "component_size", "its component and option structs have", false },
	{ "option_size", "its component and option structs have", false },
	{ "no_components", "declares 0 components", false },
	{ "many_components", "declares 4294967295 components", false },
	{ "no_symbol", "no symbol quo_plugin_entry", false },
	{ "function", "quo_plugin_entry is not data", false },
	{ "undefined_symbol", "cannot be loaded: undefined symbol: quo_no_such_function_anywhere",
	  false },
	/* The core has it, for itself. */
	{ "private_symbol", "cannot be loaded: undefined symbol: quo__cpu_force", false },
	{ "no_list", "no list of components", true },
	{ "plugin_name_null", "the plugin has no name", true },
	{ "component_null", "a component of the list is NULL", true },
	{ "component_truncated", "is truncated", true },
	{ "name_null", "a component of kind quant has no name", true },
	{ "name_bad", "component name 'Mal formed'", true },
	{ "kind_zero", "component 'malformed' has kind 0", true },
	{ "kind_unknown", "component 'malformed' has kind 200", true },
	{ "kind_data", "data reader", true },
	{ "no_summary", "component quant/malformed: no summary", true },
	{ "no_vtable", "component quant/malformed: no vtable", true },
	{ "vtable_truncated", "component quant/malformed: its vtable of 48 bytes is truncated",
	  true },
	{ "vtable_long", "component quant/malformed: its vtable of 64 bytes is longer", true },
	{ "missing_method", "component quant/malformed: lacks the required method 'combine'",
	  true },
	{ "bad_data_member", "component quant/malformed: bound is not in 1..255", true },
	{ "option_offset", "component quant/malformed: option 'fast' fills bytes 4000..4000",
	  true },
	{ "option_twice", "option 'count' is there twice", true },
	{ "option_type", "option 'fast' has type 77", true },
	{ "option_kind", "option 'fast' wants a component of kind 99", true },
	{ "option_overlap", "options 'count' and 'fast' overlap", true },
	{ "bad_default",
	  "component quant/malformed: option 'count': the default wants an integer in 1..9, not "
	  "'many'",
	  true },
	{ "default_out_of_range", "the default wants an integer in 1..9, not '10'", true },
	{ "twice_inside", "component quant/malformed is already there, from ", true },
};

static void refuses_every_defect(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof defects / sizeof *defects; i++) {
		refuses(module(defects[i].name), defects[i].why);
		if (!defects[i].loaded && getenv("QUO_TEST_CONSTRUCTED"))
			fail_msg("%s: a constructor ran", defects[i].name);
		unsetenv("QUO_TEST_CONSTRUCTED");
	}
}

static void loads_a_whole_one(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	quo_test_ok(quo_registry_load_file(registry, module("good"), &err));
	/* The marks that the other tests look for do get made. */
	assert_non_null(getenv("QUO_TEST_CONSTRUCTED"));
	assert_null(getenv("QUO_TEST_INIT"));
	const quo_registered *r = quo_registry_find(registry, QUO_KIND_QUANT, "whole");
	assert_non_null(r);
	assert_string_equal(r->origin, module("good"));
	assert_string_equal(r->plugin, "malformed");
	assert_string_equal(r->plugin_version, "1.0");
	char config[16] = { 0 };
	quo_instance *instance = NULL;
	quo_test_ok(quo_instance_new(r, config, &instance, &err));
	assert_non_null(getenv("QUO_TEST_INIT"));
	quo_instance_free(instance);
}

static void the_same_file_twice_is_once(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	char link_path[200];
	snprintf(link_path, sizeof link_path, "%s/link.so", folder);
	assert_int_equal(symlink(module("good"), link_path), 0);
	for (int i = 0; i < 2; i++)
		quo_test_ok(quo_registry_load_file(registry, module("good"), &err));
	quo_test_ok(quo_registry_load_file(registry, link_path, &err));
	assert_int_equal(quo_registry_count(registry), 1);
	unlink(link_path);
}

static void two_files_with_one_component(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	quo_test_ok(quo_registry_load_file(registry, module("good"), &err));
	refuses(module("good_twin"), "component quant/whole is already there, from ");
	refuses(module("good_twin"), module("good"));
}

static const char *file_of(const char *name, const void *bytes, size_t n)
{
	static char path[200];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
	return path;
}

static uint8_t *read_all(const char *path, size_t *n)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*n = (size_t)st.st_size;
	uint8_t *bytes = malloc(*n);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *n, f), *n);
	fclose(f);
	return bytes;
}

static void refuses_what_is_no_object(void **state)
{
	(void)state;
	refuses(file_of("empty.so", "", 0), "too short");
	refuses(file_of("text.so",
			"hello, this is not a plugin but a text of more than 64 bytes, you see\n",
			69),
		"not an ELF file");
	refuses("/nowhere/x.so", "No such file");
	refuses(folder, "not a file");
	size_t n;
	uint8_t *bytes = read_all("/proc/self/exe", &n);
	refuses(file_of("program.so", bytes, n), "");
	bytes[4] = 1; /* 32 bits */
	refuses(file_of("other.so", bytes, n), "another kind of machine");
	free(bytes);
}

/* Cut at any length an object is refused before anything maps it. */
static void refuses_cut_off_objects(void **state)
{
	(void)state;
	size_t n;
	uint8_t *bytes = read_all(module("good"), &n);
	for (size_t cut = 0; cut < n; cut += cut < 64 ? 1 : 509)
		refuses(file_of("cut.so", bytes, cut), "a plugin is a shared object");
	assert_null(getenv("QUO_TEST_CONSTRUCTED"));
	free(bytes);
}

/* Reading damaged tables of an object neither crashes nor allocates what the file cannot hold. */
static void survives_damage(void **state)
{
	(void)state;
	size_t n;
	uint64_t random = 7;
	uint8_t *bytes = read_all(module("good"), &n);
	for (int round = 0; round < 300; round++) {
		uint8_t *copy = malloc(n);
		assert_non_null(copy);
		memcpy(copy, bytes, n);
		for (int i = 0; i < 8; i++) {
			uint64_t r = quo_test_random(&random);
			/* The header, and the section headers at the end of the file. */
			size_t at = r & 1 ? (size_t)(r >> 8) % 64
					  : n - 1 - (size_t)(r >> 8) % (n < 2000 ? n : 2000);
			copy[at] = (uint8_t)(r >> 1);
		}
		quo_plugin entry;
		uint64_t size;
		quo_err err = QUO_ERR_INIT;
		quo_status status =
			quo__plugin_peek(file_of("damaged.so", copy, n), &entry, &size, &err);
		assert_true(status == QUO_OK || (status == QUO_USAGE && *err.text));
		free(copy);
	}
	free(bytes);
}

static void copy_to(const char *name, const char *to)
{
	size_t n;
	uint8_t *bytes = read_all(module(name), &n);
	file_of(to, bytes, n);
	free(bytes);
}

static void loads_folders(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	char dir[200], path[300];
	snprintf(dir, sizeof dir, "%s/plugins", folder);
	snprintf(path, sizeof path, "%s/sub", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	copy_to("good", "plugins/sub/a.so");
	file_of("plugins/readme.txt", "x", 1);
	quo_test_ok(quo_registry_load_dir(registry, dir, &err));
	assert_int_equal(quo_registry_count(registry), 1);
	/* One bad object spoils the folder, and says which it is. */
	copy_to("magic", "plugins/b.so");
	assert_int_equal(quo_registry_load_dir(registry, dir, &err), QUO_USAGE);
	assert_non_null(strstr(err.text, "/plugins/b.so: wrong magic"));
	err = (quo_err)QUO_ERR_INIT;
	assert_int_equal(quo_registry_load_dir(registry, "/nowhere", &err), QUO_USAGE);
	assert_non_null(strstr(err.text, "/nowhere: cannot read the plugin folder"));
}

static void loads_what_the_environment_says(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	char *before = strdup(getenv("QUOTIENT_PLUGIN_PATH"));
	assert_non_null(before);
	quo_test_ok(quo_registry_load_default(registry, NULL, &err));
	assert_non_null(quo_registry_find(registry, QUO_KIND_LAYER, "fc"));
	assert_null(quo_registry_find(registry, QUO_KIND_DATA, "digits"));
	assert_string_equal(quo_registry_searched(registry), before);

	quo_registry *other = quo_registry_new(quo_data_components, &err);
	assert_non_null(other);
	assert_non_null(quo_registry_find(other, QUO_KIND_DATA, "digits"));
	setenv("QUOTIENT_PLUGIN_PATH", "/nowhere", 1);
	assert_int_equal(quo_registry_load_default(other, NULL, &err), QUO_USAGE);
	quo_registry_free(other);
	setenv("QUOTIENT_PLUGIN_PATH", before, 1);
	free(before);
}

static void plugin_dir_adds_to_the_others(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	char dir[200];
	snprintf(dir, sizeof dir, "%s/own", folder);
	assert_int_equal(mkdir(dir, 0700), 0);
	copy_to("good", "own/good.so");
	quo_test_ok(quo_registry_load_default(registry, dir, &err));
	assert_non_null(quo_registry_find(registry, QUO_KIND_QUANT, "whole"));
	assert_non_null(quo_registry_find(registry, QUO_KIND_LAYER, "fc"));
}

/* Exported names of an object beside the entry; sanitizers add their own. */
static void check_exports(const char *path)
{
	char command[1200], line[500];
	snprintf(command, sizeof command, "nm -D --defined-only '%s'", path);
	FILE *nm = popen(command, "r");
	assert_non_null(nm);
	int entries = 0;
	while (fgets(line, sizeof line, nm)) {
		line[strcspn(line, "\n")] = 0;
		const char *space = strrchr(line, ' '), *name = space ? space + 1 : line;
		if (!strcmp(name, QUO_PLUGIN_SYMBOL))
			entries++;
		else if (!strstr(name, "asan") && !strstr(name, "ubsan") && !strstr(name, "gcov"))
			fail_msg("%s exports %s; make it static or hidden", path, name);
	}
	if (pclose(nm))
		skip(); /* no nm here */
	assert_int_equal(entries, 1);
}

static void plugins_export_the_entry_alone(void **state)
{
	(void)state;
	quo_err err = QUO_ERR_INIT;
	const char *last = "";
	quo_test_ok(quo_registry_load_default(registry, NULL, &err));
	for (size_t i = 0; i < quo_registry_count(registry); i++) {
		const quo_registered *r = quo_registry_at(registry, i);
		if (strcmp(r->origin, "built-in") && strcmp(r->origin, last))
			check_exports(last = r->origin);
	}
	assert_true(*last);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(refuses_every_defect),
		T(loads_a_whole_one),
		T(the_same_file_twice_is_once),
		T(two_files_with_one_component),
		T(refuses_what_is_no_object),
		T(refuses_cut_off_objects),
		T(survives_damage),
		T(loads_folders),
		T(loads_what_the_environment_says),
		T(plugin_dir_adds_to_the_others),
		T(plugins_export_the_entry_alone),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
