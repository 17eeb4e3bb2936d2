/*
 * A record: "7,1042,98765,-;wireguard: wg0: ...", then lines of its own that begin with a blank.
 * The first number is facility and level, the facility of the kernel is 0; the second one is the
 * record's own, and each is one more than the last.
 */
#include "sys/linux/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	RECORD_MAX = 8192, /* of devkmsg_read() in kernel/printk/printk.c, and more than it gives */
	FACILITY_SHIFT = 3,
	MOST_AT_ONCE = 100000, /* whoever is faster than we are is not waited for */
};

int kmsg_open(struct kmsg *k, struct err *e)
{
	int rc;

	*k = (struct kmsg){ .fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC) };
	if (k->fd < 0) {
		rc = err_sys(e, "open /dev/kmsg");
		if (rc == -EPERM || rc == -EACCES)
			err_remedy(e, geteuid() != 0 ? "run as root" :
						       "CAP_SYSLOG of the machine itself is "
						       "needed: root of a container lacks it");
		return rc;
	}
	if (lseek(k->fd, 0, SEEK_END) < 0) {
		rc = err_sys(e, "seek in /dev/kmsg");
		kmsg_close(k);
		return rc;
	}
	return 0;
}

void kmsg_close(struct kmsg *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

/* Digits up to a comma; false: there are none. *at goes behind it. */
static bool number(const char **at, const char *end, uint64_t *out)
{
	const char *s = *at;
	uint64_t v = 0;

	for (; s < end && *s >= '0' && *s <= '9' && v < UINT64_MAX / 16; s++)
		v = v * 10 + (uint64_t)(*s - '0');
	if (s == *at || s == end || *s != ',')
		return false;
	*out = v;
	*at = s + 1;
	return true;
}

static void record(struct kmsg *k, const char *s, size_t len,
		   void (*fn)(void *ctx, const char *line, size_t len), void *ctx)
{
	const char *at = s, *end = s + len, *text;
	uint64_t kind, n;

	if (!number(&at, end, &kind) || !number(&at, end, &n))
		return;
	if (k->began && n > k->next)
		k->missed += (int64_t)(n - k->next);
	k->began = true;
	k->next = n + 1;
	text = memchr(at, ';', (size_t)(end - at));
	if (!text || kind >> FACILITY_SHIFT)
		return;
	text++;
	at = memchr(text, '\n', (size_t)(end - text));
	fn(ctx, text, (size_t)((at ? at : end) - text));
}

void kmsg_read(struct kmsg *k, void (*fn)(void *ctx, const char *line, size_t len), void *ctx)
{
	char s[RECORD_MAX];
	int i;

	for (i = 0; i < MOST_AT_ONCE; i++) {
		ssize_t n = (k->read ? k->read : read)(k->fd, s, sizeof(s));

		if (n > 0)
			record(k, s, (size_t)n, fn, ctx);
		else if (n == 0 || (errno != EPIPE && errno != EINTR))
			return;
		/*
		 * Some were overwritten: the next read goes on behind them. How many, the numbers
		 * tell, but for those before the first one.
		 */
		else if (errno == EPIPE && !k->began)
			k->missed++;
	}
}
