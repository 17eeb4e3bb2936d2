/*
 * Which program an engine is, that somebody else started.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/uapi_client.h"
#include "sys/platform.h"

/* The file of a running program may have been replaced, or lie in another mount namespace. */
static bool is_same(const char *proc, const char *path)
{
	struct stat runs, lies;

	return stat(proc, &runs) == 0 && stat(path, &lies) == 0 && runs.st_dev == lies.st_dev &&
	       runs.st_ino == lies.st_ino && S_ISREG(lies.st_mode) &&
	       (lies.st_uid == 0 || lies.st_uid == geteuid()) &&
	       !(lies.st_mode & (S_IWGRP | S_IWOTH));
}

/*
 * A program that put itself into the background listened before, as a process that has ended. The
 * one that has the tun is the engine.
 */
static pid_t engine_of(pid_t listener, const char *ifname)
{
	const struct platform_ops *p = platform_get();
	pid_t holder = p->tun_holder ? p->tun_holder(ifname, listener) : 0;

	return holder ? holder : listener;
}

static int program_of(pid_t pid, struct arena *a, struct uapi_owner *out, struct err *e)
{
	const struct platform_ops *p = platform_get();
	static const char gone[] = " (deleted)"; /* the kernel's word for it */
	enum { GONE_LEN = sizeof(gone) - 1 };
	char path[64], exe[4096];
	bool same;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return err_sys(e, "read %s", path);
	exe[n] = '\0';
	same = is_same(path, exe);
	/* Its name is what it was, whoever has replaced it. */
	if (!same && n > GONE_LEN && !strcmp(exe + n - GONE_LEN, gone))
		exe[n - GONE_LEN] = '\0';
	*out = (struct uapi_owner){ arena_strdup(a, exe), same, pid, "" };
	out->state[0] = p->process_state ? p->process_state(pid) : '\0';
	return 0;
}

int uapi_owner_at(const char *dir, const char *ifname, int timeout_ms, struct arena *a,
		  struct uapi_owner *out, struct err *e)
{
	pid_t pid = 0;
	int rc = uapi_listener_at(dir, ifname, timeout_ms, &pid, e);

	return rc < 0 ? rc : program_of(engine_of(pid, ifname), a, out, e);
}

int uapi_owner(const char *ifname, int timeout_ms, struct arena *a, struct uapi_owner *out,
	       struct err *e)
{
	return uapi_owner_at(UAPI_SOCKET_DIR, ifname, timeout_ms, a, out, e);
}
