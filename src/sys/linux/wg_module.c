/*
 * Whether there is a WireGuard in this kernel. To ask by netlink would load the module.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sys/linux/linux.h"

/* A module that says its version has that file also when it is built in. */
static const char loaded_path[] = "/sys/module/wireguard";

static const char *version_of(struct arena *a)
{
	char text[64], *end;
	FILE *f = fopen("/sys/module/wireguard/version", "re");
	const char *version = NULL;

	if (!f)
		return NULL;
	if (fgets(text, sizeof(text), f)) {
		end = strchr(text, '\n');
		if (end)
			*end = '\0';
		version = *text ? arena_strdup(a, text) : NULL;
	}
	fclose(f);
	return version;
}

/* depmod's list of the modules that are installed for this kernel. */
static bool is_installed(void)
{
	char path[sizeof(((struct utsname *)0)->release) + 32], line[4096];
	bool found = false;
	struct utsname u;
	FILE *f;

	if (uname(&u) < 0)
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", u.release);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, "/wireguard.ko") &&
			strchr(line, ':') > strstr(line, "/wireguard.ko");
	if (f)
		fclose(f);
	return found;
}

int linux_wg_module(struct arena *a, const char **version, struct err *e)
{
	if (access(loaded_path, F_OK) == 0) {
		*version = version_of(a);
		return 1;
	}
	if (is_installed()) {
		*version = NULL;
		return 0;
	}
	return err_say(e, ENOENT, "the kernel here has no WireGuard (modprobe wireguard)");
}
