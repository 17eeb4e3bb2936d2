/*
 * All faults of the lab, in the order of `wgdiag lab --list`. A new fault is its file and a row
 * here.
 */
#ifndef LAB_FAULTS_H
#define LAB_FAULTS_H

#include "lab/fault.h"

#define LAB_FAULTS(X) \
	X(fault_none) \
	X(fault_tun_framing) \
	/* nothing comes back outside */ \
	X(fault_udp_blocked_inbound) \
	X(fault_nat_no_forward) \
	X(fault_listener_absent) \
	X(fault_multihomed_reply) \
	X(fault_wrong_key) \
	X(fault_no_uplink) \
	X(fault_endpoint_stale_dns) \
	X(fault_endpoint_family) \
	X(fault_udp_egress_blocked) \
	X(fault_captive_portal) \
	X(fault_protocol_blocked) \
	/* inside: what is routed, allowed, forwarded */ \
	X(fault_not_routed) \
	X(fault_lan_overlap) \
	X(fault_allowedips_overlap) \
	X(fault_routing_loop) \
	X(fault_inner_source_not_allowed) \
	X(fault_no_ip_forward) \
	X(fault_masquerade) \
	X(fault_forward_drop) \
	X(fault_no_return_route) \
	X(fault_provider) \
	X(fault_icmp_filtered) \
	/* this host: its engine, filter and kernel */ \
	X(fault_psk_mismatch) \
	X(fault_dead_engine) \
	X(fault_engine_cannot_start) \
	X(fault_local_firewall) \
	X(fault_leftover_rules) \
	X(fault_rp_filter) \
	X(fault_self_ping_utun) \
	/* sizes, loss and time */ \
	X(fault_underlay_loss) \
	X(fault_first_packets_lost) \
	X(fault_idle_not_broken) \
	X(fault_pmtu_blackhole) \
	X(fault_nat_mapping_expired)

#define LAB_FAULT_EXTERN(name) extern const struct lab_fault name;
LAB_FAULTS(LAB_FAULT_EXTERN)
#undef LAB_FAULT_EXTERN

#endif
