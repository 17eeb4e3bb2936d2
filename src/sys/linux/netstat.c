/*
 * Counters of the thread's network namespace: pairs of lines "TcpExt: A B" and "TcpExt: 1 2".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/linux/linux.h"

#define FILE_NAME "/proc/thread-self/net/netstat"

/* names and values from behind the colon of their lines; takes both apart. */
static bool value_of(char *names, char *values, const char *name, uint64_t *out)
{
	char *n, *v, *names_at, *values_at;

	n = strtok_r(names, " \n", &names_at);
	v = strtok_r(values, " \n", &values_at);
	while (n && v) {
		if (strcmp(n, name) == 0) {
			*out = strtoull(v, NULL, 10);
			return true;
		}
		n = strtok_r(NULL, " \n", &names_at);
		v = strtok_r(NULL, " \n", &values_at);
	}
	return false;
}

int linux_net_count(const char *name, uint64_t *out, struct err *e)
{
	char *names = NULL, *values = NULL, *rest, *rest2;
	FILE *f = fopen(FILE_NAME, "re");
	size_t a = 0, b = 0, group;
	bool found = false;

	if (!f)
		return err_sys(e, "open " FILE_NAME);
	while (!found && getline(&names, &a, f) > 0 && getline(&values, &b, f) > 0) {
		rest = strchr(names, ':');
		rest2 = strchr(values, ':');
		group = rest ? (size_t)(rest - names) : 0;
		if (rest2 && group && strncmp(name, names, group) == 0)
			found = value_of(rest + 1, rest2 + 1, name + group, out);
	}
	free(names);
	free(values);
	fclose(f);
	return found ? 0 : err_say(e, ENOENT, FILE_NAME ": no counter %s", name);
}
