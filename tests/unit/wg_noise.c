/* The handshake against the published vector, and from end to end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "lib/noise_ends.h"
#include "wg/crypto.h"

static void start_values(void **state)
{
	struct noise_start s;

	(void)state;
	noise_start_wireguard(&s);
	hex_equal(s.ck, 32, "60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36");
	hex_equal(s.h, 32, "2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3");
}

static void timestamps(void **state)
{
	static const struct {
		int64_t wall_ns;
		const char *want;
	} rows[] = {
		{ 0, "400000000000000a00000000" },
		{ 1, "400000000000000a00000000" },
		{ (1 << 24) - 1, "400000000000000a00000000" },
		{ 1 << 24, "400000000000000a01000000" },
		{ 999999999, "400000000000000a3b000000" },
		{ 1000000000, "400000000000000b00000000" },
		{ 1700000000 * NS_PER_S + 123456789, "400000006553f10a07000000" },
		{ -1, "40000000000000093b000000" },
		{ -NS_PER_S, "400000000000000900000000" },
	};
	uint8_t out[WG_TIMESTAMP_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		noise_timestamp(rows[i].wall_ns, out);
		hex_equal(out, sizeof(out), rows[i].want);
	}
}

static void vector_message_1(struct ends *w, struct noise_half *a, struct noise_half *b)
{
	uint8_t enc[16 + WG_TAG_LEN], payload[16];
	struct wg_msg_initiation m;
	struct public_key who;

	assert_int_equal(noise_begin_initiation(a, &w->start, &w->a.id, &w->a.peer,
						&w->a.ephemeral, 1, &m),
			 WG_DROP_NONE);
	noise_seal_payload(a, "Ludwig von Mises", 16, enc);
	a->hs.state = NOISE_INITIATION_SENT;
	hex_equal(m.ephemeral, 32,
		  "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944");
	hex_equal(m.enc_static, 48,
		  "001e21de9f98ddd8e2ad57527207feb56253c9c94a9e496782ecfcb2a75fbcaf"
		  "1b52948cc48daefe660c62119ab50009");
	hex_equal(enc, sizeof(enc),
		  "80c84831215f2441eba616548e832985464cf17e51ee93109008399a21f7e13f");

	assert_int_equal(noise_open_initiation(b, &w->start, &w->b.id, &m, &who), WG_DROP_NONE);
	assert_true(public_key_equal(&who, &w->a.id.public_key));
	assert_int_equal(noise_mix_static(b, &w->b.peer), WG_DROP_NONE);
	assert_true(noise_open_payload(b, enc, sizeof(enc), payload));
	assert_memory_equal(payload, "Ludwig von Mises", 16);
	b->hs.state = NOISE_INITIATION_RECEIVED;
}

static void vector_message_2(struct ends *w, struct noise_half *a, struct noise_half *b)
{
	uint8_t enc[15 + WG_TAG_LEN], payload[15];
	struct wg_msg_response m;

	assert_int_equal(noise_begin_response(b, &w->b.peer, &w->b.ephemeral, 2, &m),
			 WG_DROP_NONE);
	noise_seal_payload(b, "Murray Rothbard", 15, enc);
	b->hs.state = NOISE_RESPONSE_SENT;
	hex_equal(m.ephemeral, 32,
		  "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843");
	hex_equal(enc, sizeof(enc),
		  "cb765f2caef0751b8f007572dab0322217755c0632f365717edbf34d33e87a");

	assert_int_equal(noise_open_response(a, &w->a.id, &w->a.peer, &m), WG_DROP_NONE);
	assert_true(noise_open_payload(a, enc, sizeof(enc), payload));
	assert_memory_equal(payload, "Murray Rothbard", 15);
	a->hs.state = NOISE_RESPONSE_RECEIVED;
}

static void vector_transport(struct end *from, struct end *to, uint64_t counter, const char *text,
			     const char *want)
{
	uint8_t slot[WG_CRYPTO_BEFORE + 64 + WG_CRYPTO_AFTER], *b = slot + WG_CRYPTO_BEFORE;
	size_t len = strlen(text);

	memcpy(b, text, len);
	wg_crypto_composed.seal(b, len, counter, from->send.b);
	hex_equal(b, len + WG_TAG_LEN, want);
	assert_true(wg_crypto_composed.open(b, len + WG_TAG_LEN, counter, to->receive.b));
	assert_memory_equal(b, text, len);
}

static void published_handshake(void **state)
{
	struct noise_half a, b;
	struct ends w;

	(void)state;
	ends_init(&w);
	noise_start_with(&w.start, "John Galt", 9);
	hex_equal(w.b.id.public_key.b, 32,
		  "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62");
	vector_message_1(&w, &a, &b);
	assert_memory_equal(a.hs.h, b.hs.h, sizeof(a.hs.h));
	vector_message_2(&w, &a, &b);
	hex_equal(a.hs.h, 32, "f5191b875290abcd41347ac3622d9679688a7e980229cb937ef748336cfde0e5");
	assert_memory_equal(a.hs.h, b.hs.h, sizeof(a.hs.h));
	noise_split(&a.hs, true, &w.a.send, &w.a.receive);
	noise_split(&b.hs, false, &w.b.send, &w.b.receive);
	vector_transport(&w.a, &w.b, 0, "F. A. Hayek",
			 "8153ca9833bc3c1b91a7e66e5f4d4f5b59bf9e64c2f20d15f0bba7");
	vector_transport(&w.b, &w.a, 0, "Carl Menger",
			 "07af0c9c86e1b4e80f36b04ff7688d51141af3debd0332f0a705ef");
	vector_transport(&w.a, &w.b, 1, "Jean-Baptiste Say",
			 "6ab1467c0448cc78394494abaaf23afce0e234315d6e2624dcbfa8a21c1c4d073d");
	vector_transport(&w.b, &w.a, 1, "Eugen B\xf6hm von Bawerk",
			 "dfc346c0d2296ae6cf1acf6f12b8456a1dba228cf8d8b774aacf1c47fc53aa80"
			 "ebc7a4c292");
	noise_half_wipe(&a);
	noise_half_wipe(&b);
}

static void whole_handshake(void **state)
{
	struct wg_msg_initiation mi;
	struct wg_msg_response mr;
	struct ends w;

	(void)state;
	ends_init(&w);
	assert_int_equal(initiate(&w, &mi), WG_DROP_NONE);
	assert_int_equal(mi.sender, 0xa1);
	assert_int_equal(w.a.hs.state, NOISE_INITIATION_SENT);
	assert_int_equal(w.a.hs.local_index, 0xa1);
	assert_int_equal(receive(&w, &mi), WG_DROP_NONE);
	assert_int_equal(w.b.hs.state, NOISE_INITIATION_RECEIVED);
	assert_int_equal(w.b.hs.remote_index, 0xa1);
	assert_int_equal(respond(&w, &mr), WG_DROP_NONE);
	assert_int_equal(w.b.hs.state, NOISE_RESPONSE_SENT);
	assert_int_equal(mr.sender, 0xb2);
	assert_int_equal(mr.receiver, 0xa1);
	assert_int_equal(w.b.hs.local_index, 0xb2);
	wipe_means_zero(w.b.hs.ephemeral.b, 32);
	assert_int_equal(finish(&w, &mr), WG_DROP_NONE);
	assert_int_equal(w.a.hs.state, NOISE_RESPONSE_RECEIVED);
	assert_int_equal(w.a.hs.remote_index, 0xb2);
	wipe_means_zero(w.a.hs.ephemeral.b, 32);
	noise_split(&w.a.hs, true, &w.a.send, &w.a.receive);
	noise_split(&w.b.hs, false, &w.b.send, &w.b.receive);
	assert_memory_equal(&w.a.send, &w.b.receive, 32);
	assert_memory_equal(&w.a.receive, &w.b.send, 32);
	assert_memory_not_equal(&w.a.send, &w.a.receive, 32);
	wipe_means_zero(&w.a.hs, sizeof(w.a.hs));
	wipe_means_zero(&w.b.hs, sizeof(w.b.hs));
}

/* A psk of zero is "none", and works on both sides alike. */
static void without_psk(void **state)
{
	struct wg_msg_initiation mi;
	struct wg_msg_response mr;
	struct ends w;

	(void)state;
	ends_init(&w);
	secret_key_done(&w.a.peer.psk);
	secret_key_done(&w.b.peer.psk);
	assert_int_equal(initiate(&w, &mi), WG_DROP_NONE);
	assert_int_equal(receive(&w, &mi), WG_DROP_NONE);
	assert_int_equal(respond(&w, &mr), WG_DROP_NONE);
	assert_int_equal(finish(&w, &mr), WG_DROP_NONE);
}

static void identity_is_clamped(void **state)
{
	struct secret_key k;
	struct noise_identity id = { .has = false };

	(void)state;
	memset(k.b, 0xff, sizeof(k.b));
	noise_identity_set(&id, &k);
	assert_true(id.has);
	assert_int_equal(id.private_key.b[0], 0xf8);
	assert_int_equal(id.private_key.b[31], 0x7f);
	assert_int_equal(k.b[0], 0xff);
	noise_identity_done(&id);
	wipe_means_zero(&id, sizeof(id));
}

static void done_wipes(void **state)
{
	struct ends w;

	(void)state;
	ends_init(&w);
	assert_true(w.a.peer.usable);
	noise_remote_done(&w.a.peer);
	wipe_means_zero(&w.a.peer, sizeof(w.a.peer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_values),
		cmocka_unit_test(timestamps),
		cmocka_unit_test(published_handshake),
		cmocka_unit_test(whole_handshake),
		cmocka_unit_test(without_psk),
		cmocka_unit_test(identity_is_clamped),
		cmocka_unit_test(done_wipes),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("wg_noise", tests, NULL, NULL);
}
