/*
 * Configuration files. Whatever the text is: no crash, a grade that fits the notes, notes of one
 * printable line; and what was taken is printed for `wg setconf`, taken again, and printed the same.
 */
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "model/conf.h"
#include "model/uapi_text.h"

static void look_at_notes(const struct conf_notes *n, enum conf_grade worst)
{
	enum conf_grade seen = CONF_FINE;
	size_t i;

	assert(n->worst == worst && n->n <= CONF_NOTES_MAX && (n->n || worst == CONF_FINE));
	for (i = 0; i < n->n; i++) {
		assert(n->note[i].text[0] && !strpbrk(n->note[i].text, "\n\r\t\x1b"));
		seen = MAX(seen, conf_fault_grade(n->note[i].fault));
	}
	assert(n->more ? seen <= worst : seen == worst);
}

static void look_at_set(const struct conf *c)
{
	struct uapi_item item;
	struct buf b = { 0 };
	const char *at, *end;

	conf_put_set(c, NULL, &b);
	for (at = buf_str(&b); (end = strchr(at, '\n')); at = end + 1)
		assert(uapi_parse_line(at, (size_t)(end - at), &item) == UAPI_OK &&
		       item.key != UAPI_UNKNOWN);
	assert(!*at);
	buf_wipe_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct intended_facts facts;
	struct buf once = { 0 }, twice = { 0 };
	struct conf_notes notes;
	struct arena a;
	struct conf *c, *again;
	enum conf_grade g;

	arena_init(&a);
	g = conf_parse((const char *)bytes, len, &a, &c, &notes);
	look_at_notes(&notes, g);
	look_at_set(c);
	conf_facts(c, &notes, &a, &facts);
	conf_put_setconf(c, NULL, &once);
	if (g < CONF_REFUSED) {
		assert(conf_parse(once.b, once.len, &a, &again, &notes) < CONF_REFUSED);
		conf_put_setconf(again, NULL, &twice);
		assert(!strcmp(once.b, twice.b));
		conf_wipe(again);
	}
	conf_wipe(c);
	buf_wipe_done(&once);
	buf_wipe_done(&twice);
	arena_done(&a);
	return 0;
}
