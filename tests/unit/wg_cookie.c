/* mac1, mac2 and cookies from both sides; the limit per source; under load or not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "wg/cookie.h"
#include "wg/limits.h"
#include "wg/noise_hash.h"

enum { LEN = WG_INITIATION_LEN, MAC1_AT = LEN - 32, MAC2_AT = LEN - 16 };

static const int64_t T0 = 1000 * NS_PER_S;

struct two_sides {
	struct public_key key; /* of the receiving side */
	struct cookie_checker checker;
	struct cookie_sender sender;
	uint8_t fresh[32], nonce[WG_COOKIE_NONCE_LEN];
	uint8_t msg[LEN];
	struct endpoint from;
};

static void hex_equal(const uint8_t *b, size_t len, const char *want)
{
	char hex[129];

	assert_true(2 * len < sizeof(hex));
	sodium_bin2hex(hex, sizeof(hex), b, len);
	assert_string_equal(hex, want);
}

static struct endpoint endpoint(const char *s)
{
	struct endpoint e;

	memset(&e, 0, sizeof(e));
	if (!endpoint_parse(s, &e))
		fail_msg("bad endpoint in the test: %s", s);
	return e;
}

static void set_up(struct two_sides *w)
{
	size_t i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < sizeof(w->key.b); i++)
		w->key.b[i] = (uint8_t)(i + 1);
	for (i = 0; i < LEN; i++)
		w->msg[i] = (uint8_t)(i * 7);
	for (i = 0; i < sizeof(w->nonce); i++)
		w->nonce[i] = (uint8_t)(0x40 + i);
	memset(w->fresh, 0x5a, sizeof(w->fresh));
	w->from = endpoint("192.0.2.1:51820");
	cookie_checker_init(&w->checker);
	cookie_checker_set_key(&w->checker, &w->key);
	cookie_sender_init(&w->sender, &w->key);
}

static void send_at(struct two_sides *w, int64_t now_ns)
{
	cookie_sender_add_macs(&w->sender, w->msg, LEN, now_ns);
}

static bool mac2_at(struct two_sides *w, int64_t now_ns)
{
	return cookie_mac2_valid(&w->checker, w->msg, LEN, &w->from, now_ns, w->fresh);
}

static struct wg_msg_cookie_reply reply_at(struct two_sides *w, int64_t now_ns)
{
	struct wg_msg_cookie_reply m;

	cookie_reply_create(&w->checker, w->msg, LEN, &w->from, now_ns, w->fresh, w->nonce, &m);
	return m;
}

/* Sends, is asked for a cookie and takes it. */
static void get_cookie(struct two_sides *w, int64_t now_ns)
{
	struct wg_msg_cookie_reply m;

	send_at(w, now_ns);
	m = reply_at(w, now_ns);
	assert_int_equal(cookie_sender_consume(&w->sender, &m, now_ns), WG_DROP_NONE);
}

/*
 * By python3: b2 = hashlib.blake2s; pub = bytes(range(1, 33));
 * b2(b'mac1----' + pub), b2(b'cookie--' + pub); msg = bytes(i * 7 & 255 for i in range(148));
 * mac1 = b2(msg[:116], key=mac1_key, digest_size=16);
 * cookie = b2(address + (51820).to_bytes(2, 'big'), key=b'\x5a' * 32, digest_size=16);
 * mac2 = b2(msg[:116] + mac1, key=cookie, digest_size=16)
 */
static void known_answers(void **state)
{
	struct two_sides w;

	(void)state;
	set_up(&w);
	hex_equal(w.checker.mac1_key, 32,
		  "121b33018813efaa1d3128cdec1392897828e98831f01822c250ddfdf7090183");
	hex_equal(w.checker.cookie_key, 32,
		  "2f87e1b72843ca5c7d1f3d56271f4a9e22cd2c8f01c86b1b88bd8fb7d7871de1");
	assert_memory_equal(w.sender.mac1_key, w.checker.mac1_key, 32);
	assert_memory_equal(w.sender.cookie_key, w.checker.cookie_key, 32);
	send_at(&w, T0);
	hex_equal(w.msg + MAC1_AT, 16, "6fea3c6810e991690c346bf561568e9d");
	hex_equal(w.msg + MAC2_AT, 16, "00000000000000000000000000000000");
	get_cookie(&w, T0);
	hex_equal(w.sender.cookie, 16, "649b5a04f17c3ab2a19e6981ffbb5482");
	send_at(&w, T0);
	hex_equal(w.msg + MAC2_AT, 16, "091fb862048e1f9478665ae0a2b00a31");
	w.from = endpoint("[2001:db8::1]:51820");
	get_cookie(&w, T0);
	hex_equal(w.sender.cookie, 16, "0453f2c3574be0ddb5b8c60ab32d100c");
	send_at(&w, T0);
	hex_equal(w.msg + MAC2_AT, 16, "6d94237df743c21ae9289c6a78950a37");
}

