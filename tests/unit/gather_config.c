/* Is a preshared key that an engine holds the one of the file? And no key stays anywhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "gather/gather.h"
#include "model/conf.h"
#include "model/facts_file.h"

#define HEAD "[Interface]\nPrivateKey = MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=\n"
#define PEER "[Peer]\nPublicKey = MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI=\nAllowedIPs = ::/0\n"
#define PSK "PresharedKey = MzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM=\n"
#define OTHER_PSK "PresharedKey = NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ=\n"
#define HEX8 "33333333"
#define HEX HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8
#define LIVE "public_key=3232323232323232323232323232323232323232323232323232323232323232\n"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	const char *file, *live;
	enum psk_as_file is;
} cases[] = {
	{ HEAD PEER PSK, LIVE "preshared_key=" HEX "\n", PSK_EQUAL },
	{ HEAD PEER OTHER_PSK, LIVE "preshared_key=" HEX "\n", PSK_DIFFERS },
	{ HEAD PEER, LIVE "preshared_key=" HEX "\n", PSK_NOT_COMPARED },
	{ HEAD PEER PSK, LIVE, PSK_NOT_COMPARED },
	{ HEAD PEER PSK, LIVE "preshared_key=" ZEROS "\n", PSK_NOT_COMPARED },
	/* The later section counts. */
	{ HEAD PEER OTHER_PSK PEER PSK, LIVE "preshared_key=" HEX "\n", PSK_EQUAL },
	{ HEAD PEER PSK PEER OTHER_PSK, LIVE "preshared_key=" HEX "\n", PSK_DIFFERS },
	{ HEAD, LIVE "preshared_key=" HEX "\n", PSK_NOT_COMPARED },
};

/* What would be kept of it. */
static void no_key_in_facts(struct facts *f)
{
	struct buf b = { 0 };

	f->marker = "WGD-x";
	f->target.name = f->target.engine = "wg0";
	f->engine[END_NEAR].log_tail = f->engine[END_FAR].log_tail = "";
	facts_write(f, &b);
	assert_non_null(strstr(buf_str(&b), "psk_as_file"));
	assert_null(strstr(buf_str(&b), HEX8));
	assert_null(strstr(buf_str(&b), "MzMzMzM"));
	assert_null(strstr(buf_str(&b), "NDQ0NDQ"));
	buf_done(&b);
}

static void compares(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_notes notes;
		struct key_digest *psks;
		struct uapi_device *d;
		struct facts f;
		struct conf *c;
		struct arena a;
		const char *reply;

		arena_init(&a);
		facts_init(&f);
		reply = arena_printf(&a, "%serrno=0\n\n", cases[i].live);
		assert_int_equal(uapi_parse_get_reply(reply, strlen(reply), &a, &d, NULL), 0);
		conf_parse(cases[i].file, strlen(cases[i].file), &a, &c, &notes);
		conf_facts(c, &notes, &a, &f.intended);
		psks = conf_psk_digests(c, &a);
		conf_wipe(c);
		gather_config(d, &a, &f.config[END_NEAR]);
		assert_int_equal(f.config[END_NEAR].peers[0].psk_as_file, PSK_NOT_COMPARED);
		gather_psks(d, &f.intended, psks, &f.config[END_NEAR]);
		if (f.config[END_NEAR].peers[0].psk_as_file != cases[i].is)
			fail_msg("case %zu", i);
		no_key_in_facts(&f);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(compares) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
