#include "gather/names.h"

const char *names_of(const struct sys_link *links, size_t n, unsigned ifindex, struct arena *a)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (links[i].ifindex == ifindex)
			return links[i].name;
	return ifindex ? arena_printf(a, "if%u", ifindex) : NULL;
}
