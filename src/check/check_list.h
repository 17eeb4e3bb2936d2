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
	X(check_config_file)        \
	X(check_config_keys)        \
	X(check_config_allowed_ips) \
	X(check_config_live)        \
	X(check_underlay_link)      \
	X(check_underlay_gateway)   \
	X(check_route_endpoint)     \
	X(check_underlay_path)      \
	X(check_underlay_out)       \
	X(check_underlay_back)      \
	X(check_handshake_complete) \
	X(check_handshake_peers)    \
	X(check_crypto_rejects)     \
	X(check_kernel_debug)       \
	X(check_tun_address)        \
	X(check_tun_mtu)            \
	X(check_route_inner)        \
	X(check_tun_framing)        \
	X(check_tun_delivery)       \
	X(check_ping_self)          \
	X(check_ping_peer)          \
	X(check_echo_reply)         \
	X(check_ping_sizes)         \
	X(check_data_both_ways)     \
	X(check_loss_up)            \
	X(check_loss_down)          \
	X(check_rx_errors)          \
	X(check_kernel_drops)       \
	X(check_host_firewall)

#define CHECK_EXTERN(name) extern const struct check name;
CHECK_LIST(CHECK_EXTERN)
#undef CHECK_EXTERN

#endif
