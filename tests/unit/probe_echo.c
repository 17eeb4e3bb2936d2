/*
 * Echo over lo, and through a tun whose other end is played here: answers that come twice,
 * late, changed, for someone else, or never.
 * needs: root
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "probe/echo.h"
#include "probe/pattern.h"
#include "unit/own_netns.h"
#include "wire/ip.h"

enum { PACKET_MAX = 66000, ID = 4711, HELD_MAX = 8 };

enum trick {
	ANSWER,
	SILENT,
	ONE_OF_THREE,
	TWICE,
	CHANGED,
	SHORTENED,
	LENGTHENED,
	OTHER_NONCE,
	OTHER_ID,
	OTHER_SOURCE,
	HOLD,
	DENIES, /* the target's own word that it cannot be reached */
	REFUSES, /* the target refuses the port */
	ROUTER /* another says that it cannot be reached */
};

struct world {
	const struct platform_ops *p;
	struct arena a;
	struct loop *l;
	struct sys_tun tun;
	enum trick trick;
	uint8_t packet[PACKET_MAX], held[HELD_MAX][2000];
	size_t held_len[HELD_MAX];
	unsigned n_held;
	struct echo_conf c;
	struct ping_facts f;
	bool errs; /* somebody sent an ICMP error */
	struct ip_addr error_from;
	int64_t corrupt, bursts, head, tail;
	unsigned n_asked;
};

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

/* --- the far side ------------------------------------------------------------- */

static void fix_checksum(uint8_t *icmp, size_t len, const struct ip_packet *ip)
{
	uint32_t sum = 0;
	uint16_t done;

	icmp[2] = icmp[3] = 0;
	if (ip->version == 6)
		sum = ip_sum(ip->src, 32, (uint32_t)len + IP_PROTO_ICMP6);
	done = ip_sum_finish(ip_sum(icmp, len, sum));
	icmp[2] = (uint8_t)(done >> 8);
	icmp[3] = (uint8_t)done;
}

static void swap_addresses(uint8_t *b, const struct ip_packet *ip)
{
	size_t n = ip->version == 6 ? 16 : 4, at = (size_t)(ip->src - b);
	uint8_t t[16];

	memcpy(t, b + at, n);
	memcpy(b + at, b + at + n, n);
	memcpy(b + at + n, t, n);
}

static size_t resize(uint8_t *b, const struct ip_packet *ip, int by)
{
	size_t len = (size_t)((int)ip->total_len + by);
	size_t field = ip->version == 6 ? len - IP6_HEADER_LEN : len, at = ip->version == 6 ? 4 : 2;

	memset(b + ip->total_len, 0xee, by > 0 ? (size_t)by : 0);
	b[at] = (uint8_t)(field >> 8);
	b[at + 1] = (uint8_t)field;
	return len;
}

static size_t make_error(struct world *w, size_t len)
{
	static const uint8_t router4[4] = { 10, 0, 0, 9 };
	static const uint8_t router6[16] = { 0xfd, [15] = 9 };
	uint8_t out[IP_UNREACHABLE_MAX];
	bool v6 = w->packet[0] >> 4 == 6;
	const uint8_t *router = v6 ? router6 : router4;
	size_t n = ip_unreachable(w->packet, len, w->trick == ROUTER ? router : NULL, out);
	struct ip_packet ip;

	if (n == 0 || ip_parse(out, n, &ip) != IP_OK)
		return 0;
	if (w->trick == REFUSES)
		out[ip.header_len + 1] = v6 ? 4 : 3;
	fix_checksum(out + ip.header_len, n - ip.header_len, &ip);
	memcpy(w->packet, out, n);
	return n;
}

