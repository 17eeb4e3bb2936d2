/*
 * Transfers between two namespaces over a veth pair, and through a far side that is played
 * here and damages what it carries.
 * needs: root
 * beside: others
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/stream.h"
#include "unit/own_netns.h"
#include "wire/ip.h"

enum { PACKET_MAX = 66000, MTU = 1420 };

enum trick { FORWARD, CHANGE, DROP_THIRD, TWICE, SILENT };

struct world {
	const struct platform_ops *p;
	struct arena a;
	struct loop *l;
	int home, away;
	struct sys_tun tun[END_COUNT]; /* fd -1: a veth pair instead */
	enum trick trick;
	unsigned n_carried, n_changed;
	ssize_t longest;
	struct stream_conf c;
	struct stream_facts f;
};

static struct ip_addr addr(const char *s)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(s, &a));
	return a;
}

static void use_family(struct world *w, unsigned family)
{
	w->c.addr[END_NEAR] = addr(family == 4 ? "10.0.0.1" : "fd00::1");
	w->c.addr[END_FAR] = addr(family == 4 ? "10.0.0.2" : "fd00::2");
}

static void expect_home(struct world *w)
{
	struct stat a, b;
	struct err e = { 0 };
	int fd;

	assert_int_equal(w->p->netns_get(&fd, &e), 0);
	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(fstat(w->home, &b), 0);
	assert_true(a.st_ino == b.st_ino);
	close(fd);
}

static int world_new(struct world **out)
{
	struct world *w = calloc(1, sizeof(*w));
	struct err e = { 0 };

	assert_non_null(w);
	arena_init(&w->a);
	w->p = platform_get();
	w->l = loop_new(w->p->boot_ns);
	w->tun[END_NEAR].fd = w->tun[END_FAR].fd = -1;
	assert_int_equal(w->p->netns_get(&w->home, &e), 0);
	assert_int_equal(w->p->netns_new(&w->away, &e), 0);
	w->c = (struct stream_conf){ .kind = STREAM_TCP,
				     .from = END_NEAR,
				     .netns = { w->home, w->away },
				     .home_netns = w->home,
				     .amount = 300000,
				     .unit = MTU,
				     .seed = own_seed() };
	use_family(w, 4);
	*out = w;
	return 0;
}

static int setup_veth(void **state)
{
	struct err e = { 0 };
	struct world *w;

	world_new(&w);
	assert_int_equal(w->p->veth_add(w->home, "near0", w->away, "far0", &e), 0);
	assert_int_equal(w->p->link_mtu("near0", MTU, &e), 0);
	assert_int_equal(own_addr("near0", "10.0.0.1/24"), 0);
	assert_int_equal(own_addr("near0", "fd00::1/64"), 0);
	assert_int_equal(w->p->netns_enter(w->away, &e), 0);
	assert_int_equal(w->p->link_mtu("far0", MTU, &e), 0);
	assert_int_equal(own_addr("far0", "10.0.0.2/24"), 0);
	assert_int_equal(own_addr("far0", "fd00::2/64"), 0);
	assert_int_equal(w->p->netns_enter(w->home, &e), 0);
	*state = w;
	return 0;
}

/* --- a tunnel of two tuns and no crypto ---------------------------------------- */

/* Changes the last byte, and mends the checksum, so that only the bytes themselves can tell. */
static void change(uint8_t *b, size_t len)
{
	struct ip_packet ip;
	uint8_t *l4;
	size_t l4_len, at;
	uint32_t sum;
	uint16_t done;

	if (ip_parse(b, len, &ip) != IP_OK)
		return;
	l4 = b + ip.header_len;
	l4_len = ip.total_len - ip.header_len;
	at = ip.proto == IP_PROTO_UDP ? 6 : 16;
	if (ip.proto != IP_PROTO_UDP &&
	    (ip.proto != IP_PROTO_TCP || l4_len <= (size_t)(l4[12] >> 4) * 4))
		return; /* nothing of the transfer is in it */
	l4[l4_len - 1] ^= 0x40;
	l4[at] = l4[at + 1] = 0;
	sum = ip_sum(ip.src, ip.version == 4 ? 8 : 32, (uint32_t)l4_len + ip.proto);
	done = ip_sum_finish(ip_sum(l4, l4_len, sum));
	l4[at] = (uint8_t)(done >> 8);
	l4[at + 1] = (uint8_t)done;
}

