/*
 * The kernel's debug lines switched on and off, at a list that takes commands as the kernel's does:
 * what was on stays on, what was switched on goes off, whatever fails in between. And the records of
 * its log: which are the kernel's own, and how many were missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/seed.h"
#include "sys/linux/debug_control.h"
#include "sys/linux/kmsg.h"

/* --- a kernel -------------------------------------------------------------------------- */

struct site {
	const char *file, *module, *func, *format;
	unsigned line;
	bool ours; /* it tells of a fault of WireGuard's */
	bool p, m; /* flags: print; and one that is nobody's business here */
};

static const struct site all_sites[] = {
	{ "init/main.c", "main", "initcall_blacklist", "blacklisting initcall %s\\012", 1220, 0, 0,
	  0 },
	{ "drivers/net/tun.c", "tun", "tun_net_xmit", "Invalid MAC of handshake\\012", 77, 0, 0,
	  0 },
	{ "drivers/net/wireguard/receive.c", "wireguard", "wg_receive_handshake_packet",
	  "%s: Invalid MAC of handshake, dropping packet from %pISpfsc\\012", 129, 1, 0, 0 },
	{ "drivers/net/wireguard/receive.c", "wireguard", "wg_receive_handshake_packet",
	  "%s: Invalid handshake response from %pISpfsc\\012", 168, 1, 0, 0 },
	{ "drivers/net/wireguard/receive.c", "wireguard", "wg_packet_consume_data_done",
	  "%s: Packet has unallowed src IP (%pISc) from peer %llu (%pISpfsc)\\012", 416, 1, 0, 0 },
	{ "drivers/net/wireguard/receive.c", "wireguard", "wg_packet_consume_data_done",
	  "%s: Receiving keepalive packet from peer %llu (%pISpfsc)\\012", 359, 0, 0, 0 },
	{ "drivers/net/wireguard/socket.c", "wireguard", "send4",
	  "%s: No route to %pISpfsc, error %d\\012", 76, 1, 0, 0 },
	{ "drivers/net/wireguard/send.c", "wireguard", "wg_packet_send_keepalive",
	  "%s: Sending keepalive packet to peer %llu (%pISpfsc)\\012", 234, 0, 0, 0 },
};
enum { SITES = ARRAY_LEN(all_sites) };

struct kernel {
	struct site s[SITES];
	int commands; /* that it took */
	int refuse_from; /* the command from which on it takes none to switch on; 0: all */
	bool keeps_on; /* it takes none to switch off */
	bool no_note; /* nothing can be written down */
	struct buf note;
	int on_without_note; /* sites that were on and are in no note, at any time */
};

static int list(void *ctx, struct buf *out, struct err *e)
{
	struct kernel *k = ctx;
	size_t i;

	(void)e;
	buf_puts(out, "# filename:lineno [module]function flags format\n");
	for (i = 0; i < SITES; i++)
		buf_printf(out, "%s:%u [%s]%s =%s%s%s \"%s\"\n", k->s[i].file, k->s[i].line,
			   k->s[i].module, k->s[i].func, k->s[i].p ? "p" : "", k->s[i].m ? "m" : "",
			   k->s[i].p || k->s[i].m ? "" : "_", k->s[i].format);
	return 0;
}

static int command(void *ctx, const char *text, struct err *e)
{
	struct kernel *k = ctx;
	char module[32], file[64], func[64], sign;
	unsigned line, n = 0;
	size_t i;

	assert_int_equal(sscanf(text, "module %31s file %63s line %u func %63s %cp\n", module, file,
				&line, func, &sign),
			 5);
	assert_true(sign == '+' || sign == '-');
	assert_int_equal(text[strlen(text) - 1], '\n');
	k->commands++;
	if (sign == '+' && k->refuse_from && k->commands >= k->refuse_from)
		return err_code(e, EINVAL, "switch");
	if (sign == '-' && k->keeps_on)
		return err_code(e, EINVAL, "switch");
	for (i = 0; i < SITES; i++) {
		struct site *s = &k->s[i];

		if (strcmp(s->module, module) || strcmp(s->file, file) || s->line != line ||
		    strcmp(s->func, func))
			continue;
		n++;
		s->p = sign == '+';
		k->on_without_note += s->p && !k->note.len;
	}
	assert_int_equal(n, 1);
	return 0;
}

static int note(void *ctx, const struct buf *commands, struct err *e)
{
	struct kernel *k = ctx;

	if (commands && k->no_note)
		return err_code(e, EROFS, "write a note");
	buf_clear(&k->note);
	if (commands)
		buf_add(&k->note, commands->b, commands->len);
	return 0;
}

static void noted(void *ctx, struct buf *out)
{
	struct kernel *k = ctx;

	buf_add(out, buf_str(&k->note), k->note.len);
}

