/*
 * A PID namespace and a mount namespace that nothing outlives.
 *
 * The kernel kills all of a PID namespace when its first process (init) ends. So only one
 * process must be sure to die with us, and it is told twice: the kernel sends it SIGKILL
 * when its parent ends, and it reads a socket whose other end only the parent holds. The
 * second covers a parent that was killed before the first was armed. We wait for its word
 * that both stand; before that, there is nothing in the namespace but init itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/linux/linux.h"
#include "sys/linux/netns.h"
#include "sys/linux/userns.h"

enum { END_TIMEOUT_MS = 2000 };
#define RUN_DIR "/var/run"
#define SOCKET_DIR RUN_DIR "/wireguard"
#define HOSTS "/etc/hosts"
#define OWN_HOSTS RUN_DIR "/wgdiag-hosts"
#define CHROOT_REMEDY                                                               \
	"a chroot is no root of mounts: run outside it, or enter it by pivot_root " \
	"(systemd-nspawn, bwrap)"

static ssize_t read_byte(int fd)
{
	ssize_t n;
	char c;

	do
		n = read(fd, &c, 1);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Holds nothing open but its socket: no pipe that somebody waits to see closed, no namespace. */
static _Noreturn void run_init(int alive)
{
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "wgdiag-init");
	signals_default();
	signal(SIGCHLD, SIG_IGN); /* the kernel reaps the orphans */
	setsid();
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	fds_close_but(alive, -1);
	if (chdir("/") == 0 && send(alive, "", 1, MSG_NOSIGNAL) == 1)
		read_byte(alive);
	_exit(0);
}

static int start_init(struct sys_isolation *i, struct err *e)
{
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) < 0)
		return err_sys(e, "socketpair");
	i->init = fork();
	if (!i->init)
		run_init(s[1]);
	i->alive_fd = s[0];
	close(s[1]);
	if (i->init < 0)
		return err_sys(e, "start the first process of a PID namespace");
	if (read_byte(i->alive_fd) != 1)
		return err_say(e, ECHILD, "the first process of a PID namespace died");
	return 0;
}

static int private_run(struct sys_isolation *i, struct err *e)
{
	char path[PATH_MAX];
	int rc;

	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) {
		rc = err_sys(e, "make the mounts private");
		if (-rc == EINVAL)
			err_remedy(e, CHROOT_REMEDY);
		return rc;
	}
	/* The kernel would follow the link too; the path is for the message. */
	if (!realpath(RUN_DIR, path))
		return err_sys(e, RUN_DIR);
	if (mount("wgdiag", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755") < 0)
		return err_sys(e, "mount a tmpfs on %s", path);
	i->own_run = true;
	if (mkdir(SOCKET_DIR, 0700) < 0)
		return err_sys(e, "create " SOCKET_DIR);
	return 0;
}

static int open_dir(const char *path, int *out, struct err *e)
{
	*out = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *out < 0 ? err_sys(e, "open %s", path) : 0;
}

static int remember_place(struct sys_isolation *i, struct err *e)
{
	int rc;

	rc = open_dir("/", &i->root_fd, e);
	if (rc < 0)
		return rc;
	/*
	 * A folder that this user may not enter is no reason not to run: who started in one by
	 * `cd /root; su`, and root itself in a FUSE or NFS mount of a user's.
	 */
	i->cwd_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	i->mnt_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return i->mnt_fd < 0 ? err_sys(e, "open /proc/self/ns/mnt") : 0;
}

/*
 * After `unshare -p` without a fork: our children are to be in another one than we are. As long
 * as that one had no process the link leads nowhere (pid_namespaces(7)).
 */
static bool is_between_pid_namespaces(void)
{
	static const char children[] = "/proc/self/ns/pid_for_children"; /* Linux 4.12 */
	struct stat link, own, other;

	return lstat(children, &link) == 0 && stat("/proc/self/ns/pid", &own) == 0 &&
	       (stat(children, &other) < 0 || own.st_ino != other.st_ino);
}

static int unshare_both(struct err *e)
{
	int rc;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID) == 0)
		return 0;
	rc = err_sys(e, "create a PID and a mount namespace");
	if (-rc == ENOSPC)
		err_remedy(e, "raise the sysctls user.max_pid_namespaces and "
			      "user.max_mnt_namespaces; if they are high, it is nested too deep");
	if (-rc == EINVAL && is_between_pid_namespaces())
		err_remedy(e, "unshare -p alone leaves it between two of them: unshare -p -f");
	return rc;
}

/*
 * A run goes to other network namespaces and back. Root of a user namespace that does not own the
 * one it is in can leave, and not return; with one of its own it can.
 */
static bool can_come_back(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return true; /* what that means is told by who needs it */
	rc = setns(fd, CLONE_NEWNET);
	close(fd);
	return rc == 0 || errno != EPERM;
}

