/*
 * The trace ring. Theory of operation:
 *
 * The writer maps the memfd writable, then seals its size (a reader must not be able to
 * shrink it: that would be a SIGBUS in the engine) and, where the kernel can, every
 * writable mapping after its own. The reader maps it read-only and trusts nothing in it
 * but what it checked against the file's size.
 *
 * `written` is published after the record. A slot the writer may be in the middle of is the
 * one of record `written`, which holds record written - n_recs: so of the n_recs slots the
 * reader may use n_recs - 1, and looks at `written` again after copying.
 */
#include "engine/trace_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux 5.1; older headers lack it, older kernels refuse it. */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

struct trace_ring {
	int fd; /* the writer's own; -1 in a reader */
	void *map;
	size_t map_len;
	struct trace_ring_head *head;
	struct trace_rec *recs;
	uint32_t n_recs;
	uint64_t next; /* writer: to be written; reader: to be read */
};

static size_t ring_len(uint32_t n_recs)
{
	return TRACE_RING_HEAD_LEN + (size_t)n_recs * sizeof(struct trace_rec);
}

static void set_map(struct trace_ring *r, void *map, size_t len)
{
	r->map = map;
	r->map_len = len;
	r->head = map;
	r->recs = (struct trace_rec *)((char *)map + TRACE_RING_HEAD_LEN);
}

static int map_new(struct trace_ring *r, struct err *e)
{
	size_t len = ring_len(TRACE_RING_RECS);
	void *map;

	r->fd = memfd_create("wgdiag-trace", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (r->fd < 0)
		return err_sys(e, "create the trace ring (memfd_create)");
	if (ftruncate(r->fd, (off_t)len) < 0)
		return err_sys(e, "size the trace ring");
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (map == MAP_FAILED)
		return err_sys(e, "map the trace ring");
	set_map(r, map, len);
	if (fcntl(r->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		return err_sys(e, "seal the trace ring");
	fcntl(r->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	fcntl(r->fd, F_ADD_SEALS, F_SEAL_SEAL);
	return 0;
}

int trace_ring_create(struct trace_ring **out, struct err *e)
{
	struct trace_ring *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return err_code(e, ENOMEM, "create the trace ring");
	rc = map_new(r, e);
	if (rc < 0) {
		trace_ring_free(r);
		return rc;
	}
	r->n_recs = TRACE_RING_RECS;
	*r->head = (struct trace_ring_head){
		.magic = TRACE_RING_MAGIC,
		.version = TRACE_RING_VERSION,
		.rec_len = sizeof(struct trace_rec),
		.n_recs = TRACE_RING_RECS,
	};
	*out = r;
	return 0;
}

int trace_ring_fd(const struct trace_ring *r)
{
	return r->fd;
}

void trace_ring_put(struct trace_ring *r, const struct trace_rec *rec)
{
	/* The record must not be seen before the `written` of the call before. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	r->recs[r->next & (r->n_recs - 1)] = *rec;
	r->next++;
	__atomic_store_n(&r->head->written, r->next, __ATOMIC_RELEASE);
}

static int check_head(const struct trace_ring_head *h, size_t len, struct err *e)
{
	if (h->magic != TRACE_RING_MAGIC || h->version != TRACE_RING_VERSION ||
	    h->rec_len != sizeof(struct trace_rec))
		return err_say(e, EPROTO, "trace ring: not of this version of wgdiag");
	if (!h->n_recs || (h->n_recs & (h->n_recs - 1)) || len < ring_len(h->n_recs))
		return err_say(e, EPROTO, "trace ring: its size is wrong");
	return 0;
}

int trace_ring_attach(int fd, struct trace_ring **out, struct err *e)
{
	struct trace_ring_head head;
	struct trace_ring *r;
	struct stat st;
	void *map;
	int rc;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "trace ring");
	if (st.st_size < TRACE_RING_HEAD_LEN)
		return err_say(e, EPROTO, "trace ring: too short");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return err_sys(e, "map the trace ring");
	head = *(const struct trace_ring_head *)map;
	rc = check_head(&head, (size_t)st.st_size, e);
	r = rc < 0 ? NULL : calloc(1, sizeof(*r));
	if (!r) {
		munmap(map, (size_t)st.st_size);
		return rc < 0 ? rc : err_code(e, ENOMEM, "trace ring");
	}
	set_map(r, map, (size_t)st.st_size);
	r->fd = -1;
	r->n_recs = head.n_recs;
	*out = r;
	return 0;
}

static uint64_t written(const struct trace_ring *r)
{
	return __atomic_load_n(&r->head->written, __ATOMIC_ACQUIRE);
}

/* The oldest record that is certainly whole when `end` were written. */
static uint64_t oldest(const struct trace_ring *r, uint64_t end)
{
	return end < r->n_recs ? 0 : end - (r->n_recs - 1);
}

static void skip_to(struct trace_ring *r, uint64_t from, uint64_t *overrun)
{
	if (r->next >= from)
		return;
	*overrun += from - r->next;
	r->next = from;
}

size_t trace_ring_read(struct trace_ring *r, struct trace_rec *out, size_t n, uint64_t *overrun)
{
	uint64_t end = written(r), first, spoilt;

	skip_to(r, oldest(r, end), overrun);
	first = r->next;
	n = end > first ? MIN(n, end - first) : 0;
	for (size_t i = 0; i < n; i++)
		out[i] = r->recs[(first + i) & (r->n_recs - 1)];
	/* The loads above must not sink below the second look. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	spoilt = oldest(r, written(r));
	r->next = first + n;
	if (spoilt <= first)
		return n;
	spoilt = MIN(spoilt - first, n);
	*overrun += spoilt;
	memmove(out, out + spoilt, (n - spoilt) * sizeof(*out));
	return n - spoilt;
}

void trace_ring_free(struct trace_ring *r)
{
	if (!r)
		return;
	if (r->map)
		munmap(r->map, r->map_len);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}
