/*
 * Of the data messages we send, how many never reach the far wire?
 */
#include "check/check_list.h"
#include "check/loss.h"

static void run(const struct check_ctx *ctx, struct findings *out)
{
	loss_judge(ctx->facts, &ctx->facts->loss_up, out);
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

const struct check check_loss_up = {
	.id = "loss.up",
	.title = "loss, me → peer",
	.layer = LAYER_TRANSPORT,
	.needs = NEED_BIT(NEED_LOSS_UP),
	.wants = NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_PEER),
	.after = after,
	.run = run,
};
