/*
 * All checks, in the order of the table. A new check is its file and a row here.
 */
#ifndef CHECK_CHECK_LIST_H
#define CHECK_CHECK_LIST_H

#include "check/check.h"

#define CHECK_LIST(X)               \
	X(check_engine_start)       \
	X(check_engine_answers)     \
	X(check_host_state)         \
	X(check_handshake_complete) \
	X(check_underlay_out)       \
	X(check_underlay_back)      \
	X(check_ping_self)          \
	X(check_ping_peer)          \
	X(check_rx_errors)          \
	X(check_data_both_ways)     \
	X(check_crypto_rejects)

#define CHECK_EXTERN(name) extern const struct check name;
CHECK_LIST(CHECK_EXTERN)
#undef CHECK_EXTERN

#endif
