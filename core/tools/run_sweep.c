/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/run_sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plugin/loader.h"
#include "report/progress.h"
#include "report/results.h"
#include "run/children.h"
#include "run/interrupt.h"
#include "run/local.h"
#include "text/units.h"
#include "tools/sweep_progress.h"

#define POLL_NS 20000000L
#define LIVE_SECONDS 0.2
#define PLAIN_SECONDS 30.0
#define MAX_PROTOCOLS 16 /* that a sweep has line 1 for */
#define MAX_SOURCE ((size_t)1 << 20)

/* What a run tells the process that started it, in a shared page. */
struct shared {
	quo_watch watch;
	quo_err err;
};

struct sweep {
	const quo_cli *cli;
	quo_registry *registry;
	quo_arena *arena;
	quo_arena *groups; /* made anew after every run */
	const quo_sweep *axes;
	FILE *ui;
	quo_results results;
	char folder[PATH_MAX]; /* <output.dir>/<name> */
	int lock;
	struct shared *shared;
	uint8_t (*digest)[32];
	uint32_t skipped;
	quo_sweep_progress progress;
	quo_err failure; /* of the first run that failed */
};

/* ---- before the first run ---- */

static quo_status digest_point(const struct sweep *s, const quo_experiment *e, uint8_t digest[32],
			       quo_err *err)
{
	uint8_t all[34];

	QUO_TRY(quo_experiment_digest(e, all, err));
	all[32] = s->cli->run.reveal_model;
	all[33] = s->cli->run.verify;
	quo_sha256(all, sizeof all, digest);
	return QUO_OK;
}

static quo_status check_point(struct sweep *s, uint32_t point, const quo_experiment *e,
			      quo_err *err)
{
	const quo_experiment_config *config = quo_experiment_config_of(e);
	quo_record *record = &s->results.record[point];
	char own[PATH_MAX];

	if (config->network.mode != QUO_MODE_LOCAL)
		return quo_fail(
			err, QUO_USAGE,
			"%s is a sweep, which runs all parties on this machine; for several "
			"machines run its experiments one by one (config.resolved.yaml)",
			s->cli->run.file);
	int n = snprintf(own, sizeof own, "%s/%s", config->output.dir, config->name);
	if (n < 0 || (size_t)n + 256 >= sizeof own)
		return quo_fail(err, QUO_USAGE, "output.dir: a path of %zu characters is too long",
				strlen(config->output.dir));
	if (!point) {
		memcpy(s->folder, own, (size_t)n + 1);
		QUO_TRY(quo_results_init(&s->results, s->arena, config->name, s->axes, err));
		record = &s->results.record[0];
	} else if (strcmp(own, s->folder) != 0) {
		return quo_fail(
			err, QUO_USAGE,
			"%s: its points go to %s and to %s; say name and output.dir in this "
			"file",
			s->cli->run.file, s->folder, own);
	}
	QUO_TRY(digest_point(s, e, s->digest[point], err));
	for (uint32_t i = 0; i < point; i++)
		if (!memcmp(s->digest[i], s->digest[point], 32))
			return quo_fail(
				err, QUO_USAGE,
				"%s: the points '%s' and '%s' are the same experiment; does "
				"--set fix what the sweep varies?",
				s->cli->run.file, s->results.record[i].title, record->title);
	const uint8_t *d = s->digest[point];
	const char *slug = quo_sweep_slug(s->arena, s->axes, point, err);
	record->folder = slug ? quo__printf(s->arena, err, "%s%s%02x%02x%02x%02x", slug,
					    *slug ? "-" : "", d[0], d[1], d[2], d[3])
			      : NULL;
	return record->folder ? QUO_OK : QUO_FAILED;
}

/* The registry's copy of its name, which outlives the experiment. */
static const char *protocol_of(const struct sweep *s, const quo_experiment_config *config)
{
	const quo_component *c = config->protocol->component;

	return quo_registry_find(s->registry, (quo_kind)c->kind, c->name)->component.name;
}

