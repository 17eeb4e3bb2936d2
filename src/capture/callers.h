/*
 * Who asks this host for a handshake? Seen on all links, before any filter of the host.
 */
#ifndef CAPTURE_CALLERS_H
#define CAPTURE_CALLERS_H

#include "base/arena.h"
#include "base/err.h"
#include "capture/all_links.h"
#include "capture/tap.h"
#include "model/facts.h"
#include "sys/loop.h"

struct callers_conf {
	uint16_t port; /* that the engine listens on */
	const struct addr_facts *locals; /* what is this host's own; others' only pass through */
	size_t n_locals;
	/* Is the mac1 of this initiation (WG_INITIATION_LEN bytes) for our public key? */
	bool (*is_ours)(void *ctx, const uint8_t *initiation);
	void *ctx;
	/* Called for each message from and to that port, e.g. attempts_see(); NULL */
	void (*on_outer)(void *ctx, const struct tap_outer *m);
	void *on_outer_ctx;
	/* Called for each data message of these, e.g. run_loss_see(); NULL */
	void (*on_data)(void *ctx, const struct tap_message *m);
	void *on_data_ctx;
};

struct callers;

/* As of all_links_open(). */
int callers_open(const struct callers_conf *c, struct loop *l, struct arena *a,
		 struct callers **out, struct err *e);
/*
 * All but waited_ns and rp_filter. In the namespace of its opening, whose links' names they are.
 * May be asked again.
 */
void callers_facts(struct callers *x, struct arena *a, struct calls_facts *out);
void callers_close(struct callers *x); /* NULL is fine */

/* The pure part, for tests. */
struct callers *callers_new(const struct callers_conf *c, struct arena *a);
void callers_see(struct callers *x, const struct link_frame *f);
/* In the order of the list of callers_facts(); its links are not named. */
size_t callers_list(const struct callers *x, const struct call_facts **out);

#endif
