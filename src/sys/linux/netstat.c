/*
 * Counters of the thread's network namespace, in three forms: pairs of lines "TcpExt: A B" and
 * "TcpExt: 1 2"; lines "Ip6InDiscards 3"; and one line of hexadecimal numbers for each processor
 * below their names.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/defs.h"
#include "sys/linux/linux.h"

#define NET "/proc/thread-self/net/"
#define CONNTRACK "conntrack_"

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

static bool in_pairs(FILE *f, const char *name, uint64_t *out)
{
	char *names = NULL, *values = NULL, *rest, *rest2;
	size_t a = 0, b = 0, group;
	bool found = false;

	while (!found && getline(&names, &a, f) > 0 && getline(&values, &b, f) > 0) {
		rest = strchr(names, ':');
		rest2 = strchr(values, ':');
		group = rest ? (size_t)(rest - names) : 0;
		if (rest2 && group && strncmp(name, names, group) == 0)
			found = value_of(rest + 1, rest2 + 1, name + group, out);
	}
	free(names);
	free(values);
	return found;
}

static bool in_lines(FILE *f, const char *name, uint64_t *out)
{
	size_t cap = 0, len = strlen(name);
	bool found = false;
	char *line = NULL;

	while (!found && getline(&line, &cap, f) > 0) {
		found = strncmp(line, name, len) == 0 && (line[len] == ' ' || line[len] == '\t');
		if (found)
			*out = strtoull(line + len, NULL, 10);
	}
	free(line);
	return found;
}

/* The number at that place of a line; 0 when there are fewer. */
static uint64_t number_at(char *line, int column)
{
	char *at, *p = strtok_r(line, " \n", &at);

	while (p && column--)
		p = strtok_r(NULL, " \n", &at);
	return p ? strtoull(p, NULL, 16) : 0;
}

static int column_of(char *line, const char *name)
{
	char *at, *p = strtok_r(line, " \n", &at);
	int i;

	for (i = 0; p; p = strtok_r(NULL, " \n", &at), i++)
		if (strcmp(p, name) == 0)
			return i;
	return -1;
}

static bool in_columns(FILE *f, const char *name, uint64_t *out)
{
	char *line = NULL;
	uint64_t sum = 0;
	size_t cap = 0;
	int column = getline(&line, &cap, f) > 0 ? column_of(line, name + strlen(CONNTRACK)) : -1;

	while (column >= 0 && getline(&line, &cap, f) > 0)
		sum += number_at(line, column);
	free(line);
	if (column >= 0)
		*out = sum;
	return column >= 0;
}

int linux_net_count(const char *name, uint64_t *out, struct err *e)
{
	static const struct {
		const char *file;
		bool (*find)(FILE *f, const char *name, uint64_t *out);
		bool conntrack;
	} files[] = {
		{ NET "netstat", in_pairs, false },
		{ NET "snmp", in_pairs, false },
		{ NET "snmp6", in_lines, false },
		{ NET "stat/nf_conntrack", in_columns, true },
	};
	bool conntrack = strncmp(name, CONNTRACK, strlen(CONNTRACK)) == 0, found = false;
	size_t i;
	FILE *f;

	for (i = 0; !found && i < ARRAY_LEN(files); i++) {
		if (files[i].conntrack != conntrack)
			continue;
		f = fopen(files[i].file, "re");
		/* A kernel without IPv6 or connection tracking has no such file. */
		if (!f && i == 0)
			return err_sys(e, "open %s", files[i].file);
		if (!f)
			continue;
		found = files[i].find(f, name, out);
		fclose(f);
	}
	return found ? 0 : err_say(e, ENOENT, NET "*: no counter %s", name);
}
