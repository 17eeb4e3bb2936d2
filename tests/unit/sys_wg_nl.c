/*
 * The kernel's answers about a WireGuard device, built by hand: as one message, as several with a
 * peer cut in two, with secrets, and with bytes that are missing or wrong.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/seed.h"
#include "model/cidr.h"
#include "sys/linux/wg_nl.h"

enum { MESSAGE_MAX = 32768, FAMILY = 29 };

struct message {
	/* aligned as the kernel's are */
	_Alignas(8) uint8_t b[MESSAGE_MAX];
	size_t len;
};

static void put(struct message *m, const void *p, size_t len)
{
	assert_true(m->len + NLA_ALIGN(len) <= MESSAGE_MAX);
	memcpy(m->b + m->len, p, len);
	memset(m->b + m->len + len, 0, NLA_ALIGN(len) - len);
	m->len += NLA_ALIGN(len);
}

static void attr(struct message *m, uint16_t type, const void *p, size_t len)
{
	struct nlattr a = { (uint16_t)(NLA_HDRLEN + len), type };

	put(m, &a, sizeof(a));
	put(m, p, len);
}

static size_t open_nest(struct message *m, uint16_t type)
{
	struct nlattr a = { NLA_HDRLEN, type | NLA_F_NESTED };

	put(m, &a, sizeof(a));
	return m->len - sizeof(a);
}

static void close_nest(struct message *m, size_t at)
{
	uint16_t len = (uint16_t)(m->len - at);

	memcpy(m->b + at, &len, sizeof(len));
}

static void begin(struct message *m)
{
	struct nlmsghdr h = { .nlmsg_type = FAMILY, .nlmsg_flags = NLM_F_MULTI };
	struct genlmsghdr g = { .cmd = WG_CMD_GET_DEVICE, .version = 1 };

	m->len = 0;
	put(m, &h, sizeof(h));
	put(m, &g, sizeof(g));
}

static void end(struct message *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->b, &len, sizeof(len));
}

static void key(struct message *m, uint16_t type, uint8_t fill)
{
	uint8_t k[KEY_LEN];

	memset(k, fill, sizeof(k));
	attr(m, type, k, sizeof(k));
}

static void device(struct message *m, uint8_t private_fill)
{
	uint16_t port = 51820;
	uint32_t mark = 0xca6c, ifindex = 7;

	attr(m, WGDEVICE_A_LISTEN_PORT, &port, sizeof(port));
	attr(m, WGDEVICE_A_FWMARK, &mark, sizeof(mark));
	attr(m, WGDEVICE_A_IFINDEX, &ifindex, sizeof(ifindex));
	attr(m, WGDEVICE_A_IFNAME, "wg0", 4);
	key(m, WGDEVICE_A_PRIVATE_KEY, private_fill);
	key(m, WGDEVICE_A_PUBLIC_KEY, private_fill ? 0x22 : 0);
}

static void allowed4(struct message *m, const char *net)
{
	size_t at = open_nest(m, 0);
	uint16_t family = AF_INET;
	struct cidr c;

	assert_true(cidr_parse(net, &c));
	attr(m, WGALLOWEDIP_A_CIDR_MASK, &c.len, 1);
	attr(m, WGALLOWEDIP_A_FAMILY, &family, sizeof(family));
	attr(m, WGALLOWEDIP_A_IPADDR, c.addr.b, 4);
	close_nest(m, at);
}

static void peer_head(struct message *m, uint8_t psk_fill)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(443) };
	uint16_t keepalive = 25;
	uint64_t rx = 1U << 20, tx = UINT64_C(5) << 32;
	int64_t seen[2] = { 1764000000, 123456789 };

	to.sin_addr.s_addr = htonl(0xc0000207);
	key(m, WGPEER_A_PRESHARED_KEY, psk_fill);
	attr(m, WGPEER_A_LAST_HANDSHAKE_TIME, seen, sizeof(seen));
	attr(m, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, &keepalive, sizeof(keepalive));
	attr(m, WGPEER_A_TX_BYTES, &tx, sizeof(tx));
	attr(m, WGPEER_A_RX_BYTES, &rx, sizeof(rx));
	attr(m, WGPEER_A_ENDPOINT, &to, sizeof(to));
}

/* A peer with its prefixes "10.<key>.<first>.0/24" and so on; head: not seen in a message before. */
static void peer(struct message *m, uint8_t public_fill, bool head, unsigned first, unsigned n)
{
	size_t at = open_nest(m, 0), list;
	char net[32];

	key(m, WGPEER_A_PUBLIC_KEY, public_fill);
	if (head)
		peer_head(m, 0x44);
	list = open_nest(m, WGPEER_A_ALLOWEDIPS);
	for (; n--; first++) {
		snprintf(net, sizeof(net), "10.%u.%u.0/24", public_fill, first);
		allowed4(m, net);
	}
	close_nest(m, list);
	close_nest(m, at);
}