/* Turns the request into its answer, as the trick wants it. */
static size_t make_answer(struct world *w, size_t len)
{
	uint8_t *b = w->packet, *icmp;
	struct ip_packet ip;
	uint16_t sum;

	if (ip_parse(b, len, &ip) != IP_OK ||
	    (ip.proto != IP_PROTO_ICMP && ip.proto != IP_PROTO_ICMP6))
		return 0;
	icmp = b + ip.header_len;
	if (icmp[0] != (ip.version == 6 ? 128 : 8))
		return 0;
	swap_addresses(b, &ip);
	icmp[0] = ip.version == 6 ? 129 : 0;
	if (w->trick == SHORTENED)
		len = resize(b, &ip, -1);
	if (w->trick == LENGTHENED)
		len = resize(b, &ip, 1);
	if (w->trick == CHANGED)
		icmp[8 + 20] ^= 1;
	if (w->trick == OTHER_NONCE)
		icmp[8] ^= 1;
	if (w->trick == OTHER_ID)
		icmp[5] ^= 1;
	if (w->trick == OTHER_SOURCE) /* its last byte */
		b[(ip.version == 6 ? 8 + 16 : 12 + 4) - 1] ^= 8;
	fix_checksum(icmp, len - ip.header_len, &ip);
	if (ip.version == 4) {
		b[10] = b[11] = 0;
		sum = ip_sum_finish(ip_sum(b, ip.header_len, 0));
		b[10] = (uint8_t)(sum >> 8);
		b[11] = (uint8_t)sum;
	}
	return len;
}

static void on_tun(void *ctx, short revents)
{
	struct world *w = ctx;
	ssize_t n = read(w->tun.fd, w->packet, sizeof(w->packet));
	size_t len = n <= 0		? 0 :
		     w->trick >= DENIES ? make_error(w, (size_t)n) :
					  make_answer(w, (size_t)n);

	(void)revents;
	if (!len || w->trick == SILENT || (w->trick == ONE_OF_THREE && w->n_asked++ % 3))
		return;
	if (w->trick == HOLD) {
		assert_true(w->n_held < HELD_MAX && len <= sizeof(w->held[0]));
		memcpy(w->held[w->n_held], w->packet, len);
		w->held_len[w->n_held++] = len;
		return;
	}
	assert_int_equal(write(w->tun.fd, w->packet, len), len);
	if (w->trick == TWICE)
		assert_int_equal(write(w->tun.fd, w->packet, len), len);
}

static void let_go(struct world *w)
{
	unsigned i;

	for (i = 0; i < w->n_held; i++)
		assert_int_equal(write(w->tun.fd, w->held[i], w->held_len[i]), w->held_len[i]);
	w->n_held = 0;
}

/* ------------------------------------------------------------------------------- */

static void allow_ping_sockets(bool allow)
{
	const char *range = allow ? "0 2147483647" : "1 0";
	int fd = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, range, strlen(range)), strlen(range));
	close(fd);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = { 0 };

	assert_non_null(w);
	arena_init(&w->a);
	w->p = platform_get();
	w->l = loop_new(w->p->boot_ns);
	assert_int_equal(w->p->tun_open("wgt0", &w->tun, &e), 0);
	assert_int_equal(own_addr("wgt0", "10.0.0.1/24"), 0);
	assert_int_equal(own_addr("wgt0", "fd00::1/64"), 0);
	loop_add_fd(w->l, w->tun.fd, POLLIN, on_tun, w);
	w->c = (struct echo_conf){ .target = addr("10.0.0.2"),
				   .count = 5,
				   .payload_len = 56,
				   .interval_ns = 2 * NS_PER_MS,
				   .timeout_ns = NS_PER_S,
				   .id = ID,
				   .seed = own_seed() };
	allow_ping_sockets(false);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->tun.fd);
	loop_free(w->l);
	arena_done(&w->a);
	free(w);
	return 0;
}

static struct echo *open_echo(struct world *w)
{
	struct err e = { 0 };
	struct echo *x;

	assert_int_equal(echo_open(&w->c, w->l, &w->a, &x, &e), 0);
	return x;
}

