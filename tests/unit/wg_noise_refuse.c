/* Every wrong bit, key, state and point gives its named refusal, and changes nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "lib/noise_ends.h"

/* --- one bit wrong, anywhere --- */

/* What one wrong bit in each byte must give; *hs of the receiver must not have moved. */
static void tampered_initiation(void **state)
{
	uint8_t b[WG_INITIATION_LEN];
	struct wg_msg_initiation good, m;
	struct noise_handshake before;
	struct ends w;
	size_t i;

	(void)state;
	ends_init(&w);
	assert_int_equal(initiate(&w, &good), WG_DROP_NONE);
	memset(good.mac1, 0, sizeof(good.mac1));
	memset(good.mac2, 0, sizeof(good.mac2));
	before = w.b.hs;
	for (i = 8; i < 116; i++) {
		wg_msg_write_initiation(&good, b);
		b[i] ^= 1;
		assert_true(wg_msg_read_initiation(b, sizeof(b), &m));
		/* e and enc_static: the static key does not open; then the timestamp */
		assert_int_equal(receive(&w, &m),
				 i < 88 ? WG_DROP_IN_STATIC : WG_DROP_IN_TIMESTAMP);
		assert_memory_equal(&w.b.hs, &before, sizeof(before));
	}
	assert_int_equal(receive(&w, &good), WG_DROP_NONE);
}

static void tampered_response(void **state)
{
	uint8_t b[WG_RESPONSE_LEN];
	struct wg_msg_response good, m;
	struct noise_handshake before;
	struct ends w;
	size_t i;

	(void)state;
	up_to_response(&w, &good);
	memset(good.mac1, 0, sizeof(good.mac1));
	memset(good.mac2, 0, sizeof(good.mac2));
	before = w.a.hs;
	for (i = 12; i < 60; i++) {
		wg_msg_write_response(&good, b);
		b[i] ^= 1;
		assert_true(wg_msg_read_response(b, sizeof(b), &m));
		assert_int_equal(finish(&w, &m), WG_DROP_IN_RESPONSE);
		assert_memory_equal(&w.a.hs, &before, sizeof(before));
	}
	assert_int_equal(finish(&w, &good), WG_DROP_NONE);
}

/* --- wrong keys --- */

static void other_identity(struct end *e, uint8_t first)
{
	struct secret_key k = { { first, 1, 2 } };

	noise_identity_set(&e->id, &k);
	noise_remote_precompute(&e->peer, &e->id);
}

/* The initiator holds another public key for us: nothing opens. */
static void wrong_responder_key(void **state)
{
	struct wg_msg_initiation m;
	struct ends w;

	(void)state;
	ends_init(&w);
	assert_int_equal(initiate(&w, &m), WG_DROP_NONE);
	other_identity(&w.b, 0x55);
	assert_int_equal(receive(&w, &m), WG_DROP_IN_STATIC);
}

/* It opens, and tells who it is, whoever that is; read as somebody else's it is not authentic. */
static void somebody_else_initiates(void **state)
{
	struct wg_msg_initiation m;
	struct noise_half half;
	struct public_key who;
	struct ends w;

	(void)state;
	ends_init(&w);
	other_identity(&w.a, 0x66);
	assert_int_equal(initiate(&w, &m), WG_DROP_NONE);
	assert_int_equal(noise_open_initiation(&half, &w.start, &w.b.id, &m, &who), WG_DROP_NONE);
	assert_true(public_key_equal(&who, &w.a.id.public_key));
	assert_int_equal(half.hs.remote_index, 0xa1);
	noise_half_wipe(&half);
	assert_int_equal(receive(&w, &m), WG_DROP_IN_TIMESTAMP);
}

