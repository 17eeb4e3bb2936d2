/*
 * All causes, in the order of the table. A new one is its row in a cause_*.c and a line here.
 */
#ifndef VERDICT_CAUSE_LIST_H
#define VERDICT_CAUSE_LIST_H

#include "verdict/causes.h"

/* The name's other address, or its other family, was found to be why: nothing is left to guess. */
#define NAME_IS_WHY (SIGN_BIT(SIGN_NAME_MOVED) | SIGN_BIT(SIGN_OTHER_FAMILY))
/* What is near this host was found to be why: it comes before any far end is suspected. */
#define NEARER                                                                            \
	(NAME_IS_WHY | SIGN_BIT(SIGN_UDP_STOPS_NEAR) | SIGN_BIT(SIGN_PORTAL) |            \
	 SIGN_BIT(SIGN_NO_UPLINK))

/* This host threw away what came in before its engine had it; or it is for another session. */
#define LOST_HERE                                                                 \
	(SIGN_BIT(SIGN_LOST_BEFORE_ENGINE) | SIGN_BIT(SIGN_DROPPED_COMING_IN) |   \
	 SIGN_BIT(SIGN_ANOTHER_SESSION))

#define CAUSES(X) \
	X(cause_tun_framing_near) \
	X(cause_tun_framing_far) \
	/* nothing comes back outside */ \
	X(cause_no_uplink) \
	X(cause_endpoint_stale_dns) \
	X(cause_endpoint_family) \
	X(cause_wrong_key_own) \
	X(cause_wrong_key_file) \
	X(cause_wrong_key_far) \
	X(cause_wrong_key_refused) \
	X(cause_udp_blocked_inbound_here) \
	X(cause_udp_blocked_inbound_vanished) \
	X(cause_udp_blocked_inbound_maybe) \
	X(cause_listener_absent_here) \
	X(cause_wrong_key_called) \
	X(cause_wrong_key_unanswered) \
	X(cause_captive_portal) \
	X(cause_udp_egress_blocked) \
	X(cause_listener_absent) \
	X(cause_listener_absent_router) \
	X(cause_udp_blocked_inbound_there) \
	X(cause_udp_blocked_inbound_way) \
	X(cause_nat_no_forward_router) \
	X(cause_nat_no_forward_lost) \
	/* and the far end recorded */ \
	X(cause_udp_blocked_inbound_recorded) \
	X(cause_listener_absent_recorded) \
	X(cause_protocol_blocked_recorded) \
	X(cause_nat_no_forward_recorded) \
	X(cause_udp_egress_blocked_recorded) \
	X(cause_udp_blocked_inbound_way_recorded) \
	X(cause_underlay_loss_recorded) \
	X(cause_underlay_loss_up_recorded) \
	X(cause_udp_blocked_inbound_stops) \
	X(cause_udp_blocked_inbound_stops_near) \
	X(cause_udp_blocked_inbound) \
	X(cause_nat_no_forward) \
	X(cause_wrong_key_silent) \
	X(cause_protocol_blocked) \
	X(cause_protocol_blocked_stops) \
	X(cause_udp_egress_blocked_silent) \
	X(cause_udp_egress_blocked_stops) \
	X(cause_listener_absent_silent) \
	/* inside: what is routed, allowed, forwarded */ \
	X(cause_routing_loop) \
	X(cause_lan_overlap) \
	X(cause_not_allowed) \
	X(cause_not_routed) \
	X(cause_allowedips_overlap_near) \
	X(cause_allowedips_overlap_far) \
	X(cause_inner_source_foreign) \
	X(cause_inner_source_far) \
	X(cause_inner_source_near) \
	X(cause_allowedips_overlap_rival) \
	X(cause_no_ip_forward_told) \
	X(cause_provider_recorded) \
	X(cause_forward_drop_recorded) \
	X(cause_masquerade_recorded) \
	X(cause_no_return_route_recorded) \
	X(cause_forward_reject) \
	X(cause_no_ip_forward_near) \
	X(cause_forward_drop_near) \
	X(cause_no_ip_forward) \
	X(cause_masquerade) \
	X(cause_forward_drop) \
	X(cause_no_return_route) \
	X(cause_no_data_inner_source) \
	X(cause_no_data_framing) \
	X(cause_no_data_overlap) \
	X(cause_no_data_provider) \
	X(cause_takes_nothing_filter) \
	X(cause_takes_nothing_source) \
	X(cause_takes_nothing_framing) \
	X(cause_icmp_filtered) \
	X(cause_icmp_filtered_here) \
	/* this host: its engine, filter and kernel */ \
	X(cause_rp_filter) \
	X(cause_leftover_rules) \
	X(cause_leftover_rules_neighbour) \
	X(cause_local_firewall) \
	X(cause_local_firewall_neighbour) \
	X(cause_multihomed_reply) \
	X(cause_psk_mismatch) \
	X(cause_psk_mismatch_unsaid) \
	X(cause_local_firewall_maybe) \
	X(cause_psk_mismatch_responder) \
	X(cause_self_ping_utun) \
	X(cause_dead_engine) \
	X(cause_engine_cannot_start) \
	/* sizes, loss and time */ \
	X(cause_pmtu_blackhole_near) \
	X(cause_pmtu_blackhole) \
	X(cause_underlay_loss) \
	X(cause_underlay_loss_asked) \
	X(cause_nat_mapping_expired) \
	X(cause_first_packets_lost) \
	X(cause_idle_not_broken)

#define CAUSE_EXTERN(name) extern const struct cause name;
CAUSES(CAUSE_EXTERN)
#undef CAUSE_EXTERN

#endif
