/* What the engines of a self-made tunnel are told, and every way in which they may not keep it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lab/self_config.h"

struct scene {
	struct arena a;
	struct self_tunnel t;
	struct uapi_device *d; /* as an engine that keeps all would show it */
};

static void parse_ip(const char *s, struct ip_addr *out)
{
	assert_true(ip_addr_parse(s, out));
}

/* Commands have no place in a reply. */
static void add_without_commands(struct buf *to, const char *from)
{
	size_t len;

	for (; *from; from += len) {
		len = strcspn(from, "\n") + 1;
		if (strncmp(from, "replace_", 8))
			buf_add(to, from, len);
	}
}

/* The reply to `get` of an engine that was told what self_config_peer() says. */
static struct uapi_device *echoed(struct scene *s, enum end end)
{
	struct uapi_device *d;
	struct buf b, told;
	struct err e;

	buf_init(&b);
	buf_init(&told);
	uapi_put_number(&b, UAPI_LISTEN_PORT, s->t.end[end].port);
	self_config_peer(&s->t, end, &told);
	add_without_commands(&b, told.b);
	buf_wipe_done(&told);
	buf_puts(&b, "errno=0\n\n");
	if (uapi_parse_get_reply(b.b, b.len, &s->a, &d, &e) < 0)
		fail_msg("%s", e.text);
	buf_wipe_done(&b);
	return d;
}

static int setup(void **state)
{
	static struct scene s;

	memset(&s, 0, sizeof(s));
	arena_init(&s.a);
	parse_ip("192.0.2.1", &s.t.end[END_NEAR].outer);
	parse_ip("192.0.2.2", &s.t.end[END_FAR].outer);
	parse_ip("10.0.0.1", &s.t.end[END_NEAR].inner4);
	parse_ip("10.0.0.2", &s.t.end[END_FAR].inner4);
	parse_ip("fd00::1", &s.t.end[END_NEAR].inner6);
	parse_ip("fd00::2", &s.t.end[END_FAR].inner6);
	s.t.end[END_NEAR].port = 11111;
	s.t.end[END_FAR].port = 22222;
	self_config_keys(&s.t);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	self_config_wipe(&s->t);
	arena_done(&s->a);
	return 0;
}

static void keys_are_new_and_wiped(void **state)
{
	struct scene *s = *state;
	struct self_end *near = &s->t.end[END_NEAR], *far = &s->t.end[END_FAR];
	struct public_key before = near->public_key;

	assert_memory_equal(&near->psk, &far->psk, sizeof(near->psk));
	assert_false(secret_key_is_zero(&near->psk));
	assert_memory_not_equal(&near->private_key, &far->private_key, KEY_LEN);
	self_config_wipe(&s->t);
	assert_true(secret_key_is_zero(&near->psk));
	assert_true(secret_key_is_zero(&far->psk));
	assert_true(secret_key_is_zero(&near->private_key));
	assert_true(secret_key_is_zero(&far->private_key));
	self_config_keys(&s->t);
	assert_false(public_key_equal(&before, &near->public_key));
}

static void what_was_kept_is_no_difference(void **state)
{
	struct scene *s = *state;
	struct uapi_device *d = echoed(s, END_NEAR);

	assert_null(self_config_difference(&s->t, END_NEAR, d, &s->a));
	assert_null(self_config_difference(&s->t, END_FAR, echoed(s, END_FAR), &s->a));
	self_config_wipe(&s->t);
	assert_null(self_config_difference(&s->t, END_NEAR, d, &s->a));
	assert_true(public_key_equal(&d->peers[0].public_key, &s->t.end[END_FAR].public_key));
	assert_int_equal(d->peers[0].endpoint.port, 22222);
	assert_int_equal(d->peers[0].n_allowed, 2);
	/* One end's configuration is not the other's. */
	assert_non_null(self_config_difference(&s->t, END_FAR, d, &s->a));
}

static void without_ip6_there_is_one_allowed_ip(void **state)
{
	struct scene *s = *state;
	struct uapi_device *d;

	s->t.end[END_NEAR].inner6.family = s->t.end[END_FAR].inner6.family = FAMILY_NONE;
	d = echoed(s, END_NEAR);
	assert_int_equal(d->peers[0].n_allowed, 1);
	assert_null(self_config_difference(&s->t, END_NEAR, d, &s->a));
}

static void spoil(struct scene *s, int how)
{
	struct uapi_device *d = s->d;
	struct uapi_peer *p = &d->peers[0];

	switch (how) {
	case 0: d->errno_ = 5; break;
	case 1: d->has_private_key = false; break;
	case 2: d->public_key = p->public_key; break;
	case 3: d->listen_port = 0; break;
	case 4: d->fwmark = 7; break;
	case 5: d->n_peers = 0; break;
	case 6: p->public_key = d->public_key; break;
	case 7: p->has_psk = false; break;
	case 8: p->endpoint.port++; break;
	case 9: p->keepalive_s = 25; break;
	case 10: p->allowed[1].addr.b[15]++; break;
	case 11: p->n_allowed = 1; break;
	case 12: p->allowed[1].len = 64; break;
	}
}

static void every_difference_is_told(void **state)
{
	static const char *const told[] = {
		"get says errno 5",
		"no private key",
		"another private key than was set",
		"listen port is 0, set was 11111",
		"fwmark is 7, none was set",
		"0 peers, set was 1",
		"the peer has another public key",
		"the peer has no preshared key",
		"endpoint is 192.0.2.2:22223, set was 192.0.2.2:22222",
		"persistent keepalive is 25 s, set was off",
		"allowed IP fd00::2/128 is missing",
		"allowed IP fd00::2/128 is missing",
		"allowed IP fd00::2/128 is missing",
	};
	struct scene *s = *state;
	const char *got;
	size_t i;

	for (i = 0; i < ARRAY_LEN(told); i++) {
		s->d = echoed(s, END_NEAR);
		spoil(s, (int)i);
		got = self_config_difference(&s->t, END_NEAR, s->d, &s->a);
		assert_non_null(got);
		assert_string_equal(got, told[i]);
	}
}

/* As the engine shows it after a set of the keepalive, and when it has forgotten it. */
static void the_keepalive_that_was_set_is_no_difference(void **state)
{
	struct scene *s = *state;
	struct buf text = { 0 };

	s->t.end[END_NEAR].keepalive_s = 25;
	self_config_keepalive(&s->t, END_NEAR, &text);
	assert_non_null(strstr(buf_str(&text), "persistent_keepalive_interval=25\n"));
	assert_non_null(strstr(buf_str(&text), "update_only=true\n"));
	assert_null(strstr(buf_str(&text), "private_key"));
	buf_done(&text);
	s->d = echoed(s, END_NEAR);
	s->d->peers[0].keepalive_s = 25;
	assert_null(self_config_difference(&s->t, END_NEAR, s->d, &s->a));
	s->d->peers[0].keepalive_s = 0;
	assert_string_equal(self_config_difference(&s->t, END_NEAR, s->d, &s->a),
			    "persistent keepalive is 0 s, set were 25");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(keys_are_new_and_wiped),
		TEST(what_was_kept_is_no_difference),
		TEST(without_ip6_there_is_one_allowed_ip),
		TEST(every_difference_is_told),
		TEST(the_keepalive_that_was_set_is_no_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