static void take(struct wg_nl *w, struct message *m)
{
	wg_nl_take(w, (struct nlmsghdr *)m->b);
}

static void expect_nets(const struct uapi_peer *p, unsigned n)
{
	char want[32], got[CIDR_STR_SIZE];
	unsigned i;

	assert_int_equal(p->n_allowed, n);
	for (i = 0; i < n; i++) {
		snprintf(want, sizeof(want), "10.%u.%u.0/24", p->public_key.b[0], i);
		assert_string_equal(cidr_str(&p->allowed[i], got), want);
	}
}

static void one_message_is_read(void **state)
{
	struct arena a;
	struct wg_nl w = { .arena = &a };
	struct key_digest digest;
	struct secret_key psk;
	struct message m;
	struct uapi_peer *p;
	char text[ENDPOINT_STR_SIZE];
	size_t peers;

	(void)state;
	arena_init(&a);
	begin(&m);
	device(&m, 0x11);
	peers = open_nest(&m, WGDEVICE_A_PEERS);
	peer(&m, 5, true, 0, 3);
	close_nest(&m, peers);
	end(&m);
	wg_nl_scrub(m.b, m.len);
	take(&w, &m);

	assert_false(w.bad);
	assert_true(w.device.has_private_key);
	assert_int_equal(w.device.public_key.b[31], 0x22);
	assert_int_equal(w.device.listen_port, 51820);
	assert_int_equal(w.device.fwmark, 0xca6c);
	assert_int_equal(w.device.n_peers, 1);
	p = &w.device.peers[0];
	assert_true(p->has_psk);
	memset(psk.b, 0x44, sizeof(psk.b));
	secret_key_digest(&psk, &digest);
	assert_true(key_digest_equal(&p->psk, &digest));
	assert_int_equal(p->keepalive_s, 25);
	assert_int_equal(p->rx_bytes, 1U << 20);
	assert_true(p->tx_bytes == UINT64_C(5) << 32);
	assert_int_equal(p->last_handshake_s, 1764000000);
	assert_int_equal(p->last_handshake_nsec, 123456789);
	assert_string_equal(endpoint_str(&p->endpoint, text), "192.0.2.7:443");
	expect_nets(p, 3);
	arena_done(&a);
}

static void zero_keys_are_none(void **state)
{
	struct arena a;
	struct wg_nl w = { .arena = &a };
	struct message m;
	size_t peers, at;

	(void)state;
	arena_init(&a);
	begin(&m);
	device(&m, 0);
	peers = open_nest(&m, WGDEVICE_A_PEERS);
	at = open_nest(&m, 0);
	key(&m, WGPEER_A_PUBLIC_KEY, 6);
	key(&m, WGPEER_A_PRESHARED_KEY, 0);
	close_nest(&m, at);
	close_nest(&m, peers);
	end(&m);
	wg_nl_scrub(m.b, m.len);
	take(&w, &m);
	assert_false(w.bad);
	assert_false(w.device.has_private_key);
	assert_int_equal(w.device.n_peers, 1);
	assert_false(w.device.peers[0].has_psk);
	assert_int_equal(w.device.peers[0].endpoint.addr.family, FAMILY_NONE);
	arena_done(&a);
}

/* No 4 bytes in a row of either secret are left, wherever the message is cut by the sender. */
static void secrets_are_gone(void **state)
{
	static const uint8_t secret[2][4] = { { 0x11, 0x11, 0x11, 0x11 },
					      { 0x44, 0x44, 0x44, 0x44 } };
	struct message m;
	size_t peers, i;

	(void)state;
	begin(&m);
	device(&m, 0x11);
	peers = open_nest(&m, WGDEVICE_A_PEERS);
	peer(&m, 5, true, 0, 3);
	peer(&m, 6, true, 0, 1);
	close_nest(&m, peers);
	end(&m);
	for (i = 0; i < 2; i++)
		assert_non_null(memmem(m.b, m.len, secret[i], 4));
	wg_nl_scrub(m.b, m.len);
	for (i = 0; i < 2; i++)
		assert_null(memmem(m.b, m.len, secret[i], 4));
}

/*
 * Peers with drawn numbers of prefixes, cut into messages at drawn places, as the kernel does: what
 * follows of a peer has its key and prefixes and nothing else.
 */
