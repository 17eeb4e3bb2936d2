/*
 * The supervisor and its file: a head that says whose it is, then one record per step, each
 * written before the change it undoes is made. It makes the file itself, and the folder: so from
 * the first of them on there is one who takes them away.
 *
 * Who undoes holds a lock on the file: the supervisor all its life, a later start while it
 * cleans. So a file that can be locked and whose owner is dead is a dead run's.
 */
#include "sys/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/linux/ahead.h"
#include "sys/linux/keeper.h"
#include "sys/linux/linux.h"
#include "sys/linux/netns.h"
#include "sys/linux/state_dir.h"
#include "sys/linux/supervisor_ask.h"
#include "sys/linux/undo.h"

#define UNDO_END ".undo"

struct head {
	char magic[8]; /* "wgdundo1" */
	uint32_t step_size; /* another build's records are not ours to read */
	pid_t owner;
	uint64_t owner_start;
	uint64_t netns_dev, netns_ino, pidns_ino;
};

static int head_fill(struct head *h, pid_t owner, struct err *e)
{
	struct stat net, pid;

	memset(h, 0, sizeof(*h));
	if (stat("/proc/thread-self/ns/net", &net) < 0 || stat("/proc/self/ns/pid", &pid) < 0)
		return err_sys(e, "read /proc/self/ns");
	memcpy(h->magic, "wgdundo1", sizeof(h->magic));
	h->step_size = sizeof(struct undo_step);
	h->owner = owner;
	h->owner_start = undo_start_of(owner);
	h->netns_dev = net.st_dev;
	h->netns_ino = net.st_ino;
	h->pidns_ino = pid.st_ino;
	return 0;
}

/* --- the folder ----------------------------------------------------------- */

/* The folder too, if nobody else has something in it. */
static void forget(int dir, const char *name)
{
	unlinkat(dir, name, 0);
	(void)rmdir(STATE_DIR);
}

/* The steps in a file, after its head; the last is whole or is not there. */
static unsigned read_steps(int fd, struct undo_step *step)
{
	ssize_t n = pread(fd, step, sizeof(*step) * UNDO_STEPS_MAX, sizeof(struct head));

	return n < 0 ? 0 : (unsigned)((size_t)n / sizeof(*step));
}

static void undo_file(int dir, const char *name, int fd, struct undo_result *out)
{
	struct undo_step *step = calloc(UNDO_STEPS_MAX, sizeof(*step));
	unsigned kept = out->n_kept;

	if (!step)
		return;
	undo_steps(step, read_steps(fd, step), NULL, out);
	free(step);
	/* What failed stays written down for the next start. */
	if (out->n_kept == kept)
		forget(dir, name);
}

/* Whether it is a dead run's of this namespace, and of nobody else who cleans. */
static bool is_left(int fd)
{
	struct head h, own;

	if (!state_is_private(fd, S_IFREG) || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    pread(fd, &h, sizeof(h), 0) != sizeof(h) || head_fill(&own, getpid(), NULL) < 0)
		return false;
	if (memcmp(h.magic, own.magic, sizeof(h.magic)) != 0 || h.step_size != own.step_size ||
	    h.netns_dev != own.netns_dev || h.netns_ino != own.netns_ino ||
	    h.pidns_ino != own.pidns_ino)
		return false;
	return undo_start_of(h.owner) != h.owner_start;
}

static void clean_left(int dir, struct undo_result *out)
{
	int fd, copy = dup(dir);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *ent;
	size_t len;

	while (d && (ent = readdir(d))) {
		if (ahead_is_over(dir, ent->d_name))
			unlinkat(dir, ent->d_name, 0);
		len = strlen(ent->d_name);
		if (len <= strlen(UNDO_END) ||
		    strcmp(ent->d_name + len - strlen(UNDO_END), UNDO_END) != 0)
			continue;
		fd = openat(dir, ent->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (is_left(fd))
			undo_file(dir, ent->d_name, fd, out);
		close(fd);
	}
	if (d)
		closedir(d);
}

enum { NAME_SIZE = 48 };

/* A pid alone comes again, and a file that could not be undone stays. */
static void file_name(char out[static NAME_SIZE], pid_t owner)
{
	snprintf(out, NAME_SIZE, "%d-%llu" UNDO_END, (int)owner,
		 (unsigned long long)undo_start_of(owner));
}

/* --- the supervisor itself ------------------------------------------------ */

/* What it says once it is there, or why it is not. */
struct ready {
	int rc;
	struct err why;
	struct undo_result left;
};

static int file_new(int dir, const char *name, pid_t owner, struct err *e)
{
	struct head h;
	int fd, rc = head_fill(&h, owner, e);

	if (rc < 0)
		return rc;
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return state_cannot_write(err_sys(e, "create %s/%s", STATE_DIR, name), e);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && write(fd, &h, sizeof(h)) == sizeof(h))
		return fd;
	err_sys(e, "write %s/%s", STATE_DIR, name);
	forget(dir, name);
	close(fd);
	return -EIO;
}

