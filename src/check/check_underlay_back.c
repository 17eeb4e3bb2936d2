/*
 * Does what the far engine sends arrive at our wire?
 */
#include "check/check_list.h"
#include "check/underlay.h"

static void run(const struct check_ctx *ctx, struct findings *out)
{
	underlay_judge(ctx->facts, END_FAR, out);
}

static const char *const after[] = {
	"engine.start",	 "engine.answers", "host.state", "underlay.link",
	"underlay.path", "underlay.out",   NULL
};

const struct check check_underlay_back = {
	.id = "underlay.back",
	.title = "wire, peer → me",
	.layer = LAYER_UNDERLAY,
	.needs = NEED_BIT(NEED_TAP_NEAR_WIRE),
	.wants = NEED_BIT(NEED_TAP_FAR_WIRE) | NEED_BIT(NEED_STREAMS) | NEED_BIT(NEED_CONFIG) |
		 NEED_BIT(NEED_INTENDED) | NEED_BIT(NEED_HANDSHAKE) | NEED_BIT(NEED_PING_PEER),
	.after = after,
	.misses = TRAFFIC_OUTER,
	.run = run,
};
