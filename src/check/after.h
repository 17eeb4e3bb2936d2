/*
 * What keeps all data from crossing the tunnel, roots first: how the lists `after` of the rows that
 * send data begin.
 */
#ifndef CHECK_AFTER_H
#define CHECK_AFTER_H

/* clang-format off */
#define AFTER_ENGINE_AND_WAY                                                  \
	"engine.start", "engine.answers", "host.state", "config.file",        \
	"config.keys", "config.allowed-ips", "underlay.link",         \
	"route.endpoint", "underlay.gateway"
#define AFTER_TUN                                                             \
	"tun.address", "route.inner", "host.firewall", "underlay.out",        \
	"underlay.back", "tun.framing", "crypto.rejects", "rx.errors",        \
	"handshake.complete", "tun.delivery"
#define AFTER_DATA AFTER_ENGINE_AND_WAY, AFTER_TUN
/* clang-format on */

#endif
