/*
 * Which engines there are, and where their programs lie.
 */
#include "engine/engine_list.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/version.h"

const struct engine_ops *const engines[] = { &engine_builtin,	&engine_wireguard_go,
					     &engine_boringtun, &engine_gotatun,
					     &engine_kernel,	NULL };

const char *const engine_version_argv[] = { "--version", NULL };

const struct engine_ops *engine_ops_find(const char *name)
{
	size_t i;

	for (i = 0; engines[i]; i++)
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	return NULL;
}

/* --- the program ---------------------------------------------------------- */

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/*
 * Under a private /run a path through a link in the true one leads nowhere (NixOS), so links
 * are resolved; unless the name changes by it, since some programs look at their name.
 */
static const char *resolved(const char *path, const char *name, struct arena *a)
{
	char real[PATH_MAX];
	const char *last;

	if (!realpath(path, real))
		return path;
	last = strrchr(real, '/');
	return last && !strcmp(last + 1, name) ? arena_strdup(a, real) : path;
}

/* Looks in the folders of a PATH. A relative one is passed over: it may belong to anybody. */
static const char *look_in(const char *folders, const char *name, struct arena *a)
{
	const char *path;
	size_t len;

	for (; *folders; folders += len + (folders[len] == ':')) {
		len = strcspn(folders, ":");
		if (folders[0] != '/')
			continue;
		path = arena_printf(a, "%.*s/%s", (int)len, folders, name);
		if (is_program(path))
			return resolved(path, name, a);
	}
	return NULL;
}

static int kernel_is_there(const struct engine_ops *ops, struct arena *a, const char **path,
			   struct err *e)
{
	const struct platform_ops *p = platform_get();
	const char *version;
	int rc;

	if (!p->wg_module || !p->wg_link_add)
		return err_say(e, ENOENT, "engine %s: %s has none", ops->name, p->name);
	rc = p->wg_module(a, &version, e);
	if (rc < 0)
		return e ? err_prefix(e, "engine %s", ops->name) : rc;
	*path = NULL;
	return 0;
}

int engine_program(const struct engine_ops *ops, struct arena *a, const char **path, struct err *e)
{
	const char *env = getenv("PATH"), *found;

	if (ops->in_kernel)
		return kernel_is_there(ops, a, path, e);
	if (strchr(ops->program, '/')) {
		if (access(ops->program, X_OK) < 0)
			return err_sys(e, "engine %s: %s", ops->name, ops->program);
		*path = ops->program;
		return 0;
	}
	found = look_in(env ? env : "/usr/local/bin:/usr/bin:/bin", ops->program, a);
	if (!found)
		found = look_in("/usr/local/sbin:/usr/sbin:/sbin", ops->program, a);
	if (!found)
		return err_say(e, ENOENT, "engine %s: program \"%s\" not found in PATH (%s)",
			       ops->name, ops->program, ops->packages);
	*path = found;
	return 0;
}

/* --- its version ---------------------------------------------------------- */

enum { VERSION_TIMEOUT_MS = 1000, VERSION_TEXT_MAX = 4096 };

struct asked {
	struct loop *l;
	int fd;
	bool ended;
	struct buf text;
};

static void on_text(void *ctx, short revents)
{
	struct asked *q = ctx;
	char chunk[512];
	ssize_t n;

	(void)revents;
	n = read(q->fd, chunk, sizeof(chunk));
	if (n > 0)
		buf_add(&q->text, chunk, (size_t)n);
	q->ended = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN) ||
		   q->text.len > VERSION_TEXT_MAX;
}

static bool text_ended(void *ctx)
{
	struct asked *q = ctx;

	return q->ended;
}

/* The first word of the first line that is a number with dots, without its "v". */
static const char *version_in(const char *text, struct arena *a)
{
	size_t line = strcspn(text, "\n"), at = 0, len;
	const char *word;

	while (at < line) {
		word = text + at;
		len = strcspn(word, " \t\r\n");
		at += len + 1;
		if (len && *word == 'v') {
			word++;
			len--;
		}
		if (len && isdigit((unsigned char)*word))
			return arena_printf(a, "%.*s", (int)len, word);
	}
	return NULL;
}

static void listen_to(struct asked *q)
{
	loop_add_fd(q->l, q->fd, POLLIN, on_text, q);
	loop_run(q->l, loop_now(q->l) + VERSION_TIMEOUT_MS * NS_PER_MS, text_ended, q);
	loop_del_fd(q->l, q->fd);
}

const char *engine_version(const struct engine_ops *ops, const char *program,
			   const struct platform_ops *p, struct loop *l, struct arena *a)
{
	const char *argv[ENGINE_ARGV_MAX] = { program }, *version = NULL;
	struct sys_spawn s = { .argv = (char *const *)argv, .netns = -1, .keep_fd = -1 };
	struct asked q = { .l = l };
	size_t i;
	int fd[2];
	pid_t pid;

	if (ops == &engine_builtin)
		return WGDIAG_VERSION;
	if (ops->in_kernel)
		return p->wg_module && p->wg_module(a, &version, NULL) >= 0 ? version : NULL;
	if (!ops->version_argv || pipe(fd) < 0)
		return NULL;
	for (i = 0; ops->version_argv[i] && i + 2 < ENGINE_ARGV_MAX; i++)
		argv[i + 1] = ops->version_argv[i];
	fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	s.out_fd = fd[1];
	q.fd = fd[0];
	i = p->spawn(&s, &pid, NULL) == 0;
	close(fd[1]);
	if (i) {
		listen_to(&q);
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		version = version_in(buf_str(&q.text), a);
	}
	close(fd[0]);
	buf_done(&q.text);
	return version;
}