/*
 * XChaCha20-Poly1305 by python3: HChaCha20(cookie_key, nonce[:16]) written out, then
 * ChaCha20Poly1305(that).encrypt(bytes(4) + nonce[16:], cookie, mac1) of package cryptography.
 */
static void known_reply(void **state)
{
	struct wg_msg_cookie_reply m;
	struct two_sides w;

	(void)state;
	set_up(&w);
	send_at(&w, T0);
	m = reply_at(&w, T0);
	assert_int_equal(m.receiver, 0x312a231c); /* bytes 4 to 7 of msg: its sender index */
	assert_memory_equal(m.nonce, w.nonce, sizeof(w.nonce));
	hex_equal(m.enc_cookie, 32,
		  "c3acab50a540b85dcf5bc93516921e481eb64e07af6a95350988ad632a71d819");
}

static void mac1(void **state)
{
	struct cookie_checker none;
	struct public_key other = { { 9 } };
	struct two_sides w;
	size_t i;

	(void)state;
	set_up(&w);
	send_at(&w, T0);
	assert_true(cookie_mac1_valid(&w.checker, w.msg, LEN));
	for (i = 0; i < LEN; i++) {
		w.msg[i] ^= 1;
		/* mac2 lies behind what mac1 covers */
		assert_int_equal(cookie_mac1_valid(&w.checker, w.msg, LEN), i >= MAC2_AT);
		w.msg[i] ^= 1;
	}
	assert_false(cookie_mac1_valid(&w.checker, w.msg, LEN - 1));
	assert_false(cookie_mac1_valid(&w.checker, w.msg, 31));
	assert_false(cookie_mac1_valid(&w.checker, w.msg, 0));
	cookie_checker_set_key(&w.checker, &other);
	assert_false(cookie_mac1_valid(&w.checker, w.msg, LEN));
	/* without a key of ours: not even a mac1 made with the key that is then there */
	cookie_checker_init(&none);
	noise_mac(none.mac1_key, sizeof(none.mac1_key), w.msg, MAC1_AT, w.msg + MAC1_AT);
	assert_false(cookie_mac1_valid(&none, w.msg, LEN));
}

static void mac2_covers_all_before_it(void **state)
{
	struct two_sides w;
	size_t i;

	(void)state;
	set_up(&w);
	send_at(&w, T0);
	assert_false(mac2_at(&w, T0)); /* zero: no cookie yet */
	get_cookie(&w, T0);
	send_at(&w, T0);
	for (i = 0; i < LEN; i++) {
		w.msg[i] ^= 0x80;
		assert_false(mac2_at(&w, T0));
		w.msg[i] ^= 0x80;
	}
	assert_true(mac2_at(&w, T0));
}

static void address_and_port_matter(void **state)
{
	static const char *const others[] = { "192.0.2.1:51821", "192.0.2.2:51820",
					      "192.0.2.1:27850", /* the bytes of 51820 swapped */
					      "[::ffff:192.0.2.1]:51820", "[2001:db8::1]:51820" };
	struct two_sides w;
	size_t i;

	(void)state;
	set_up(&w);
	get_cookie(&w, T0);
	send_at(&w, T0);
	for (i = 0; i < ARRAY_LEN(others); i++) {
		w.from = endpoint(others[i]);
		assert_false(mac2_at(&w, T0));
	}
	w.from = endpoint("192.0.2.1:51820");
	assert_true(mac2_at(&w, T0));
	/* nor from which of our addresses we answer */
	w.from.src = endpoint("192.0.2.7:1").addr;
	assert_true(mac2_at(&w, T0));
}

