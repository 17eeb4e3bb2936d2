#include "sys/linux/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/defs.h"
#include "sys/linux/linux.h"

bool proc_stat_read(pid_t pid, struct proc_stat *out)
{
	char path[40], line[1024], *p;
	unsigned long long start = 0;
	int parent, session, i;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	/* proc(5): the name in parentheses is field 2, and may hold any of them itself. */
	p = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	if (!p || sscanf(p + 1, " %c %d %*d %d", &out->state, &parent, &session) != 3)
		return false;
	out->parent = parent;
	out->session = session;
	for (i = 2; p && i < 22; i++)
		p = strchr(p + 1, ' ');
	if (p)
		start = strtoull(p + 1, NULL, 10);
	out->start = start;
	return true;
}

bool proc_stat_alive(const struct proc_stat *s)
{
	return s->state != 'Z' && s->state != 'X';
}

char linux_process_state(pid_t pid)
{
	struct proc_stat s;

	return proc_stat_read(pid, &s) ? s.state : '\0';
}

bool proc_is_own(void)
{
	char seen[32], own[32];
	ssize_t n = readlink("/proc/self", seen, sizeof(seen) - 1);

	if (n < 0)
		return false;
	seen[n] = '\0';
	snprintf(own, sizeof(own), "%d", (int)getpid());
	return !strcmp(seen, own);
}

int proc_descends(pid_t pid, pid_t from)
{
	struct proc_stat s;
	int tries;
	pid_t p;

	/* A parent that dies while we climb breaks the chain, and the next look finds another. */
	for (tries = 0; tries < 20; tries++) {
		for (p = pid; proc_stat_read(p, &s); p = s.parent) {
			if (s.parent == from)
				return 1;
			if (s.parent <= 1)
				return 0;
		}
		if (p == pid)
			return -1;
	}
	return -1;
}

bool proc_each(bool (*fn)(void *ctx, pid_t pid), void *ctx)
{
	DIR *d = opendir("/proc");
	struct dirent *ent;

	if (!d)
		return false;
	while ((ent = readdir(d)))
		if (isdigit((unsigned char)ent->d_name[0]) && !fn(ctx, (pid_t)atoi(ent->d_name)))
			break;
	closedir(d);
	return true;
}

/* Linux 3.14 and later say of a tun's descriptor of which interface it is. */
static bool is_of_tun(int dir, const char *name, const char *want)
{
	char text[512], *line;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	line = strstr(text, "\niff:\t");
	return line && !strncmp(line + 6, want, strlen(want)) && line[6 + strlen(want)] == '\n';
}

int proc_holds_tun(pid_t pid, const char *ifname)
{
	struct dirent *ent;
	char path[40];
	int yes = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
	d = opendir(path);
	if (!d)
		return access(path, F_OK) < 0 ? 0 : -1;
	while (!yes && (ent = readdir(d)))
		yes = isdigit((unsigned char)ent->d_name[0]) &&
		      is_of_tun(dirfd(d), ent->d_name, ifname);
	closedir(d);
	return yes;
}
