#include "cmd/name_near.h"

#include <dirent.h>
#include <net/if.h>
#include <string.h>

#include "base/str.h"

#define SUFFIX ".conf"

struct search {
	const char *name; /* as it was typed */
	const char *key; /* the nearest so far, or NULL */
	const char *typed; /* what names it */
	struct arena *arena;
};

/* Of two that are as near the first one stays. */
static void consider(struct search *s, const char *key, const char *typed)
{
	const char *both[] = { key, s->key };

	if (s->key) {
		both[0] = s->key;
		both[1] = key;
	}
	if (str_nearest(s->name, both, s->key ? 2 : 1) != key)
		return;
	s->key = key;
	s->typed = typed;
}

static void interfaces(struct search *s)
{
	struct if_nameindex *all = if_nameindex();
	size_t i;

	for (i = 0; all && all[i].if_name; i++) {
		const char *name = arena_strdup(s->arena, all[i].if_name);

		consider(s, name, name);
	}
	if (all)
		if_freenameindex(all);
}

/* By its whole name, and by that of the tunnel in it. What cannot be read has nothing. */
static void folder(struct search *s, const char *path, const char *before)
{
	DIR *d = opendir(path);
	const struct dirent *de;

	while (d && (de = readdir(d))) {
		size_t len = strlen(de->d_name), end = strlen(SUFFIX);
		const char *name, *typed;

		if (len <= end || de->d_name[0] == '.' || de->d_type == DT_DIR ||
		    strcmp(de->d_name + len - end, SUFFIX) != 0)
			continue;
		name = arena_strdup(s->arena, de->d_name);
		typed = arena_printf(s->arena, "%s%s", before, name);
		consider(s, name, typed);
		consider(s, arena_printf(s->arena, "%.*s", (int)(len - end), name), typed);
	}
	if (d)
		closedir(d);
}

const char *name_near(const char *name, bool files, struct arena *a)
{
	struct search s = { .name = name, .arena = a };

	interfaces(&s);
	if (files) {
		folder(&s, ".", "");
		folder(&s, "/etc/wireguard", "/etc/wireguard/");
	}
	return s.typed;
}
