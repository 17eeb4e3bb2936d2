/*
 * Another tunnel between the same two hosts, that has nothing to do with the one that is looked at:
 * engines, keys, ports and a network of its own, and somebody who uses it.
 */
#include <stdio.h>
#include <string.h>

#include "lab/world.h"
#include "lab/world_plan.h"

/* RFC 6598 and RFC 4193: none of the first tunnel's ranges, nor of a cable's. */
static void number_ends(struct lab_world *s)
{
	uint8_t net4[3] = { 100, (uint8_t)(64 + draw_below(&s->draw, 64)),
			    (uint8_t)draw_below(&s->draw, 256) };
	uint8_t net6[8] = { 0xfd };
	struct ip_addr four[END_COUNT], six[END_COUNT];
	unsigned i;

	for (i = 1; i < sizeof(net6); i++)
		net6[i] = (uint8_t)draw_below(&s->draw, 256);
	draw_two_hosts(&s->draw, net4, sizeof(net4), FAMILY_IP4, four);
	draw_two_hosts(&s->draw, net6, sizeof(net6), FAMILY_IP6, six);
	for (i = 0; i < END_COUNT; i++) {
		s->end[i].inner4 = four[i];
		s->end[i].inner6 = six[i];
	}
}

/* The network is the first one's. */
static struct lab_world *beside(struct lab_world *w)
{
	struct lab_world *s = arena_alloc(w->arena, sizeof(*s));
	unsigned i;

	*s = *w;
	s->talk = NULL;
	s->second = NULL;
	buf_init(&s->made);
	for (i = 0; i < END_COUNT; i++) {
		struct lab_end *end = &s->end[i];

		end->engine = NULL;
		end->args = NULL;
		/* Sockets share one folder: wgl1234n and wgm1234n. */
		end->tun[2] = 'm';
	}
	number_ends(s);
	do {
		s->listens.port = (uint16_t)(10000 + draw_below(&s->draw, 20000));
	} while (s->listens.port == w->listens.port);
	lab_plan_confs(s);
	w->draw = s->draw;
	return s;
}

int lab_second(struct lab_world *w, struct err *e)
{
	struct lab_world *s = beside(w);
	int rc;

	w->second = s;
	lab_told(w, "another tunnel in use: %s at the client, %s at the server",
		 s->end[END_NEAR].tun, s->end[END_FAR].tun);
	rc = lab_world_start(s, END_COUNT, e);
	return rc ? rc : lab_world_use(s, END_NEAR, &s->end[END_FAR].inner4, e);
}
