/*
 * Each run is `wgdiag lab NAME --json`, as anybody would type it: what is graded is what a user is
 * told. They mostly wait, so that there may be more of them at once than there are processors.
 */
#include "run/run_lab_all.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/run_priv.h"
#include "sys/loop.h"

enum {
	LONGEST_S = 90, /* RUN_LONGEST_S, its pings, and what takes it to be made */
	TEXT_MAX = 4 << 20,
	ARGV_MAX = 24,
	SECOND_SIZE = 128,
};

struct job {
	struct all *all;
	struct lab_result *result; /* NULL: free */
	pid_t pid;
	int fd;
	unsigned timer;
	int64_t begun_ns;
	struct buf text;
};

struct all {
	const struct run_lab_all *conf;
	const struct lab_watch *watch;
	const struct platform_ops *p;
	struct loop *loop;
	struct arena *arena;
	struct lab_result *results;
	size_t n, begun, ended;
	struct job job[RUN_LAB_JOBS_MAX];
};

/* --- what it said -------------------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *key, struct arena *a)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? arena_strdup(a, s) : NULL;
}

/* What stands under `cause` of each of a list; without that, each itself. */
static size_t read_names(const json_t *list, const char *out[GRADE_CANDIDATES_MAX], struct arena *a)
{
	size_t n = MIN(json_array_size(list), (size_t)GRADE_CANDIDATES_MAX), i;

	for (i = 0; i < n; i++) {
		const json_t *one = json_array_get(list, i);
		const char *s = json_string_value(
			json_is_object(one) ? json_object_get(one, "cause") : one);

		out[i] = s ? arena_strdup(a, s) : NULL;
	}
	return n;
}

static void read_verdict(const json_t *v, struct arena *a, struct lab_result *r)
{
	r->said.state = text_of(v, "state", a);
	r->said.cause = text_of(v, "cause", a);
	r->said.side = text_of(v, "side", a);
	r->summary = text_of(v, "summary", a);
	r->said.n_causes = read_names(json_object_get(v, "causes"), r->said.causes, a);
	r->said.n_candidates = read_names(json_object_get(v, "candidates"), r->said.candidates, a);
}

/* Its last line, for what ended without a report. */
static const char *last_line(struct arena *a, char *text)
{
	size_t len = strlen(text);
	char *line;

	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return line[0] ? arena_strdup(a, line) : "it said nothing";
}

/* What was said on stderr stands before the report, which begins a line. */
static json_t *report_in(char *text)
{
	char *at = text[0] == '{' ? text : strstr(text, "\n{");

	return at ? json_loads(at, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
}

static void grade_one(struct lab_result *r, bool from_far)
{
	r->grade = lab_grade(r->fault, r->variant, from_far, &r->said);
	r->side_right = lab_side_is_right(r->fault, r->variant, from_far, &r->said);
}

/* The side is that of what stands first, and either may. */
static void grade_two(struct lab_result *r)
{
	const struct lab_fault *const f[2] = { r->fault, r->and_fault };
	const struct lab_variant *const v[2] = { r->variant, r->and_variant };

	r->grade = lab_grade_two(f, v, &r->said);
	r->side_right = lab_side_is_right(f[0], v[0], false, &r->said) ||
			lab_side_is_right(f[1], v[1], false, &r->said);
}

static void judge(struct job *j)
{
	struct lab_result *r = j->result;
	struct arena *a = j->all->arena;
	char *text;
	json_t *root;

	buf_add(&j->text, "", 1);
	text = (char *)j->text.b;
	root = report_in(text);
	if (!root)
		r->none = r->hung ? "it took too long" : last_line(a, text);
	else
		read_verdict(json_object_get(root, "verdict"), a, r);
	if (root && !r->said.state)
		r->none = "its report has no verdict";
	json_decref(root);
	if (r->none)
		return;
	if (r->and_fault)
		grade_two(r);
	else
		grade_one(r, j->all->conf->from_far);
}

/* --- one of them ----------------------------------------------------------------------- */

static void fill_free(struct all *x);

static void end_job(struct job *j)
{
	struct all *x = j->all;
	struct lab_result *r = j->result;

	loop_del_timer(x->loop, j->timer);
	loop_del_fd(x->loop, j->fd);
	close(j->fd);
	waitpid(j->pid, NULL, 0);
	r->took_ns = loop_now(x->loop) - j->begun_ns;
	judge(j);
	buf_done(&j->text);
	j->result = NULL;
	x->ended++;
	if (x->watch->told)
		x->watch->told(x->watch->ctx, r, x->ended, x->n);
	fill_free(x);
}

static void on_text(void *ctx, short revents)
{
	struct job *j = ctx;
	char chunk[16384];
	ssize_t n = read(j->fd, chunk, sizeof(chunk));

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && j->text.len < TEXT_MAX) {
		buf_add(&j->text, chunk, (size_t)n);
		return;
	}
	if (n > 0)
		kill(j->pid, SIGKILL);
	end_job(j);
}

