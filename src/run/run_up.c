/*
 * Up as `wg-quick up` would: the interface, its configuration, addresses, MTU; but in the
 * foreground, and without a route that nobody asked for.
 */
#include "run/run_up.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/uapi_client.h"

enum {
	START_MS = 5000,
	/* wg-quick(8): what IPv6 and WireGuard take, and what is taken when the way is not known */
	OVERHEAD = 80,
	MTU_OTHERWISE = 1500,
	MTU_LEAST = 576,
};
#define OF_NOBODY UINT_MAX /* an ifindex that no link has */

int run_up_will(struct run_up *u, const struct undo_step *step, struct err *e)
{
	return supervisor_add(&u->file->host->supervisor, step, e);
}

/* --- the engine ------------------------------------------------------------------- */

static int will_remove_file(struct run_up *u, enum undo_kind kind, const char *path, struct err *e)
{
	struct undo_step s = { .kind = kind };

	snprintf(s.path, sizeof(s.path), "%s", path);
	return run_up_will(u, &s, e);
}

static int will_delete_link(struct run_up *u, unsigned ifindex, struct err *e)
{
	struct undo_step s = { .kind = UNDO_LINK, .ifindex = ifindex };

	snprintf(s.link, sizeof(s.link), "%s", u->ifname);
	return run_up_will(u, &s, e);
}

static int will_kill(struct run_up *u, struct err *e)
{
	struct undo_step s = { .kind = UNDO_KILL, .pid = u->file->host->reaper.pid };
	int rc;

	if (u->r->conf->engine->in_kernel)
		return 0;
	rc = run_up_will(u, &s, e);
	/* One that is gone already needs none; why it is, is told when it is to start something. */
	return rc == -ESRCH ? 0 : rc;
}

/*
 * The folder of its socket, made where there is none. That no engine could have one there is no
 * fault of this one's.
 */
static int have_socket_dir(struct run_up *u, struct err *e)
{
	struct stat st;
	int rc;

	if (stat(UAPI_SOCKET_DIR, &st) < 0) {
		if (errno != ENOENT || lstat(UAPI_SOCKET_DIR, &st) == 0)
			return err_sys(e, "follow " UAPI_SOCKET_DIR
					  ", where engines have their sockets");
		rc = will_remove_file(u, UNDO_DIR, UAPI_SOCKET_DIR, e);
		if (rc < 0)
			return rc;
		if (mkdir(UAPI_SOCKET_DIR, 0755) < 0 && errno != EEXIST)
			return err_sys(e, "create " UAPI_SOCKET_DIR
					  ", where engines have their sockets");
		return 0;
	}
	if (!S_ISDIR(st.st_mode)) {
		rc = err_say(e, ENOTDIR,
			     UAPI_SOCKET_DIR " is no folder, where engines have their sockets");
		err_remedy(e, "move it away: mv " UAPI_SOCKET_DIR " " UAPI_SOCKET_DIR ".old");
		return rc;
	}
	if (faccessat(AT_FDCWD, UAPI_SOCKET_DIR, W_OK | X_OK, AT_EACCESS) < 0) {
		rc = err_sys(e, "write to " UAPI_SOCKET_DIR ", where engines have their sockets");
		if (rc == -EROFS)
			err_remedy(e,
				   "mount it read-write (mount -o remount,rw), or a tmpfs on it");
		return rc;
	}
	return 0;
}

static int will_have_socket(struct run_up *u, struct err *e)
{
	int rc;

	if (u->r->conf->engine->in_kernel)
		return 0;
	rc = have_socket_dir(u, e);
	if (rc < 0)
		return rc;
	return will_remove_file(u, UNDO_SOCKET, uapi_socket_path(u->ifname, u->r->arena), e);
}

/* Of an ordinary user it is not known, who lacks the right first of all. */
static enum start_lack lack_of(const struct run_up *u, int rc)
{
	if (u->r->conf->engine->in_kernel && (rc == -EOPNOTSUPP || rc == -ENOENT))
		return LACK_MODULE;
	switch (rc) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return LACK_TUN;
	case -EISDIR:
	case -ENOTTY:
	case -ENOTDIR:
		return LACK_TUN_NODE;
	case -EPERM:
	case -EACCES:
		return geteuid() == 0 ? LACK_RIGHT : LACK_UNTOLD;
	default:
		return LACK_UNTOLD;
	}
}

/* Whichever engine it is to be: it opens such a one. */
static int may_make_tun(struct run_up *u, struct err *e)
{
	struct engine_facts *g = &u->r->f->engine[END_NEAR];
	const struct platform_ops *p = u->r->p;
	struct sys_tun t;
	int rc;

	if (u->r->conf->engine->in_kernel)
		return 0;
	rc = p->tun_open("", &t, e);
	if (!rc)
		close(t.fd);
	g->lack = rc ? lack_of(u, rc) : LACK_UNTOLD;
	if (g->lack)
		g->start_error = arena_strdup(u->r->arena, e->text);
	return rc;
}

