/*
 * Bounded reading and writing of packet bytes: past the end nothing is touched,
 * reads give 0, and `bad` is set once and stays. So bytes are asked about once,
 * at the end.
 */
#ifndef WIRE_CURSOR_H
#define WIRE_CURSOR_H

#include <stdbool.h>
#include <string.h>

#include "base/defs.h"

struct rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static inline struct rd rd_on(const void *p, size_t len)
{
	return (struct rd){ .p = p, .left = len };
}

/* n bytes, borrowed, or NULL (and bad). */
static inline const uint8_t *rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || r->left < n) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return p;
}

static inline void rd_copy(struct rd *r, void *out, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	if (p)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t rd_be16(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t rd_be32(struct rd *r)
{
	uint32_t hi = rd_be16(r);

	return hi << 16 | rd_be16(r);
}

static inline uint64_t rd_be64(struct rd *r)
{
	uint64_t hi = rd_be32(r);

	return hi << 32 | rd_be32(r);
}

static inline uint32_t rd_le32(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);

	return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
			   (uint32_t)p[3] << 24 :
		   0;
}

static inline uint64_t rd_le64(struct rd *r)
{
	uint64_t lo = rd_le32(r);

	return lo | (uint64_t)rd_le32(r) << 32;
}

struct wr {
	uint8_t *p;
	size_t left;
	bool bad;
};

static inline struct wr wr_on(void *p, size_t len)
{
	return (struct wr){ .p = p, .left = len };
}

/* Room for n bytes that the caller fills, or NULL (and bad). */
static inline uint8_t *wr_room(struct wr *w, size_t n)
{
	uint8_t *p = w->p;

	if (w->bad || w->left < n) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	w->left -= n;
	return p;
}

static inline void wr_bytes(struct wr *w, const void *b, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p)
		memcpy(p, b, n);
}

static inline void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p)
		memset(p, 0, n);
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

static inline void wr_be16(struct wr *w, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	wr_bytes(w, b, 2);
}

static inline void wr_be32(struct wr *w, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	wr_bytes(w, b, 4);
}

static inline void wr_be64(struct wr *w, uint64_t v)
{
	wr_be32(w, (uint32_t)(v >> 32));
	wr_be32(w, (uint32_t)v);
}

static inline void wr_le32(struct wr *w, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	wr_bytes(w, b, 4);
}

static inline void wr_le64(struct wr *w, uint64_t v)
{
	wr_le32(w, (uint32_t)v);
	wr_le32(w, (uint32_t)(v >> 32));
}

#endif
