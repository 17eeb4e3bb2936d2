/*
 * `set` against a real device: what is refused with which errno, that nothing of a refused
 * set happens, and what an accepted one does, as `get` shows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/daemon_get.h"
#include "engine/daemon_set.h"

#define KEY_A "a8dac1d8a70a751f0f699fb14ba1cff7b79cf4fbd8f09f44c6e6a90d0369604f"
#define KEY_B "662e14fd594556f522604703340351258903b64f35553763f19426ab2a515c58"
/* RFC 7748, section 6.1: Alice */
#define PRIVATE "77076d0a7318a57d3c16c17251b26645df4ec92ebc07982b25a9b3a0c1a2a3a4"

struct host {
	struct wg_device *dev;
	struct daemon_set_bind bind;
	int binds, bind_result;
	unsigned sent, initiations;
};

static void fake_random(void *ctx, void *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len);
}

static int64_t fake_wall(void *ctx)
{
	(void)ctx;
	return 1700000000 * NS_PER_S;
}

static void fake_send(void *ctx, struct wg_peer *p, const struct endpoint *to,
		      const struct wg_pkt *pkts, size_t n)
{
	struct host *h = ctx;

	(void)p;
	(void)to;
	h->sent += (unsigned)n;
	h->initiations += pkts[0].len == WG_INITIATION_LEN;
}

static void fake_deliver(void *ctx, struct wg_peer *p, const struct wg_pkt *pkts, size_t n)
{
	(void)ctx;
	(void)p;
	(void)pkts;
	(void)n;
}

static int fake_bind(void *ctx, const struct daemon_set_bind *b)
{
	struct host *h = ctx;

	h->bind = *b;
	h->binds++;
	return h->bind_result;
}

static int setup(void **state)
{
	struct host *h = calloc(1, sizeof(*h));
	struct wg_env env = { .ctx = h,
			      .random = fake_random,
			      .wall_ns = fake_wall,
			      .send = fake_send,
			      .deliver = fake_deliver };

	assert_true(sodium_init() >= 0);
	h->dev = wg_device_new(&env, NULL);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct host *h = *state;

	wg_device_free(h->dev);
	free(h);
	return 0;
}

/* All lines, then, when they were accepted, the empty one. */
static int set(struct host *h, const char *text)
{
	const struct daemon_set_host sh = { .dev = h->dev, .ctx = h, .bind = fake_bind };
	struct daemon_set *s = daemon_set_new();
	int rc = 0;

	for (const char *nl; rc == 0 && (nl = strchr(text, '\n')); text = nl + 1)
		rc = daemon_set_line(s, text, (size_t)(nl - text));
	if (rc == 0)
		rc = daemon_set_apply(s, &sh, NS_PER_S);
	daemon_set_free(s);
	return rc;
}

static char *get(struct host *h)
{
	struct daemon_get_host gh = { .port = 7, .fwmark = 0, .trace_fd = 5 };
	struct buf b;

	buf_init(&b);
	daemon_get_write(&b, h->dev, &gh);
	buf_add(&b, "", 1);
	return b.b;
}

/* A ring of as many as it keeps: the oldest of these first. */
static void shows_the_last_unknown_peers(void **state)
{
	struct daemon_unknown ring[DAEMON_UNKNOWN_KEPT] = { 0 };
	struct daemon_get_host gh = { .unknown = ring };
	struct host *h = *state;
	char *first, *all;
	struct buf b;

	for (; gh.n_unknown <= DAEMON_UNKNOWN_KEPT; gh.n_unknown++)
		ring[gh.n_unknown % DAEMON_UNKNOWN_KEPT] = (struct daemon_unknown){
			.key = { .b = { (uint8_t)gh.n_unknown } },
			.index = 0xab00 + (uint32_t)gh.n_unknown,
		};
	buf_init(&b);
	daemon_get_write(&b, h->dev, &gh);
	buf_add(&b, "", 1);
	all = b.b;
	first = strstr(all, "\nunknown_peer=");
	assert_non_null(first);
	assert_int_equal(strncmp(first, "\nunknown_peer=0000ab01:0100000000", 33), 0);
	assert_non_null(strstr(first, "\nunknown_peer=0000ab10:1000000000"));
	assert_null(strstr(all, "ab00:"));
	free(all);
}

static bool shows(struct host *h, const char *text)
{
	char *all = get(h);
	bool found = strstr(all, text);

	free(all);
	return found;
}