static void a_split_peer_is_one(void **state)
{
	enum { PEERS = 20 };
	unsigned n[PEERS], i, first, part, round;
	struct seed *s = *state;
	struct message m;
	size_t list;

	for (round = 0; round < 20; round++) {
		struct arena a;
		struct wg_nl w = { .arena = &a };

		arena_init(&a);
		begin(&m);
		device(&m, 0x11);
		list = open_nest(&m, WGDEVICE_A_PEERS);
		for (i = 0; i < PEERS; i++) {
			n[i] = (unsigned)seed_below(s, 60);
			first = 0;
			do {
				part = (unsigned)seed_below(s, 20);
				part = part > n[i] - first ? n[i] - first : part;
				peer(&m, (uint8_t)(i + 1), first == 0, first, part);
				first += part;
				if (first == n[i] && seed_below(s, 4))
					continue; /* the next peer is in the same message */
				close_nest(&m, list);
				end(&m);
				wg_nl_scrub(m.b, m.len);
				take(&w, &m);
				begin(&m);
				list = open_nest(&m, WGDEVICE_A_PEERS);
			} while (first < n[i]);
		}
		close_nest(&m, list);
		end(&m);
		take(&w, &m);

		assert_false(w.bad);
		assert_int_equal(w.device.n_peers, PEERS);
		assert_int_equal(w.device.listen_port, 51820);
		for (i = 0; i < PEERS; i++) {
			assert_int_equal(w.device.peers[i].keepalive_s, 25);
			assert_true(w.device.peers[i].has_psk);
			expect_nets(&w.device.peers[i], n[i]);
		}
		arena_done(&a);
	}
}

/* Each in memory of exactly its length, so that reading beyond it is seen. */
static void cut_messages_are_survived(void **state)
{
	struct message m;
	size_t list, cut;
	uint32_t len;

	(void)state;
	begin(&m);
	device(&m, 0x11);
	list = open_nest(&m, WGDEVICE_A_PEERS);
	peer(&m, 5, true, 0, 3);
	close_nest(&m, list);
	end(&m);
	for (cut = NLMSG_HDRLEN; cut < m.len; cut++) {
		struct arena a;
		struct wg_nl w = { .arena = &a };
		uint8_t *b = malloc(cut);

		assert_non_null(b);
		arena_init(&a);
		memcpy(b, m.b, cut);
		len = (uint32_t)cut;
		memcpy(b, &len, sizeof(len));
		wg_nl_scrub(b, cut);
		wg_nl_take(&w, (struct nlmsghdr *)b);
		assert_true(w.device.n_peers <= 1);
		arena_done(&a);
		free(b);
	}
}

static void wrong_bytes_are_survived(void **state)
{
	struct seed *s = *state;
	struct message m, bent;
	size_t list, i, k;

	begin(&m);
	device(&m, 0x11);
	list = open_nest(&m, WGDEVICE_A_PEERS);
	peer(&m, 5, true, 0, 8);
	peer(&m, 6, true, 0, 8);
	close_nest(&m, list);
	end(&m);
	for (i = 0; i < 5000; i++) {
		struct arena a;
		struct wg_nl w = { .arena = &a };

		arena_init(&a);
		bent = m;
		for (k = 1 + seed_below(s, 4); k--;)
			bent.b[NLMSG_HDRLEN + seed_below(s, m.len - NLMSG_HDRLEN)] =
				(uint8_t)seed_below(s, 256);
		wg_nl_scrub(bent.b, bent.len);
		take(&w, &bent);
		arena_done(&a);
	}
}

static void nonsense_is_told(void **state)
{
	struct arena a;
	struct wg_nl short_key = { .arena = &a }, long_prefix = { .arena = &a };
	uint16_t family = AF_INET;
	uint8_t addr[4] = { 10 }, len = 33, half[16] = { 1 };
	struct message m;
	size_t list, p, ips, ip;

	(void)state;
	arena_init(&a);
	begin(&m);
	list = open_nest(&m, WGDEVICE_A_PEERS);
	p = open_nest(&m, 0);
	attr(&m, WGPEER_A_PUBLIC_KEY, half, sizeof(half));
	close_nest(&m, p);
	close_nest(&m, list);
	end(&m);
	take(&short_key, &m);
	assert_true(short_key.bad);

	begin(&m);
	list = open_nest(&m, WGDEVICE_A_PEERS);
	p = open_nest(&m, 0);
	key(&m, WGPEER_A_PUBLIC_KEY, 5);
	ips = open_nest(&m, WGPEER_A_ALLOWEDIPS);
	ip = open_nest(&m, 0);
	attr(&m, WGALLOWEDIP_A_CIDR_MASK, &len, 1);
	attr(&m, WGALLOWEDIP_A_FAMILY, &family, sizeof(family));
	attr(&m, WGALLOWEDIP_A_IPADDR, addr, sizeof(addr));
	close_nest(&m, ip);
	close_nest(&m, ips);
	close_nest(&m, p);
	close_nest(&m, list);
	end(&m);
	take(&long_prefix, &m);
	assert_true(long_prefix.bad);
	arena_done(&a);
}

int main(void)
{
	struct seed s = seed_start("sys_wg_nl");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message_is_read),
		cmocka_unit_test(zero_keys_are_none),
		cmocka_unit_test(secrets_are_gone),
		cmocka_unit_test_prestate(a_split_peer_is_one, &s),
		cmocka_unit_test(cut_messages_are_survived),
		cmocka_unit_test_prestate(wrong_bytes_are_survived, &s),
		cmocka_unit_test(nonsense_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