static struct debug_control control_of(struct kernel *k)
{
	return (struct debug_control){ .io = { list, command, note, noted, k } };
}

/* --- on and off ------------------------------------------------------------------------ */

/* Any flags before; the same after, byte for byte. */
static void as_it_was(void **state)
{
	struct seed s = seed_start("sys/kernel_debug");
	int round;

	(void)state;
	for (round = 0; round < 500; round++) {
		CLEANUP(buf_done) struct buf before = { 0 }, after = { 0 };
		struct kernel k = { 0 };
		struct debug_control d = control_of(&k);
		bool fails = seed_below(&s, 3) == 0, were[SITES];
		unsigned n_on = 0, n_were_on = 0;
		struct err e;
		size_t i;
		int rc;

		memcpy(k.s, all_sites, sizeof(k.s));
		for (i = 0; i < SITES; i++) {
			were[i] = k.s[i].p = seed_below(&s, 3) == 0;
			k.s[i].m = seed_below(&s, 2);
			n_were_on += k.s[i].ours && k.s[i].p;
			n_on += k.s[i].ours && !k.s[i].p;
		}
		list(&k, &before, NULL);
		if (fails)
			k.refuse_from = 1 + (int)seed_below(&s, 4);
		rc = debug_control_on(&d, &e);
		assert_true(!rc || fails);
		/* All of ours, and no others. */
		for (i = 0; i < SITES && !rc; i++)
			assert_int_equal(k.s[i].p, k.s[i].ours || were[i]);
		if (!rc) {
			assert_int_equal(d.n_on, n_on);
			assert_int_equal(d.n_were_on, n_were_on);
			assert_true((k.note.len > 0) == (n_on > 0));
		}
		assert_int_equal(debug_control_off(&d, &e), 0);
		assert_int_equal(debug_control_off(&d, &e), 0);
		list(&k, &after, NULL);
		assert_string_equal(buf_str(&after), buf_str(&before));
		assert_int_equal(k.note.len, 0);
		assert_int_equal(k.on_without_note, 0);
		buf_done(&d.off);
		buf_done(&k.note);
	}
}

/* Killed with all that would switch them off: the next one does it, and then knows what was on. */
static void of_a_dead_run(void **state)
{
	CLEANUP(buf_done) struct buf before = { 0 }, after = { 0 };
	struct kernel k = { 0 };
	struct debug_control dead = control_of(&k), d = control_of(&k);
	struct err e;

	(void)state;
	memcpy(k.s, all_sites, sizeof(k.s));
	k.s[3].p = true;
	list(&k, &before, NULL);
	assert_int_equal(debug_control_on(&dead, &e), 0);
	buf_done(&dead.off);
	assert_true(k.note.len > 0);
	assert_int_equal(debug_control_on(&d, &e), 0);
	assert_int_equal(d.n_were_on, 1);
	assert_int_equal(debug_control_off(&d, &e), 0);
	list(&k, &after, NULL);
	assert_string_equal(buf_str(&after), buf_str(&before));
	assert_int_equal(k.note.len, 0);
	buf_done(&d.off);
	buf_done(&k.note);
}

/* The process was killed, and the run lives: it does it, and knows whether it is done. */
static void without_the_process(void **state)
{
	CLEANUP(buf_done) struct buf before = { 0 }, after = { 0 };
	struct kernel k = { 0 };
	struct debug_control dead = control_of(&k), d = control_of(&k);
	struct err e = { 0 };

	(void)state;
	memcpy(k.s, all_sites, sizeof(k.s));
	k.s[3].p = true;
	list(&k, &before, NULL);
	assert_int_equal(debug_control_undo(&d, &e), 0);
	assert_int_equal(k.commands, 0);
	assert_int_equal(debug_control_on(&dead, &e), 0);
	k.keeps_on = true;
	assert_int_equal(debug_control_undo(&d, &e), -EIO);
	assert_non_null(strstr(e.text, "does not switch its debug lines off"));
	assert_true(k.note.len > 0);
	k.keeps_on = false;
	assert_int_equal(debug_control_undo(&d, &e), 0);
	list(&k, &after, NULL);
	assert_string_equal(buf_str(&after), buf_str(&before));
	assert_int_equal(k.note.len, 0);
	buf_done(&dead.off);
	buf_done(&k.note);
}