static void sender_stops_using_an_old_cookie(void **state)
{
	static const uint8_t zero[WG_MAC_LEN];
	struct two_sides w;

	(void)state;
	set_up(&w);
	get_cookie(&w, T0);
	send_at(&w, T0 + COOKIE_USE_S * NS_PER_S - 1);
	assert_memory_not_equal(w.msg + MAC2_AT, zero, sizeof(zero));
	assert_true(mac2_at(&w, T0 + COOKIE_USE_S * NS_PER_S - 1));
	send_at(&w, T0 + COOKIE_USE_S * NS_PER_S);
	assert_memory_equal(w.msg + MAC2_AT, zero, sizeof(zero));
	assert_memory_equal(w.sender.cookie, zero, sizeof(zero));
	/* and it does not come back by an earlier clock */
	send_at(&w, T0);
	assert_memory_equal(w.msg + MAC2_AT, zero, sizeof(zero));
}

static void secret_is_changed_when_old(void **state)
{
	struct two_sides w;

	(void)state;
	set_up(&w);
	get_cookie(&w, T0);
	send_at(&w, T0);
	memset(w.fresh, 0x77, sizeof(w.fresh));
	assert_true(mac2_at(&w, T0 + COOKIE_SECRET_S * NS_PER_S - 1));
	assert_false(mac2_at(&w, T0 + COOKIE_SECRET_S * NS_PER_S));
	assert_memory_equal(w.checker.secret, w.fresh, sizeof(w.fresh));
	/* the new one lives as long */
	get_cookie(&w, T0 + COOKIE_SECRET_S * NS_PER_S);
	send_at(&w, T0 + COOKIE_SECRET_S * NS_PER_S);
	memset(w.fresh, 0x78, sizeof(w.fresh));
	assert_true(mac2_at(&w, T0 + 2 * COOKIE_SECRET_S * NS_PER_S - 1));
	assert_false(mac2_at(&w, T0 + 2 * COOKIE_SECRET_S * NS_PER_S));
}

static void replies_that_are_refused(void **state)
{
	struct wg_msg_cookie_reply good, bad;
	struct two_sides w;
	size_t i;

	(void)state;
	set_up(&w);
	send_at(&w, T0);
	good = reply_at(&w, T0);
	for (i = 0; i < sizeof(good.enc_cookie); i++) {
		bad = good;
		bad.enc_cookie[i] ^= 1;
		assert_int_equal(cookie_sender_consume(&w.sender, &bad, T0), WG_DROP_IN_COOKIE);
	}
	for (i = 0; i < sizeof(good.nonce); i++) {
		bad = good;
		bad.nonce[i] ^= 1;
		assert_int_equal(cookie_sender_consume(&w.sender, &bad, T0), WG_DROP_IN_COOKIE);
	}
	assert_false(w.sender.has_cookie);
	/* a forged one does not use up the one that is asked for */
	assert_int_equal(cookie_sender_consume(&w.sender, &good, T0), WG_DROP_NONE);
	/* a second one is not asked for */
	assert_int_equal(cookie_sender_consume(&w.sender, &good, T0), WG_DROP_IN_COOKIE);
	assert_true(w.sender.has_cookie);
	/* for a mac1 that was sent earlier */
	w.msg[10] ^= 1;
	send_at(&w, T0);
	assert_int_equal(cookie_sender_consume(&w.sender, &good, T0), WG_DROP_IN_COOKIE);
	/* before anything was sent */
	cookie_sender_init(&w.sender, &w.key);
	assert_int_equal(cookie_sender_consume(&w.sender, &good, T0), WG_DROP_IN_COOKIE);
}

static void a_response_can_be_answered_too(void **state)
{
	uint8_t msg[WG_RESPONSE_LEN] = { WG_MSG_RESPONSE, 0, 0, 0, 0x11, 0x22, 0x33, 0x44, 9, 9 };
	struct wg_msg_cookie_reply m;
	struct two_sides w;

	(void)state;
	set_up(&w);
	cookie_sender_add_macs(&w.sender, msg, sizeof(msg), T0);
	assert_true(cookie_mac1_valid(&w.checker, msg, sizeof(msg)));
	cookie_reply_create(&w.checker, msg, sizeof(msg), &w.from, T0, w.fresh, w.nonce, &m);
	assert_int_equal(m.receiver, 0x44332211);
	assert_int_equal(cookie_sender_consume(&w.sender, &m, T0), WG_DROP_NONE);
	cookie_sender_add_macs(&w.sender, msg, sizeof(msg), T0);
	assert_true(cookie_mac2_valid(&w.checker, msg, sizeof(msg), &w.from, T0, w.fresh));
}

