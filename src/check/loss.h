/*
 * One direction's loss, by the counters of its data messages.
 */
#ifndef CHECK_LOSS_H
#define CHECK_LOSS_H

#include "check/check.h"

/* What explains the loss of either direction, roots first; NULL-terminated. */
extern const char *const loss_after[];

enum { LOSS_PROBES_MIN = 100 }; /* with fewer nothing is judged (interface.md, States) */
/* FAIL, WARN or PASS by the limits of the run; UNSURE: these numbers cannot be. */
enum state loss_share_state(const struct facts *facts, int64_t lost, int64_t sent);
/*
 * By a few hundred probes at one end: 1 the tunnel's messages are lost in some direction; 0 what is
 * missing is no loss that these show; UNKNOWN: too few were sent, or nobody counted.
 */
int64_t loss_is_shown(const struct facts *facts);
void loss_judge(const struct facts *facts, const struct loss_facts *l, struct findings *out);

#endif
