/* data.both-ways: whole, short, changed, one direction only, one family only, not tried. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/made_facts.h"

/* The order of made_facts.c: TCP, then UDP; IPv4 up, IPv4 down, IPv6 up, IPv6 down. */
enum { TCP4_UP, TCP4_DOWN, TCP6_UP, TCP6_DOWN, UDP4_UP, UDP4_DOWN, UDP6_UP, UDP6_DOWN };

static void tcp_short(struct facts *f)
{
	f->streams[TCP4_DOWN].received = 65536;
	f->streams[TCP4_DOWN].error = "no progress for 2.0 s";
}

/* What was sent came, but it was not all. */
static void could_not_send(struct facts *f)
{
	f->streams[UDP4_UP].sent = f->streams[UDP4_UP].received = 5;
	f->streams[UDP4_UP].error = "send: Operation not permitted";
}

static void changed(struct facts *f)
{
	f->streams[UDP4_UP].corrupt = 1;
}

static void down_dead(struct facts *f)
{
	size_t i;

	for (i = 0; i < f->n_streams; i++)
		if (f->streams[i].from == END_FAR)
			f->streams[i].received = 0;
}

static void one_datagram(struct facts *f)
{
	f->streams[UDP6_UP].sent = 1000;
	f->streams[UDP6_UP].received = 999;
}

static void ip4_only(struct facts *f)
{
	f->streams[2] = f->streams[UDP4_UP];
	f->streams[3] = f->streams[UDP4_DOWN];
	f->n_streams = 4;
}

static void up_only(struct facts *f)
{
	f->n_streams = 1;
}

static void not_tried(struct facts *f)
{
	f->n_streams = 0;
}

static void refused(struct facts *f)
{
	down_dead(f);
	made_refused(f, END_NEAR, "in_tag", "data that does not authenticate", 30);
}

static void far_firewall(struct facts *f)
{
	f->streams[UDP4_UP].received = 0;
	f->crypto[END_FAR].opened = 300;
}

/* As run/ leaves a transfer whose sockets could not be had. */
static void no_socket(struct facts *f)
{
	struct stream_facts *s = &f->streams[TCP6_DOWN];

	s->sent = s->received = s->elapsed_ns = 0;
	s->error = "open a socket in the tunnel's end: Too many open files";
}

static void no_socket_and_loss(struct facts *f)
{
	no_socket(f);
	f->streams[UDP4_UP].received = 0;
}

/* It began: the tunnel was asked, and did not take it. */
static void could_not_connect(struct facts *f)
{
	no_socket(f);
	f->streams[TCP6_DOWN].elapsed_ns = NS_PER_S;
	f->streams[TCP6_DOWN].error = "connect: Connection timed out";
}

/* It was connected, and we had no descriptor to accept it with. */
static void no_descriptor(struct facts *f)
{
	could_not_connect(f);
	f->streams[TCP6_DOWN].error = "accept: Too many open files";
	f->streams[TCP6_DOWN].shortage = true;
}

static void out_of_memory(struct facts *f)
{
	f->streams[UDP4_UP].sent = f->streams[UDP4_UP].received = 5;
	f->streams[UDP4_UP].error = "send: Cannot allocate memory";
	f->streams[UDP4_UP].shortage = true;
}

static void out_of_memory_and_changed(struct facts *f)
{
	out_of_memory(f);
	f->streams[UDP4_UP].corrupt = 1;
}

static void more_than_sent(struct facts *f)
{
	f->streams[UDP4_UP].received = 33;
}

static void unknown(struct facts *f)
{
	f->streams[UDP4_UP].received = UNKNOWN;
}

static const struct check_case cases[] = {
	{ "healthy", NULL, STATE_PASS,
	  "8 transfers whole: TCP 524.3 KB, 128 datagrams, IPv4 and IPv6", NULL },
	{ "TCP stopped", tcp_short, STATE_FAIL,
	  "TCP IPv4 peer → me: 65.5 KB of 131.1 KB arrived (no progress", NULL },
	{ "it stopped sending", could_not_send, STATE_FAIL,
	  "5 arrived of 5 sent, then it stopped (send: Operation not permitted)", NULL },
	{ "a byte changed", changed, STATE_FAIL, "1 changed on the way", NULL },
	{ "nothing comes back", down_dead, STATE_FAIL, "and 3 more of 8", NULL },
	{ "border: one datagram of 1000", one_datagram, STATE_WARN, "999 of 1000", NULL },
	{ "border: no IPv6 here", ip4_only, STATE_PASS, "IPv4 only", NULL },
	{ "border: one direction tried", up_only, STATE_UNSURE, "peer → me was not tried", NULL },
	{ "border: none tried", not_tried, STATE_UNSURE, "no transfer was tried", NULL },
	{ "more than was sent", more_than_sent, STATE_FAIL, "33 of 32", NULL },
	{ "not counted", unknown, STATE_UNSURE, "unknown of 32", NULL },
	{ "no socket", no_socket, STATE_ERROR,
	  "TCP IPv6 peer → me could not be tried: open a socket in the tunnel's end: Too many",
	  NULL },
	{ "no socket, and a fault", no_socket_and_loss, STATE_FAIL, "UDP IPv4 me → peer: 0 of 32",
	  NULL },
	{ "border: it began", could_not_connect, STATE_FAIL, "connect: Connection timed out",
	  NULL },
	{ "no descriptor of ours", no_descriptor, STATE_ERROR,
	  "TCP IPv6 peer → me could not be tried: accept: Too many open files", NULL },
	{ "no memory of ours", out_of_memory, STATE_ERROR,
	  "5 arrived of 5 sent, then it stopped (send: Cannot allocate memory)", NULL },
	{ "no memory, and a byte changed", out_of_memory_and_changed, STATE_FAIL, "1 changed",
	  NULL },
	{ "because of refusals", refused, STATE_FAIL, NULL, "crypto.rejects" },
	{ "because the far host's firewall takes it", far_firewall, STATE_FAIL, NULL,
	  "crypto.rejects" },
	{ "gap: no handshake", made_silent, STATE_SKIP, "handshake did not complete",
	  "handshake.complete" },
};

static void crosses(void **state)
{
	(void)state;
	check_cases_run("data.both-ways", cases, ARRAY_LEN(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crosses),
	};

	return cmocka_run_group_tests_name("data.both-ways", tests, NULL, NULL);
}
