#include "sys/linux/debug_control.h"

#include <errno.h>
#include <string.h>

#include "model/debug_site.h"

/* Each line of it is one command; the first that fails is told, and the others are done. */
static int do_all(const struct debug_io *io, const struct buf *commands, struct err *e)
{
	const char *s = buf_str(commands), *end;
	int rc = 0, one;

	for (; (end = strchr(s, '\n')) != NULL; s = end + 1) {
		CLEANUP(buf_done) struct buf line = { 0 };

		buf_add(&line, s, (size_t)(end + 1 - s));
		one = io->command(io->ctx, buf_str(&line), rc ? NULL : e);
		if (!rc)
			rc = one;
	}
	return rc;
}

static int clean_left(const struct debug_io *io, struct err *e)
{
	CLEANUP(buf_done) struct buf left = { 0 };

	io->noted(io->ctx, &left);
	/* Of a module that was loaded anew there may be no such line now. */
	do_all(io, &left, NULL);
	return io->note(io->ctx, NULL, e);
}

/* How many there are; -errno. Of a. */
static int sites_now(const struct debug_io *io, struct arena *a, struct debug_site **out,
		     struct err *e)
{
	CLEANUP(buf_done) struct buf list = { 0 };
	int rc = io->list(io->ctx, &list, e);

	return rc < 0 ? rc : (int)debug_sites(buf_str(&list), list.len, a, out);
}

static int choose(struct debug_control *d, struct buf *on, struct err *e)
{
	struct debug_site *sites;
	struct arena a;
	int n, i;

	arena_init(&a);
	n = sites_now(&d->io, &a, &sites, e);
	d->n_on = d->n_were_on = 0;
	for (i = 0; i < n; i++) {
		if (sites[i].on) {
			d->n_were_on++;
			continue;
		}
		debug_site_switch(&sites[i], true, on);
		debug_site_switch(&sites[i], false, &d->off);
		d->n_on++;
	}
	arena_done(&a);
	if (n == 0)
		return err_say(e, ENOTSUP, "the kernel's WireGuard here has no debug lines");
	return MIN(n, 0);
}

int debug_control_on(struct debug_control *d, struct err *e)
{
	CLEANUP(buf_done) struct buf on = { 0 };
	int rc = clean_left(&d->io, e);

	buf_clear(&d->off);
	if (!rc)
		rc = choose(d, &on, e);
	if (!rc && d->off.len)
		rc = d->io.note(d->io.ctx, &d->off, e);
	if (rc < 0) {
		buf_clear(&d->off);
		return rc;
	}
	rc = do_all(&d->io, &on, e);
	if (rc < 0)
		debug_control_off(d, NULL);
	return rc;
}

int debug_control_off(struct debug_control *d, struct err *e)
{
	int rc;

	if (!d->off.len)
		return 0;
	rc = do_all(&d->io, &d->off, e);
	/* What is still on is the next call's to switch off, or the next run's. */
	if (rc < 0)
		return rc;
	buf_clear(&d->off);
	return d->io.note(d->io.ctx, NULL, e);
}

/* Is one of them on that these commands switch off? */
static int is_one_on(struct debug_control *d, const struct buf *off, struct err *e)
{
	struct debug_site *sites;
	bool is_on = false;
	struct arena a;
	int n, i;

	arena_init(&a);
	n = sites_now(&d->io, &a, &sites, e);
	for (i = 0; i < n && !is_on; i++) {
		CLEANUP(buf_done) struct buf one = { 0 };

		debug_site_switch(&sites[i], false, &one);
		is_on = sites[i].on && strstr(buf_str(off), buf_str(&one));
	}
	arena_done(&a);
	return n < 0 ? n : is_on;
}

int debug_control_undo(struct debug_control *d, struct err *e)
{
	CLEANUP(buf_done) struct buf left = { 0 };
	int rc;

	d->io.noted(d->io.ctx, &left);
	if (!left.len)
		return 0;
	do_all(&d->io, &left, NULL);
	rc = is_one_on(d, &left, e);
	if (rc > 0)
		return err_say(e, EIO, "the kernel does not switch its debug lines off");
	return rc < 0 ? rc : d->io.note(d->io.ctx, NULL, e);
}