/* It is the first line. */
static bool has_key(struct host *h)
{
	char *all = get(h);
	bool found = !strncmp(all, "private_key=", 12);

	free(all);
	return found;
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} row[] = {
		{ "nonsense\n", -EPROTO },
		{ "colour=red\n", -EINVAL },
		{ "listen_port=65536\n", -EINVAL },
		{ "listen_port=\n", -EINVAL },
		{ "private_key=abc\n", -EINVAL },
		{ "replace_peers=false\n", -EINVAL },
		{ "endpoint=192.0.2.1:5\n", -EINVAL }, /* of no peer */
		{ "errno=0\n", -EINVAL },
		{ "public_key=" KEY_A "\nlisten_port=5\n", -EINVAL },
		{ "public_key=" KEY_A "\nprotocol_version=2\n", -EINVAL },
		{ "public_key=" KEY_A "\nendpoint=example.org:5\n", -EINVAL },
		{ "public_key=" KEY_A "\nendpoint=[fe80::1%nosuchif]:5\n", -EINVAL },
		{ "public_key=" KEY_A "\npersistent_keepalive_interval=65536\n", -EINVAL },
		{ "public_key=" KEY_A "\nallowed_ip=10.0.0.0/33\n", -EINVAL },
		{ "public_key=" KEY_A "\ntx_bytes=5\n", -EINVAL },
		{ "public_key=" KEY_A "\nremove=yes\n", -EINVAL },
	};
	struct host *h = *state;
	char text[512];

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		snprintf(text, sizeof(text), "public_key=" KEY_B "\n%s", row[i].text);
		if (!strncmp(row[i].text, "public_key", 10))
			assert_int_equal(set(h, text), row[i].rc);
		assert_int_equal(set(h, row[i].text), row[i].rc);
		assert_null(wg_device_next_peer(h->dev, NULL));
		assert_int_equal(h->binds, 0);
	}
}

static void nothing_happens_when_the_bind_fails(void **state)
{
	struct host *h = *state;

	h->bind_result = -EADDRINUSE;
	assert_int_equal(set(h, "private_key=" PRIVATE "\nlisten_port=53\npublic_key=" KEY_A "\n"),
			 -EADDRINUSE);
	assert_int_equal(h->binds, 1);
	assert_null(wg_device_next_peer(h->dev, NULL));
	assert_false(has_key(h));
}

static void bind_hears_what_was_set(void **state)
{
	struct host *h = *state;

	assert_int_equal(set(h, "replace_peers=true\n"), 0);
	assert_int_equal(h->binds, 0);
	assert_int_equal(set(h, "fwmark=0x1f\n"), 0);
	assert_true(h->bind.has_fwmark && !h->bind.has_port && h->bind.fwmark == 0x1f);
	assert_int_equal(set(h, "listen_port=0\nfwmark=4294967295\n"), 0);
	assert_true(h->bind.has_port && h->bind.port == 0 && h->bind.fwmark == UINT32_MAX);
	assert_int_equal(h->binds, 2);
}

static void private_key_is_clamped(void **state)
{
	struct host *h = *state;

	assert_int_equal(set(h, "private_key=" PRIVATE "\n"), 0);
	assert_true(shows(h, "private_key=70076d0a7318a57d3c16c17251b26645df4ec92ebc07982b25a9b3a"
			     "0c1a2a364\n"));
	assert_int_equal(set(h, "private_key="
				"0000000000000000000000000000000000000000000000000"
				"000000000000000\n"),
			 0);
	assert_false(has_key(h));
}

static void a_peer_is_shown_as_it_was_set(void **state)
{
	struct host *h = *state;

	assert_int_equal(set(h, "public_key=" KEY_A "\npreshared_key=" KEY_B
				"\nendpoint=[2001:db8::1]:51820\npersistent_keepalive_interval=25\n"
				"allowed_ip=10.1.2.3/24\nallowed_ip=2001:db8::/32\n"),
			 0);
	assert_true(shows(h, "public_key=" KEY_A "\npreshared_key=" KEY_B "\nprotocol_version=1\n"
			     "endpoint=[2001:db8::1]:51820\nlast_handshake_time_sec=0\n"
			     "last_handshake_time_nsec=0\ntx_bytes=0\nrx_bytes=0\n"
			     "persistent_keepalive_interval=25\nallowed_ip=10.1.2.0/24\n"
			     "allowed_ip=2001:db8::/32\n"));
	assert_true(shows(h, "listen_port=7\nengine=wgdiag\n"));
	assert_true(shows(h, "\ntrace_fd=5\n"));
	/* Every reason is there: what is not there is unknown, not zero. */
	for (int w = WG_DROP_NONE + 1; w < WG_DROP_COUNT; w++) {
		char line[96];

		snprintf(line, sizeof(line), "\ndrop_%s=0\n", wg_drop_id((enum wg_drop)w));
		assert_true(shows(h, line));
	}
}

