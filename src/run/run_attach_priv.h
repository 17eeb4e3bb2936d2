/*
 * What the files of attaching share: one run on a tunnel that is there already.
 */
#ifndef RUN_RUN_ATTACH_PRIV_H
#define RUN_RUN_ATTACH_PRIV_H

#include "run/run_priv.h"
#include "run/run_up.h"

struct others;
struct far_ask;

struct attach {
	struct run r;
	struct run_up *up; /* this run made it; NULL: it was there */
	const struct run_existing *conf;
	struct sys_link link;
	struct uapi_device *device; /* NULL: it cannot be asked */
	int ask_rc; /* why not; 0 */
	/* then the file's peers as if the engine had told them, and the one that is looked at */
	struct config_facts file;
	const struct intended_peer *file_peer; /* NULL: no file, or it has none */
	struct net_facts net; /* all of the namespace */
	struct targets targets;
	struct far_ask *far_ask; /* who serves at the far end records; NULL: nobody does */
	struct others *others; /* NULL: nobody is asked whether it comes */
	bool listened; /* nobody could be asked, and somebody came meanwhile: not again */
	bool came; /* just now */
	bool again; /* no handshake, and its peer has another address to be tried */
};

/*
 * run_attach_peer.c: which peer is looked at; reads what the engine holds. -ENOKEY: none is so, or
 * what was pasted of the far end is of another tunnel.
 */
int run_attach_peer(struct attach *x, struct err *e);

/* run_attach_engine.c: its name, program and version; an engine that was asked, or not, before. */
void run_attach_name_engine(struct attach *x);

/* run_attach_way.c: where the peer is, and the way there; gaps of it */
void run_attach_way(struct attach *x);
/* What the user says, or else the file, of an engine that cannot be asked; NULL: nobody does. */
const struct endpoint *run_attach_endpoint(const struct attach *x);

/* run_other_family.c: where the endpoint is silent, the name's addresses of the other family */
void run_other_family(struct attach *x);

/*
 * The steps between the opening and the end, once more from the start when somebody came who was
 * not there; -errno as of run_attach.
 */
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
 * Aims at one that is to bring the handshake about: which enters the tunnel, and which the peer
 * takes, if there is any.
 */
void run_attach_first_target(struct attach *x);

/*
 * run_listen.c: nobody can be asked, so whether somebody calls is waited for; fills facts.calls.
 * x->came: a session was made, and there is somebody now.
 */
void run_listen(struct attach *x);

/* run_tried.c: the first of the name's addresses was silent: does its family lead anywhere? */
void run_tried_look(struct run *r, struct tried_facts *t);

/* run_far_addr.c: --far: asked to record, once there is a session; and at the end what it did */
void run_far_begin(struct attach *x);
void run_far_fetch(struct attach *x);

/* run_record.c: instead of all that asks. -EPERM, -EACCES: it would have nothing to tell */
int run_record(struct attach *x, struct err *e);

/*
 * run_others.c: do the peers come that are not looked at? Who can be asked is chosen before the
 * captures are open, and asked early; what came of it is looked at late, as it takes its time.
 */
void run_others_choose(struct attach *x);
void run_others_ask(struct attach *x);
void run_others_end(struct attach *x);
void run_others_close(struct attach *x);

#endif
