/*
 * The far side of a check against its near one, and against who asks otherwise, on the loopback of
 * a namespace of its own.
 * needs: root
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/seed.h"
#include "probe/far_ask.h"
#include "probe/responder.h"
#include "sys/sockaddr.h"
#include "unit/own_netns.h"
#include "wire/probe_msg.h"

enum { WAIT_MS = 5000, TEXT_LEN = 100000, SHORT_MS = 50 };

struct world {
	struct arena a;
	struct loop *loop;
	struct ip_addr addr;
	struct endpoint at;
	struct responder *r;
	bool strangers; /* nobody is a peer's */
	struct buf text;
	uint64_t token;
};

static int64_t boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static bool is_peers(void *ctx, const struct ip_addr *from)
{
	const struct world *w = ctx;

	(void)from;
	return !w->strangers;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct seed s = seed_start("responder");
	struct responder_conf c = { .n_addrs = 1, .link = "lo", .is_peers = is_peers };
	struct err e = { 0 };
	size_t i;

	assert_non_null(w);
	arena_init(&w->a);
	w->loop = loop_new(boot_ns);
	assert_true(ip_addr_parse("127.0.0.1", &w->addr));
	c.addrs = &w->addr;
	c.port = (uint16_t)(10000 + seed_below(&s, 20000));
	c.ctx = w;
	w->at = (struct endpoint){ .addr = w->addr, .port = c.port };
	w->token = seed_next(&s);
	buf_init(&w->text);
	for (i = 0; i < TEXT_LEN; i++)
		buf_printf(&w->text, "%c", 'a' + (int)seed_below(&s, 26));
	if (responder_open(&c, w->loop, &w->a, &w->r, &e) < 0)
		fail_msg("%s", e.text);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	responder_close(w->r);
	loop_free(w->loop);
	buf_done(&w->text);
	arena_done(&w->a);
	free(w);
	return 0;
}

static int64_t until(const struct world *w, int ms)
{
	return loop_now(w->loop) + ms * NS_PER_MS;
}

static struct far_ask *ask(struct world *w, uint64_t token)
{
	struct far_ask_conf c = { .to = w->at, .token = token };
	struct far_ask *x = NULL;
	struct err e = { 0 };

	if (far_ask_open(&c, w->loop, &w->a, &x, &e) < 0)
		fail_msg("%s", e.text);
	return x;
}

/* --- the whole ---------------------------------------------------------------------- */

/* The recording begins and ends as serve lets it, in between. */
static void serve(void *ctx)
{
	struct world *w = ctx;

	if (responder_is_asked(w->r))
		responder_began(w->r);
	if (responder_is_due(w->r))
		responder_give(w->r, buf_str(&w->text), w->text.len);
	loop_add_timer(w->loop, until(w, 1), serve, w);
}

static void recorded_and_fetched(void **state)
{
	struct world *w = *state;
	struct far_ask *x = ask(w, w->token);
	struct buf got = { 0 };

	serve(w);
	assert_int_equal(far_ask_record(x, until(w, WAIT_MS)), 0);
	assert_int_equal(far_ask_fetch(x, until(w, WAIT_MS), &got), 0);
	assert_int_equal(got.len, w->text.len);
	assert_memory_equal(got.b, w->text.b, got.len);
	buf_done(&got);
	far_ask_close(x);
	/* And the next one who comes. */
	x = ask(w, w->token + 1);
	assert_int_equal(far_ask_record(x, until(w, WAIT_MS)), 0);
	far_ask_close(x);
}

static void one_at_a_time(void **state)
{
	struct world *w = *state;
	struct far_ask *x = ask(w, w->token), *y = ask(w, w->token + 1);
	struct buf got = { 0 };

	serve(w);
	assert_int_equal(far_ask_record(x, until(w, WAIT_MS)), 0);
	assert_int_equal(far_ask_record(y, until(w, SHORT_MS)), -ETIMEDOUT);
	/* Nor does another end it, or get it. */
	assert_int_equal(far_ask_fetch(y, until(w, SHORT_MS), &got), -ETIMEDOUT);
	assert_false(responder_is_due(w->r));
	far_ask_close(y);
	far_ask_close(x);
}

static void nobody_is_there(void **state)
{
	struct world *w = *state;
	struct far_ask *x;

	responder_close(w->r);
	w->r = NULL;
	x = ask(w, w->token);
	assert_int_equal(far_ask_record(x, until(w, SHORT_MS)), -ETIMEDOUT);
	far_ask_close(x);
}

static void strangers_get_nothing(void **state)
{
	struct world *w = *state;
	struct far_ask *x = ask(w, w->token);

	w->strangers = true;
	assert_int_equal(far_ask_record(x, until(w, SHORT_MS)), -ETIMEDOUT);
	far_ask_close(x);
}

/* --- each answer ------------------------------------------------------------------- */

