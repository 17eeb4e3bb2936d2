/*
 * A way that is not as good as a cable: frames of one link are sent on by another, late, twice, in
 * another order, damaged or not at all, by lot. For what this kernel has no queueing discipline
 * (netem) for.
 */
#ifndef LAB_RELAY_H
#define LAB_RELAY_H

#include "lab/draw.h"
#include "sys/loop.h"
#include "sys/platform.h"

/* Of both directions. Shares are of a million frames. */
struct relay_conf {
	char dev[2][SYS_IFNAME_SIZE];
	unsigned delay_us; /* of each frame */
	unsigned jitter_us; /* and up to so much more, in the order of their coming */
	unsigned reorder; /* share that overtakes: without any delay */
	unsigned duplicate, loss;
	unsigned corrupt; /* share with one bit of its payload changed */
	uint64_t seed;
};

/*
 * "DEV,DEV" and then, each once at the most, ",delay=MS", ",jitter=MS", and in percent ",reorder=",
 * ",duplicate=", ",loss=", ",corrupt=", and ",seed=N". Decimals are taken. -EINVAL, and in *e what
 * is wrong with it.
 */
int relay_parse(const char *text, struct relay_conf *out, struct err *e);
/* As relay_parse takes it; from the arena. */
const char *relay_text(const struct relay_conf *c, struct arena *a);

struct relay;
/* In this thread's namespace. It works while the loop is served. */
int relay_open(const struct relay_conf *c, const struct platform_ops *p, struct loop *l,
	       struct relay **out, struct err *e);
void relay_close(struct relay *r); /* NULL: nothing */

#endif
