/* Keys as text: what is taken is printed as it was, and each form agrees with the other. */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/key.h"

static void try_base64(const char *s)
{
	char back[KEY_BASE64_LEN + 1];
	struct public_key k;
	struct secret_key secret;
	bool ok = public_key_from_base64(s, &k);

	assert(secret_key_from_base64(s, &secret) == ok);
	if (!ok)
		return;
	public_key_base64(&k, back);
	assert(!strcmp(s, back));
	assert(!memcmp(k.b, secret.b, KEY_LEN));
}

static void try_hex(const char *s, size_t len)
{
	char back[KEY_HEX_LEN + 1];
	struct public_key k;
	struct secret_key secret;
	bool ok = public_key_from_hex(s, len, &k);
	size_t i;

	assert(secret_key_from_hex(s, len, &secret) == ok);
	if (!ok)
		return;
	assert(len == KEY_HEX_LEN);
	key_hex(k.b, back);
	for (i = 0; i < len; i++)
		assert(back[i] == tolower((unsigned char)s[i]));
	assert(!memcmp(k.b, secret.b, KEY_LEN));
}

static void try_bytes(const uint8_t *bytes, size_t len)
{
	char base64[KEY_BASE64_LEN + 1], hex[KEY_HEX_LEN + 1], brief[KEY_SHORT_SIZE];
	struct public_key k, back;

	if (len < KEY_LEN)
		return;
	memcpy(k.b, bytes, KEY_LEN);
	public_key_base64(&k, base64);
	assert(public_key_from_base64(base64, &back) && public_key_equal(&k, &back));
	key_hex(k.b, hex);
	assert(public_key_from_hex(hex, KEY_HEX_LEN, &back) && public_key_equal(&k, &back));
	public_key_short(&k, brief);
	assert(!memcmp(brief, base64, 4) && !strcmp(brief + 7, base64 + KEY_BASE64_LEN - 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *s = malloc(len + 1);

	assert(s);
	if (len)
		memcpy(s, bytes, len);
	s[len] = '\0';
	try_base64(s);
	try_hex((const char *)bytes, len);
	try_bytes(bytes, len);
	free(s);
	return 0;
}
