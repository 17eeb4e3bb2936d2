/*
 * What the files of the reader of configuration files share.
 */
#ifndef MODEL_CONF_PRIV_H
#define MODEL_CONF_PRIV_H

#include "model/conf.h"

enum conf_section { IN_NOTHING, IN_INTERFACE, IN_PEER, IN_UNKNOWN };

struct conf_reader {
	struct arena *a;
	struct conf *c;
	struct conf_notes *notes;
	enum conf_section section;
	unsigned line;
	const char *key; /* of this line, as its table spells it */
	char *value; /* of this line, without any blank; may be a secret */
	const char *raw; /* the same with its blanks, not terminated */
	size_t raw_len;
	uint64_t seen; /* bits of single keys in this section, by row of the key table */
	size_t cap_addrs, cap_dns, cap_hooks, cap_peers, cap_allowed;
};

/* The one that was added, of the [Peer] that is read if any; NULL: there is no room. */
struct conf_note *conf_note(struct conf_reader *r, enum conf_fault f, unsigned line,
			    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* A value for a message, in quotes; "the value" for one that could be a key or is no text. */
const char *conf_quote(struct conf_reader *r, const char *value);
/* Room for one more element of size; old ones are copied and wiped. */
void *conf_grow(struct conf_reader *r, void *old, size_t n, size_t *cap, size_t size);

struct conf_key {
	const char *name;
	enum conf_section section;
	bool single; /* a second one replaces the first */
	void (*read)(struct conf_reader *r);
};
extern const struct conf_key conf_keys[];
extern const size_t n_conf_keys;

struct conf_peer *conf_last_peer(struct conf_reader *r);
void conf_check_whole(struct conf_reader *r);

#endif
