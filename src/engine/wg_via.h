/*
 * By which way an engine is asked.
 */
#ifndef ENGINE_WG_VIA_H
#define ENGINE_WG_VIA_H

enum wg_via {
	WG_VIA_NONE, /* it has no control socket: hidden in a program */
	WG_VIA_KERNEL, /* generic netlink */
	WG_VIA_SOCKET, /* /var/run/wireguard/NAME.sock */
};

#endif