static int sock_to(const struct world *w)
{
	struct sockaddr_storage sa;
	socklen_t len = sockaddr_from_endpoint(&w->at, &sa);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

/* The length of the answer; 0: none. On one machine it is there when the question was served. */
static size_t answer(struct world *w, int fd, const struct probe_msg *m, uint8_t *b, size_t room)
{
	uint8_t out[2048];
	size_t len = probe_msg_put(m, out, sizeof(out));
	ssize_t n;

	assert_int_equal(send(fd, out, len, 0), len);
	loop_drain(w->loop);
	n = recv(fd, b, room, 0);
	return n < 0 ? 0 : (size_t)n;
}

static void never_more_than_asked(void **state)
{
	static const uint8_t body[500] = { 1, 2, 3 };
	struct world *w = *state;
	int fd = sock_to(w), other = sock_to(w);
	uint8_t b[4096];
	struct probe_msg got, m = { .type = PROBE_HELLO, .token = 7 };
	enum probe_type t;

	assert_int_equal(answer(w, fd, &m, b, sizeof(b)), PROBE_HEADER_LEN);
	assert_true(probe_msg_read(b, PROBE_HEADER_LEN, &got));
	assert_int_equal(got.type, PROBE_WELCOME);
	/* As it came, whatever its length. */
	m = (struct probe_msg){ .type = PROBE_ECHO, .seq = 9, .body = body, .body_len = 500 };
	assert_int_equal(answer(w, fd, &m, b, sizeof(b)), PROBE_HEADER_LEN + 500);
	assert_memory_equal(b + PROBE_HEADER_LEN, body, 500);
	responder_began(w->r);
	responder_give(w->r, buf_str(&w->text), w->text.len);
	/* Without the cookie, with another's or of another token: nothing. */
	for (t = PROBE_KNOCK; t < PROBE_TYPE_END; t++) {
		m = (struct probe_msg){ .type = t, .token = 7, .cookie = got.cookie + 1 };
		if (t != PROBE_HELLO && t != PROBE_ECHO)
			assert_int_equal(answer(w, fd, &m, b, sizeof(b)), 0);
		m.cookie = got.cookie;
		if (t != PROBE_HELLO && t != PROBE_ECHO)
			assert_int_equal(answer(w, other, &m, b, sizeof(b)), 0);
		m.token = 8;
		if (t != PROBE_HELLO && t != PROBE_ECHO)
			assert_int_equal(answer(w, fd, &m, b, sizeof(b)), 0);
	}
	close(fd);
	close(other);
}

struct counting {
	int fd;
	unsigned n;
};

static bool has_all(void *ctx)
{
	struct counting *c = ctx;
	uint8_t b[2048];
	struct probe_msg m;
	ssize_t n;

	while ((n = recv(c->fd, b, sizeof(b), 0)) >= 0) {
		assert_true(probe_msg_read(b, (size_t)n, &m));
		assert_int_equal(m.type, PROBE_PACED);
		assert_int_equal(m.direction, PROBE_DOWN);
		assert_int_equal(m.seq, c->n++);
		assert_int_equal(m.body_len, 100);
	}
	return c->n == 20;
}

static void paced(void **state)
{
	struct probe_pace p = { .count = 20, .interval_us = 500, .body_len = 100 };
	struct probe_msg got, m = { .type = PROBE_HELLO, .token = 7 };
	struct world *w = *state;
	uint8_t body[PROBE_PACE_LEN], b[2048], out[64];
	struct counting c = { sock_to(w), 0 };
	size_t len;

	assert_int_equal(answer(w, c.fd, &m, b, sizeof(b)), PROBE_HEADER_LEN);
	assert_true(probe_msg_read(b, PROBE_HEADER_LEN, &got));
	probe_pace_put(&p, body);
	m = (struct probe_msg){ .type = PROBE_PACE_ASK,
				.token = 7,
				.cookie = got.cookie,
				.body = body,
				.body_len = sizeof(body) };
	len = probe_msg_put(&m, out, sizeof(out));
	assert_int_equal(send(c.fd, out, len, 0), len);
	assert_int_equal(loop_run(w->loop, until(w, WAIT_MS), has_all, &c), 0);
	/* Too fast, too large, too many: nothing. */
	p.interval_us = 499;
	probe_pace_put(&p, body);
	assert_int_equal(answer(w, c.fd, &m, b, sizeof(b)), 0);
	p = (struct probe_pace){ .count = 20, .interval_us = 500, .body_len = 1401 };
	probe_pace_put(&p, body);
	assert_int_equal(answer(w, c.fd, &m, b, sizeof(b)), 0);
	close(c.fd);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(recorded_and_fetched),  T(one_at_a_time),	    T(nobody_is_there),
		T(strangers_get_nothing), T(never_more_than_asked), T(paced),
	};
	int code = own_netns_enter();

	if (code)
		return code;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