static void done_wipes(void **state)
{
	struct two_sides w;

	(void)state;
	set_up(&w);
	get_cookie(&w, T0);
	cookie_checker_done(&w.checker);
	cookie_sender_done(&w.sender);
	assert_true(sodium_is_zero((void *)&w.checker, sizeof(w.checker)));
	assert_true(sodium_is_zero((void *)&w.sender, sizeof(w.sender)));
}

/* --- the limit per source --- */

static unsigned allowed(struct ratelimit *r, const char *from, int64_t now_ns, unsigned n)
{
	struct endpoint e = endpoint(from);
	unsigned yes = 0;

	while (n--)
		yes += ratelimit_allow(r, &e, now_ns);
	return yes;
}

static void limit_of_20_a_second(void **state)
{
	static const uint8_t key[16] = { 3 };
	struct ratelimit *r = ratelimit_new(key);
	int64_t t, end = T0 + 10 * NS_PER_S;
	unsigned n = 0;

	(void)state;
	assert_int_equal(allowed(r, "192.0.2.1:1", T0, 100), RATELIMIT_BURST);
	assert_int_equal(allowed(r, "192.0.2.1:1", T0 + 50 * NS_PER_MS - 1, 1), 0);
	assert_int_equal(allowed(r, "192.0.2.1:1", T0 + 50 * NS_PER_MS, 2), 1);
	/* refused ones cost nothing: ten seconds of asking every millisecond give 20 a second */
	for (t = T0 + 50 * NS_PER_MS + NS_PER_MS; t <= end; t += NS_PER_MS)
		n += allowed(r, "192.0.2.1:1", t, 1);
	assert_in_range(n, 198, 200);
	/* rest fills the burst again, and no more than that */
	assert_int_equal(allowed(r, "192.0.2.1:1", end + 60 * NS_PER_S, 100), RATELIMIT_BURST);
	ratelimit_free(r);
}

static void limit_is_per_32_and_64(void **state)
{
	static const uint8_t key[16] = { 3 };
	struct ratelimit *r = ratelimit_new(key);

	(void)state;
	assert_int_equal(allowed(r, "192.0.2.1:1", T0, 9), RATELIMIT_BURST);
	assert_int_equal(allowed(r, "192.0.2.1:2", T0, 9), 0); /* the port does not matter */
	assert_int_equal(allowed(r, "192.0.2.2:1", T0, 9), RATELIMIT_BURST);
	assert_int_equal(allowed(r, "[2001:db8:0:1::1]:1", T0, 9), RATELIMIT_BURST);
	assert_int_equal(allowed(r, "[2001:db8:0:1:ffff::2]:1", T0, 9), 0);
	assert_int_equal(allowed(r, "[2001:db8:0:2::1]:1", T0, 9), RATELIMIT_BURST);
	/* the same bytes in the other family are another source */
	assert_int_equal(allowed(r, "[c000:201::]:1", T0, 9), RATELIMIT_BURST);
	assert_int_equal(ratelimit_entries(r), 5);
	ratelimit_free(r);
}

static void idle_sources_are_forgotten(void **state)
{
	static const uint8_t key[16] = { 3 };
	struct ratelimit *r = ratelimit_new(key);

	(void)state;
	allowed(r, "192.0.2.1:1", T0, 9);
	allowed(r, "192.0.2.2:1", T0 + NS_PER_S / 2, 9);
	ratelimit_expire(r, T0 + NS_PER_S);
	assert_int_equal(ratelimit_entries(r), 2);
	ratelimit_expire(r, T0 + NS_PER_S + 1);
	assert_int_equal(ratelimit_entries(r), 1);
	assert_int_equal(allowed(r, "192.0.2.2:1", T0 + NS_PER_S / 2, 1), 0); /* still known */
	ratelimit_expire(r, T0 + 9 * NS_PER_S);
	assert_int_equal(ratelimit_entries(r), 0);
	ratelimit_free(r);
}

