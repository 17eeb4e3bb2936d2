/*
 * The preshared key is not the same at both ends: failure-modes.md, FM33.
 */
#include "lab/faults.h"

#include <sodium.h>

static int different(struct lab_world *w, struct err *e)
{
	struct conf_peer *p = &w->end[END_NEAR].conf->peers[0];

	(void)e;
	p->has_psk = true;
	randombytes_buf(p->psk.b, KEY_LEN);
	lab_told(w, "client: another preshared key than the server's");
	return 0;
}

static int one_side(struct lab_world *w, struct err *e)
{
	struct conf_peer *near = &w->end[END_NEAR].conf->peers[0];
	struct conf_peer *far = &w->end[END_FAR].conf->peers[0];

	(void)e;
	randombytes_buf(far->psk.b, KEY_LEN);
	far->has_psk = true;
	near->has_psk = false;
	lab_told(w, "server: a preshared key, and none at the client");
	return 0;
}

static const struct lab_scene scene_different = { .before = different };
static const struct lab_scene scene_one_side = { .before = one_side };

static const struct lab_variant variants[] = {
	{ "different", "each end has another preshared key", NULL, NULL, &scene_different },
	{ "one-side", "only the server has a preshared key", NULL, NULL, &scene_one_side },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_psk_mismatch = {
	.name = "psk-mismatch",
	.says = "the preshared keys of the two ends differ",
	.side = "unknown",
	.variants = variants,
};
