#include "engine/engine_whose.h"

#include <errno.h>
#include <string.h>

#include "engine/uapi_client.h"

enum { LOOK_MS = 1000 };

const char *engine_other(const char *ifname, struct arena *a)
{
	struct uapi_owner o;
	pid_t pid;

	if (uapi_listener(ifname, LOOK_MS, &pid, NULL) < 0)
		return "another one";
	if (uapi_owner(ifname, LOOK_MS, a, &o, NULL) < 0)
		return arena_printf(a, "another one (pid %d)", (int)pid);
	return arena_printf(a, "another one (pid %d, %s)", (int)pid, o.program);
}

enum reaper_of engine_listener(const struct reaper *r, const char *ifname)
{
	pid_t pid;
	int rc = uapi_listener(ifname, LOOK_MS, &pid, NULL);

	if (rc == -ESRCH)
		return REAPER_OTHERS;
	return rc < 0 ? REAPER_OURS : reaper_whose(r, pid);
}

/* What is no tun has nobody who holds it. */
static bool is_tun(const struct platform_ops *p, const char *ifname)
{
	CLEANUP(arena_done) struct arena a = { 0 };
	struct sys_link *l;
	size_t n, i;

	if (p->links(&a, &l, &n, NULL) < 0)
		return true;
	for (i = 0; i < n; i++)
		if (!strcmp(l[i].name, ifname))
			return !strcmp(l[i].kind, "tun");
	return true;
}

bool engine_has_link(const struct platform_ops *p, const struct reaper *r, enum reaper_of listener,
		     const char *ifname)
{
	int holds = reaper_holds_tun(r, ifname);

	if (holds == 1)
		return true;
	/* A program that listened and left its place to a child of its own is known by its tun. */
	if (listener != REAPER_OURS)
		return false;
	return holds < 0 || !is_tun(p, ifname);
}
