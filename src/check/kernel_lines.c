#include "check/kernel_lines.h"

#include "check/tunnel.h"
#include "check/words.h"

bool kernel_lines_are_read(const struct facts *f)
{
	const struct debug_facts *d = &f->kernel.debug;

	return !d->unread && d->on != UNKNOWN && d->same_name != 1;
}

const char *kernel_lines_says(enum engine_log_class class)
{
	/* It says the same of one that comes twice, or after another try. */
	return class == ENGINE_LOG_RESPONSE ? "a response that was not accepted (another preshared "
					      "key, or a duplicate or a late one)" :
					      engine_log_says(class);
}

/* Of the only peer, as the capture of a tun tells no peer. */
static bool goes_both_ways(const struct facts *f)
{
	const struct tap_facts *tun = &f->taps[TAP_NEAR_TUN];
	const uint32_t needs = NEED_BIT(NEED_TAP_NEAR_TUN) | NEED_BIT(NEED_CONFIG);

	return (f->have & needs) == needs && f->config[END_NEAR].n_peers == 1 &&
	       tun->packets[TAP_IN] > 0 && tun->packets[TAP_OUT] > 0;
}

bool kernel_lines_tunnel_works(const struct facts *f)
{
	size_t i;

	if (tunnel_data_answers(f) || goes_both_ways(f))
		return true;
	for (i = 0; i < f->n_paces; i++)
		if (f->paces[i].answered > 0 && f->ping_peer.dev_is_tun != 0)
			return true;
	return false;
}

/* By us, to the end; what is recorded is asked by the other end. */
static bool was_asked(const struct facts *f)
{
	if (f->interrupted)
		return false;
	return f->recording.from_wall_ns != UNKNOWN ||
	       (f->have & NEED_BIT(NEED_PING_PEER) && f->ping_peer.sent > 0) ||
	       (f->have & NEED_BIT(NEED_HANDSHAKE) && !f->handshake.complete);
}

enum state kernel_lines_weight(const struct facts *f, enum engine_log_class class, enum state s)
{
	if (s != STATE_FAIL)
		return s;
	/* There is a session: that response was not the one to make it. */
	if (class == ENGINE_LOG_RESPONSE && f->handshake.complete)
		return STATE_WARN;
	return was_asked(f) && !kernel_lines_tunnel_works(f) ? STATE_FAIL : STATE_WARN;
}

int64_t kernel_lines_not_ip(const struct facts *f)
{
	const struct debug_facts *d = &f->kernel.debug;
	int64_t says = f->engine[END_NEAR].log_says[ENGINE_LOG_NOT_IP];
	size_t i;

	if (!kernel_lines_are_read(f) || says < 1)
		return MAX(says, 0);
	/* A source that is not allowed is counted there too, and so is what others send. */
	for (i = 0; i < d->n; i++)
		if (d->list[i].class == ENGINE_LOG_SOURCE ||
		    (d->list[i].class == ENGINE_LOG_NOT_IP && !d->list[i].ours))
			return says;
	return MAX(says, link_difference(&f->tun[END_NEAR], LINK_RX_FRAME));
}

const struct facts *kernel_lines_far(const struct facts *f)
{
	const struct config_facts *own = &f->config[END_NEAR];
	const struct facts *there = f->far_seen;

	if (!f->n_far_seen || !(f->have & NEED_BIT(NEED_CONFIG)) || own->has_private_key != 1 ||
	    !kernel_lines_are_read(there) || !public_key_equal(&there->target.peer, &own->own))
		return NULL;
	return there;
}

static const char *whose(const struct debug_line_facts *l, const char *peer, struct arena *a)
{
	char text[ENDPOINT_STR_SIZE];
	const char *of = l->ours ? peer : arena_printf(a, "not known to be of %s", peer);

	if (l->outer.addr.family == FAMILY_NONE)
		return of;
	return arena_printf(a, "%s, %s", endpoint_str(&l->outer, text), of);
}

void kernel_lines_because(const struct facts *f, const char *peer, struct findings *out,
			  struct finding *row)
{
	const struct debug_facts *d = &f->kernel.debug;
	struct evidence *ev;
	size_t i;

	for (i = 0; i < d->n; i++) {
		const struct debug_line_facts *l = &d->list[i];
		const char *inner = "";

		if (l->inner.family != FAMILY_NONE)
			inner = arena_printf(out->arena, ", the first %s",
					     words_addr(out->arena, &l->inner));
		ev = finding_because(out, row, "kernel", "debug lines", "at least %lld × %s%s (%s)",
				     (long long)l->count, kernel_lines_says(l->class), inner,
				     whose(l, peer, out->arena));
		evidence_count(
			ev,
			arena_printf(out->arena, "debug%zu_%s", i + 1, engine_log_names[l->class]),
			l->count);
	}
}
