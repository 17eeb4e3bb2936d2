/* What the system says when it refuses a packet, as a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "engine/daemon_priv.h"

static void sending(void **state)
{
	static const struct {
		int error;
		enum wg_drop want;
		bool source_gone;
	} row[] = {
		{ EMSGSIZE, WG_DROP_IO_SEND_MSGSIZE, false },
		{ ENOBUFS, WG_DROP_IO_SEND_NOBUFS, false },
		{ EAGAIN, WG_DROP_IO_SEND_NOBUFS, false },
		{ ENOMEM, WG_DROP_IO_SEND_NOBUFS, false },
		{ EPERM, WG_DROP_IO_SEND_PERM, false },
		{ ENETUNREACH, WG_DROP_IO_SEND_UNREACH, true },
		{ EHOSTUNREACH, WG_DROP_IO_SEND_UNREACH, true },
		{ EINVAL, WG_DROP_IO_SEND_OTHER, true },
		{ EADDRNOTAVAIL, WG_DROP_IO_SEND_OTHER, true },
		{ ENODEV, WG_DROP_IO_SEND_OTHER, true },
		{ EACCES, WG_DROP_IO_SEND_OTHER, false },
		{ ECONNREFUSED, WG_DROP_IO_SEND_OTHER, false },
		{ EIO, WG_DROP_IO_SEND_OTHER, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(daemon_io_send_drop(row[i].error), row[i].want);
		assert_int_equal(daemon_io_source_gone(row[i].error), row[i].source_gone);
	}
}

static void writing_to_the_tun(void **state)
{
	(void)state;
	assert_int_equal(daemon_io_tun_drop(EIO), WG_DROP_IO_TUN_DOWN);
	assert_int_equal(daemon_io_tun_drop(EINVAL), WG_DROP_IO_TUN_REFUSED);
	assert_int_equal(daemon_io_tun_drop(ENOBUFS), WG_DROP_IO_TUN_REFUSED);
	assert_int_equal(daemon_io_tun_drop(EBADFD), WG_DROP_IO_TUN_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sending),
		cmocka_unit_test(writing_to_the_tun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
