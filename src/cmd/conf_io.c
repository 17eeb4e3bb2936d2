#include "cmd/conf_io.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/say.h"
#include "gather/gather_conf.h"
#include "gather/gather_resolve.h"

/*
 * What wg would refuse is one line. The rest is a row of the report (config.file), or said here
 * where there will be none.
 */
static int tell_notes(const char *cmd, const char *path, const struct conf_notes *notes,
		      bool reported)
{
	size_t i;

	for (i = 0; i < notes->n; i++) {
		enum conf_grade g = conf_fault_grade(notes->note[i].fault);

		if ((reported || notes->worst == CONF_REFUSED) && g != CONF_REFUSED)
			continue;
		say("%s: %s: %s", cmd, path, notes->note[i].text);
		if (g == CONF_REFUSED)
			return EXIT_USAGE;
	}
	return EXIT_OK;
}

static void resolve_all(const char *cmd, const char *path, const struct conf *c, struct arena *a,
			struct intended_facts *f)
{
	char key[KEY_SHORT_SIZE];
	struct err e;
	size_t i;

	for (i = 0; i < c->n_peers; i++) {
		const struct conf_peer *p = &c->peers[i];

		if (!p->host)
			continue;
		if (gather_resolve(p->host, p->port, a, &f->peers[i].resolved,
				   &f->peers[i].n_resolved, &e) == 0)
			continue;
		public_key_short(&p->key, key);
		say("%s: %s: line %u, [Peer] %s: Endpoint: %s", cmd, path, p->line, key, e.text);
	}
}

int conf_io_load(const char *cmd, const char *path, struct arena *a, struct conf **c,
		 struct intended_facts *facts)
{
	struct conf_notes notes;
	struct buf text = { 0 };
	struct err e;
	int code;

	if (conf_file_read(path, &text, &e) < 0) {
		say("%s: %s", cmd, e.text);
		buf_wipe_done(&text);
		return EXIT_USAGE;
	}
	conf_parse(text.b, text.len, a, c, &notes);
	buf_wipe_done(&text);
	code = tell_notes(cmd, path, &notes, facts);
	if (code == EXIT_OK && facts) {
		conf_facts(*c, &notes, a, facts);
		facts->file = path;
		resolve_all(cmd, path, *c, a, facts);
	}
	if (code != EXIT_OK)
		conf_wipe(*c);
	return code;
}
