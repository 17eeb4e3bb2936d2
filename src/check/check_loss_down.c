/*
 * Of the data messages the far side sends, how many never reach our wire?
 */
#include "check/check_list.h"
#include "check/loss.h"

static void run(const struct check_ctx *ctx, struct findings *out)
{
	loss_judge(ctx->facts, &ctx->facts->loss_down, out);
}

static const char *const after[] = { "engine.start",
				     "engine.answers",
				     "host.state",
				     "config.keys",
				     "config.allowed-ips",
				     "underlay.link",
				     "route.endpoint",
				     "underlay.gateway",
				     "tun.address",
				     "route.inner",
				     "host.firewall",
				     "underlay.out",
				     "underlay.back",
				     "tun.framing",
				     "crypto.rejects",
				     "rx.errors",
				     "handshake.complete",
				     "tun.delivery",
				     NULL };

const struct check check_loss_down = {
	.id = "loss.down",
	.title = "loss, peer → me",
	.layer = LAYER_TRANSPORT,
	.needs = NEED_BIT(NEED_LOSS_DOWN),
	.wants = NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_PEER),
	.after = after,
	.run = run,
};