static void wrong_psk(void **state)
{
	struct wg_msg_initiation mi;
	struct wg_msg_response mr;
	struct ends w;

	(void)state;
	ends_init(&w);
	w.b.peer.psk.b[31] ^= 1;
	assert_int_equal(initiate(&w, &mi), WG_DROP_NONE);
	assert_int_equal(receive(&w, &mi), WG_DROP_NONE); /* the psk is not in it yet */
	assert_int_equal(respond(&w, &mr), WG_DROP_NONE);
	assert_int_equal(finish(&w, &mr), WG_DROP_IN_RESPONSE);
	assert_int_equal(w.a.hs.state, NOISE_INITIATION_SENT); /* a right one may still come */
	w.b.peer.psk.b[31] ^= 1;
	assert_int_equal(receive(&w, &mi), WG_DROP_NONE);
	assert_int_equal(respond(&w, &mr), WG_DROP_NONE);
	assert_int_equal(finish(&w, &mr), WG_DROP_NONE);
}

static void wrong_prologue(void **state)
{
	struct wg_msg_initiation m;
	struct ends w;

	(void)state;
	ends_init(&w);
	assert_int_equal(initiate(&w, &m), WG_DROP_NONE);
	noise_start_with(&w.start, "WireGuard v2", 12);
	assert_int_equal(receive(&w, &m), WG_DROP_IN_STATIC);
}

static void response_to_a_replaced_initiation(void **state)
{
	struct wg_msg_initiation again;
	struct wg_msg_response mr;
	struct ends w;

	(void)state;
	up_to_response(&w, &mr);
	w.a.ephemeral.b[5] ^= 1;
	assert_int_equal(initiate(&w, &again), WG_DROP_NONE);
	assert_int_equal(finish(&w, &mr), WG_DROP_IN_RESPONSE);
}

static void wrong_state(void **state)
{
	struct wg_msg_response mr, unused;
	struct noise_handshake before;
	struct ends w;

	(void)state;
	up_to_response(&w, &mr);
	assert_int_equal(finish(&w, &mr), WG_DROP_NONE);
	before = w.a.hs;
	assert_int_equal(finish(&w, &mr), WG_DROP_IN_WRONG_STATE); /* the same once more */
	assert_memory_equal(&w.a.hs, &before, sizeof(before));
	noise_handshake_wipe(&w.a.hs);
	assert_int_equal(finish(&w, &mr), WG_DROP_IN_WRONG_STATE); /* to nothing at all */
	assert_int_equal(respond(&w, &unused), WG_DROP_IN_WRONG_STATE); /* b has responded */
	wipe_means_zero(&w.b.hs, sizeof(w.b.hs));
}

static void no_identity(void **state)
{
	static const struct secret_key zero;
	struct wg_msg_initiation m, good;
	struct wg_msg_response mr;
	struct ends w;

	(void)state;
	up_to_response(&w, &mr);
	assert_int_equal(initiate(&w, &good), WG_DROP_NONE);
	noise_identity_set(&w.b.id, &zero);
	assert_false(w.b.id.has);
	assert_int_equal(receive(&w, &good), WG_DROP_IN_NO_PRIVATE_KEY);
	noise_identity_set(&w.a.id, &zero);
	assert_int_equal(finish(&w, &mr), WG_DROP_IN_NO_PRIVATE_KEY);
	noise_remote_precompute(&w.a.peer, &w.a.id);
	assert_false(w.a.peer.usable);
	assert_int_equal(initiate(&w, &m), WG_DROP_IN_NO_PRIVATE_KEY);
	wipe_means_zero(&w.a.hs, sizeof(w.a.hs));
}

/* --- keys of low order: never a message, in no role --- */

static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/* As WireGuard's selftest writes them: this table is that one. */
static void low_order_points_are_those_of_the_selftest(void **state)
{
	static const char *const base64[] = {
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
		"X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc=",
		"7P///////////////////////////////////////38=",
		"7f///////////////////////////////////////38=",
		"7v///////////////////////////////////////38=",
	};
	struct public_key k;
	size_t i;

	(void)state;
	assert_int_equal(ARRAY_LEN(base64), ARRAY_LEN(low_order));
	for (i = 0; i < ARRAY_LEN(low_order); i++) {
		assert_true(public_key_from_base64(base64[i], &k));
		hex_equal(k.b, sizeof(k.b), low_order[i]);
	}
}

