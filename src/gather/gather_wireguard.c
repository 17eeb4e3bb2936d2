/*
 * Which links here are WireGuard interfaces?
 *
 * The kernel's have a kind of their own. A userspace engine's is a tun like any other,
 * but its engine has a socket of that name. The socket is only looked at: connecting
 * could wake or confuse an engine that is none of our business.
 */
#include <string.h>
#include <sys/stat.h>

#include "engine/uapi_client.h"
#include "gather/gather.h"

static bool has_socket(const char *name, struct arena *a)
{
	struct stat st;

	return stat(uapi_socket_path(name, a), &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool is_wireguard(const struct sys_link *l, struct arena *a)
{
	if (!strcmp(l->kind, "wireguard"))
		return true;
	return !strcmp(l->kind, "tun") && !l->ethernet && has_socket(l->name, a);
}

int gather_wireguard_names(const struct platform_ops *p, struct arena *a, const char ***out,
			   size_t *n, struct err *e)
{
	size_t n_links, n_names = 0, i;
	struct sys_link *links;
	const char **names;
	int rc = p->links(a, &links, &n_links, e);

	if (rc < 0)
		return rc;
	names = arena_alloc(a, (n_links + 1) * sizeof(*names));
	for (i = 0; i < n_links; i++)
		if (is_wireguard(&links[i], a))
			names[n_names++] = links[i].name;
	*out = names;
	*n = n_names;
	return 0;
}
