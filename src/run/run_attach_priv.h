/*
 * What the files of attaching share: one run on a tunnel that is there already.
 */
#ifndef RUN_RUN_ATTACH_PRIV_H
#define RUN_RUN_ATTACH_PRIV_H

#include "run/run_priv.h"
#include "run/run_up.h"

struct others;

struct attach {
	struct run r;
	struct run_up *up; /* this run made it; NULL: it was there */
	const struct run_existing *conf;
	struct sys_link link;
	struct uapi_device *device; /* NULL: it cannot be asked */
	/* then the file's peers as if the engine had told them, and the one that is looked at */
	struct config_facts file;
	const struct intended_peer *file_peer; /* NULL: no file, or it has none */
	struct net_facts net; /* all of the namespace */
	struct targets targets;
	struct others *others; /* NULL: nobody is asked whether it comes */
	bool again; /* no handshake, and its peer has another address to be tried */
};

/*
 * run_attach_peer.c: which peer is looked at; reads what the engine holds. -ENOKEY: none is so, or
 * what was pasted of the far end is of another tunnel.
 */
int run_attach_peer(struct attach *x, struct err *e);

/* run_attach_engine.c: its name, program and version; an engine that was asked, or not, before. */
void run_attach_name_engine(struct attach *x);

/* run_other_family.c: where the endpoint is silent, the name's addresses of the other family */
void run_other_family(struct attach *x);

/* The steps between the opening and the end; -errno as of run_attach. */
int run_attach_steps(struct attach *x, struct err *e);
/* The end of them, whatever they gave. */
void run_attach_end(struct attach *x);
/* What such a run cannot look at is left out of the plan. */
void run_attach_plan(struct run *r);

/* run_ahead.c: before anything is sent that needs a handshake, until the far side takes one */
void run_ahead_wait(struct attach *x);

/* run_attach_targets.c: which inner addresses are worth asking; fills x->targets */
void run_attach_targets(struct attach *x);

/*
 * run_others.c: do the peers come that are not looked at? Who can be asked is chosen before the
 * captures are open, and asked early; what came of it is looked at late, as it takes its time.
 */
void run_others_choose(struct attach *x);
void run_others_ask(struct attach *x);
void run_others_end(struct attach *x);
void run_others_close(struct attach *x);

#endif