static void run(struct world *w)
{
	struct echo *x = open_echo(w);

	assert_false(echo_done(x));
	echo_start(x);
	assert_int_equal(loop_run(w->l, w->p->boot_ns() + 20 * NS_PER_S, echo_done, x), 0);
	echo_facts(x, &w->f, &w->corrupt);
	w->bursts = echo_bursts(x);
	w->head = echo_head(x);
	w->tail = echo_tail(x);
	w->errs = echo_error(x, &w->error_from);
	echo_close(x);
	echo_close(x);
}

static void expect(const struct world *w, int64_t received, int64_t duplicates, int64_t corrupt)
{
	assert_int_equal(w->f.sent, w->c.count);
	assert_int_equal(w->f.received, received);
	assert_int_equal(w->f.duplicates, duplicates);
	assert_int_equal(w->f.late, 0);
	assert_int_equal(w->f.send_errors, 0);
	assert_null(w->f.send_error);
	assert_int_equal(w->corrupt, corrupt);
}

static void expect_times(const struct ping_facts *f)
{
	assert_true(f->min_ns > 0 && f->min_ns <= f->avg_ns && f->avg_ns <= f->max_ns);
	assert_true(f->max_ns < NS_PER_S);
	assert_true(f->mdev_ns >= 0 && f->mdev_ns <= (f->max_ns - f->min_ns + 1) / 2 + 1);
}

static void test_lo(void **state)
{
	struct world *w = *state;
	static const char *const target[] = { "127.0.0.1", "::1", "10.0.0.1", "fd00::1" };
	static const unsigned len[] = { 0, 1, 8, 15, 16, 17, 56, 1472, 9000, 65507 };
	unsigned raw, i, k;

	w->c.interval_ns = 0;
	for (raw = 0; raw < 2; raw++) {
		allow_ping_sockets(!raw);
		for (i = 0; i < ARRAY_LEN(target); i++) {
			for (k = 0; k < ARRAY_LEN(len); k++) {
				w->c.target = addr(target[i]);
				w->c.payload_len = len[k];
				run(w);
				expect(w, 5, 0, 0);
				expect_times(&w->f);
				assert_int_equal(w->f.size, (i % 2 ? 48 : 28) + len[k]);
				assert_int_equal(w->f.dev_is_tun, UNKNOWN);
				assert_true(ip_addr_equal(&w->f.target, &w->c.target));
			}
		}
	}
}

/* Two at once with one id: each hears its own, by socket or by nonce. */
static void test_two_at_once(void **state)
{
	struct world *w = *state;
	struct ping_facts f[2];
	struct echo *x[2];
	unsigned raw, i;

	w->c.target = addr("127.0.0.1");
	for (raw = 0; raw < 2; raw++) {
		allow_ping_sockets(!raw);
		for (i = 0; i < 2; i++, w->c.seed++)
			x[i] = open_echo(w);
		for (i = 0; i < 2; i++)
			echo_start(x[i]);
		for (i = 0; i < 2; i++)
			assert_int_equal(
				loop_run(w->l, w->p->boot_ns() + 5 * NS_PER_S, echo_done, x[i]), 0);
		for (i = 0; i < 2; i++) {
			echo_facts(x[i], &f[i], NULL);
			echo_close(x[i]);
			assert_int_equal(f[i].received, 5);
			assert_int_equal(f[i].duplicates, 0);
		}
	}
}

static void test_sequence_wraps(void **state)
{
	struct world *w = *state;

	w->c.target = addr("127.0.0.1");
	w->c.count = 66000;
	w->c.interval_ns = 0;
	w->c.payload_len = 16;
	run(w);
	expect(w, 66000, 0, 0);
}

/* Over lo, and to one who has room for a few packets only: as fast as it answers. */
static void test_flood(void **state)
{
	struct world *w = *state;

	w->c.count = 2000;
	w->c.interval_ns = 0;
	w->c.target = addr("127.0.0.1");
	run(w);
	expect(w, 2000, 0, 0);
	w->c.target = addr("10.0.0.2");
	run(w);
	expect(w, 2000, 0, 0);
	assert_true(w->f.elapsed_ns < 2000 * 10 * NS_PER_MS);
}

