/*
 * UDP sockets of the thread's network namespace, the kernel's own among them: proc_net_udp(5).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/linux/linux.h"

/* "  12: 00000000:CA6C 00000000:0000 07 ..." */
static bool has_port(const char *line, uint16_t port)
{
	const char *at = strchr(line, ':');
	unsigned local;

	return at && sscanf(at + 1, " %*[0-9A-Fa-f]:%4x", &local) == 1 && local == port;
}

static int held_in(const char *file, uint16_t port, struct err *e)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	bool held = false;
	size_t cap = 0;

	if (!f)
		return err_sys(e, "open %s", file);
	while (!held && getline(&line, &cap, f) > 0)
		held = has_port(line, port);
	free(line);
	fclose(f);
	return held;
}

int linux_udp_port_held(uint16_t port, struct err *e)
{
	int rc = held_in("/proc/thread-self/net/udp", port, e), rc6;
	struct err none;

	if (rc == 1)
		return rc;
	/* A kernel without IPv6 has no such file. */
	rc6 = held_in("/proc/thread-self/net/udp6", port, &none);
	return rc6 == 1 ? rc6 : rc;
}

static void add_drops(const char *file, uint16_t port, uint64_t *sum)
{
	FILE *f = fopen(file, "re");
	char *line = NULL, *last;
	size_t cap = 0;

	while (f && getline(&line, &cap, f) > 0) {
		if (!has_port(line, port))
			continue;
		/* The last column, which the line may pad. */
		line[strcspn(line, "\n")] = '\0';
		for (last = line + strlen(line); last > line && last[-1] == ' '; last--)
			last[-1] = '\0';
		last = strrchr(line, ' ');
		*sum += last ? strtoull(last, NULL, 10) : 0;
	}
	free(line);
	if (f)
		fclose(f);
}

int linux_udp_port_drops(uint16_t port, uint64_t *out, struct err *e)
{
	int rc = linux_udp_port_held(port, e);

	if (rc < 0)
		return rc;
	if (!rc)
		return err_say(e, ENOENT, "no UDP socket here has port %u", port);
	*out = 0;
	add_drops("/proc/thread-self/net/udp", port, out);
	add_drops("/proc/thread-self/net/udp6", port, out);
	return 0;
}
