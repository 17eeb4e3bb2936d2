/*
 * What the engine of a file's tunnel is told: the file's configuration, and the next address of an
 * endpoint when the one before gave no handshake.
 *
 * Keys stay here no longer than they may be needed: the private one until the engine has it, a
 * preshared one while its peer may have to be set again.
 */
#include <errno.h>

#include "engine/wg_ask.h"
#include "gather/gather.h"
#include "run/run_up.h"

enum { ASK_MS = 2000 };

int run_up_answered_badly(struct run_up *u, int rc, const char *what, const struct err *e)
{
	if (!err_is_shortage(rc) && rc != -EPERM && rc != -EACCES)
		u->r->f->engine[END_NEAR].answer_error =
			arena_printf(u->r->arena, "%s: %s", what, e->text);
	return rc;
}

/* Of a file that says which; the kernel's engine takes it only when its link comes up. */
int run_up_port_in_use(struct run_up *u, int rc, struct err *e)
{
	int64_t port = u->file->conf->listen_port;

	if (rc != -EADDRINUSE || port <= 0)
		return rc;
	return err_say(e, EADDRINUSE,
		       "its ListenPort, UDP %u, is in use here (ss -uanp sport = :%u; "
		       "wg show all listen-port)",
		       (unsigned)port, (unsigned)port);
}

static int tell_engine(struct run_up *u, const struct buf *text, struct err *e)
{
	return wg_ask_set(u->r->p, wg_ask_via(u->r->conf->engine), u->ifname, ASK_MS, text, e);
}

/* --- the configuration ---------------------------------------------------------------- */

static int tell_peer(struct run_up *u, size_t i, struct err *e)
{
	CLEANUP(buf_wipe_done) struct buf text = { 0 };

	conf_put_set_peer(u->file->conf, i, u->to, &text);
	return tell_engine(u, &text, e);
}

static int tell_each(struct run_up *u, struct err *e)
{
	CLEANUP(buf_wipe_done) struct buf text = { 0 };
	const struct intended_facts *t = u->file->intended;
	size_t i;
	int rc;

	conf_put_set_device(u->file->conf, &text);
	rc = tell_engine(u, &text, e);
	for (i = 0; !rc && i < t->n_peers; i++)
		/* The later one of two counts. */
		if (intended_peer(t, &t->peers[i].key) == &t->peers[i])
			rc = tell_peer(u, i, e);
	return rc;
}

static int tell_whole(struct run_up *u, struct err *e)
{
	CLEANUP(buf_wipe_done) struct buf text = { 0 };

	conf_put_set(u->file->conf, u->to, &text);
	return tell_engine(u, &text, e);
}

static void forget_keys(struct run_up *u)
{
	const struct intended_facts *t = u->file->intended;
	struct conf *c = u->file->conf;
	size_t i;

	secret_key_done(&c->private_key);
	for (i = 0; i < c->n_peers; i++)
		if (i >= t->n_peers || t->peers[i].n_resolved < 2)
			secret_key_done(&c->peers[i].psk);
}

static int configure(struct run_up *u, struct err *e)
{
	int rc;

	u->told = true;
	rc = u->r->conf->engine->set_each ? tell_each(u, e) : tell_whole(u, e);
	rc = run_up_port_in_use(u, rc, e);
	if (rc < 0)
		conf_wipe(u->file->conf);
	else
		forget_keys(u);
	return rc < 0 ? run_up_answered_badly(u, rc, "it refuses the file's configuration", e) : 0;
}

static const char *difference(const struct run_up *u, const struct uapi_device *d)
{
	const struct intended_facts *t = u->file->intended;
	struct config_facts have;
	size_t i;

	gather_config(d, u->r->arena, &have);
	if (d->has_private_key && !public_key_equal(&d->public_key, &t->own))
		return "another private key than was set";
	for (i = 0; i < t->n_peers; i++)
		/* Its own key an engine leaves out: that is for the file's row. */
		if (!config_peer(&have, &t->peers[i].key) &&
		    !(t->has_private_key && public_key_equal(&t->own, &t->peers[i].key)))
			return "a peer that was set is missing";
	return NULL;
}

static int read_back(struct run_up *u, struct err *e)
{
	struct run *r = u->r;
	struct engine_facts *g = &r->f->engine[END_NEAR];
	struct uapi_device *d;
	int rc = wg_ask_get(r->p, wg_ask_via(r->conf->engine), u->ifname, ASK_MS, r->arena, &d, e);

	if (rc < 0)
		return run_up_answered_badly(u, rc, "asked for what was set", e);
	g->config_difference = difference(u, d);
	g->configured = !g->config_difference;
	return 0;
}

int run_up_configure(struct run_up *u, struct err *e)
{
	int rc = configure(u, e);

	return rc < 0 ? rc : read_back(u, e);
}

/* --- the next address ----------------------------------------------------------------- */

const struct endpoint *run_up_next(const struct run_up *u, const struct public_key *peer)
{
	const struct intended_peer *p = intended_peer(u->file->intended, peer);

	if (!p || u->n_tried + 1 >= MIN(p->n_resolved, RUN_ADDRESSES_MAX))
		return NULL;
	return &p->resolved[u->n_tried + 1];
}

static int move(struct run_up *u, const struct public_key *peer, const struct endpoint *to,
		struct err *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	uapi_put_public_key(&text, peer);
	uapi_put_true(&text, UAPI_UPDATE_ONLY);
	uapi_put_endpoint(&text, to);
	return tell_engine(u, &text, e);
}

/* In two: what is removed may not come again in the same `set`. It had no session to lose. */
static int set_anew(struct run_up *u, const struct public_key *peer, size_t i, struct err *e)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int rc;

	uapi_put_public_key(&text, peer);
	uapi_put_true(&text, UAPI_REMOVE);
	rc = tell_engine(u, &text, e);
	return rc < 0 ? rc : tell_peer(u, i, e);
}

int run_up_point(struct run_up *u, const struct public_key *peer, struct err *e)
{
	const struct intended_facts *t = u->file->intended;
	const struct endpoint *to = run_up_next(u, peer);
	size_t i = (size_t)(intended_peer(t, peer) - t->peers);
	struct endpoint was = u->to[i];
	int rc;

	u->to[i] = *to;
	rc = u->r->conf->engine->set_each ? set_anew(u, peer, i, e) : move(u, peer, to, e);
	if (rc < 0) {
		u->to[i] = was;
		run_up_answered_badly(u, rc, "it refuses the next address of the endpoint", e);
		return run_up_why_not(u, rc, e);
	}
	u->n_tried++;
	return 0;
}
