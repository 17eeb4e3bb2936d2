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

/*
 * Of both directions, but each has a state of its own. Shares are of a million frames. From `burst`
 * to `rekey` only data messages of WireGuard are meant: without handshakes there were no tunnel.
 */
struct relay_conf {
	char dev[2][SYS_IFNAME_SIZE];
	unsigned delay_us; /* of each frame */
	unsigned jitter_us; /* and up to so much more, in the order of their coming */
	unsigned reorder; /* share that overtakes: without any delay */
	unsigned duplicate, loss;
	unsigned corrupt; /* share with one bit of its payload changed */
	unsigned burst_begin,
		burst_end; /* with each one a burst begins, or ends; in it all is lost */
	unsigned large_bytes, large; /* the share of IP packets of more bytes that is lost */
	unsigned rate_per_1000_s,
		bucket; /* so many pass, and at first, or after a rest, a bucket full */
	unsigned period_us, bad_us; /* in each period all is lost for so long */
	unsigned idle_us, idle_first; /* after a pause of that length so many are lost */
	unsigned rekey_us; /* after each handshake response all is lost for so long */
	unsigned from; /* a bit for each link that something is lost from; 0: both */
	uint64_t seed;
};

/*
 * "DEV,DEV" and then settings, with commas between, as relay_conf.c has them: "loss=0.5" (percent),
 * "period=2000:40" (ms), "from=DEV". Decimals are taken. -EINVAL, and in *e what is wrong with it.
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