/* A flood from everywhere: memory is bounded, known sources go on, room comes back. */
static void bounded(void **state)
{
	static const uint8_t key[16] = { 3 };
	struct ratelimit *r = ratelimit_new(key);
	struct endpoint e = { .addr.family = FAMILY_IP4, .port = 1 };
	unsigned i, yes = 0;

	(void)state;
	for (i = 0; i < 3 * RATELIMIT_ENTRIES_MAX; i++) {
		e.addr.b[1] = (uint8_t)(i >> 16);
		e.addr.b[2] = (uint8_t)(i >> 8);
		e.addr.b[3] = (uint8_t)i;
		yes += ratelimit_allow(r, &e, T0 + i);
	}
	assert_int_equal(yes, RATELIMIT_ENTRIES_MAX);
	assert_int_equal(ratelimit_entries(r), RATELIMIT_ENTRIES_MAX);
	assert_int_equal(allowed(r, "0.0.0.7:1", T0 + NS_PER_MS, 9), RATELIMIT_BURST - 1);
	assert_int_equal(allowed(r, "192.0.2.1:1", T0 + NS_PER_MS, 1), 0);
	/* without a call of ratelimit_expire() */
	assert_int_equal(allowed(r, "192.0.2.1:1", T0 + 3 * NS_PER_S, 1), 1);
	assert_int_equal(ratelimit_entries(r), 1);
	ratelimit_free(r);
}

/* --- load --- */

static bool note(struct load *l, int64_t now_ns, unsigned n)
{
	bool under = false;

	while (n--)
		under = load_note_handshake(l, now_ns);
	return under;
}

static void load_on_and_off(void **state)
{
	struct load l;

	(void)state;
	load_init(&l);
	assert_false(note(&l, 0, LOAD_HANDSHAKES_PER_S)); /* a clock that starts at 0 is fine */
	load_init(&l);
	assert_false(note(&l, T0, LOAD_HANDSHAKES_PER_S));
	assert_true(note(&l, T0 + NS_PER_S - 1, 1)); /* one more within the second */
	/* lingers from the last message that was over the limit */
	assert_true(note(&l, T0 + 2 * NS_PER_S - 2, 1));
	assert_false(note(&l, T0 + 2 * NS_PER_S - 1, 1));
	assert_false(note(&l, T0 + 90 * NS_PER_S, 1));
}

static void load_needs_the_rate(void **state)
{
	struct load l;
	int64_t t;

	(void)state;
	load_init(&l);
	for (t = T0; t < T0 + 20 * NS_PER_S; t += NS_PER_S / LOAD_HANDSHAKES_PER_S)
		assert_false(note(&l, t, 1));
	load_init(&l);
	for (t = T0; t < T0 + 20 * NS_PER_S; t += NS_PER_S / (2 * LOAD_HANDSHAKES_PER_S))
		note(&l, t, 1);
	assert_true(note(&l, t, 1)); /* twice the rate: stays under load */
}

static void load_forced(void **state)
{
	struct load l;

	(void)state;
	load_init(&l);
	l.forced = true;
	assert_true(note(&l, T0, 1));
	l.forced = false;
	assert_false(note(&l, T0, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(known_reply),
		cmocka_unit_test(mac1),
		cmocka_unit_test(mac2_covers_all_before_it),
		cmocka_unit_test(address_and_port_matter),
		cmocka_unit_test(sender_stops_using_an_old_cookie),
		cmocka_unit_test(secret_is_changed_when_old),
		cmocka_unit_test(replies_that_are_refused),
		cmocka_unit_test(a_response_can_be_answered_too),
		cmocka_unit_test(done_wipes),
		cmocka_unit_test(limit_of_20_a_second),
		cmocka_unit_test(limit_is_per_32_and_64),
		cmocka_unit_test(idle_sources_are_forgotten),
		cmocka_unit_test(bounded),
		cmocka_unit_test(load_on_and_off),
		cmocka_unit_test(load_needs_the_rate),
		cmocka_unit_test(load_forced),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("wg_cookie", tests, NULL, NULL);
}
