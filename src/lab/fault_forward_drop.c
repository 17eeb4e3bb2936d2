/*
 * The far host's filter does not let through what it forwards: failure-modes.md, FM06.
 */
#include "lab/faults.h"
#include "lab/inside.h"

#define CHAIN(policy)            \
	"add table inet filter;" \
	"add chain inet filter transit { type filter hook forward priority 0; policy " policy "; };"

/* As Docker and ufw leave it: what they do not know of is dropped. */
static int policy(struct lab_world *w, struct err *e)
{
	inside_ask(w, FAMILY_NONE);
	return lab_nft(w, LAB_SERVER, e,
		       CHAIN("drop") "add rule inet filter transit iifname docker0 accept;"
				     "add rule inet filter transit ct state established accept");
}

static int rule(struct lab_world *w, struct err *e)
{
	inside_ask(w, FAMILY_NONE);
	return lab_nft(w, LAB_SERVER, e,
		       CHAIN("accept") "add rule inet filter transit iifname %s drop",
		       w->end[END_FAR].tun);
}

/* The requests pass, and what answers them does not. */
static int replies(struct lab_world *w, struct err *e)
{
	inside_ask(w, FAMILY_NONE);
	return lab_nft(w, LAB_SERVER, e,
		       CHAIN("accept") "add rule inet filter transit oifname %s drop",
		       w->end[END_FAR].tun);
}

static int reject(struct lab_world *w, struct err *e)
{
	static const char *const with[] = { "icmpx admin-prohibited", "icmpx port-unreachable",
					    "icmp type host-prohibited" };
	size_t i = draw_below(&w->draw, ARRAY_LEN(with));

	inside_ask(w, i == 2 ? FAMILY_IP4 : FAMILY_NONE);
	return lab_nft(w, LAB_SERVER, e,
		       CHAIN("accept") "add rule inet filter transit iifname %s reject with %s",
		       w->end[END_FAR].tun, with[i]);
}

static const struct lab_scene scene_policy = { .before = policy };
static const struct lab_scene scene_rule = { .before = rule };
static const struct lab_scene scene_replies = { .before = replies };
static const struct lab_scene scene_reject = { .before = reject };

static const struct lab_variant variants[] = {
	{ "policy", "the policy of the server's forward chain is drop", NULL, NULL, &scene_policy },
	{ "rule", "a rule of the server drops what comes from the tunnel", NULL, NULL,
	  &scene_rule },
	{ "replies", "a rule of the server drops what goes back into the tunnel", NULL, NULL,
	  &scene_replies },
	{ "reject", "the server rejects what comes from the tunnel", NULL, NULL, &scene_reject },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_forward_drop = {
	.name = "forward-drop",
	.says = "the far host's filter drops what it forwards",
	.side = "far",
	.group = "not-forwarded",
	.variants = variants,
};
