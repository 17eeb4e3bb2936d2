/*
 * Two peers with the same allowed IPs, of which the later one has them: failure-modes.md, FM08.
 */
#include <string.h>

#include "lab/faults.h"

/* A peer more, who takes all that the first one has, or its first prefix. */
static struct conf_peer *another(struct lab_world *w, enum end end, bool all)
{
	struct conf *c = w->end[end].conf;
	struct conf_peer *grown = arena_alloc(w->arena, (c->n_peers + 1) * sizeof(*grown));
	struct conf_peer *p = &grown[c->n_peers];

	memcpy(grown, c->peers, c->n_peers * sizeof(*grown));
	*p = (struct conf_peer){ .has_key = true, .keepalive_s = UNKNOWN };
	lab_nobodys_key(&p->key);
	p->n_allowed = all ? c->peers[0].n_allowed : 1;
	p->allowed = arena_alloc(w->arena, p->n_allowed * sizeof(*p->allowed));
	memcpy(p->allowed, c->peers[0].allowed, p->n_allowed * sizeof(*p->allowed));
	c->peers = grown;
	c->n_peers++;
	return p;
}

static int at_server(struct lab_world *w, struct err *e)
{
	(void)e;
	another(w, END_FAR, draw_below(&w->draw, 2));
	w->ping = w->end[END_FAR].inner4;
	lab_told(w, "server: a later peer has the client's address");
	return 0;
}

static int at_client(struct lab_world *w, struct err *e)
{
	struct conf_peer *p = another(w, END_NEAR, true);
	struct endpoint to = w->listens;

	(void)e;
	/* An address where nobody is; its own prefix goes on before the shared ones. */
	to.addr.b[to.addr.family == FAMILY_IP6 ? 15 : 3] ^= 0x40;
	lab_endpoint(w, p, &to);
	w->ping = w->end[END_FAR].inner4;
	lab_told(w, "client: a later peer has the server's address");
	return 0;
}

/* To the server that client is offline, or answers nothing of what was never promised. */
static const struct lab_scene scene_client = {
	.before = at_client,
	.side = "local",
	.group = "",
	.near_only = true,
};
static const struct lab_scene scene_server = { .before = at_server };

static const struct lab_variant variants[] = {
	{ "client", "a later peer of the client takes the addresses of the first", NULL, NULL,
	  &scene_client },
	{ "server", "a later peer of the server takes the client's address", NULL, NULL,
	  &scene_server },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_allowedips_overlap = {
	.name = "allowedips-overlap",
	.says = "two peers have the same allowed IPs, and the later one takes them",
	.side = "far",
	.group = "no-data-back",
	.variants = variants,
};
