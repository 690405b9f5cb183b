/* SPDX-License-Identifier: Apache-2.0 */
#include "store/manifest.h"
#include "base/bytes.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <quotient/crypto.h>

#include "store/build.h"

#define MAX_PLUGINS 64

/* "model name : AMD EPYC .." of the first core; "" when the system does not say. */
static void cpu_model(char *out, size_t size)
{
	char line[300];
	FILE *f = fopen("/proc/cpuinfo", "r");

	*out = 0;
	while (f && fgets(line, sizeof line, f)) {
		const char *colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || !colon)
			continue;
		colon += strspn(colon, ": \t");
		snprintf(out, size, "%.*s", (int)strcspn(colon, "\n"), colon);
		break;
	}
	if (f)
		fclose(f);
}

static bool digest_file(const char *path, char hex[65])
{
	uint8_t buffer[65536], digest[32];
	FILE *f = fopen(path, "rb");
	quo_sha256_state *state = f ? quo_sha256_new(NULL) : NULL;
	size_t n;

	if (!state) {
		if (f)
			fclose(f);
		return false;
	}
	while ((n = fread(buffer, 1, sizeof buffer, f)) > 0)
		quo_sha256_add(state, buffer, n);
	bool fine = !ferror(f);
	fclose(f);
	quo_sha256_end(state, digest);
	quo_hex(hex, digest, sizeof digest);
	return fine;
}

static void add_plugins(quo_json *j, const quo_experiment *experiment)
{
	const quo_registry *registry = quo_experiment_registry(experiment);
	const char *seen[MAX_PLUGINS];
	size_t n_seen = 0;

	quo_json_array(j, "plugins");
	for (size_t i = 0; i < quo_experiment_instances(experiment); i++) {
		const quo_component *c = quo_experiment_instance_at(experiment, i, NULL)->component;
		const quo_registered *r = quo_registry_find(registry, (quo_kind)c->kind, c->name);
		bool again = !r || !strcmp(r->origin, "built-in") || n_seen == MAX_PLUGINS;
		for (size_t k = 0; k < n_seen && !again; k++)
			again = !strcmp(seen[k], r->origin);
		if (again)
			continue;
		seen[n_seen++] = r->origin;
		char hex[65];
		const char *slash = strrchr(r->origin, '/');
		quo_json_object(j, NULL);
		quo_json_string(j, "file", slash ? slash + 1 : r->origin);
		quo_json_string(j, "sha256", digest_file(r->origin, hex) ? hex : NULL);
		quo_json_end(j);
	}
	quo_json_end(j);
}

void quo_manifest_json(quo_json *j, const quo_experiment *experiment)
{
	char cpu[200], system[300] = "", finished[32] = "";
	struct utsname name;
	time_t now = time(NULL);
	struct tm utc;

	cpu_model(cpu, sizeof cpu);
	if (uname(&name) == 0)
		snprintf(system, sizeof system, "%.60s %.120s %.60s", name.sysname, name.release,
			 name.machine);
	if (gmtime_r(&now, &utc))
		strftime(finished, sizeof finished, "%Y-%m-%dT%H:%M:%SZ", &utc);
	quo_json_object(j, "manifest");
	quo_json_string(j, "version", QUO_BUILD_VERSION);
	bool has_commit =
		strcmp(QUO_BUILD_COMMIT, "unknown") != 0; /* else not built from a clone */
	quo_json_string(j, "commit", has_commit ? QUO_BUILD_COMMIT : NULL);
	quo_json_string(j, "compiler", QUO_BUILD_COMPILER);
	quo_json_string(j, "flags", QUO_BUILD_FLAGS);
	quo_json_string(j, "cpu", *cpu ? cpu : NULL);
	quo_json_string(j, "kernels", quo_cpu_tier());
	quo_json_string(j, "system", *system ? system : NULL);
	quo_json_int(j, "threads", quo_experiment_config_of(experiment)->threads);
	quo_json_string(j, "finished", *finished ? finished : NULL);
	add_plugins(j, experiment);
	quo_json_end(j);
}
