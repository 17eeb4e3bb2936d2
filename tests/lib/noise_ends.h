/* Two ends of a handshake with known keys, for the tests of wg/noise. */
#ifndef TESTS_LIB_NOISE_ENDS_H
#define TESTS_LIB_NOISE_ENDS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "wg/noise_steps.h"

static inline void unhex(const char *hex, void *out, size_t len)
{
	size_t n = 0;

	assert_int_equal(sodium_hex2bin(out, len, hex, strlen(hex), NULL, &n, NULL), 0);
	assert_int_equal(n, len);
}

static inline void hex_equal(const void *b, size_t len, const char *want)
{
	char hex[513];

	assert_true(2 * len < sizeof(hex));
	sodium_bin2hex(hex, sizeof(hex), b, len);
	assert_string_equal(hex, want);
}

/* The keys of the published vector: cacophony, Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s. */
static const char psk_hex[] = "54686973206973206d7920417573747269616e20706572737065637469766521";
static const char init_s[] = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1";
static const char init_e[] = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
static const char resp_s[] = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893";
static const char resp_e[] = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b";

/* Two ends that know each other. */
struct end {
	struct noise_identity id;
	struct noise_remote peer;
	struct secret_key ephemeral;
	struct noise_handshake hs;
	struct secret_key send, receive;
};
struct ends {
	struct noise_start start;
	struct end a, b; /* a initiates */
};

static inline void end_init(struct end *e, const char *s, const char *ephemeral)
{
	struct secret_key k;

	memset(e, 0, sizeof(*e));
	unhex(s, k.b, sizeof(k.b));
	noise_identity_set(&e->id, &k);
	unhex(ephemeral, e->ephemeral.b, sizeof(e->ephemeral.b));
	unhex(psk_hex, e->peer.psk.b, sizeof(e->peer.psk.b));
}

static inline void end_meet(struct end *e, const struct end *other)
{
	e->peer.public_key = other->id.public_key;
	noise_remote_precompute(&e->peer, &e->id);
}

static inline void ends_init(struct ends *w)
{
	noise_start_wireguard(&w->start);
	end_init(&w->a, init_s, init_e);
	end_init(&w->b, resp_s, resp_e);
	end_meet(&w->a, &w->b);
	end_meet(&w->b, &w->a);
}

static const uint8_t stamp[WG_TIMESTAMP_LEN] = { 0x40, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };

static inline enum wg_drop initiate(struct ends *w, struct wg_msg_initiation *m)
{
	return noise_create_initiation(&w->a.hs, &w->start, &w->a.id, &w->a.peer, &w->a.ephemeral,
				       0xa1, stamp, m);
}

/* Both steps of reading; commits into b.hs on success, as the device does. */
static inline enum wg_drop receive(struct ends *w, const struct wg_msg_initiation *m)
{
	uint8_t got[WG_TIMESTAMP_LEN] = { 0 };
	struct noise_half half;
	struct public_key who;
	enum wg_drop drop;

	drop = noise_open_initiation(&half, &w->start, &w->b.id, m, &who);
	if (!drop)
		drop = noise_consume_initiation(&half, &w->b.peer, m, got);
	if (!drop) {
		assert_true(public_key_equal(&who, &w->a.id.public_key));
		assert_memory_equal(got, stamp, sizeof(stamp));
		w->b.hs = half.hs;
	} else {
		assert_true(sodium_is_zero(got, sizeof(got)));
	}
	noise_half_wipe(&half);
	return drop;
}

static inline enum wg_drop respond(struct ends *w, struct wg_msg_response *m)
{
	return noise_create_response(&w->b.hs, &w->b.peer, &w->b.ephemeral, 0xb2, m);
}

static inline enum wg_drop finish(struct ends *w, const struct wg_msg_response *m)
{
	return noise_consume_response(&w->a.hs, &w->a.id, &w->a.peer, m);
}

/* As far as a valid response that a has not seen. */
static inline void up_to_response(struct ends *w, struct wg_msg_response *m)
{
	struct wg_msg_initiation mi;

	ends_init(w);
	assert_int_equal(initiate(w, &mi), WG_DROP_NONE);
	assert_int_equal(receive(w, &mi), WG_DROP_NONE);
	assert_int_equal(respond(w, m), WG_DROP_NONE);
}

static inline void wipe_means_zero(const void *p, size_t len)
{
	assert_true(sodium_is_zero(p, len));
}

#endif