/* Its folder and its file; what dead runs left is undone on the way. */
static int make_file(const char *name, pid_t owner, int *dir, struct ready *r)
{
	int tries = 3, file;

	/* A run that ends just now may take the empty folder away under us. */
	do {
		r->rc = state_dir_open(dir, &r->why);
		if (r->rc < 0)
			return r->rc;
		clean_left(*dir, &r->left);
		file = file_new(*dir, name, owner, &r->why);
		if (file < 0)
			close(*dir);
	} while (file == -ENOENT && tries--);
	r->rc = MIN(file, 0);
	return file;
}

static _Noreturn void serve(int fd, const struct hook_place *at, pid_t owner, const char *name)
{
	struct keeper k = { .fd = fd, .file = -1, .head_len = sizeof(struct head), .at = *at };
	struct undo_result r = { 0 };
	struct ready ready = { 0 };
	int dir = -1;
	struct ask ask;
	ssize_t n;

	k.all = calloc(UNDO_STEPS_MAX, sizeof(*k.all));
	if (k.all)
		k.file = make_file(name, owner, &dir, &ready);
	else
		ready.rc = err_code(&ready.why, ENOMEM, "start the supervisor");
	send(fd, &ready, sizeof(ready), MSG_NOSIGNAL);
	if (ready.rc < 0)
		_exit(1);
	do
		n = recv(fd, &ask, sizeof(ask), 0);
	while (n == sizeof(ask) && keeper_answer(&k, &ask));
	/* Nobody is there any more who could say it. */
	k.at.say = n != sizeof(ask);
	keeper_undo(&k, 0, &r);
	if (!r.n_kept)
		forget(dir, name);
	send(fd, &r, sizeof(r), MSG_NOSIGNAL);
	_exit(0);
}

/* From FIRST on, one after the other; all others are closed. */
enum { KEEP_SOCKET = 3, KEEP_ERR, KEEP_CWD, KEEP_END };

static bool keep_only(int socket, const struct hook_place *at)
{
	const int from[] = { socket, at->err_fd, at->cwd_fd };
	int above[ARRAY_LEN(from)], i;

	/* To a known number, by a way above all of them. */
	for (i = 0; i < (int)ARRAY_LEN(from); i++) {
		above[i] = fcntl(from[i], F_DUPFD_CLOEXEC, KEEP_END);
		if (above[i] < 0)
			return false;
	}
	for (i = 0; i < (int)ARRAY_LEN(from); i++)
		if (dup3(above[i], KEEP_SOCKET + i, O_CLOEXEC) < 0)
			return false;
	if (syscall(SYS_close_range, KEEP_END, ~0U, 0) < 0)
		for (i = KEEP_END; i < sysconf(_SC_OPEN_MAX); i++)
			close(i);
	return true;
}