static bool carries_transfer(const uint8_t *b, size_t len)
{
	struct ip_packet ip;

	return ip_parse(b, len, &ip) == IP_OK &&
	       (ip.proto == IP_PROTO_UDP || ip.proto == IP_PROTO_TCP) && ip.total_len > 200;
}

static void carry(struct world *w, enum end from)
{
	static uint8_t b[PACKET_MAX];
	ssize_t n = read(w->tun[from].fd, b, sizeof(b));
	int to = w->tun[from == END_NEAR ? END_FAR : END_NEAR].fd;

	if (n <= 0 || w->trick == SILENT)
		return;
	if (carries_transfer(b, (size_t)n)) {
		w->n_carried++;
		w->longest = MAX(w->longest, n);
		if (w->trick == DROP_THIRD && w->n_carried % 3 == 0)
			return;
		if (w->trick == CHANGE && w->n_carried == 2) {
			change(b, (size_t)n);
			w->n_changed++;
		}
	}
	assert_int_equal(write(to, b, (size_t)n), n);
	if (w->trick == TWICE)
		assert_int_equal(write(to, b, (size_t)n), n);
}

static void on_near(void *ctx, short revents)
{
	(void)revents;
	carry(ctx, END_NEAR);
}

static void on_far(void *ctx, short revents)
{
	(void)revents;
	carry(ctx, END_FAR);
}

static void tun_end(struct world *w, enum end e, const char *v4, const char *v6)
{
	struct err err = { 0 };

	assert_int_equal(w->p->tun_open("wgt0", &w->tun[e], &err), 0);
	assert_int_equal(w->p->link_mtu("wgt0", MTU, &err), 0);
	assert_int_equal(own_addr("wgt0", v4), 0);
	assert_int_equal(own_addr("wgt0", v6), 0);
	loop_add_fd(w->l, w->tun[e].fd, POLLIN, e == END_NEAR ? on_near : on_far, w);
}

