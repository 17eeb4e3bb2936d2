/*
 * What `wgdiag explain far` prints at the far end, as it comes back by way of a terminal.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "model/far_text.h"

/* Of a test; no key of anybody's. */
#define OWN "ERERERERERERERERERERERERERERERERERERERERERE="
#define PEER "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="

static const char *const look[] = {
	"begin|wg0",
	"uname|Linux|6.1.0|x86_64",
	"date|1790000000",
	"wg|public-key|" OWN,
	"wg|public-key|ok",
	"wg|listen-port|51820",
	"wg|listen-port|ok",
	"wg|fwmark|off",
	"wg|fwmark|ok",
	"wg|endpoints|" PEER "|192.0.2.7:40000",
	"wg|endpoints|ok",
	"wg|allowed-ips|" PEER "|10.0.0.2/32|fd00::2/128",
	"wg|allowed-ips|ok",
	"wg|transfer|" PEER "|1000|2000",
	"wg|transfer|ok",
	"wg|latest-handshakes|" PEER "|1789999990",
	"wg|latest-handshakes|ok",
	"link|mtu|1420",
	"link|rx_packets|70",
	"link|rx_errors|32",
	"link|rx_frame_errors|32",
	"link|kind|wireguard",
	"sysctl|ipv4/ip_forward|1",
	"sysctl|ipv6/conf/all/forwarding|0",
	"sysctl|ipv4/conf/all/rp_filter|2",
	"sysctl|ipv4/conf/wg0/rp_filter|absent",
	"end|wg0",
};

struct paper {
	struct arena a;
	struct buf text;
	struct far_text out;
	struct err e;
};

/* rx_errors: of this look. skip: a line left out, 0: none. */
static void put_look(struct buf *b, const char *end, unsigned errors, unsigned skip)
{
	unsigned i;

	for (i = 0; i < ARRAY_LEN(look); i++) {
		if (i + 1 == skip)
			continue;
		if (strstr(look[i], "rx_errors") || strstr(look[i], "frame_errors"))
			buf_printf(b, FAR_TEXT_MARK "%u|%.*s%u;%s", i + 1,
				   (int)(strrchr(look[i], '|') + 1 - look[i]), look[i], errors,
				   end);
		else
			buf_printf(b, FAR_TEXT_MARK "%u|%s;%s", i + 1, look[i], end);
	}
}

static int parse(struct paper *p)
{
	return far_text_parse(buf_str(&p->text), p->text.len, &p->a, &p->out, &p->e);
}

static void begin(struct paper *p)
{
	memset(p, 0, sizeof(*p));
	arena_init(&p->a);
}

static void end(struct paper *p)
{
	buf_done(&p->text);
	arena_done(&p->a);
}

static void is_the_look(const struct far_look *l, int64_t errors)
{
	assert_string_equal(l->link, "wg0");
	assert_string_equal(l->kind, "wireguard");
	assert_int_equal(l->when_s, 1790000000);
	assert_int_equal(l->mtu, 1420);
	assert_int_equal(l->ip4_forward, 1);
	assert_int_equal(l->ip6_forward, 0);
	assert_int_equal(l->counters[LINK_RX_PACKETS], 70);
	assert_int_equal(l->counters[LINK_RX_FRAME], errors);
	assert_int_equal(l->counters[LINK_TX_PACKETS], UNKNOWN);
	assert_int_equal(l->has_private_key, 1);
	assert_int_equal(l->listen_port, 51820);
	assert_true(l->has_peers);
	assert_int_equal(l->n_peers, 1);
	assert_int_equal(l->peers[0].n_allowed, 2);
	assert_int_equal(l->peers[0].endpoint.port, 40000);
	assert_int_equal(l->peers[0].rx_bytes, 1000);
	assert_int_equal(l->peers[0].tx_bytes, 2000);
	assert_int_equal(l->peers[0].handshake_s, 1789999990);
}

