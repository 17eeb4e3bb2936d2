/*
 * What the argument of `wgdiag check` is: an interface here or in another network namespace. What
 * is neither gets one line that says where something of that name was seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/check_common.h"
#include "cmd/cmd.h"
#include "cmd/conf_io.h"
#include "cmd/log_io.h"
#include "cmd/name_near.h"
#include "cmd/say.h"
#include "engine/uapi_client.h"
#include "gather/gather_elsewhere.h"
#include "gather/gather_resolve.h"

enum { NAME_MAX_LEN = IF_NAMESIZE - 1, LOOK_MS = 500 };

static bool is_name(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len <= NAME_MAX_LEN && strcspn(s, "/ \t\n") == len;
}

/* A name of ip-netns(8), or a process. */
int check_netns(const struct check_options *o, int *out)
{
	char path[300];
	struct stat st;
	bool pid = o->netns[strspn(o->netns, "0123456789")] == '\0';
	struct err e;

	if (!o->netns[0] || strlen(o->netns) > 200 || strchr(o->netns, '/')) {
		say("%s: --netns '%s' is neither a name nor a pid", o->cmd, o->netns);
		return EXIT_USAGE;
	}
	snprintf(path, sizeof(path), "/run/netns/%s", o->netns);
	if (pid && stat(path, &st) != 0 && stat("/proc/self", &st) != 0) {
		err_sys(&e, "--netns %s: /proc/self", o->netns);
		check_refusal(o, &e);
		return EXIT_UNDECIDED;
	}
	if (pid && stat(path, &st) != 0)
		snprintf(path, sizeof(path), "/proc/%s/ns/net", o->netns);
	*out = open(path, O_RDONLY | O_CLOEXEC);
	if (*out >= 0)
		return EXIT_OK;
	say("%s: --netns %s: %s: %s", o->cmd, o->netns, path, strerror(errno));
	return errno == EACCES || errno == EPERM ? EXIT_UNDECIDED : EXIT_USAGE;
}

/* " (did you mean ...?)", or "". In another namespace it is not looked. */
static const char *did_you_mean(const struct check_options *o, const char *name, struct arena *a)
{
	bool files = !o->no_file && !o->config && !o->endpoint && !o->engine_log;
	const char *near = o->netns ? NULL : name_near(name, files, a);

	return near ? arena_printf(a, " (did you mean %s?)", near) : "";
}

int check_target(struct check_options *o, const char *arg)
{
	struct arena a;
	struct stat st;

	/* An interface before a file of that name; with a slash it is no interface's. */
	if (strchr(arg, '/') ||
	    (!o->netns && is_name(arg) && !if_nametoindex(arg) && lstat(arg, &st) == 0) ||
	    (!is_name(arg) && lstat(arg, &st) == 0)) {
		o->file = arg;
		return EXIT_OK;
	}
	if (!is_name(arg)) {
		arena_init(&a);
		say("%s: '%s' is no name of an interface%s", o->cmd, arg, did_you_mean(o, arg, &a));
		arena_done(&a);
		return EXIT_USAGE;
	}
	o->interface = arg;
	return EXIT_OK;
}

/* "ADDR:PORT", "[ADDR]:PORT" or "NAME:PORT". */
static int read_endpoint(const struct check_options *o, struct arena *a, struct endpoint *out)
{
	const char *colon = strrchr(o->endpoint, ':');
	struct endpoint *list;
	struct err e = { 0 };
	uint64_t port;
	size_t n = 0;

	if (endpoint_parse(o->endpoint, out))
		return EXIT_OK;
	if (!colon || colon == o->endpoint || !str_to_u64(colon + 1, UINT16_MAX, &port) || !port ||
	    strchr(o->endpoint, '[')) {
		say("%s: --endpoint '%s' is no HOST:PORT", o->cmd, o->endpoint);
		return EXIT_USAGE;
	}
	if (gather_resolve(arena_printf(a, "%.*s", (int)(colon - o->endpoint), o->endpoint),
			   (uint16_t)port, a, &list, &n, &e) < 0 ||
	    n == 0) {
		say("%s: --endpoint: %s", o->cmd, e.text);
		return EXIT_USAGE;
	}
	*out = list[0];
	return EXIT_OK;
}