static int begin_engine(struct run_up *u, struct err *e)
{
	struct run *r = u->r;
	struct engine_facts *g = &r->f->engine[END_NEAR];
	struct engine_conf c = {
		.ops = r->conf->engine,
		.program = r->conf->program,
		.ifname = u->ifname,
		.netns = -1,
		.reaper = &u->file->host->reaper,
	};
	int rc;

	/* Undone after it: only then it says no more. */
	rc = run_ahead_will_note(u, e);
	if (!rc)
		rc = will_kill(u, e);
	if (rc < 0)
		return rc;
	rc = engine_begin(&c, r->p, r->loop, r->arena, &u->engine, g, e);
	if (rc < 0 && c.ops->in_kernel)
		g->lack = lack_of(u, rc);
	if (!g->lack && (rc == -EPERM || rc == -EACCES || err_is_shortage(rc)))
		g->start_error = NULL;
	if (rc < 0)
		return rc;
	rc = engine_wait(u->engine, START_MS, g, e);
	/* It was ended. */
	if (rc < 0)
		u->engine = NULL;
	return rc;
}

/* Somebody took the name since it was looked at: a link of that name is not ours to delete then. */
static void forget_link(struct run_up *u, int rc)
{
	if (rc == -EEXIST)
		will_delete_link(u, OF_NOBODY, NULL);
}

static int start(struct run_up *u, struct err *e)
{
	int rc = may_make_tun(u, e);

	if (!rc)
		rc = will_have_socket(u, e);
	/* A tun goes with its engine; until one is known to be ours, the name may be another's. */
	if (!rc)
		rc = will_delete_link(u, u->r->conf->engine->in_kernel ? 0 : OF_NOBODY, e);
	if (!rc) {
		rc = begin_engine(u, e);
		if (rc < 0)
			forget_link(u, rc);
	}
	if (rc < 0)
		return rc;
	u->ifindex = if_nametoindex(u->ifname);
	if (!u->ifindex)
		return err_sys(e, "interface %s", u->ifname);
	run_notice(u->r, RUN_TOLD, "created %s (removed on exit)", u->ifname);
	return will_delete_link(u, u->ifindex, e);
}

/* --- the interface ------------------------------------------------------------------ */

static unsigned mtu_of(const struct sys_link *l, size_t n, unsigned ifindex)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (l[i].ifindex == ifindex)
			return l[i].mtu;
	return 0;
}

/* As wg-quick: of the ways to the endpoints the largest, less what goes around a packet. */
static unsigned mtu_by_way(const struct run_up *u)
{
	const struct platform_ops *p = u->r->p;
	const struct conf *c = u->file->conf;
	unsigned best = 0, one;
	struct sys_link *l;
	struct sys_path way;
	size_t n, i;

	if (p->links(u->r->arena, &l, &n, NULL) < 0)
		n = 0;
	for (i = 0; i < c->n_peers; i++) {
		const struct sys_flow flow = { .to = u->to[i].addr,
					       .mark = c->fwmark > 0 ? (uint32_t)c->fwmark : 0 };

		if (flow.to.family == FAMILY_NONE || p->route_get(&flow, &way, NULL) < 0 ||
		    way.error)
			continue;
		one = mtu_of(l, n, way.oif);
		best = MAX(best, one);
	}
	best = best ? best : MTU_OTHERWISE;
	/* A loopback's is larger than any packet can be. */
	best = MIN(best, UINT16_MAX);
	return best > MTU_LEAST + OVERHEAD ? best - OVERHEAD : MTU_LEAST;
}

/* One that the system does not take is missing, which is a row's to tell. */
static void add_addresses(struct run_up *u)
{
	const struct conf *c = u->file->conf;
	const struct platform_ops *p = u->r->p;
	struct err e;
	size_t i;

	for (i = 0; i < c->n_addrs; i++) {
		int rc = (u->file->full_routes ? p->addr_add : p->addr_add_alone)(u->ifname,
										  &c->addrs[i], &e);

		if (rc < 0 && rc != -EEXIST)
			run_notice(u->r, RUN_MUST_KNOW, "%s", e.text);
	}
}

static int set_up(struct run_up *u, struct err *e)
{
	const struct platform_ops *p = u->r->p;
	int64_t mtu = u->file->conf->mtu;
	int rc;

	add_addresses(u);
	rc = p->link_mtu(u->ifname, mtu > 0 ? (unsigned)mtu : mtu_by_way(u), e);
	if (!rc)
		rc = run_up_port_in_use(u, p->link_up(u->ifname, true, e), e);
	return rc < 0 ? run_up_answered_badly(u, rc, "its interface cannot be set up", e) : 0;
}

int run_up_why_not(struct run_up *u, int rc, struct err *e)
{
	struct engine_facts *g = &u->r->f->engine[END_NEAR];
	struct err why = { 0 };

	if (u->engine && engine_gone(u->engine, &why) < 0 && !engine_refused(u->engine, NULL)) {
		g->answer_error = arena_strdup(u->r->arena, why.text);
		*e = why;
	}
	return rc;
}

int run_up_begin(struct run_up *u, struct err *e)
{
	int rc = run_up_choose_table(u, e);

	if (!rc)
		rc = start(u, e);
	if (!rc)
		rc = run_up_configure(u, e);
	if (!rc)
		rc = set_up(u, e);
	return rc < 0 ? run_up_why_not(u, rc, e) : 0;
}

void run_up_end(struct run_up *u)
{
	engine_stop(u->engine, u->r->arena, &u->r->f->engine[END_NEAR]);
	u->engine = NULL;
}
