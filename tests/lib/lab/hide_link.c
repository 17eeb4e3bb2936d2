/*
 * Preloaded: the first question for the link that $HIDE_LINK names is answered "none", as if it was
 * made just afterwards. Compiled by the tests that need it.
 */
#include <dlfcn.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

unsigned if_nametoindex(const char *name)
{
	static int asked;
	const char *hidden = getenv("HIDE_LINK");
	unsigned (*real)(const char *) =
		(unsigned (*)(const char *))dlsym(RTLD_NEXT, "if_nametoindex");

	if (hidden && strcmp(name, hidden) == 0 && !asked++)
		return 0;
	return real(name);
}