/* Where something of that name was seen instead: " (...)", or "". */
static const char *seen_elsewhere(const struct check_options *o, struct arena *a)
{
	const char *file = arena_printf(a, "/etc/wireguard/%s.conf", o->interface);
	const char *space = arena_printf(a, "/run/netns/%s", o->interface);
	struct elsewhere at;
	struct err e;

	if (o->netns && if_nametoindex(o->interface))
		return " (it is in this network namespace: without --netns)";
	gather_elsewhere(o->interface, a, &at);
	if (at.program)
		return arena_printf(
			a, " (it is in the network namespace of process %s, %s: --netns %s)",
			at.netns, at.program, at.netns);
	if (at.netns)
		return arena_printf(a, " (it is in the network namespace %s: --netns %s)", at.netns,
				    at.netns);
	if (uapi_look(o->interface, LOOK_MS, &e) == -ECONNREFUSED)
		return arena_printf(a,
				    " (its engine is gone and left its socket, where nobody "
				    "listens; nothing was deleted: rm %s)",
				    uapi_socket_path(o->interface, a));
	if (access(file, F_OK) == 0)
		return arena_printf(a, " (there is %s: wg-quick up %s)", file, o->interface);
	if (access(space, F_OK) == 0)
		return arena_printf(a, " (a network namespace is called so: --netns %s)",
				    o->interface);
	return did_you_mean(o, o->interface, a);
}

static int code_of(int rc)
{
	switch (rc) {
	case -ENODEV:
	case -ENOTTY:
	case -ENOKEY:
		return EXIT_USAGE;
	case -EINTR:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_UNDECIDED;
	}
}

/* An engine that answers knows better than anybody where it sends to. */
static void tell_endpoint_unused(const struct check_options *o, const struct facts *f)
{
	const struct peer_config *p = config_peer(&f->config[END_NEAR], &f->target.peer);
	char at[ENDPOINT_STR_SIZE];

	if (!o->endpoint || o->quiet || !(f->have & NEED_BIT(NEED_CONFIG)))
		return;
	if (p && p->endpoint.addr.family != FAMILY_NONE)
		say("%s: --endpoint is not needed: the engine of %s answers, and its own "
		    "(%s) is used",
		    o->cmd, o->interface, endpoint_str(&p->endpoint, at));
	else
		say("%s: --endpoint is not used: the engine of %s answers, and has none for "
		    "its peer",
		    o->cmd, o->interface);
}

/* Of several that a file names one is looked at, and nobody said which. */
static void tell_peer_of_file(const struct check_options *o, const struct facts *f)
{
	char key[KEY_SHORT_SIZE];

	if (o->quiet || o->peer || !o->config || f->intended.n_peers < 2 ||
	    f->target.kind != TARGET_OPAQUE || public_key_is_zero(&f->target.peer))
		return;
	public_key_short(&f->target.peer, key);
	say("%s: %s has %zu peers, %s is looked at (--peer KEY chooses)", o->cmd, o->config,
	    f->intended.n_peers, key);
}

/* What the user knows of it, beside its name. */
static int read_known(const struct check_options *o, struct arena *a, struct run_existing *x,
		      struct intended_facts *intended, struct engine_log_given *log)
{
	int code = o->endpoint ? read_endpoint(o, a, &x->endpoint) : EXIT_OK;
	struct conf *conf;
	struct err e;

	if (code == EXIT_OK && o->config) {
		code = conf_io_load(o->cmd, o->config, a, &conf, intended);
		if (code == EXIT_OK) {
			x->psks = conf_psk_digests(conf, a);
			conf_wipe(conf);
		}
		x->intended = intended;
	}
	if (code != EXIT_OK || !o->engine_log)
		return code;
	if (log_io_read(o->cmd, o->engine_log, a, log, &e) < 0) {
		say("%s: --engine-log: %s", o->cmd, e.text);
		return EXIT_USAGE;
	}
	x->log = log;
	return EXIT_OK;
}

int check_existing(const struct check_options *o, const struct run_conf *c, struct arena *a,
		   struct facts *f, int *code, struct err *e)
{
	struct run_existing x = {
		.ifname = o->interface,
		.netns = -1,
		.pings = o->pings,
		.n_pings = o->n_pings,
		.peer = o->peer,
		.far = o->far,
		.far_addr = o->far_got ? &o->far_addr : NULL,
		.far_got = o->far_got,
		.require = o->require,
		.record = o->record,
	};
	struct intended_facts intended;
	struct engine_log_given log;
	int rc;

	*code = read_known(o, a, &x, &intended, &log);
	if (*code != EXIT_OK)
		return -EINVAL;
	if (o->netns) {
		*code = check_netns(o, &x.netns);
		if (*code != EXIT_OK)
			return -EINVAL;
	}
	rc = o->record ? run_serve_once(c, &x, a, f, e) : run_attach(c, &x, a, f, e);
	if (x.netns >= 0)
		close(x.netns);
	if (rc < 0) {
		*code = code_of(rc);
		/* No /proc; of all else the words say enough. */
		if (rc == -ENOENT)
			check_refusal(o, e);
		else
			say("%s: %s%s", o->cmd, e->text, rc == -ENODEV ? seen_elsewhere(o, a) : "");
	} else {
		tell_endpoint_unused(o, f);
		tell_peer_of_file(o, f);
	}
	return rc;
}
