/*
 * Undoing one step: what is gone already is done, what is not surely ours is left.
 */
#include "sys/linux/undo.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "model/conf.h"
#include "sys/linux/ahead.h"
#include "sys/linux/hook.h"
#include "sys/linux/linux.h"
#include "sys/linux/proc.h"
#include "sys/reaper.h"

enum {
	/* A reaper needs some for what does not end at once. */
	TERM_MS = REAPER_TERM_MS + REAPER_KILL_MS + 500,
	KILL_MS = 2000,
	HANGUP_MS = 2000,
};

uint64_t undo_start_of(pid_t pid)
{
	struct proc_stat s;

	return proc_stat_read(pid, &s) && proc_stat_alive(&s) ? s.start : 0;
}

static int undo_kill(const struct undo_step *s, struct err *e)
{
	int fd = (int)syscall(SYS_pidfd_open, s->pid, 0), rc = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return errno == ESRCH ? 0 : err_sys(e, "kill %d", (int)s->pid);
	/* The descriptor is of one process; only after it is open the start time tells which. */
	if (undo_start_of(s->pid) == s->start) {
		syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0);
		if (poll(&p, 1, TERM_MS) == 0)
			syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
		if (poll(&p, 1, KILL_MS) == 0)
			rc = err_code(e, ETIMEDOUT, "kill %d", (int)s->pid);
	}
	close(fd);
	return rc;
}

/* Whether l is the link of the step. */
static bool link_is(const struct sys_link *l, const struct undo_step *s)
{
	if (s->ifindex)
		return l->ifindex == s->ifindex;
	return !strcmp(l->name, s->link) &&
	       (!strcmp(l->kind, "tun") || !strcmp(l->kind, "wireguard"));
}

static int undo_link(const struct undo_step *s, struct err *e)
{
	struct sys_link *l = NULL;
	struct arena a;
	size_t n = 0, i;
	int rc;

	arena_init(&a);
	rc = linux_links(&a, &l, &n, e);
	for (i = 0; !rc && i < n; i++) {
		if (!link_is(&l[i], s))
			continue;
		if (strcmp(l[i].name, s->link) != 0)
			rc = err_say(e, EBUSY, "%s was renamed to %s", s->link, l[i].name);
		else
			rc = linux_link_delete(s->link, e);
		if (rc == -ENODEV)
			rc = 0;
	}
	arena_done(&a);
	return rc;
}

static int undo_sysctl(const struct undo_step *s, struct err *e)
{
	char now[sizeof(s->new)];
	int rc = linux_sysctl_get(s->path, now, sizeof(now), e);

	/* Somebody wrote something else since: that is his. */
	if (rc < 0 || strcmp(now, s->new) != 0 || !strcmp(s->old, s->new))
		return rc;
	return linux_sysctl_set(s->path, s->old, e);
}

/*
 * Whether somebody lives behind it. An engine that dies just now may still take a connection; it
 * hangs up when it is gone.
 */
static bool listens(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool yes;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	yes = fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ||
	      errno != ECONNREFUSED;
	if (yes && fd >= 0 && poll(&p, 1, HANGUP_MS) == 1 && p.revents & POLLHUP)
		yes = false;
	if (fd >= 0)
		close(fd);
	return yes;
}

