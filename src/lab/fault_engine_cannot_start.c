/*
 * What an engine needs of this host is not there: failure-modes.md, FM26. Of that of the file, for
 * the other end's runs already.
 */
#include "lab/faults.h"

static int no_device(struct lab_world *w, struct err *e)
{
	lab_told(w, "client: no /dev/net/tun");
	return w->p->lack_tun(&w->isolation, false, e);
}

/* As `docker run -v /dev/net/tun:/dev/net/tun` makes it where there is none. */
static int a_folder(struct lab_world *w, struct err *e)
{
	lab_told(w, "client: mkdir /dev/net/tun");
	return w->p->lack_tun(&w->isolation, true, e);
}

static int no_right(struct lab_world *w, struct err *e)
{
	lab_told(w, "client: without CAP_NET_ADMIN");
	return w->p->lack_right(true, e);
}

static const struct lab_scene scene_no_device = { .after = no_device, .file_only = true };
static const struct lab_scene scene_folder = { .after = a_folder, .file_only = true };
static const struct lab_scene scene_no_right = { .after = no_right, .file_only = true };

static const struct lab_variant variants[] = {
	{ "no-device", "there is no tun device", NULL, NULL, &scene_no_device },
	{ "a-folder", "in place of the tun device there is a folder", NULL, NULL, &scene_folder },
	{ "no-right", "root may not change networks, as in a container", NULL, NULL,
	  &scene_no_right },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct lab_fault fault_engine_cannot_start = {
	.name = "engine-cannot-start",
	.says = "what an engine needs of this host is not there",
	.side = "local",
	.variants = variants,
};
