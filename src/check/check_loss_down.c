/*
 * Of the data messages the far side sends, how many never reach our wire?
 */
#include "check/check_list.h"
#include "check/loss.h"

static void run(const struct check_ctx *ctx, struct findings *out)
{
	loss_judge(ctx->facts, &ctx->facts->loss_down, out);
}

const struct check check_loss_down = {
	.id = "loss.down",
	.title = "loss, peer → me",
	.layer = LAYER_TRANSPORT,
	.needs = NEED_BIT(NEED_LOSS_DOWN),
	.wants = NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_PEER) | NEED_BIT(NEED_TAP_NEAR_TUN) |
		 NEED_BIT(NEED_TAP_FAR_TUN),
	.after = loss_after,
	.misses = TRAFFIC_OUTER,
	.run = run,
};
