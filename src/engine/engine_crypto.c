/*
 * What an engine says of its messages, as facts.
 */
#include <string.h>

#include "base/str.h"
#include "engine/engine.h"
#include "wg/drop.h"

#define DROP_PREFIX "drop_"

static int64_t number_or_unknown(const struct uapi_extra *x, size_t n, const char *name)
{
	uint64_t v = uapi_extra_number(x, n, name, UINT64_MAX);

	return v > INT64_MAX ? UNKNOWN : (int64_t)v;
}

static const char *says(const char *id)
{
	enum wg_drop d = wg_drop_from_id(id);

	/* A newer engine may have reasons that we do not know. */
	return d == WG_DROP_COUNT ? "a reason this wgdiag does not know" : wg_drop_str(d);
}

/* The device counts all; what is counted per peer is in it too. */
static void fill_refused(const struct uapi_device *d, struct arena *a, struct crypto_facts *out)
{
	const struct uapi_extra *x;
	size_t i;

	out->refused = arena_alloc(a, d->n_extra * sizeof(*out->refused));
	for (i = 0; i < d->n_extra; i++) {
		x = &d->extra[i];
		if (!str_has_prefix(x->name, DROP_PREFIX) || !x->is_number || !x->value)
			continue;
		out->refused[out->n_refused++] = (struct refused_count){
			.id = arena_strdup(a, x->name + strlen(DROP_PREFIX)),
			.says = says(x->name + strlen(DROP_PREFIX)),
			.n = x->value,
		};
	}
}

void engine_crypto_facts(const struct engine_ops *ops, const struct uapi_device *d, struct arena *a,
			 struct crypto_facts *out)
{
	const struct uapi_peer *p = d->n_peers ? &d->peers[0] : NULL;

	memset(out, 0, sizeof(*out));
	out->sealed = out->opened = out->tx_bytes = out->rx_bytes = UNKNOWN;
	if (p) {
		out->tx_bytes = (int64_t)p->tx_bytes;
		out->rx_bytes = (int64_t)p->rx_bytes;
		out->last_handshake_wall_ns = uapi_peer_handshake_ns(p);
	}
	if (!ops || !ops->counts_drops)
		return;
	if (p) {
		out->sealed = number_or_unknown(p->extra, p->n_extra, "sealed");
		out->opened = number_or_unknown(p->extra, p->n_extra, "opened");
	}
	fill_refused(d, a, out);
	/* An older one of ours, or another program in its place, may lack them. */
	out->known = out->sealed != UNKNOWN && out->opened != UNKNOWN;
}

static uint64_t refused_before(const struct crypto_facts *before, const char *id)
{
	size_t i;

	for (i = 0; i < before->n_refused; i++)
		if (!strcmp(before->refused[i].id, id))
			return before->refused[i].n;
	return 0;
}

void engine_crypto_difference(struct crypto_facts *after, const struct crypto_facts *before)
{
	struct refused_count r;
	size_t i, n = 0;

	after->known = after->known && before->known;
	after->sealed = count_difference(before->sealed, after->sealed);
	after->opened = count_difference(before->opened, after->opened);
	after->tx_bytes = count_difference(before->tx_bytes, after->tx_bytes);
	after->rx_bytes = count_difference(before->rx_bytes, after->rx_bytes);
	for (i = 0; i < after->n_refused; i++) {
		r = after->refused[i];
		r.n -= MIN(r.n, refused_before(before, r.id));
		if (r.n)
			after->refused[n++] = r;
	}
	after->n_refused = n;
}
