/*
 * The trace ring: a memfd with one 64-byte record per packet event, written by the
 * built-in engine and read by wgdiag (layout: model/trace.h).
 *
 * The reader finds it through the engine's socket: `get` has trace_fd=N, and the
 * socket's peer credentials give the process, so the ring is /proc/PID/fd/N.
 */
#ifndef ENGINE_TRACE_RING_H
#define ENGINE_TRACE_RING_H

#include "base/err.h"
#include "model/trace.h"

struct trace_ring;

/* --- writer --- */
enum { TRACE_RING_RECS = 1 << 16 }; /* 4 MiB */
int trace_ring_create(struct trace_ring **out, struct err *e);
int trace_ring_fd(const struct trace_ring *r);
void trace_ring_put(struct trace_ring *r, const struct trace_rec *rec);

/* --- reader --- */
int trace_ring_attach(int fd, struct trace_ring **out, struct err *e); /* fd stays the caller's */
/* Up to n records in order; *overrun grows by those that were overwritten before they were read. */
size_t trace_ring_read(struct trace_ring *r, struct trace_rec *out, size_t n, uint64_t *overrun);

void trace_ring_free(struct trace_ring *r);

#endif