/* Everything that would end it, or hold something of ours, is dropped. */
static _Noreturn void supervisor_main(int fd, bool hooks, pid_t owner, const char *name)
{
	struct hook_place at;
	sigset_t all;
	int null, i;

	setsid();
	signals_default();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	at.err_fd = hooks && fcntl(STDERR_FILENO, F_GETFD) >= 0 ? STDERR_FILENO : null;
	at.cwd_fd = open(hooks ? "." : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (null < 0 || at.cwd_fd < 0 || !keep_only(fd, &at))
		_exit(1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (i = 0; i < 3; i++)
		if (null < 0 || dup2(null, i) < 0)
			_exit(1);
	if (null > STDERR_FILENO)
		close(null);
	if (chdir("/") < 0)
		_exit(1);
	at = (struct hook_place){ .cwd_fd = KEEP_CWD, .err_fd = KEEP_ERR };
	serve(KEEP_SOCKET, &at, owner, name);
}

/* --- our side ------------------------------------------------------------- */

int supervisor_answer(struct supervisor *s, void *out, size_t len, struct err *e)
{
	ssize_t n;

	do
		n = recv(s->fd, out, len, 0);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	return err_say(e, EPIPE, "the supervisor (pid %d) is not there any more", (int)s->pid);
}

/* There is none, or none any more. */
static void let_go(struct supervisor *s)
{
	close(s->fd);
	if (s->claim >= 0)
		close(s->claim);
	if (s->pid > 0)
		waitpid(s->pid, NULL, 0);
	*s = (struct supervisor){ .fd = -1, .pid = -1, .claim = -1 };
}

int supervisor_start(struct supervisor *s, bool hooks, struct undo_result *left, struct err *e)
{
	struct ready ready = { 0 };
	pid_t owner = getpid();
	char name[NAME_SIZE];
	int pair[2], rc = 0;

	*s = (struct supervisor){ .fd = -1, .pid = -1, .claim = -1 };
	file_name(name, owner);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	s->pid = fork();
	if (s->pid == 0)
		supervisor_main(pair[1], hooks, owner, name);
	if (s->pid < 0)
		rc = err_sys(e, "start the supervisor");
	s->fd = pair[0];
	close(pair[1]);
	if (!rc)
		rc = supervisor_answer(s, &ready, sizeof(ready), e);
	if (!rc && ready.rc < 0 && e)
		*e = ready.why;
	if (!rc)
		rc = ready.rc;
	if (rc < 0)
		let_go(s);
	else if (left)
		*left = ready.left;
	return rc;
}

/* unix(7): an abstract name is of the network namespace, as that of a link, and ends with us. */
bool supervisor_claim(struct supervisor *s, const char *ifname)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + 1;

	if (s->claim >= 0)
		close(s->claim);
	s->claim = fd;
	if (fd < 0)
		return true;
	len += (socklen_t)snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "wgdiag/%s", ifname);
	return bind(fd, (struct sockaddr *)&a, len) == 0 || errno != EADDRINUSE;
}

int supervisor_add(struct supervisor *s, const struct undo_step *step, struct err *e)
{
	struct ask ask = { .what = ASK_ADD, .step = *step };
	int rc, yes = 0;

	if (step->kind == UNDO_KILL && !step->start) {
		ask.step.start = undo_start_of(step->pid);
		if (!ask.step.start)
			return err_code(e, ESRCH, "pid %d", (int)step->pid);
	}
	if (send(s->fd, &ask, sizeof(ask), MSG_NOSIGNAL) != sizeof(ask))
		return err_sys(e, "tell the supervisor");
	rc = supervisor_answer(s, &yes, sizeof(yes), e);
	if (rc < 0)
		return rc;
	if (yes < 0)
		return err_code(e, yes, "write down in %s what is to be undone", STATE_DIR);
	s->n = (unsigned)yes;
	return 0;
}

/* The supervisor was killed: what it wrote down is undone here. */
static int undo_here(struct undo_result *out, struct err *e)
{
	char name[NAME_SIZE];
	int dir = -1, fd, rc = state_dir_open(&dir, e);

	if (rc < 0)
		return rc;
	file_name(name, getpid());
	fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		rc = errno == ENOENT ? 0 : err_sys(e, "open %s/%s", STATE_DIR, name);
	else if (flock(fd, LOCK_EX) == 0)
		undo_file(dir, name, fd, out);
	if (fd >= 0)
		close(fd);
	close(dir);
	return rc;
}

int supervisor_undo_all(struct supervisor *s, struct undo_result *out, struct err *e)
{
	struct ask ask = { .what = ASK_UNDO };
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (s->fd < 0)
		return 0;
	if (send(s->fd, &ask, sizeof(ask), MSG_NOSIGNAL) != sizeof(ask) ||
	    supervisor_answer(s, out, sizeof(*out), NULL) < 0)
		rc = undo_here(out, e);
	let_go(s);
	if (!rc && out->n_failed)
		rc = err_say(e, EBUSY, "%u of what was changed could not be undone: %s",
			     out->n_failed, out->failed[0].what);
	return rc;
}