/* Nothing answers: 10 ms apart, until 16 are out; then as each is given up. */
static void test_flood_unanswered(void **state)
{
	struct world *w = *state;

	w->trick = SILENT;
	w->c.count = 20;
	w->c.interval_ns = 0;
	w->c.timeout_ns = 300 * NS_PER_MS;
	run(w);
	expect(w, 0, 0, 0);
	assert_true(w->f.elapsed_ns >= 600 * NS_PER_MS);
	assert_true(w->f.elapsed_ns <= echo_longest_ns(&w->c) + 300 * NS_PER_MS);
}

static void test_pacing(void **state)
{
	struct world *w = *state;

	w->c.count = 11;
	w->c.interval_ns = 10 * NS_PER_MS;
	run(w);
	expect(w, 11, 0, 0);
	assert_true(w->f.elapsed_ns >= 100 * NS_PER_MS);
	assert_true(w->f.elapsed_ns < 600 * NS_PER_MS); /* it does not wait for any timeout */
}

/* --- answers of all kinds ------------------------------------------------------- */

static const struct {
	enum trick trick;
	int64_t received, duplicates, corrupt;
} tricks[] = {
	{ ANSWER, 5, 0, 0 },	  { TWICE, 5, 5, 0 },	   { CHANGED, 5, 0, 5 },
	{ SHORTENED, 5, 0, 5 },	  { LENGTHENED, 5, 0, 5 }, { SILENT, 0, 0, 0 },
	{ OTHER_NONCE, 0, 0, 0 }, { OTHER_ID, 0, 0, 0 },   { OTHER_SOURCE, 0, 0, 0 },
};

static void test_tricks(void **state)
{
	struct world *w = *state;
	size_t i;
	unsigned v6, raw;

	w->c.timeout_ns = 50 * NS_PER_MS;
	for (i = 0; i < ARRAY_LEN(tricks); i++) {
		for (v6 = 0; v6 < 2; v6++) {
			for (raw = 0; raw < 2; raw++) {
				int64_t n = tricks[i].received;

				allow_ping_sockets(!raw);
				w->trick = tricks[i].trick;
				w->c.target = addr(v6 ? "fd00::2" : "10.0.0.2");
				/* so that the last one's second answer comes before all is done */
				w->c.interval_ns =
					w->trick == TWICE ? 5 * NS_PER_MS : 2 * NS_PER_MS;
				run(w);
				expect(w, n, n ? MIN(tricks[i].duplicates, w->f.duplicates) : 0,
				       tricks[i].corrupt);
				assert_true(w->f.duplicates >= tricks[i].duplicates - 1);
				assert_true(n ? w->f.avg_ns > 0 : w->f.avg_ns == UNKNOWN);
			}
		}
	}
}

/* Two paces in turn, and rests: none is sent before its time. */
static void test_turns(void **state)
{
	struct world *w = *state;

	w->c.count = 8;
	w->c.interval_ns = 4 * NS_PER_MS;
	w->c.turn_every = 2;
	w->c.turn_times = 5;
	run(w);
	expect(w, 8, 0, 0);
	assert_true(w->f.elapsed_ns >= (4 * 5 + 3) * w->c.interval_ns);
	w->c.turn_every = 0;
	w->c.pause_every = 3;
	w->c.pause_ns = 30 * NS_PER_MS;
	run(w);
	expect(w, 8, 0, 0);
	assert_true(w->f.elapsed_ns >= 7 * w->c.interval_ns + 2 * w->c.pause_ns);
}

struct told {
	const struct echo *x;
	const struct world *w;
	unsigned n_sent, n_answers;
};

static void on_sent(void *ctx, unsigned index, size_t payload_len)
{
	struct told *t = ctx;

	assert_int_equal(index, t->n_sent++);
	assert_int_equal(payload_len, t->w->c.payload_lens[index % t->w->c.n_payload_lens]);
}

static void on_answer(void *ctx, unsigned index)
{
	struct told *t = ctx;

	assert_true(index < t->n_sent);
	t->n_answers++;
}

