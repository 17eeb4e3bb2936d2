/*
 * A public key that is not the other end's: failure-modes.md, FM10.
 */
#include "lab/faults.h"

#include <assert.h>

static int at_client(struct lab_world *w, struct err *e)
{
	(void)e;
	lab_nobodys_key(&w->end[END_NEAR].conf->peers[0].key);
	lab_told(w, "client: its peer's public key is not the server's");
	return 0;
}

static int at_server(struct lab_world *w, struct err *e)
{
	(void)e;
	lab_nobodys_key(&w->end[END_FAR].conf->peers[0].key);
	lab_told(w, "server: its peer's public key is not the client's");
	return 0;
}

/* The two swapped, or the one pasted twice. */
static int own(struct lab_world *w, struct err *e)
{
	struct conf *c = w->end[END_NEAR].conf;

	(void)e;
	assert(public_key_of(&c->private_key, &c->peers[0].key));
	w->with_file = true; /* the engine does not even take such a peer */
	lab_told(w, "client: its peer's public key is its own");
	return 0;
}

/* Its engine has no peer then, and sends nothing. */
static const struct lab_scene scene_own = { .before = own, .side = "local", .near_only = true };
static const struct lab_scene scene_client = { .before = at_client };
static const struct lab_scene scene_server = { .before = at_server };

static const struct lab_variant variants[] = {
	{ "client", "the client has a wrong key of the server", NULL, NULL, &scene_client },
	{ "server", "the server has a wrong key of the client", NULL, NULL, &scene_server },
	{ "own", "the client has its own key for the server's", NULL, NULL, &scene_own },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_wrong_key = {
	.name = "wrong-key",
	.says = "a public key is not that of the other end",
	.side = "unknown",
	.group = "no-answer",
	.variants = variants,
};
