/*
 * Of the data messages we send, how many never reach the far wire?
 */
#include "check/check_list.h"
#include "check/loss.h"

static void run(const struct check_ctx *ctx, struct findings *out)
{
	loss_judge(ctx->facts, &ctx->facts->loss_up, out);
}

const struct check check_loss_up = {
	.id = "loss.up",
	.title = "loss, me → peer",
	.layer = LAYER_TRANSPORT,
	.needs = NEED_BIT(NEED_LOSS_UP),
	.wants = NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_PEER) | NEED_BIT(NEED_TAP_NEAR_TUN) |
		 NEED_BIT(NEED_TAP_FAR_TUN),
	.after = loss_after,
	.misses = TRAFFIC_OUTER,
	.run = run,
};
