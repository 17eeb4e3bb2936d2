/*
 * Network namespaces have no list. There are those with a name (ip netns), which must be entered;
 * and those that processes are in, of which /proc shows the links without that.
 */
#include "gather/gather_elsewhere.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "gather/fd.h"
#include "sys/platform.h"

enum { DEV_MAX = 4 << 20, COMM_MAX = 64 };

/* --- with a name ------------------------------------------------------------------ */

static bool has_link(const struct platform_ops *p, const char *name, struct arena *a)
{
	struct sys_link *links;
	struct err e;
	size_t n, i;

	if (p->links(a, &links, &n, &e) < 0)
		return false;
	for (i = 0; i < n; i++)
		if (strcmp(links[i].name, name) == 0)
			return true;
	return false;
}

static bool is_in(const struct platform_ops *p, const char *netns, int home, const char *link,
		  struct arena *a)
{
	struct err e;
	int fd;
	bool yes;

	if (p->netns_open(netns, &fd, &e) < 0)
		return false;
	yes = p->netns_enter(fd, &e) == 0 && has_link(p, link, a);
	close(fd);
	/* Where this thread cannot come back it may not go. */
	return p->netns_enter(home, &e) == 0 && yes;
}

static const char *among_named(const char *link, struct arena *a)
{
	const struct platform_ops *p = platform_get();
	const char *found = NULL;
	DIR *dir = opendir("/run/netns");
	const struct dirent *d;
	struct err e;
	int home;

	if (!dir)
		return NULL;
	if (!p->netns_get || p->netns_get(&home, &e) < 0) {
		closedir(dir);
		return NULL;
	}
	while (!found && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' && is_in(p, d->d_name, home, link, a))
			found = arena_strdup(a, d->d_name);
	close(home);
	closedir(dir);
	return found;
}

/* --- of processes ------------------------------------------------------------------- */

static bool read_of(int proc, const char *pid, const char *name, size_t max, struct buf *out)
{
	char path[320];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", pid, name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	rc = fd_read_all(fd, max, out);
	close(fd);
	return rc == 0;
}

/* A line of net/dev: "  wg0: 1480 12 ..." */
static bool names_link(const char *s, const char *link)
{
	size_t len = strlen(link);

	for (; s; s = strchr(s, '\n')) {
		s += strspn(s, "\n ");
		if (strncmp(s, link, len) == 0 && s[len] == ':')
			return true;
	}
	return false;
}

/* Most processes are where we are; of one that may not be looked at it is not known. */
static bool is_ours(int proc, const char *pid, const struct stat *own)
{
	char path[320];
	struct stat st;

	snprintf(path, sizeof(path), "%s/ns/net", pid);
	return fstatat(proc, path, &st, 0) == 0 && st.st_dev == own->st_dev &&
	       st.st_ino == own->st_ino;
}

static bool process_has(int proc, const char *pid, const char *link)
{
	CLEANUP(buf_done) struct buf dev = { 0 };

	return read_of(proc, pid, "net/dev", DEV_MAX, &dev) && names_link(buf_str(&dev), link);
}

static const char *program_of(int proc, const char *pid, struct arena *a)
{
	CLEANUP(buf_done) struct buf comm = { 0 };
	char *s, *c;

	if (!read_of(proc, pid, "comm", COMM_MAX, &comm))
		return "?";
	s = arena_strdup(a, buf_str(&comm));
	s[strcspn(s, "\n")] = '\0';
	/* It is told on a terminal, and anybody can call himself anything. */
	for (c = s; *c; c++)
		if (!isgraph((unsigned char)*c))
			*c = '?';
	return s;
}

static void among_processes(const char *link, struct arena *a, struct elsewhere *out)
{
	DIR *dir = opendir("/proc");
	const struct dirent *d;
	struct stat own = { .st_ino = 0 };

	if (!dir)
		return;
	if (stat("/proc/self/ns/net", &own) < 0)
		own.st_ino = 0;
	while (!out->netns && (d = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)d->d_name[0]) || is_ours(dirfd(dir), d->d_name, &own) ||
		    !process_has(dirfd(dir), d->d_name, link))
			continue;
		out->netns = arena_strdup(a, d->d_name);
		out->program = program_of(dirfd(dir), d->d_name, a);
	}
	closedir(dir);
}

void gather_elsewhere(const char *link, struct arena *a, struct elsewhere *out)
{
	*out = (struct elsewhere){ .netns = among_named(link, a) };
	if (!out->netns)
		among_processes(link, a, out);
}