static int undo_socket(const struct undo_step *s, struct err *e)
{
	struct stat st;

	if (lstat(s->path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "remove %s", s->path);
	if (!S_ISSOCK(st.st_mode))
		return err_say(e, ENOTSOCK, "%s is %s and no socket, so it was left", s->path,
			       S_ISDIR(st.st_mode) ? "a folder" : "a file");
	/* Our engine is gone before; whoever took its place keeps it. */
	if (listens(s->path))
		return 0;
	return unlink(s->path) < 0 && errno != ENOENT ? err_sys(e, "remove %s", s->path) : 0;
}

/* What somebody has put there meanwhile stays, and so does the folder. */
static int undo_dir(const struct undo_step *s, struct err *e)
{
	if (rmdir(s->path) == 0 || errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST)
		return 0;
	return err_sys(e, "remove %s", s->path);
}

/* The first command makes sure that there is one to delete. */
static int undo_nft_table(const struct undo_step *s, struct err *e)
{
	char commands[2 * sizeof(s->path) + 64];

	if (!linux_ruleset_possible())
		return 0;
	snprintf(commands, sizeof(commands), "add table %s\ndelete table %s\n", s->path, s->path);
	return linux_ruleset_change(commands, e);
}

static int gone_is_done(int rc)
{
	return rc == -ESRCH || rc == -ENOENT || rc == -ENODEV ? 0 : rc;
}

static int undo_one(const struct undo_step *s, const struct hook_place *at, struct err *e)
{
	switch (s->kind) {
	case UNDO_KILL:
		return undo_kill(s, e);
	case UNDO_LINK:
		return undo_link(s, e);
	case UNDO_ROUTE:
		return gone_is_done(linux_route_del(&s->route, e));
	case UNDO_RULE:
		return gone_is_done(linux_rule_del(&s->rule, e));
	case UNDO_SYSCTL:
		return undo_sysctl(s, e);
	case UNDO_SOCKET:
		return undo_socket(s, e);
	case UNDO_DIR:
		return undo_dir(s, e);
	case UNDO_NFT_TABLE:
		return undo_nft_table(s, e);
	case UNDO_HOOK:
		return hook_undo(at, s, e);
	case UNDO_AHEAD:
		return ahead_undo(s, e);
	case UNDO_KIND_COUNT:
		break;
	}
	return err_say(e, EINVAL, "a step of unknown kind %d", (int)s->kind);
}

/* A command that was cut, or without its key, is another one. */
static void hook_by_hand(const struct undo_step *s, char *out, size_t cap)
{
	CLEANUP(buf_done) struct buf b = { 0 };

	conf_hook_show(s->hook, &b);
	if (b.len < cap && !strcmp(buf_str(&b), s->hook))
		snprintf(out, cap, "%s", buf_str(&b));
	else
		snprintf(out, cap, "the command of that line");
}

static bool is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void by_hand(const struct undo_step *s, char *out, size_t cap)
{
	const char *six = s->kind == UNDO_RULE ? (s->rule.family == FAMILY_IP6 ? " -6" : "") :
			  s->route.dst.addr.family == FAMILY_IP6 ? " -6" :
								   "";
	char text[CIDR_STR_SIZE], dev[IF_NAMESIZE];

	out[0] = '\0';
	if (s->kind == UNDO_KILL)
		snprintf(out, cap, "kill %d", (int)s->pid);
	else if (s->kind == UNDO_LINK)
		snprintf(out, cap, "ip link delete dev %s", s->link);
	else if (s->kind == UNDO_ROUTE && if_indextoname(s->route.oif, dev))
		snprintf(out, cap, "ip%s route del %s dev %s table %u", six,
			 cidr_str(&s->route.dst, text), dev, s->route.table);
	else if (s->kind == UNDO_ROUTE)
		snprintf(out, cap, "ip%s route del %s table %u", six, cidr_str(&s->route.dst, text),
			 s->route.table);
	else if (s->kind == UNDO_RULE && s->rule.suppress_prefixlength >= 0)
		snprintf(out, cap, "ip%s rule del table %u suppress_prefixlength %d", six,
			 s->rule.table, s->rule.suppress_prefixlength);
	else if (s->kind == UNDO_RULE && s->rule.oif[0])
		snprintf(out, cap, "ip%s rule del oif %s table %u", six, s->rule.oif,
			 s->rule.table);
	else if (s->kind == UNDO_RULE)
		snprintf(out, cap, "ip%s rule del%s fwmark %#x table %u", six,
			 s->rule.invert ? " not" : "", s->rule.mark, s->rule.table);
	else if (s->kind == UNDO_SYSCTL)
		snprintf(out, cap, "sysctl -w %s=%s", s->path, s->old);
	else if (s->kind == UNDO_SOCKET)
		snprintf(out, cap, "rm %s%s", is_folder(s->path) ? "-r " : "", s->path);
	else if (s->kind == UNDO_DIR)
		snprintf(out, cap, "rmdir %s", s->path);
	else if (s->kind == UNDO_NFT_TABLE)
		snprintf(out, cap, "nft delete table %s", s->path);
	else if (s->kind == UNDO_HOOK)
		hook_by_hand(s, out, cap);
	else if (s->kind == UNDO_AHEAD)
		snprintf(out, cap, "wait %d s before another engine has that key",
			 s->limit_ms / 1000);
}

void undo_steps(struct undo_step *step, unsigned n, const struct hook_place *at,
		struct undo_result *out)
{
	struct undo_failed *f;
	struct err e = { 0 };
	int rc;

	while (n--) {
		if (step[n].done)
			continue;
		rc = undo_one(&step[n], at, &e);
		step[n].done = rc == 0;
		if (step[n].done) {
			out->n_done++;
			continue;
		}
		if (out->n_failed < ARRAY_LEN(out->failed)) {
			f = &out->failed[out->n_failed];
			snprintf(f->what, sizeof(f->what), "%s", e.text);
			by_hand(&step[n], f->command, sizeof(f->command));
		}
		out->n_failed++;
		/*
		 * Hooks are run once, and are not ours to judge. What is in a socket's place is
		 * never ours to take away: a later start could only say it again.
		 */
		step[n].done = step[n].kind == UNDO_HOOK || rc == -ENOTSOCK;
		out->n_kept += !step[n].done;
	}
}