static int setup_tun(void **state)
{
	struct err e = { 0 };
	struct world *w;

	world_new(&w);
	tun_end(w, END_NEAR, "10.0.0.1/24", "fd00::1/64");
	assert_int_equal(w->p->netns_enter(w->away, &e), 0);
	tun_end(w, END_FAR, "10.0.0.2/24", "fd00::2/64");
	assert_int_equal(w->p->netns_enter(w->home, &e), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	unsigned i;

	for (i = 0; i < END_COUNT; i++)
		if (w->tun[i].fd >= 0)
			close(w->tun[i].fd);
	if (w->tun[0].fd < 0)
		w->p->link_delete("near0", &e);
	close(w->home);
	close(w->away);
	loop_free(w->l);
	arena_done(&w->a);
	free(w);
	return 0;
}

/* -------------------------------------------------------------------------------- */

static int run(struct world *w, int64_t for_ns)
{
	struct err e = { 0 };
	struct stream *s;
	int rc;

	w->n_carried = 0;
	w->longest = 0;
	assert_int_equal(stream_open(&w->c, w->p, w->l, &w->a, &s, &e), 0);
	expect_home(w);
	assert_false(stream_done(s));
	stream_start(s);
	rc = loop_run(w->l, w->p->boot_ns() + for_ns, stream_done, s);
	stream_facts(s, &w->f);
	stream_close(s);
	assert_int_equal(w->f.kind, w->c.kind);
	assert_int_equal(w->f.from, w->c.from);
	assert_int_equal(w->f.family, w->c.addr[0].family);
	assert_int_equal(w->f.unit, w->c.unit);
	return rc;
}

static void expect_whole(struct world *w)
{
	assert_int_equal(run(w, 20 * NS_PER_S), 0);
	if (w->f.error)
		print_message("%s\n", w->f.error);
	assert_null(w->f.error);
	assert_int_equal(w->f.sent, w->c.amount);
	assert_int_equal(w->f.received, w->c.amount);
	assert_int_equal(w->f.corrupt, 0);
	assert_true(w->f.elapsed_ns > 0 && w->f.elapsed_ns < 20 * NS_PER_S);
}

static void all_ways(struct world *w)
{
	static const int64_t bytes[] = { 1, 1419, 65536, 65537, 1000000 },
			     dgrams[] = { 1, 7, 8, 9, 200 };
	unsigned family, from;
	size_t i;

	for (family = 4; family <= 6; family += 2) {
		use_family(w, family);
		for (from = 0; from < END_COUNT; from++) {
			w->c.from = (enum end)from;
			for (i = 0; i < ARRAY_LEN(bytes); i++) {
				w->c.kind = STREAM_TCP;
				w->c.amount = bytes[i];
				expect_whole(w);
				w->c.kind = STREAM_UDP;
				w->c.amount = dgrams[i];
				expect_whole(w);
			}
		}
	}
}

static unsigned count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void test_veth(void **state)
{
	unsigned fds = count_fds();

	all_ways(*state);
	assert_int_equal(count_fds(), fds);
}

static void test_tun(void **state)
{
	all_ways(*state);
}

/* Each datagram is one packet of just the MTU, not two fragments, and not less. */
static void test_full_packets(void **state)
{
	struct world *w = *state;
	unsigned family;

	w->c.kind = STREAM_UDP;
	w->c.amount = 20;
	for (family = 4; family <= 6; family += 2) {
		use_family(w, family);
		for (w->c.unit = MTU - 1; w->c.unit <= MTU; w->c.unit++) {
			expect_whole(w);
			assert_int_equal(w->n_carried, 20);
			assert_int_equal(w->longest, w->c.unit);
		}
	}
}

static void test_changed_on_the_way(void **state)
{
	struct world *w = *state;
	unsigned family;

	w->trick = CHANGE;
	for (family = 4; family <= 6; family += 2) {
		use_family(w, family);
		w->n_changed = 0;
		w->c.kind = STREAM_TCP;
		w->c.amount = 300000;
		assert_int_equal(run(w, 20 * NS_PER_S), 0);
		assert_int_equal(w->n_changed, 1);
		assert_int_equal(w->f.received, 300000);
		assert_int_equal(w->f.corrupt, 1);
		w->c.kind = STREAM_UDP;
		w->c.amount = 50;
		assert_int_equal(run(w, 20 * NS_PER_S), 0);
		assert_int_equal(w->f.received, 50);
		assert_int_equal(w->f.corrupt, 1);
		assert_null(w->f.error);
	}
}

/* Every packet twice: TCP does not mind, and of a datagram one is enough. */
static void test_twice(void **state)
{
	struct world *w = *state;

	w->trick = TWICE;
	w->c.amount = 50000;
	expect_whole(w);
	w->c.kind = STREAM_UDP;
	w->c.amount = 50;
	expect_whole(w);
}

static void test_lost(void **state)
{
	struct world *w = *state;

	w->trick = DROP_THIRD;
	w->c.kind = STREAM_UDP;
	w->c.amount = 60;
	assert_int_equal(run(w, 300 * NS_PER_MS), -ETIMEDOUT);
	assert_int_equal(w->f.sent, 60);
	assert_int_equal(w->f.received, 40);
	assert_int_equal(w->f.corrupt, 0);
	assert_non_null(strstr(w->f.error, "40 of 60 arrived"));
}

static void test_silence(void **state)
{
	struct world *w = *state;

	w->trick = SILENT;
	assert_int_equal(run(w, 100 * NS_PER_MS), -ETIMEDOUT);
	assert_int_equal(w->f.received, 0);
	assert_non_null(strstr(w->f.error, "not finished after 0.1 s: 0 of 300000 arrived"));
}

/* The listener is there, and then we have no descriptor left for who comes. */
static void test_no_descriptor_left(void **state)
{
	struct world *w = *state;
	struct rlimit limit, none;
	struct err e = { 0 };
	struct stream *s;
	int rc, top;

	assert_int_equal(stream_open(&w->c, w->p, w->l, &w->a, &s, &e), 0);
	stream_start(s);
	top = dup(0);
	assert_true(top >= 0);
	close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ (rlim_t)top, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	rc = loop_run(w->l, w->p->boot_ns() + 20 * NS_PER_S, stream_done, s);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	stream_facts(s, &w->f);
	stream_close(s);
	assert_int_equal(rc, 0);
	assert_string_equal(w->f.error, "accept: Too many open files");
	assert_true(w->f.shortage);
	/* And again with enough: what was then is forgotten. */
	expect_whole(w);
	assert_false(w->f.shortage);
}

/* --- what cannot be opened: one line, nothing leaked, the thread at home ---------- */

static void expect_open_fails(struct world *w, int code, const char *text)
{
	struct stream *s = NULL;
	unsigned fds = count_fds();
	struct err e = { 0 };

	assert_int_equal(stream_open(&w->c, w->p, w->l, &w->a, &s, &e), -code);
	assert_null(s);
	assert_non_null(strstr(e.text, text));
	assert_int_equal(count_fds(), fds);
	expect_home(w);
}

static void test_refused(void **state)
{
	struct world *w = *state;
	struct ip_addr good = w->c.addr[END_FAR];
	unsigned kind;

	for (kind = STREAM_UDP; kind <= STREAM_TCP; kind++) {
		w->c.kind = (enum stream_kind)kind;
		w->c.amount = 10;
		w->c.addr[END_FAR] = addr("10.0.0.99");
		expect_open_fails(w, EADDRNOTAVAIL, "bind to 10.0.0.99: ");
		w->c.addr[END_FAR] = good;
		w->c.netns[END_FAR] = 0; /* no namespace */
		expect_open_fails(w, EINVAL, "namespace");
		w->c.netns[END_FAR] = w->away;
	}
	w->c.kind = STREAM_UDP;
	w->c.unit = 35;
	expect_open_fails(w, EINVAL, "35");
	stream_close(NULL);
}

/*
 * No route back to the sender's address, or the link is down: the first call that fails is
 * named.
 */
static void test_no_route(void **state)
{
	struct world *w = *state;
	struct err e = { 0 };
	unsigned kind;

	assert_int_equal(w->p->link_up("near0", false, &e), 0);
	for (kind = STREAM_UDP; kind <= STREAM_TCP; kind++) {
		w->c.kind = (enum stream_kind)kind;
		w->c.amount = 10;
		assert_int_equal(run(w, NS_PER_S), 0);
		assert_int_equal(w->f.sent, 0);
		assert_string_equal(w->f.error, "connect: Network is unreachable");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_veth, setup_veth, teardown),
		cmocka_unit_test_setup_teardown(test_tun, setup_tun, teardown),
		cmocka_unit_test_setup_teardown(test_full_packets, setup_tun, teardown),
		cmocka_unit_test_setup_teardown(test_changed_on_the_way, setup_tun, teardown),
		cmocka_unit_test_setup_teardown(test_twice, setup_tun, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup_tun, teardown),
		cmocka_unit_test_setup_teardown(test_silence, setup_tun, teardown),
		cmocka_unit_test_setup_teardown(test_no_descriptor_left, setup_veth, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup_veth, teardown),
		cmocka_unit_test_setup_teardown(test_no_route, setup_veth, teardown),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