static void on_time(void *ctx)
{
	struct job *j = ctx;

	j->result->hung = true;
	kill(j->pid, SIGKILL);
}

static int begin_job(struct job *j, struct lab_result *r, struct err *e)
{
	struct all *x = j->all;
	const struct run_lab_all *c = x->conf;
	char seed[24], second[SECOND_SIZE];
	size_t n_args;
	const char *argv[ARGV_MAX] = {
		"/proc/self/exe",
		"lab",
		r->fault->name,
		"--variant",
		r->variant->name,
		"--engine-near",
		r->near,
		"--as",
		r->from_file ? "file" : "interface",
		"--from",
		c->from_far ? "far" : "near",
		"--seed",
		seed,
		"--json",
		c->far ? "--engine-far" : NULL,
		c->far,
	};
	struct sys_spawn s = { .netns = -1, .keep_fd = -1 };
	int fds[2], rc;

	snprintf(seed, sizeof(seed), "%" PRIu64, r->seed);
	for (n_args = 0; argv[n_args]; n_args++)
		;
	if (r->and_fault) {
		snprintf(second, sizeof(second), "%s/%s", r->and_fault->name, r->and_variant->name);
		argv[n_args++] = "--and";
		argv[n_args++] = second;
	}
	if (c->far_file && r->variant->scene)
		argv[n_args] = "--far-file";
	s.argv = (char *const *)argv;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	s.out_fd = fds[1];
	rc = x->p->spawn(&s, &j->pid, e);
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		return rc;
	}
	j->fd = fds[0];
	j->result = r;
	j->begun_ns = loop_now(x->loop);
	buf_init(&j->text);
	loop_add_fd(x->loop, j->fd, POLLIN, on_text, j);
	j->timer = loop_add_timer(x->loop, j->begun_ns + LONGEST_S * NS_PER_S, on_time, j);
	return 0;
}

/* One that cannot be started has no result, and the next is tried. */
static void fill_free(struct all *x)
{
	struct lab_result *r;
	struct err e = { 0 };
	unsigned i;

	for (i = 0; i < MIN(x->conf->jobs, (unsigned)RUN_LAB_JOBS_MAX); i++) {
		while (!x->job[i].result && x->begun < x->n) {
			r = &x->results[x->begun++];
			x->job[i].all = x;
			if (begin_job(&x->job[i], r, &e) == 0)
				break;
			r->none = arena_strdup(x->arena, e.text);
			x->ended++;
		}
	}
}

/* --- all --------------------------------------------------------------------------------- */

static bool is_over(void *ctx)
{
	const struct all *x = ctx;

	return x->ended == x->n;
}

static void stop_all(struct all *x)
{
	unsigned i;

	for (i = 0; i < RUN_LAB_JOBS_MAX; i++) {
		struct job *j = &x->job[i];

		if (!j->result)
			continue;
		kill(j->pid, SIGKILL);
		waitpid(j->pid, NULL, 0);
		j->result->none = "interrupted";
		loop_del_fd(x->loop, j->fd);
		close(j->fd);
		buf_done(&j->text);
	}
	for (; x->begun < x->n; x->begun++)
		x->results[x->begun].none = "interrupted";
}

int run_lab_all(const struct run_lab_all *c, const struct lab_watch *w, struct arena *a,
		struct lab_result **out, size_t *n, struct err *e)
{
	struct all x = { .conf = c, .watch = w, .p = platform_get(), .arena = a };
	sigset_t old;
	int signal_fd, rc = run_signal_open(&signal_fd, &old, e);

	if (rc < 0)
		return rc;
	x.n = run_lab_all_list(c, NULL);
	x.results = arena_alloc(a, (x.n + 1) * sizeof(*x.results));
	run_lab_all_list(c, x.results);
	x.loop = loop_new(x.p->boot_ns);
	loop_set_stop_fd(x.loop, signal_fd);
	fill_free(&x);
	rc = loop_run(x.loop, INT64_MAX, is_over, &x);
	stop_all(&x);
	loop_free(x.loop);
	run_signal_close(signal_fd, &old);
	*out = x.results;
	*n = x.n;
	return rc == -EINTR ? err_say(e, EINTR, "interrupted") : 0;
}