static void low_order_peer(void **state)
{
	static const struct wg_msg_initiation nothing;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(low_order); i++) {
		struct wg_msg_initiation m = nothing, good;
		struct wg_msg_response mr;
		struct ends w;

		ends_init(&w);
		assert_int_equal(initiate(&w, &good), WG_DROP_NONE);
		unhex(low_order[i], w.a.peer.public_key.b, 32);
		noise_remote_precompute(&w.a.peer, &w.a.id);
		assert_false(w.a.peer.usable);
		wipe_means_zero(&w.a.peer.static_static, 32);
		assert_int_equal(initiate(&w, &m), WG_DROP_IN_LOW_ORDER);
		assert_memory_equal(&m, &nothing, sizeof(m));
		wipe_means_zero(&w.a.hs, sizeof(w.a.hs));
		/* even if it were thought usable: es */
		w.a.peer.usable = true;
		assert_int_equal(initiate(&w, &m), WG_DROP_IN_LOW_ORDER);
		assert_memory_equal(&m, &nothing, sizeof(m));
		/* the responder's view: ss, then se */
		assert_int_equal(receive(&w, &good), WG_DROP_NONE);
		unhex(low_order[i], w.b.peer.public_key.b, 32);
		assert_int_equal(respond(&w, &mr), WG_DROP_IN_LOW_ORDER);
		wipe_means_zero(&w.b.hs, sizeof(w.b.hs));
		noise_remote_precompute(&w.b.peer, &w.b.id);
		assert_int_equal(receive(&w, &good), WG_DROP_IN_LOW_ORDER);
	}
}

/* Not usable is not used, whatever the key looks like. */
static void peer_without_static_static(void **state)
{
	struct wg_msg_initiation m;
	struct ends w;

	(void)state;
	ends_init(&w);
	w.a.peer.usable = false;
	assert_int_equal(initiate(&w, &m), WG_DROP_IN_LOW_ORDER);
	wipe_means_zero(&w.a.hs, sizeof(w.a.hs));
}

static void low_order_ephemeral(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(low_order); i++) {
		struct wg_msg_initiation mi;
		struct noise_handshake before;
		struct wg_msg_response mr;
		struct ends w;

		up_to_response(&w, &mr);
		before = w.a.hs;
		unhex(low_order[i], mr.ephemeral, 32);
		assert_int_equal(finish(&w, &mr), WG_DROP_IN_LOW_ORDER);
		assert_memory_equal(&w.a.hs, &before, sizeof(before));
		assert_int_equal(initiate(&w, &mi), WG_DROP_NONE);
		unhex(low_order[i], mi.ephemeral, 32);
		assert_int_equal(receive(&w, &mi), WG_DROP_IN_LOW_ORDER);
		/* ee, had the initiation been let through */
		w.b.hs.state = NOISE_INITIATION_RECEIVED;
		unhex(low_order[i], w.b.hs.remote_ephemeral.b, 32);
		assert_int_equal(respond(&w, &mr), WG_DROP_IN_LOW_ORDER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tampered_initiation),
		cmocka_unit_test(tampered_response),
		cmocka_unit_test(wrong_responder_key),
		cmocka_unit_test(somebody_else_initiates),
		cmocka_unit_test(wrong_psk),
		cmocka_unit_test(wrong_prologue),
		cmocka_unit_test(response_to_a_replaced_initiation),
		cmocka_unit_test(wrong_state),
		cmocka_unit_test(no_identity),
		cmocka_unit_test(low_order_points_are_those_of_the_selftest),
		cmocka_unit_test(low_order_peer),
		cmocka_unit_test(peer_without_static_static),
		cmocka_unit_test(low_order_ephemeral),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("wg_noise_refuse", tests, NULL, NULL);
}