/* Line ends of any kind, a prompt and the command around it. */
static void as_pasted(void **state)
{
	static const char *const ends[] = { "\n", "\r\n", "  \n" };
	struct paper p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(ends); i++) {
		begin(&p);
		buf_puts(&p.text, "root@server:~# IF=wg0 sh -c '{ i=$IF;echo \"begin $i\"; }'\n");
		put_look(&p.text, ends[i], 32, 0);
		buf_puts(&p.text, "root@server:~# ");
		assert_int_equal(parse(&p), 0);
		assert_int_equal(p.out.n_looks, 1);
		is_the_look(&p.out.first, 32);
		end(&p);
	}
}

/* A terminal of n columns breaks lines wherever it likes. */
static void wrapped(void **state)
{
	unsigned width;

	(void)state;
	for (width = 20; width <= 130; width += 11) {
		struct buf whole = { 0 };
		struct paper p;
		size_t i, column = 0;

		begin(&p);
		put_look(&whole, "\n", 5, 0);
		for (i = 0; i < whole.len; i++) {
			buf_add(&p.text, whole.b + i, 1);
			column = whole.b[i] == '\n' ? 0 : column + 1;
			if (column == width) {
				buf_puts(&p.text, "\n");
				column = 0;
			}
		}
		assert_int_equal(parse(&p), 0);
		is_the_look(&p.out.first, 5);
		buf_done(&whole);
		end(&p);
	}
}

static void before_and_after(void **state)
{
	struct paper p;

	(void)state;
	begin(&p);
	put_look(&p.text, "\n", 3, 0);
	put_look(&p.text, "\n", 35, 0);
	assert_int_equal(parse(&p), 0);
	assert_int_equal(p.out.n_looks, 2);
	is_the_look(&p.out.first, 3);
	is_the_look(&p.out.last, 35);
	end(&p);
}

/* What is missing is noticed; what is not this is refused, and so is a secret. */
static void refused(void **state)
{
	unsigned skip;
	struct paper p;

	(void)state;
	for (skip = 1; skip <= ARRAY_LEN(look); skip++) {
		begin(&p);
		put_look(&p.text, "\n", 1, skip);
		assert_int_equal(parse(&p), -EINVAL);
		assert_true(p.e.text[0]);
		end(&p);
	}
	begin(&p);
	buf_puts(&p.text, "interface: wg0\n  public key: " OWN "\n");
	assert_int_equal(parse(&p), -EINVAL);
	end(&p);

	begin(&p);
	put_look(&p.text, "\n", 1, 0);
	buf_puts(&p.text, OWN "\t" PEER "\t51820\toff\n"); /* wg show wg0 dump */
	assert_int_equal(parse(&p), -EINVAL);
	assert_null(strstr(p.e.text, "ERER"));
	end(&p);
}

/* What the line prints for a device that is not there; as nobody where there is no /sys. */
static void no_such_device(void **state)
{
	static const struct {
		const char *own;
		int rc;
	} cases[] = { { "absent", -EINVAL }, { OWN, 0 } };
	struct paper p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		begin(&p);
		buf_printf(&p.text,
			   FAR_TEXT_MARK
			   "1|begin|wg9;" FAR_TEXT_MARK "2|wg|public-key|%s;" FAR_TEXT_MARK
			   "3|wg|allowed-ips|absent;" FAR_TEXT_MARK "4|link|absent;" FAR_TEXT_MARK
			   "5|end|wg9;",
			   cases[i].own);
		assert_int_equal(parse(&p), cases[i].rc);
		if (cases[i].rc)
			assert_non_null(strstr(p.e.text, "the far end has no interface wg9"));
		end(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_pasted),	    cmocka_unit_test(wrapped),
		cmocka_unit_test(before_and_after), cmocka_unit_test(refused),
		cmocka_unit_test(no_such_device),
	};

	return cmocka_run_group_tests_name("far text", tests, NULL, NULL);
}
