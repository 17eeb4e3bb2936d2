/*
 * A look that records nothing opens no capture: one that serves takes it each second.
 *
 * needs: root
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/run.h"
#include "unit/own_netns.h"

static unsigned captures; /* since they were last set to 0 */

/* In place of the library's. */
int socket(int domain, int type, int protocol)
{
	captures += domain == AF_PACKET;
	return (int)syscall(SYS_socket, domain, type, protocol);
}

static char name[16], cidr[32];
static struct sys_tun tun;

static int make_tun(void **state)
{
	uint64_t seed = own_seed();
	struct err e = { 0 };

	(void)state;
	snprintf(name, sizeof(name), "t%u", (unsigned)(seed % 100000));
	snprintf(cidr, sizeof(cidr), "10.%u.%u.1/24", (unsigned)(seed % 200),
		 (unsigned)(seed / 200 % 200));
	if (platform_get()->tun_open(name, &tun, &e) < 0) {
		printf("# %s\n", e.text);
		return -1;
	}
	return own_addr(name, cidr);
}

static unsigned captures_of(int64_t for_ns, bool may)
{
	struct run_recording r = { .for_ns = for_ns, .may = may };
	struct run_existing x = { .ifname = name, .netns = -1, .record = &r };
	struct run_conf c = { .ping_count = 1, .ping_interval_ns = 1, .ping_timeout_ns = 1 };
	struct cidr own;
	struct arena a;
	struct facts f;
	struct err e = { 0 };
	bool told = false;
	size_t i;

	arena_init(&a);
	captures = 0;
	if (run_attach(&c, &x, &a, &f, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(cidr_parse(cidr, &own));
	for (i = 0; i < f.recording.n_addrs; i++)
		told |= ip_addr_equal(&f.recording.addrs[i].addr.addr, &own.addr) &&
			strcmp(f.recording.addrs[i].link, name) == 0;
	assert_true(told);
	assert_int_equal(f.recording.to_wall_ns != UNKNOWN, for_ns > 0);
	arena_done(&a);
	return captures;
}

static void who_records_nothing_captures_nothing(void **state)
{
	(void)state;
	assert_int_equal(captures_of(0, false), 0);
	assert_true(captures_of(NS_PER_MS, false) > 0);
}

static void whether_one_may_is_tried_when_it_is_asked_for(void **state)
{
	(void)state;
	assert_true(captures_of(0, true) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_records_nothing_captures_nothing),
		cmocka_unit_test(whether_one_may_is_tried_when_it_is_asked_for),
	};
	int rc = own_netns_enter();

	return rc ? rc : cmocka_run_group_tests_name("run/record", tests, make_tun, NULL);
}