/* Every point, and line 1 of every protocol among them: when all of them can be run. */
static quo_status resolve_points(struct sweep *s, quo_err *err)
{
	const char *protocol[MAX_PROTOCOLS];
	uint32_t first[MAX_PROTOCOLS];
	size_t n = 0;

	for (uint32_t i = 0; i < s->axes->n_points; i++) {
		quo_experiment *experiment;
		quo_cli cli = *s->cli;
		bool again = n == MAX_PROTOCOLS;
		cli.run.point = i;
		QUO_TRY(quo_run_load(&cli.run, s->registry, NULL, &experiment, err));
		quo_status status = check_point(s, i, experiment, err);
		const char *own = protocol_of(s, quo_experiment_config_of(experiment));
		quo_experiment_free(experiment);
		QUO_TRY(status);
		for (size_t k = 0; k < n && !again; k++)
			again = !strcmp(protocol[k], own);
		if (again)
			continue;
		protocol[n] = own;
		first[n++] = i;
	}
	for (size_t k = 0; k < n; k++) {
		quo_cli cli = *s->cli;
		quo_run run = { .options = &cli.run, .work = &quo_training, .ui = s->ui };
		cli.run.point = first[k];
		QUO_TRY(quo_run_load(&cli.run, s->registry, NULL, &run.experiment, err));
		run.config = quo_experiment_config_of(run.experiment);
		run.work->banner(&run);
		quo_experiment_free(run.experiment);
	}
	return QUO_OK;
}

static quo_status read_source(struct sweep *s, quo_err *err)
{
	FILE *f = fopen(s->cli->run.file, "r");
	char *text = f ? quo_arena_alloc(s->arena, MAX_SOURCE + 1, 1, err) : NULL;

	if (f && text)
		text[fread(text, 1, MAX_SOURCE, f)] = 0;
	if (f)
		fclose(f);
	s->results.source = text;
	return f && !text ? QUO_FAILED : QUO_OK;
}

static quo_status lock_folder(struct sweep *s, quo_err *err)
{
	char path[PATH_MAX + 8];
	quo_folder *folder = quo_folder_at(s->folder, ".", err);

	if (!folder)
		return QUO_FAILED;
	quo_folder_close(folder);
	snprintf(path, sizeof path, "%s/.lock", s->folder);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->lock < 0)
		return quo_fail(err, QUO_FAILED, "%s: cannot open: %s", path, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return quo_fail(err, QUO_FAILED,
				"%s: another quotient-run is at this sweep; wait for it, or give "
				"this one another name (--set name=..)",
				s->folder);
	return QUO_OK;
}

static char *path_of(const struct sweep *s, uint32_t point, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%.3500s/%.500s", s->folder, s->results.record[point].folder);
	return out;
}

static quo_status regroup(struct sweep *s, quo_err *err)
{
	quo_arena_reset(s->groups);
	return quo_results_group(&s->results, s->groups, err);
}

static quo_status find_done(struct sweep *s, quo_err *err)
{
	char path[PATH_MAX];

	for (uint32_t i = 0; i < s->axes->n_points; i++) {
		quo_err why = QUO_ERR_INIT;
		if (quo_record_read(s->arena, path_of(s, i, path), &s->results.record[i], &why) ==
		    QUO_OK)
			s->skipped++;
	}
	return regroup(s, err);
}

/* ---- one run ---- */

/* A run that was interrupted would find its lines in metrics.jsonl. */
static void remove_remains(const char *folder)
{
	static const char *const files[] = { "metrics.jsonl",      "config.resolved.yaml",
					     "model.npz",          "model.party0.share",
					     "model.party1.share", "summary.json" };
	char path[PATH_MAX + 32];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
}