/*
 * Who may is not asked beforehand: a container, a capability, a security module would each
 * have to be understood. It is tried, and only a plain "not permitted" takes the other way.
 */
static int make_namespaces(struct err *e)
{
	int rc = can_come_back() ? unshare_both(e) : -EPERM;

	if (rc != -EPERM)
		return rc;
	rc = userns_enter(e);
	return rc < 0 ? rc : unshare_both(e);
}

/* The socket that is open as fd, seen as that path again. */
static int show_again(int fd, const char *path, struct err *e)
{
	char at[32];
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (file < 0)
		return err_sys(e, "create %s", path);
	close(file);
	snprintf(at, sizeof(at), "/proc/self/fd/%d", fd);
	return mount(at, path, NULL, MS_BIND, NULL) < 0 ? err_sys(e, "mount over %s", path) : 0;
}

int linux_isolate_hide(const struct sys_isolation *i, const char *but, struct err *e)
{
	char path[PATH_MAX];
	int fd, rc = 0;

	/* Never over the machine's own. */
	if (!i->own_run)
		return err_code(e, EINVAL, "hide " SOCKET_DIR);
	snprintf(path, sizeof(path), SOCKET_DIR "/%s.sock", but);
	/* The kernel's engine has none. */
	fd = open(path, O_PATH | O_CLOEXEC);
	/* A mount, for an engine whose socket is moved away takes it for deleted, and ends. */
	if (mount("wgdiag", SOCKET_DIR, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700") < 0)
		rc = err_sys(e, "mount a tmpfs on " SOCKET_DIR);
	if (!rc && fd >= 0)
		rc = show_again(fd, path, e);
	if (fd >= 0)
		close(fd);
	return rc;
}

int linux_isolate_hosts(struct sys_isolation *i, const char *text, struct err *e)
{
	size_t len = strlen(text);
	int fd, rc = 0;

	/* Never over the machine's own. */
	if (!i->own_run)
		return err_code(e, EINVAL, "replace " HOSTS);
	fd = open(OWN_HOSTS, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "create " OWN_HOSTS);
	if (write(fd, text, len) != (ssize_t)len)
		rc = err_sys(e, "write " OWN_HOSTS);
	close(fd);
	if (rc || i->own_hosts)
		return rc;
	if (mount(OWN_HOSTS, HOSTS, NULL, MS_BIND, NULL) < 0)
		return err_sys(e, "mount over " HOSTS);
	i->own_hosts = true;
	return 0;
}

int linux_isolate(struct sys_isolation *out, struct err *e)
{
	struct sys_isolation i = { -1, -1, -1, -1, -1, false, false };
	int rc;

	rc = remember_place(&i, e);
	if (!rc)
		rc = make_namespaces(e);
	if (!rc)
		rc = start_init(&i, e);
	if (!rc)
		rc = private_run(&i, e);
	if (rc < 0) {
		linux_isolate_end(&i);
		return rc;
	}
	*out = i;
	return 0;
}

/* Without our tmpfs this view is the old one, so that a report can be written below /run. */
static void stay_without_run(const struct sys_isolation *i)
{
	char path[PATH_MAX];

	/* Never the machine's own, of a namespace that we could not leave. */
	if (i->own_run && realpath(RUN_DIR, path))
		umount2(path, MNT_DETACH);
}

/*
 * Entering a mount namespace leads to its root, which is not ours in a chroot; and to no folder
 * of ours. Where there is no way back into that, or none out of a user namespace, we stay: a
 * relative name must not come to mean one in "/".
 */
static void go_back(const struct sys_isolation *i)
{
	if (i->cwd_fd < 0 || setns(i->mnt_fd, CLONE_NEWNS) < 0) {
		stay_without_run(i);
		return;
	}
	if (fchdir(i->root_fd) < 0 || chroot(".") < 0 || fchdir(i->cwd_fd) < 0)
		abort();
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * The kernel lets init go when all others of the namespace are gone, also a dead child of
 * ours that nobody has waited for. So our patience has a bound.
 */
static void end_init(pid_t init)
{
	int ms;

	kill(init, SIGKILL);
	for (ms = 0; ms < END_TIMEOUT_MS && waitpid(init, NULL, WNOHANG) != init; ms++)
		poll(NULL, 0, 1);
}

void linux_isolate_end(struct sys_isolation *i)
{
	int own;

	close_fd(&i->alive_fd);
	if (i->init > 0)
		end_init(i->init);
	i->init = -1;
	own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (own >= 0) {
		/* A failure leaves us unable to start children, and says so when one is started. */
		(void)!setns(own, CLONE_NEWPID);
		close(own);
	}
	if (i->mnt_fd >= 0)
		go_back(i);
	i->own_run = false;
	close_fd(&i->mnt_fd);
	close_fd(&i->root_fd);
	close_fd(&i->cwd_fd);
}
