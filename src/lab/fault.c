#include "lab/fault.h"

#include <string.h>

#include "lab/faults.h"

#define ROW(name) &name,
const struct lab_fault *const lab_faults[] = { LAB_FAULTS(ROW) NULL };
#undef ROW

const struct lab_fault *lab_fault_find(const char *name)
{
	size_t i;

	for (i = 0; lab_faults[i]; i++)
		if (!strcmp(lab_faults[i]->name, name))
			return lab_faults[i];
	return NULL;
}

const struct lab_variant *lab_variant_find(const struct lab_fault *f, const char *name)
{
	const struct lab_variant *v;

	for (v = f->variants; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

const struct lab_variant *lab_variant_for(const struct lab_fault *f, const char *engine)
{
	const struct lab_variant *v;

	for (v = f->variants; v->name; v++)
		if (!v->engine || !strcmp(v->engine, engine))
			return v;
	return NULL;
}

bool lab_can_be_interface(const struct lab_variant *v)
{
	return !v->scene || !v->scene->file_only;
}

bool lab_can_be_file(const struct lab_variant *v)
{
	const struct lab_scene *s = v->scene;

	return s && !s->up_only && (s->file_only || (!s->after && !s->session));
}

bool lab_can_be_near(const struct lab_variant *v)
{
	return !v->scene || v->scene->from != LAB_FROM_FAR;
}

bool lab_can_be_far(const struct lab_variant *v)
{
	const struct lab_scene *s = v->scene;

	return s && !s->file_only && !s->near_only && s->from != LAB_FROM_NEAR;
}