static quo_status run_point(const struct sweep *s, uint32_t point, quo_err *err)
{
	char folder[PATH_MAX];
	uint8_t digest[32];
	quo_cli cli = *s->cli;
	quo_run run = { .options = &cli.run,
			.work = &quo_training,
			.party = -1,
			.ui = fopen("/dev/null", "w"),
			.watch = &s->shared->watch };

	if (!run.ui)
		return quo_fail(err, QUO_FAILED, "/dev/null: cannot open: %s", strerror(errno));
	cli.run.point = point;
	cli.run.json = false;
	cli.run.quiet = true;
	QUO_TRY(quo_run_load(&cli.run, s->registry, NULL, &run.experiment, err));
	run.config = quo_experiment_config_of(run.experiment);
	/* The folder is named for what the files said at first. */
	QUO_TRY(digest_point(s, run.experiment, digest, err));
	if (memcmp(digest, s->digest[point], sizeof digest) != 0)
		return quo_fail(err, QUO_FAILED,
				"%s, or a file that it starts from, has changed since the sweep "
				"began; run the command again",
				s->cli->run.file);
	snprintf(folder, sizeof folder, "%.500s/%.500s", run.config->name,
		 s->results.record[point].folder);
	run.folder = folder;
	quo_status status = quo_run_local(&run, s->registry, err);
	quo_folder_close(run.output);
	quo_forecast_free(&run.forecast);
	quo_experiment_free(run.experiment);
	fclose(run.ui);
	return status;
}

static pid_t start(const struct sweep *s, uint32_t point, quo_err *err)
{
	pid_t pid = quo_fork_child(err);
	if (pid != 0)
		return pid;
	quo_err mine = QUO_ERR_INIT;
	quo_status status = run_point(s, point, &mine);
	if (status != QUO_OK)
		s->shared->err = mine;
	fflush(NULL);
	_exit(status == QUO_OK ? 0 : 1);
}

static int wait_for(struct sweep *s, uint32_t point, pid_t pid)
{
	const struct timespec pause = { 0, POLL_NS };
	double begun = quo_now_seconds(), shown = begun;
	double every = s->progress.live ? LIVE_SECONDS : PLAIN_SECONDS;
	int state = 0;
	pid_t done;

	while ((done = waitpid(pid, &state, WNOHANG)) == 0 || (done < 0 && errno == EINTR)) {
		double now = quo_now_seconds();
		if (!s->cli->run.quiet && now - shown >= every) {
			shown = now;
			quo_sweep_show_running(&s->progress, point, now - begun);
		}
		nanosleep(&pause, NULL);
	}
	return state;
}

/* A run that fails is noted; the status is of the sweep. */
static quo_status do_point(struct sweep *s, uint32_t point, quo_err *err)
{
	quo_record *record = &s->results.record[point];
	char folder[PATH_MAX];
	quo_err why = QUO_ERR_INIT;

	*s->shared = (struct shared){ .watch = { .accuracy = -1 }, .err = QUO_ERR_INIT };
	remove_remains(path_of(s, point, folder));
	pid_t pid = start(s, point, err);
	if (pid < 0)
		return QUO_FAILED;
	int state = wait_for(s, point, pid);
	if (s->shared->err.status != QUO_OK)
		why = s->shared->err;
	else if (state != 0)
		quo_fail(&why, QUO_FAILED, "its process was ended by %s %d%s",
			 WIFSIGNALED(state) ? "signal" : "exit status",
			 WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state),
			 WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL
				 ? " (kill -9, or memory ran out)"
				 : "");
	else
		(void)quo_record_read(s->arena, folder, record, &why);
	if (why.status != QUO_OK) {
		record->failure = quo__strdup(s->arena, why.text, err);
		if (!record->failure)
			return QUO_FAILED;
		if (s->failure.status == QUO_OK)
			quo_fail(&s->failure, why.status, "%s: %s", record->title, why.text);
	}
	QUO_TRY(regroup(s, err));
	*s->shared = (struct shared){ .err = QUO_ERR_INIT };
	if (!s->cli->run.quiet)
		quo_sweep_show_ended(&s->progress, point);
	return quo_results_write(&s->results, s->folder, err);
}

/* ---- the whole ---- */

static quo_status print_json(const struct sweep *s, quo_err *err)
{
	quo_json j = QUO_JSON_INIT(true);

	quo_results_json(&j, &s->results);
	quo_status status = quo_json_status(&j, err);
	if (status == QUO_OK) {
		printf("%.*s\n", (int)j.out.n, (const char *)j.out.data);
		status = quo_run_printed(err);
	}
	quo_json_free(&j);
	return status;
}

