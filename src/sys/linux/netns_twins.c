#include "sys/linux/netns_twins.h"

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/defs.h"
#include "sys/linux/netns.h"
#include "sys/linux/proc.h"

enum { SEEN_MAX = 4096 };
#define FIRST_PIDNS 0xEFFFFFFCU /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

struct look {
	const char *const *names;
	size_t n_names;
	ino_t seen[SEEN_MAX]; /* the first is ours */
	size_t n_seen;
	int twins;
	bool blind; /* one could not be entered, or there are too many */
};

static bool is_known(const struct look *l, ino_t ino)
{
	size_t i;

	for (i = 0; i < l->n_seen; i++)
		if (l->seen[i] == ino)
			return true;
	return false;
}

static bool is_new(struct look *l, ino_t ino)
{
	if (is_known(l, ino))
		return false;
	if (l->n_seen == SEEN_MAX) {
		l->blind = true;
		return false;
	}
	l->seen[l->n_seen++] = ino;
	return true;
}

static bool has_one(const struct look *l)
{
	size_t i;

	for (i = 0; i < l->n_names; i++)
		if (if_nametoindex(l->names[i]))
			return true;
	return false;
}

/* path leads to a namespace, which may be gone by now. */
static void look_into(struct look *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && is_new(l, st.st_ino)) {
		if (setns(fd, CLONE_NEWNET) == 0)
			l->twins += has_one(l);
		else
			l->blind = true;
	}
	close(fd);
}

static void look_at_link(struct look *l, int dir, const char *at, const char *name)
{
	char path[512], to[32];
	ssize_t n = readlinkat(dir, name, to, sizeof(to) - 1);

	if (n <= 0)
		return;
	to[n] = '\0';
	if (strncmp(to, "net:[", 5) != 0 || is_known(l, (ino_t)strtoull(to + 5, NULL, 10)))
		return;
	snprintf(path, sizeof(path), "%s/%s", at, name);
	look_into(l, path);
}

/* Where it is, and what it holds open. */
static bool of_process(void *ctx, pid_t pid)
{
	struct look *l = ctx;
	struct dirent *ent;
	char at[40];
	DIR *d;

	snprintf(at, sizeof(at), "/proc/%d/ns", (int)pid);
	d = opendir(at);
	if (d) {
		look_at_link(l, dirfd(d), at, "net");
		closedir(d);
	}
	snprintf(at, sizeof(at), "/proc/%d/fd", (int)pid);
	d = opendir(at);
	while (d && (ent = readdir(d)))
		look_at_link(l, dirfd(d), at, ent->d_name);
	if (d)
		closedir(d);
	return true;
}

/* "36 35 0:4 net:[4026532] /run/netns/a rw - nsfs nsfs rw" */
static void look_at_mounts(struct look *l)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, path[512];
	size_t cap = 0;

	while (f && getline(&line, &cap, f) > 0)
		if (strstr(line, " - nsfs ") &&
		    sscanf(line, "%*s %*s %*s net:%*s %511s", path) == 1)
			look_into(l, path);
	free(line);
	if (f)
		fclose(f);
}

static bool is_first_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == FIRST_PIDNS;
}

int netns_twins(ino_t own, const char *const *names, size_t n)
{
	struct look *l = calloc(1, sizeof(*l));
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), twins;

	if (!l || home < 0) {
		free(l);
		if (home >= 0)
			close(home);
		return -1;
	}
	l->names = names;
	l->n_names = n;
	l->seen[l->n_seen++] = own;
	look_at_mounts(l);
	/* A PID namespace shows only the processes that are in it. */
	if (!proc_each(of_process, l) || !is_first_pid_namespace())
		l->blind = true;
	netns_return(home);
	close(home);
	twins = l->blind && !l->twins ? -1 : l->twins;
	free(l);
	return twins;
}