/* Each has its own size, is told when it leaves and when it is answered the first time. */
static void test_sizes(void **state)
{
	static const uint16_t lens[] = { 300, 0, 16, 1000, 15, 8 };
	struct world *w = *state;
	struct told t = { .w = w };
	unsigned v6;

	w->c.count = 20;
	w->c.payload_len = 1000;
	w->c.payload_lens = lens;
	w->c.n_payload_lens = ARRAY_LEN(lens);
	w->c.on_sent = on_sent;
	w->c.on_answer = on_answer;
	w->c.ctx = &t;
	w->trick = TWICE;
	for (v6 = 0; v6 < 2; v6++) {
		w->c.target = addr(v6 ? "fd00::2" : "10.0.0.2");
		t.n_sent = t.n_answers = 0;
		run(w);
		expect(w, 20, w->f.duplicates, 0);
		assert_int_equal(t.n_sent, 20);
		assert_int_equal(t.n_answers, 20);
	}
}

/* In a capture each is known by id, number and nonce, and what another sent is not. */
static void test_which(void **state)
{
	struct world *w = *state;
	uint8_t payload[56];
	struct echo *x;
	unsigned index = 99, i;

	w->c.count = 3;
	x = open_echo(w);
	echo_start(x);
	assert_int_equal(loop_run(w->l, w->p->boot_ns() + 5 * NS_PER_S, echo_done, x), 0);
	for (i = 0; i < 3; i++) {
		pattern_fill(w->c.seed, (uint64_t)i << 17, payload, sizeof(payload));
		assert_true(echo_which(x, ID, (uint16_t)(i + 1), payload, sizeof(payload), &index));
		assert_int_equal(index, i);
		assert_false(echo_which(x, ID + 1, (uint16_t)(i + 1), payload, 56, &index));
		assert_false(echo_which(x, ID, (uint16_t)(i + 2), payload, 56, &index));
		assert_false(echo_which(x, ID, (uint16_t)(i + 1), payload, 7, &index));
		payload[3] ^= 1;
		assert_false(echo_which(x, ID, (uint16_t)(i + 1), payload, 56, &index));
	}
	assert_false(echo_which(x, ID, 0, payload, 56, &index));
	assert_false(echo_which(x, ID, 4, payload, 56, &index));
	echo_close(x);
}

/* Silence ends with the last request's timeout, and not later. */
static void test_silence(void **state)
{
	struct world *w = *state;

	w->trick = SILENT;
	w->c.timeout_ns = 200 * NS_PER_MS;
	run(w);
	expect(w, 0, 0, 0);
	assert_int_equal(w->bursts, 1);
	assert_int_equal(w->tail, w->c.count);
	assert_int_equal(w->f.min_ns, UNKNOWN);
	assert_int_equal(w->f.mdev_ns, UNKNOWN);
	assert_true(w->f.elapsed_ns >= 208 * NS_PER_MS);
	assert_true(w->f.elapsed_ns < 400 * NS_PER_MS);
}

/* Two in a row are one; so are those at the end. */
static void test_bursts(void **state)
{
	struct world *w = *state;

	w->trick = ONE_OF_THREE;
	w->c.count = 8;
	w->c.timeout_ns = 200 * NS_PER_MS;
	run(w);
	assert_int_equal(w->f.received, 3);
	assert_int_equal(w->bursts, 3);
	assert_int_equal(w->head, 1);
	assert_int_equal(w->tail, 1);
}

static void test_late(void **state)
{
	struct world *w = *state;
	struct echo *x;

	w->trick = HOLD;
	w->c.timeout_ns = 30 * NS_PER_MS;
	x = open_echo(w);
	echo_start(x);
	assert_int_equal(loop_run(w->l, w->p->boot_ns() + 5 * NS_PER_S, echo_done, x), 0);
	assert_int_equal(w->n_held, 5);
	/* Who wants to know whether they are lost goes on waiting. */
	assert_false(echo_all_back(x));
	let_go(w);
	assert_int_equal(loop_run(w->l, w->p->boot_ns() + 5 * NS_PER_S, echo_all_back, x), 0);
	echo_facts(x, &w->f, &w->corrupt);
	assert_int_equal(w->f.sent, 5);
	assert_int_equal(w->f.received, 0);
	assert_int_equal(w->f.late, 5);
	assert_int_equal(w->f.duplicates, 0);
	assert_int_equal(w->f.avg_ns, UNKNOWN);
	echo_close(x);
}

