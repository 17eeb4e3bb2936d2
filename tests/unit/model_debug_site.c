/*
 * The kernel's list of its debug lines: which of them tell of a fault of WireGuard's, whether they
 * are on, and the commands that switch them; lines of any bytes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/seed.h"
#include "model/debug_site.h"

#define MAC1 "\"%s: Invalid MAC of handshake, dropping packet from %pISpfsc\\012\""

/* command NULL: it is none of these lines. */
static const struct {
	const char *line;
	bool on;
	const char *command; /* that switches it off */
} lines[] = {
	{ "drivers/net/wireguard/receive.c:129 [wireguard]wg_receive_handshake_packet =_ " MAC1,
	  false,
	  "module wireguard file drivers/net/wireguard/receive.c line 129 func "
	  "wg_receive_handshake_packet -p\n" },
	{ "drivers/net/wireguard/receive.c:129 [wireguard]f =p " MAC1, true,
	  "module wireguard file drivers/net/wireguard/receive.c line 129 func f -p\n" },
	{ "receive.c:1 [wireguard]f =pmfl " MAC1, true,
	  "module wireguard file receive.c line 1 func f -p\n" },
	{ "receive.c:1 [wireguard]f =mfl " MAC1, false,
	  "module wireguard file receive.c line 1 func f -p\n" },
	/* Linux 6.1 and later may have more behind it. */
	{ "receive.c:1 [wireguard]f =_ " MAC1 " class:DRM_UT_CORE", false,
	  "module wireguard file receive.c line 1 func f -p\n" },
	{ "/build/a:b/socket.c:76 [wireguard]send4 =_ \"%s: No route to %pISpfsc, error %d\\012\"",
	  false, "module wireguard file /build/a:b/socket.c line 76 func send4 -p\n" },
	/* Of another module; what goes well; what is no such line. */
	{ "receive.c:1 [wireguards]f =_ " MAC1, false, NULL },
	{ "receive.c:1 [tun]f =_ " MAC1, false, NULL },
	{ "send.c:234 [wireguard]f =_ \"%s: Sending keepalive packet to peer %llu "
	  "(%pISpfsc)\\012\"",
	  false, NULL },
	{ "# filename:lineno [module]function flags format", false, NULL },
	{ "receive.c [wireguard]f =_ " MAC1, false, NULL },
	{ ":1 [wireguard]f =_ " MAC1, false, NULL },
	{ "receive.c:x [wireguard]f =_ " MAC1, false, NULL },
	{ "receive.c:99999999999 [wireguard]f =_ " MAC1, false, NULL },
	{ "receive.c:1 [wireguard] =_ " MAC1, false, NULL },
	{ "receive.c:1 [wireguard]f", false, NULL },
	/* It would be another command. */
	{ "a b.c:1 [wireguard]f =_ " MAC1, false, NULL },
	{ "a;b.c:1 [wireguard]f =_ " MAC1, false, NULL },
	{ "receive.c:1 [wireguard]f g =_ " MAC1, false, NULL },
	{ "", false, NULL },
};

static void each_form(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		CLEANUP(buf_done) struct buf command = { 0 };
		struct debug_site *s;
		struct arena a;
		size_t n;

		arena_init(&a);
		n = debug_sites(lines[i].line, strlen(lines[i].line), &a, &s);
		if (n != (lines[i].command != NULL))
			fail_msg("%zu: %s", n, lines[i].line);
		if (n) {
			assert_int_equal(s[0].on, lines[i].on);
			debug_site_switch(&s[0], false, &command);
			assert_string_equal(buf_str(&command), lines[i].command);
		}
		arena_done(&a);
	}
}

/* All of a list, with or without a newline at its end. */
static void a_list(void **state)
{
	CLEANUP(buf_done) struct buf list = { 0 };
	struct debug_site *s;
	size_t i, n = 0;
	struct arena a;

	(void)state;
	arena_init(&a);
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		buf_printf(&list, "%s\n", lines[i].line);
		n += lines[i].command != NULL;
	}
	assert_int_equal(debug_sites(buf_str(&list), list.len, &a, &s), n);
	assert_int_equal(s[0].line, 129);
	assert_int_equal(s[n - 1].line, 76);
	assert_int_equal(debug_sites(buf_str(&list), list.len - 1, &a, &s), n);
	assert_int_equal(debug_sites(buf_str(&list), 0, &a, &s), 0);
	arena_done(&a);
}

/* Within bounds (the sanitizers look), and a command is always one of nine words. */
static void any_bytes(void **state)
{
	struct seed s = seed_start("model/debug_site");
	unsigned i, k;

	(void)state;
	for (i = 0; i < 20000; i++) {
		CLEANUP(buf_done) struct buf text = { 0 }, command = { 0 };
		struct debug_site *out;
		struct arena a;
		size_t n, j;

		buf_puts(&text, lines[seed_below(&s, ARRAY_LEN(lines))].line);
		for (k = (unsigned)seed_below(&s, 4); k > 0 && text.len > 0; k--)
			text.b[seed_below(&s, text.len)] = (char)seed_next(&s);
		arena_init(&a);
		n = debug_sites(buf_str(&text), seed_below(&s, text.len + 1), &a, &out);
		for (j = 0; j < n; j++) {
			unsigned blanks = 0, ends = 0;
			size_t at;

			buf_clear(&command);
			debug_site_switch(&out[j], true, &command);
			for (at = 0; at < command.len; at++) {
				blanks += command.b[at] == ' ';
				ends += command.b[at] == '\n' || command.b[at] == ';';
			}
			assert_int_equal(blanks, 8);
			assert_int_equal(ends, 1);
		}
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form),
		cmocka_unit_test(a_list),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests_name("model/debug_site", tests, NULL, NULL);
}
