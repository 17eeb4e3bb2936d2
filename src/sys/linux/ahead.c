/*
 * One file per key, called as it in hex: until when, in ns of the wall clock, as a line of text.
 * Time stamps are of that clock, so where it was set back a note says too much, and is dropped.
 */
#include "sys/linux/ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/linux/linux.h"
#include "sys/linux/state_dir.h"

#define AHEAD_END ".ahead"
#define NEW_END ".new"
enum { NAME_SIZE = KEY_HEX_LEN + sizeof(AHEAD_END), MS_PER_S = 1000, TRIES = 1000, NOT_THERE = -1 };

static void file_name(const struct public_key *k, char out[static NAME_SIZE])
{
	key_hex(k->b, out);
	strcpy(out + KEY_HEX_LEN, AHEAD_END);
}

struct undo_step ahead_step(const struct public_key *k, unsigned ahead_s)
{
	struct undo_step s = { .kind = UNDO_AHEAD, .limit_ms = (int)ahead_s * MS_PER_S };

	_Static_assert(sizeof(s.path) >= NAME_SIZE, "a note's name has its place");
	file_name(k, s.path);
	return s;
}

/* Whole at once, or whoever reads meanwhile would take it for one that says nothing. */
static int write_note(int dir, const char *name, int64_t until, struct err *e)
{
	char text[32], new[sizeof(((struct undo_step *)0)->path) + sizeof(NEW_END)];
	int fd, n, rc = 0;

	snprintf(new, sizeof(new), "%s" NEW_END, name);
	/* Another may hold what stood there; a link is nobody's of us. */
	unlinkat(dir, new, 0);
	fd = openat(dir, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return state_cannot_write(err_sys(e, "create %s/%s", STATE_DIR, new), e);
	n = snprintf(text, sizeof(text), "%" PRId64 "\n", until);
	if (write(fd, text, (size_t)n) != n)
		rc = err_sys(e, "write %s/%s", STATE_DIR, new);
	close(fd);
	if (!rc && renameat(dir, new, dir, name) < 0)
		rc = err_sys(e, "rename %s/%s", STATE_DIR, new);
	if (rc < 0)
		unlinkat(dir, new, 0);
	return rc;
}

int ahead_undo(const struct undo_step *s, struct err *e)
{
	int64_t until = linux_wall_ns() + s->limit_ms * NS_PER_MS;
	int dir, tries = TRIES, rc;

	if (!s->limit_ms)
		return 0;
	/* Whoever finds the folder empty takes it away. */
	do {
		rc = state_dir_open(&dir, e);
		if (rc < 0)
			continue;
		rc = write_note(dir, s->path, until, e);
		close(dir);
	} while (rc == -ENOENT && --tries);
	return rc;
}

/* 0: it says nothing that holds. */
static int64_t read_note(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int64_t until = 0, now = linux_wall_ns();
	char text[32] = "", *end = text;

	if (fd < 0)
		return 0;
	if (state_is_private(fd, S_IFREG) && read(fd, text, sizeof(text) - 1) > 0)
		until = strtoll(text, &end, 10);
	close(fd);
	return *end == '\n' && until > now && until - now <= AHEAD_MOST_S * NS_PER_S ? until : 0;
}

int64_t ahead_until(const struct public_key *k)
{
	char name[NAME_SIZE];
	int dir = state_dir_look();
	int64_t until;

	if (dir < 0)
		return 0;
	file_name(k, name);
	/* What is not there yet may be written at this moment, and is nobody's to take away. */
	until = faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? read_note(dir, name) :
								       NOT_THERE;
	if (until != NOT_THERE && !until)
		unlinkat(dir, name, 0);
	if (until <= 0)
		(void)rmdir(STATE_DIR);
	close(dir);
	return MAX(until, 0);
}

bool ahead_is_over(int dir, const char *name)
{
	size_t len = strlen(name);

	/* Whoever writes one now does it again. */
	if (len == NAME_SIZE - 1 + strlen(NEW_END) &&
	    !strcmp(name + KEY_HEX_LEN, AHEAD_END NEW_END))
		return true;
	return len == NAME_SIZE - 1 && !strcmp(name + KEY_HEX_LEN, AHEAD_END) &&
	       !read_note(dir, name);
}