/* What was refused once is tried again. */
static void off_again(void **state)
{
	CLEANUP(buf_done) struct buf before = { 0 }, after = { 0 };
	struct kernel k = { 0 };
	struct debug_control d = control_of(&k);
	struct err e = { 0 };

	(void)state;
	memcpy(k.s, all_sites, sizeof(k.s));
	list(&k, &before, NULL);
	assert_int_equal(debug_control_on(&d, &e), 0);
	k.keeps_on = true;
	assert_int_equal(debug_control_off(&d, &e), -EINVAL);
	assert_true(k.note.len > 0);
	k.keeps_on = false;
	assert_int_equal(debug_control_off(&d, &e), 0);
	list(&k, &after, NULL);
	assert_string_equal(buf_str(&after), buf_str(&before));
	assert_int_equal(k.note.len, 0);
	buf_done(&d.off);
	buf_done(&k.note);
}

/* What could not be switched off by the next one is not switched on. */
static void not_without_a_note(void **state)
{
	struct kernel k = { .no_note = true };
	struct debug_control d = control_of(&k);
	struct err e = { 0 };

	(void)state;
	memcpy(k.s, all_sites, sizeof(k.s));
	assert_int_equal(debug_control_on(&d, &e), -EROFS);
	assert_int_equal(k.commands, 0);
	assert_int_equal(debug_control_off(&d, &e), 0);
	assert_int_equal(k.commands, 0);
	buf_done(&d.off);
}

/* No such module, or one without these lines. */
static void no_lines(void **state)
{
	struct kernel k = { 0 };
	struct debug_control d = control_of(&k);
	struct err e = { 0 };
	size_t i;

	(void)state;
	memcpy(k.s, all_sites, sizeof(k.s));
	for (i = 0; i < SITES; i++)
		k.s[i].module = "other";
	assert_int_equal(debug_control_on(&d, &e), -ENOTSUP);
	assert_int_equal(k.commands, 0);
	buf_done(&d.off);
}

/* --- the log --------------------------------------------------------------------------- */

static void keep(void *ctx, const char *line, size_t len)
{
	buf_add(ctx, line, len);
	buf_puts(ctx, "|");
}

static void give(int fd, const char *record)
{
	assert_int_equal(send(fd, record, strlen(record), 0), (int)strlen(record));
}

static void records(void **state)
{
	CLEANUP(buf_done) struct buf got = { 0 };
	struct kmsg k = { 0 };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	k.fd = pair[0];
	kmsg_read(&k, keep, &got);
	assert_string_equal(buf_str(&got), "");
	give(pair[1], "7,1042,98765,-;wireguard: wg0: one\n SUBSYSTEM=net\n DEVICE=n3\n");
	/* Of a program, which may write what it likes. */
	give(pair[1], "15,1043,98766,-;wireguard: wg0: not the kernel's\n");
	give(pair[1], "6,1044,98767,c,caller=T1;two; with a mark, and no newline");
	give(pair[1], "no record");
	give(pair[1], "7,x,1,-;no number\n");
	give(pair[1], "7,1045,5");
	kmsg_read(&k, keep, &got);
	assert_string_equal(buf_str(&got), "wireguard: wg0: one|two; with a mark, and no newline|");
	assert_int_equal(k.missed, 0);
	give(pair[1], "7,1049,98768,-;after three that were overwritten\n");
	give(pair[1], "7,1050,98769,-;\n");
	buf_clear(&got);
	kmsg_read(&k, keep, &got);
	assert_string_equal(buf_str(&got), "after three that were overwritten||");
	assert_int_equal(k.missed, 3);
	close(pair[1]);
	kmsg_read(&k, keep, &got);
	kmsg_close(&k);
}

/* Overwritten before anything was read: nothing tells how many. */
static int overwritten_at_first;

static ssize_t read_late(int fd, void *to, size_t len)
{
	if (overwritten_at_first-- > 0) {
		errno = EPIPE;
		return -1;
	}
	return read(fd, to, len);
}

static void overwritten_before_the_first(void **state)
{
	CLEANUP(buf_done) struct buf got = { 0 };
	struct kmsg k = { .read = read_late };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
	k.fd = pair[0];
	give(pair[1], "7,1042,98765,-;one\n");
	overwritten_at_first = 1;
	kmsg_read(&k, keep, &got);
	assert_string_equal(buf_str(&got), "one|");
	assert_int_equal(k.missed, 1);
	/* From then on the numbers tell. */
	give(pair[1], "7,1045,98766,-;two\n");
	overwritten_at_first = 1;
	kmsg_read(&k, keep, &got);
	assert_string_equal(buf_str(&got), "one|two|");
	assert_int_equal(k.missed, 3);
	close(pair[1]);
	kmsg_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_was),
		cmocka_unit_test(of_a_dead_run),
		cmocka_unit_test(without_the_process),
		cmocka_unit_test(off_again),
		cmocka_unit_test(not_without_a_note),
		cmocka_unit_test(no_lines),
		cmocka_unit_test(records),
		cmocka_unit_test(overwritten_before_the_first),
	};

	return cmocka_run_group_tests_name("sys/kernel_debug", tests, NULL, NULL);
}
