/*
 * One record per packet event of the built-in engine, as it lies in the trace ring
 * (shared memory, written by the engine, read by wgdiag). 64 bytes, native endian:
 * it never leaves the machine.
 */
#ifndef MODEL_TRACE_H
#define MODEL_TRACE_H

#include "base/defs.h"

enum trace_stage {
	TRACE_TUN_READ = 1, /* a packet came from the tun */
	TRACE_STAGED, /* waits for a session */
	TRACE_SEALED, /* got session and counter */
	TRACE_UDP_SENT, /* the system took it */
	TRACE_UDP_RECEIVED,
	TRACE_OPENED, /* authenticated, not a replay */
	TRACE_TUN_WRITTEN,
	TRACE_DROPPED, /* see drop */
	TRACE_HANDSHAKE_SENT, /* initiation, response, cookie reply: msg_type */
	TRACE_HANDSHAKE_RECEIVED,
};

struct trace_rec {
	int64_t t_ns; /* CLOCK_BOOTTIME */
	uint64_t counter; /* data messages */
	uint32_t session; /* local index of the session, 0 = none */
	uint32_t receiver; /* receiver index on the wire: joins with a capture */
	uint32_t peer; /* number of the peer within the engine, from 1; 0 = unknown */
	uint32_t inner_len; /* bytes of the IP packet */
	uint32_t outer_len; /* bytes of the UDP payload */
	/*
	 * of the inner packet's first 64 bytes past the mutable header fields; joins tun and
	 * wire
	 */
	uint32_t inner_hash;
	uint16_t drop; /* enum wg_drop */
	uint16_t sys_errno;
	uint8_t stage; /* enum trace_stage */
	uint8_t msg_type; /* enum wg_msg_type */
	/* of an initiation that was sent: 1 + enum wg_why, and which of its attempt, from 1 */
	uint8_t why, attempt;
	uint32_t sender; /* of initiation and response: the sender index on the wire */
	uint8_t reserved[8];
};
_Static_assert(sizeof(struct trace_rec) == 64, "trace records are 64 bytes");

/*
 * The ring's head, at offset 0 of the memfd; records follow at offset 4096.
 * Single producer: it writes the record, then publishes `written` (release). A reader
 * takes `written` (acquire), copies, takes it again: what lies n_recs or more behind was overrun.
 */
enum { TRACE_RING_MAGIC = 0x77676472, TRACE_RING_VERSION = 1, TRACE_RING_HEAD_LEN = 4096 };
struct trace_ring_head {
	uint32_t magic, version;
	uint32_t rec_len, n_recs; /* n_recs is a power of two */
	uint64_t written; /* records ever written */
};

#endif