static void ping_while_busy(struct world *w)
{
	struct echo *x = open_echo(w);
	int64_t until;

	echo_start(x); /* over lo the answer is there when this returns */
	until = w->p->boot_ns() + 100 * NS_PER_MS;
	while (w->p->boot_ns() < until)
		;
	assert_int_equal(loop_run(w->l, w->p->boot_ns() + NS_PER_S, echo_done, x), 0);
	echo_facts(x, &w->f, &w->corrupt);
	echo_close(x);
}

/*
 * Whoever keeps the loop busy does not make the path slow, nor an answer late. Linux begins to
 * stamp what it receives some time after the first socket asked for it, so the first
 * try may be without.
 */
static void test_busy_loop(void **state)
{
	struct world *w = *state;
	struct echo *asks_for_stamps = open_echo(w);
	unsigned i;

	w->c.target = addr("127.0.0.1");
	w->c.count = 1;
	w->c.timeout_ns = 50 * NS_PER_MS;
	w->f.received = 0;
	for (i = 0; i < 20 && !w->f.received; i++)
		ping_while_busy(w);
	expect(w, 1, 0, 0);
	assert_true(w->f.max_ns < 40 * NS_PER_MS);
	echo_close(asks_for_stamps);
}

/* --- what the system refuses ------------------------------------------------------ */

static void test_send_errors(void **state)
{
	struct world *w = *state;

	w->c.target = addr("203.0.113.1"); /* no route leads there */
	run(w);
	assert_int_equal(w->f.sent, 0);
	assert_int_equal(w->f.received, 0);
	assert_int_equal(w->f.send_errors, 5);
	assert_string_equal(w->f.send_error, "Network is unreachable");
	assert_true(w->f.elapsed_ns < NS_PER_S / 2); /* there is no answer to wait for */
}

/* --- who sends an error instead -------------------------------------------------- */

static void test_errors(void **state)
{
	static const char *const target[] = { "10.0.0.2", "fd00::2" };
	static const char *const router[] = { "10.0.0.9", "fd00::9" };
	struct world *w = *state;
	struct ip_addr from;
	unsigned i;

	w->c.tells = w->p;
	w->c.count = 2;
	w->c.timeout_ns = 100 * NS_PER_MS;
	for (i = 0; i < 2; i++) {
		w->c.target = addr(target[i]);
		w->trick = DENIES;
		run(w);
		assert_int_equal(w->f.received, 0);
		assert_false(w->errs);
		w->trick = REFUSES;
		run(w);
		assert_true(w->errs);
		assert_true(ip_addr_equal(&w->error_from, &w->c.target));
		w->trick = ROUTER;
		run(w);
		from = addr(router[i]);
		assert_true(w->errs);
		assert_true(ip_addr_equal(&w->error_from, &from));
	}
}

static void test_source(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	struct echo *x = NULL;

	w->c.target = addr("10.0.0.2");
	w->c.source = addr("10.0.0.1");
	run(w);
	expect(w, 5, 0, 0);
	w->c.source = addr("10.0.0.77");
	assert_int_equal(echo_open(&w->c, w->l, &w->a, &x, &e), -EADDRNOTAVAIL);
	assert_string_equal(e.text, "ping from 10.0.0.77: Cannot assign requested address");
	w->c.payload_len = 65508;
	assert_int_equal(echo_open(&w->c, w->l, &w->a, &x, &e), -EMSGSIZE);
	assert_null(x);
	echo_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sequence_wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flood_unanswered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pacing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tricks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_which, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bursts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_busy_loop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_send_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_source, setup, teardown),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