static void allowed_ips_move_replace_and_go(void **state)
{
	struct host *h = *state;

	assert_int_equal(set(h,
			     "public_key=" KEY_A "\nallowed_ip=10.0.0.0/8\nallowed_ip=1.0.0.0/8\n"
			     "public_key=" KEY_B "\nallowed_ip=10.0.0.0/8\n"),
			 0);
	assert_true(shows(h, "allowed_ip=1.0.0.0/8\n"));
	assert_int_equal(set(h, "public_key=" KEY_A "\nallowed_ip=-10.0.0.0/8\n"), 0);
	assert_true(shows(h, "allowed_ip=10.0.0.0/8\n")); /* it was the other's */
	assert_int_equal(set(h, "public_key=" KEY_B "\nallowed_ip=-10.0.0.0/8\n"), 0);
	assert_false(shows(h, "allowed_ip=10.0.0.0/8\n"));
	assert_int_equal(set(h, "public_key=" KEY_A "\nreplace_allowed_ips=true\n"
				"allowed_ip=::/0\n"),
			 0);
	assert_false(shows(h, "allowed_ip=1.0.0.0/8\n"));
	assert_true(shows(h, "allowed_ip=::/0\n"));
}

static void remove_and_update_only(void **state)
{
	struct host *h = *state;

	assert_int_equal(set(h, "public_key=" KEY_A "\nupdate_only=true\nallowed_ip=1.0.0.0/8\n"),
			 0);
	assert_null(wg_device_next_peer(h->dev, NULL));
	assert_int_equal(set(h, "public_key=" KEY_A "\nremove=true\nallowed_ip=1.0.0.0/8\n"), 0);
	assert_null(wg_device_next_peer(h->dev, NULL));
	assert_int_equal(set(h, "public_key=" KEY_A "\npublic_key=" KEY_B "\n"), 0);
	assert_int_equal(set(h, "public_key=" KEY_A "\nupdate_only=true\nallowed_ip=1.0.0.0/8\n"),
			 0);
	assert_true(shows(h, "allowed_ip=1.0.0.0/8\n"));
	assert_int_equal(set(h, "public_key=" KEY_A "\nremove=true\nallowed_ip=2.0.0.0/8\n"), 0);
	assert_false(shows(h, KEY_A));
	assert_false(shows(h, "allowed_ip="));
	assert_int_equal(set(h, "replace_peers=true\npublic_key=" KEY_A "\n"), 0);
	assert_false(shows(h, KEY_B));
	assert_true(shows(h, KEY_A));
}

static void own_key_is_no_peer(void **state)
{
	struct host *h = *state;
	struct public_key own;
	char hex[KEY_HEX_LEN + 1], text[256];

	assert_int_equal(set(h, "private_key=" PRIVATE "\n"), 0);
	assert_true(wg_device_public_key(h->dev, &own));
	key_hex(own.b, hex);
	snprintf(text, sizeof(text), "public_key=%s\nallowed_ip=1.0.0.0/8\npublic_key=" KEY_A "\n",
		 hex);
	assert_int_equal(set(h, text), 0);
	assert_false(shows(h, hex));
	assert_false(shows(h, "allowed_ip="));
	assert_true(shows(h, KEY_A));
}

static void keepalive_from_zero_is_sent_at_once(void **state)
{
	struct host *h = *state;

	wg_device_set_up(h->dev, true, NS_PER_S);
	assert_int_equal(
		set(h, "private_key=" PRIVATE "\npublic_key=" KEY_A "\nendpoint=192.0.2.1:5\n"), 0);
	assert_int_equal(h->initiations, 0);
	assert_int_equal(set(h, "public_key=" KEY_A "\npersistent_keepalive_interval=1\n"), 0);
	assert_int_equal(h->initiations, 1);
}

static void many_allowed_ips(void **state)
{
	struct host *h = *state;
	struct buf b;
	char *all;
	size_t n = 0;

	buf_init(&b);
	buf_puts(&b, "public_key=" KEY_A "\n");
	for (unsigned i = 0; i < 130560; i++)
		buf_printf(&b, "allowed_ip=10.%u.%u.%u/32\n", i >> 16, i >> 8 & 255, i & 255);
	assert_int_equal(set(h, buf_str(&b)), 0);
	all = get(h);
	/* Line by line: under the sanitizer each strstr() measures all that is left. */
	for (const char *p = all; (p = strchr(p, '\n')); p++)
		n += strncmp(p, "\nallowed_ip=", 12) == 0;
	assert_int_equal(n, 130560);
	free(all);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_happens_when_the_bind_fails, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bind_hears_what_was_set, setup, teardown),
		cmocka_unit_test_setup_teardown(private_key_is_clamped, setup, teardown),
		cmocka_unit_test_setup_teardown(a_peer_is_shown_as_it_was_set, setup, teardown),
		cmocka_unit_test_setup_teardown(allowed_ips_move_replace_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(remove_and_update_only, setup, teardown),
		cmocka_unit_test_setup_teardown(own_key_is_no_peer, setup, teardown),
		cmocka_unit_test_setup_teardown(keepalive_from_zero_is_sent_at_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(shows_the_last_unknown_peers, setup, teardown),
		cmocka_unit_test_setup_teardown(many_allowed_ips, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
