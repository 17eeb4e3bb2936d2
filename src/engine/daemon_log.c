/*
 * What the engine says on its stderr while it runs in the foreground. Of keys only public
 * ones, and of refusals one line a second per reason.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/daemon_priv.h"

void daemon_log(const struct daemon *d, int level, const char *fmt, ...)
{
	int64_t ms = (d->now_ns - d->log.start_ns) / NS_PER_MS;
	char text[512];
	va_list ap;

	if (level > d->log.level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* One write, so that lines of several engines into one file stay whole. */
	dprintf(STDERR_FILENO, "%s +%lld.%03lld %s\n", d->conf->ifname, (long long)(ms / 1000),
		(long long)(ms % 1000), text);
}

enum { MORE_SIZE = 48 };

/* Once a second per reason; `more` then says how often it was not said before. */
static bool may_say(struct daemon *d, enum wg_drop w, char more[MORE_SIZE])
{
	struct daemon_log *l = &d->log;

	more[0] = '\0';
	if (l->said_ns[w] && d->now_ns - l->said_ns[w] < NS_PER_S) {
		l->muted[w]++;
		return false;
	}
	if (l->muted[w])
		snprintf(more, MORE_SIZE, " (and %llu more)", (unsigned long long)l->muted[w]);
	l->muted[w] = 0;
	l->said_ns[w] = d->now_ns;
	return true;
}

enum { PEER_STR_SIZE = KEY_SHORT_SIZE + ENDPOINT_STR_SIZE + 8 };

static const char *peer_str(const struct wg_peer *p, char out[PEER_STR_SIZE])
{
	char key[KEY_SHORT_SIZE], at[ENDPOINT_STR_SIZE];
	struct wg_peer_status st;

	if (!p)
		return "nobody";
	wg_peer_status(p, &st);
	secret_key_done(&st.psk);
	public_key_short(&st.public_key, key);
	snprintf(out, PEER_STR_SIZE, "%s at %s", key, endpoint_str(&st.endpoint, at));
	return out;
}

static void log_source(struct daemon *d, const struct wg_event *ev, const char *who)
{
	char addr[IP_ADDR_STR_SIZE], owner[PEER_STR_SIZE], more[MORE_SIZE];

	if (may_say(d, WG_DROP_IN_SOURCE, more))
		daemon_log(d, 1, "refused: inner source %s from %s belongs to %s%s",
			   ip_addr_str(&ev->addr, addr), who, peer_str(ev->owner, owner), more);
}

static void log_roam(struct daemon *d, const struct wg_event *ev, const char *who)
{
	char from[ENDPOINT_STR_SIZE], to[ENDPOINT_STR_SIZE];

	daemon_log(d, 1, "%s moved from %s to %s", who, endpoint_str(&ev->old_endpoint, from),
		   endpoint_str(&ev->endpoint, to));
}

static void log_unknown(struct daemon *d, const struct wg_event *ev)
{
	char key[KEY_BASE64_LEN + 1], from[ENDPOINT_STR_SIZE], more[MORE_SIZE];

	if (!may_say(d, WG_DROP_IN_UNKNOWN_PEER, more))
		return;
	public_key_base64(&ev->key, key);
	daemon_log(d, 1, "refused: handshake initiation from %s by %s, which is no peer here%s",
		   endpoint_str(&ev->endpoint, from), key, more);
}

static const char *const plain[WG_EVENT_COUNT] = {
	[WG_EVENT_INITIATION_RECEIVED] = "handshake initiation received from",
	[WG_EVENT_RESPONSE_SENT] = "handshake response sent to",
	[WG_EVENT_GIVE_UP] = "handshake given up, 20 initiations without an answer, with",
	[WG_EVENT_COOKIE_SENT] = "under load, cookie sent to",
	[WG_EVENT_COOKIE_RECEIVED] = "cookie received (it is under load) from",
	[WG_EVENT_KEYS_WIPED] = "keys wiped of",
	[WG_EVENT_KEEPALIVE_SENT] = "keepalive sent to",
};

void daemon_log_event(void *ctx, const struct wg_event *ev)
{
	char who[PEER_STR_SIZE];
	struct daemon *d = ctx;
	const char *peer;

	if (ev->type == WG_EVENT_UNKNOWN_PEER)
		d->unknown[d->n_unknown++ % DAEMON_UNKNOWN_KEPT] =
			(struct daemon_unknown){ ev->key, ev->index };
	if (d->log.level < 1)
		return;
	peer = peer_str(ev->peer, who);
	switch (ev->type) {
	case WG_EVENT_INITIATION_SENT:
		daemon_log(d, 1, "handshake initiation %u sent to %s (%s)", ev->attempt, peer,
			   wg_why_str(ev->why));
		break;
	case WG_EVENT_HANDSHAKE_COMPLETE:
		if (ev->rtt_ns > 0)
			daemon_log(d, 1, "handshake complete with %s, answered in %.3f ms", peer,
				   (double)ev->rtt_ns / NS_PER_MS);
		else
			daemon_log(d, 1, "handshake complete with %s", peer);
		break;
	case WG_EVENT_ENDPOINT:
		log_roam(d, ev, peer);
		break;
	case WG_EVENT_UNKNOWN_PEER:
		log_unknown(d, ev);
		break;
	case WG_EVENT_SOURCE:
		log_source(d, ev, peer);
		break;
	default:
		daemon_log(d, 1, "%s %s", plain[ev->type], peer);
		break;
	}
}

static void log_refusal(struct daemon *d, const struct trace_rec *r)
{
	enum wg_drop w = (enum wg_drop)r->drop;
	char more[MORE_SIZE], number[32] = "";

	/* Their events say more. */
	if (w == WG_DROP_IN_UNKNOWN_PEER || w == WG_DROP_IN_SOURCE ||
	    w == WG_DROP_IN_SOURCE_ERROR || !may_say(d, w, more))
		return;
	if (r->sys_errno)
		snprintf(number, sizeof(number), " (errno %u)", r->sys_errno);
	daemon_log(d, 1, "refused: %s: %s%s%s", wg_drop_id(w), wg_drop_str(w), number, more);
}

void daemon_log_trace(void *ctx, const struct trace_rec *r)
{
	struct daemon *d = ctx;

	trace_ring_put(d->ring, r);
	if (r->stage == TRACE_DROPPED && d->log.level >= 1 && r->drop < WG_DROP_COUNT)
		log_refusal(d, r);
}
