/*
 * Nothing listens at the endpoint: failure-modes.md, FM54.
 */
#include "lab/faults.h"

/* The port of the file is not that of the server, which answers by ICMP. */
static int other_port(struct lab_world *w, struct err *e)
{
	struct conf_peer *p = &w->end[END_NEAR].conf->peers[0];

	(void)e;
	p->port = p->literal.port = (uint16_t)(w->listens.port + 1 + draw_below(&w->draw, 50));
	lab_told(w, "client: the peer's port is %u, the server listens on %u", p->port,
		 w->listens.port);
	return 0;
}

/* It went down while it was in use. */
static int stop(struct lab_world *w, struct err *e)
{
	(void)e;
	engine_stop(w->end[END_FAR].engine, w->arena, NULL);
	w->end[END_FAR].engine = NULL;
	lab_told(w, "server: the engine was stopped");
	return 0;
}

/* One that it holds the way open to is none that comes and goes. */
static int keep_open(struct lab_world *w, struct err *e)
{
	(void)e;
	w->end[END_NEAR].conf->peers[0].keepalive_s = 25;
	return 0;
}

static const struct lab_scene scene_wrong_port = { .before = other_port };
/* At the server there is no interface then that could be looked at. */
static const struct lab_scene scene_stopped = { .after = stop, .near_only = true };
static const struct lab_scene scene_in_use = { .before = keep_open,
					       .after = stop,
					       .session = true,
					       .near_only = true };

static const struct lab_variant variants[] = {
	{ "wrong-port", "the client sends to a port where nobody listens", NULL, NULL,
	  &scene_wrong_port },
	{ "stopped", "the server's engine was stopped", NULL, NULL, &scene_stopped },
	{ "stopped-in-use", "the server's engine was stopped, and there was a session", NULL, NULL,
	  &scene_in_use },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_listener_absent = {
	.name = "listener-absent",
	.says = "nothing listens at the endpoint",
	.side = "far",
	.variants = variants,
};