static quo_status finish(struct sweep *s, quo_err *err)
{
	QUO_TRY(quo_results_write(&s->results, s->folder, err));
	fputc('\n', s->ui);
	quo_results_print(s->ui, &s->results);
	fprintf(s->ui, "\nresults in %s: report.html, results.csv, curves.csv\n", s->folder);
	if (s->cli->run.json)
		QUO_TRY(print_json(s, err));
	if (!s->results.failed)
		return QUO_OK;
	return quo_fail(err, s->failure.status, "%u of %u runs failed; %s", s->results.failed,
			s->results.n_records, s->failure.text);
}

static quo_status go(struct sweep *s, quo_err *err)
{
	char a[QUO_UNIT_CHARS];

	QUO_TRY(quo_registry_load_default(s->registry, s->cli->run.plugin_dir, err));
	QUO_TRY(resolve_points(s, err));
	QUO_TRY(read_source(s, err));
	QUO_TRY(lock_folder(s, err));
	QUO_TRY(find_done(s, err));
	fprintf(s->ui, "sweep: %s runs", quo_format_count(a, s->axes->n_points));
	if (s->axes->seeds >= 0)
		fprintf(s->ui, " (%u seed%s)", s->axes->axis[s->axes->seeds].n,
			s->axes->axis[s->axes->seeds].n == 1 ? "" : "s");
	if (s->skipped)
		fprintf(s->ui, ", %u of them done already", s->skipped);
	fprintf(s->ui, ", in %s\n", s->folder);
	fflush(s->ui);
	quo_tell_when_interrupted("the same command goes on from the runs that ended, in",
				  s->folder);
	for (uint32_t i = 0; i < s->axes->n_points; i++)
		if (!s->results.record[i].done)
			QUO_TRY(do_point(s, i, err));
	return finish(s, err);
}

quo_status quo_run_sweep(const quo_cli *cli, quo_registry *registry, quo_arena *arena,
			 const quo_sweep *sweep, FILE *ui, quo_err *err)
{
	struct sweep s = { .cli = cli,
			   .registry = registry,
			   .arena = arena,
			   .axes = sweep,
			   .ui = ui,
			   .lock = -1,
			   .failure = QUO_ERR_INIT };

	if (cli->run.party >= 0)
		return quo_fail(err, QUO_USAGE,
				"%s is a sweep, which runs all parties on this machine; leave out "
				"--party",
				cli->run.file);
	s.digest = quo_arena_alloc(arena, sweep->n_points, sizeof *s.digest, err);
	s.groups = quo_arena_new(err);
	if (!s.digest || !s.groups) {
		quo_arena_free(s.groups);
		return QUO_FAILED;
	}
	s.shared = mmap(NULL, sizeof *s.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	bool mapped = s.shared != MAP_FAILED;
	s.progress = (quo_sweep_progress){ .axes = sweep,
					   .results = &s.results,
					   .watch = mapped ? &s.shared->watch : NULL,
					   .out = stderr,
					   .live = quo_progress_is_live(stderr) };
	quo_status status = mapped ? go(&s, err) : quo_fail(err, QUO_FAILED, "out of memory");
	if (mapped)
		munmap(s.shared, sizeof *s.shared);
	quo_arena_free(s.groups);
	if (s.lock >= 0)
		close(s.lock);
	return status;
}

quo_status quo_run_report(const quo_run *run, quo_err *err)
{
	const char *folder = quo_folder_name(run->output);
	quo_arena *arena = quo_arena_new(err);
	quo_results results;

	if (!arena)
		return QUO_FAILED;
	quo_status status = quo_results_init(&results, arena, run->config->name, NULL, err);
	if (status == QUO_OK)
		status = quo_record_read(arena, folder, &results.record[0], err);
	char *yaml = status == QUO_OK ? quo_experiment_yaml(run->experiment, err) : NULL;
	results.source = yaml;
	if (status == QUO_OK)
		status = yaml ? quo_results_group(&results, arena, err) : QUO_FAILED;
	if (status == QUO_OK)
		status = quo_results_write(&results, folder, err);
	if (status == QUO_OK)
		fprintf(run->ui, "report in %s/report.html\n", folder);
	free(yaml);
	quo_arena_free(arena);
	return status;
}
