#include <assert.h>

#include "base/defs.h"
#include "model/facts_fates.h"

static const char *const stages[] = {
	[STAGE_TUN_OUT] = "tun.out",	     [STAGE_WIRE_OUT] = "wire.out",
	[STAGE_FAR_WIRE_IN] = "far.wire.in", [STAGE_FAR_TUN_IN] = "far.tun.in",
	[STAGE_FAR_TUN_OUT] = "far.tun.out", [STAGE_FAR_WIRE_OUT] = "far.wire.out",
	[STAGE_WIRE_IN] = "wire.in",	     [STAGE_TUN_IN] = "tun.in",
};
static_assert(ARRAY_LEN(stages) == STAGE_COUNT, "a stage has no name");

const char *stage_str(enum stage s)
{
	assert(s <= STAGE_NONE);
	return s == STAGE_NONE ? NULL : stages[s];
}

static const char *const results[] = {
	[FATE_UNKNOWN] = "unknown",
	[FATE_ANSWERED] = "answered",
	[FATE_LOST] = "lost",
};
static_assert(ARRAY_LEN(results) == FATE_RESULT_COUNT, "a result has no word");

const char *fate_result_str(enum fate_result r)
{
	assert(r < FATE_RESULT_COUNT);
	return results[r];
}
