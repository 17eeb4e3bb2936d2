/*
 * A fault that `wgdiag lab` makes in the self-made tunnel: one file fault_<name>.c and one row
 * in faults.h. A variant is another way to the same fault.
 *
 * What is made must be the fault itself, never only what it looks like: the diagnosis is graded
 * by it.
 */
#ifndef LAB_FAULT_H
#define LAB_FAULT_H

#include "lab/self_tunnel.h"
#include "lab/world.h"

/* Who can see it: one end may heal it by looking, or have no session to look at. */
enum lab_from { LAB_FROM_EITHER, LAB_FROM_NEAR, LAB_FROM_FAR };

/* What it is to who looks at the other end; all empty: the same, its side turned round. */
struct lab_far_truth {
	const char *name; /* a cause that is more exact there */
	const char *side, *group; /* from there, as of struct lab_fault */
	bool unnoticed; /* of what is no fault: nothing of it is to be seen there */
};

/* A fault in the lab's network, rather than in a tunnel between two ends of a cable. */
struct lab_scene {
	/* Changes network and configurations, before an engine runs. NULL: nothing. */
	int (*before)(struct lab_world *w, struct err *e);
	/*
	 * When the tunnel runs, and has a session where there is to be one. With it only an
	 * interface that is there can be looked at, and no file. NULL: nothing.
	 */
	int (*after)(struct lab_world *w, struct err *e);
	bool session;
	/* What the way between router and server is like. NULL: a cable. */
	void (*relay)(struct draw *d, struct relay_conf *out);
	/* It is there only in a tunnel that is up already, or only when one is brought up. */
	bool up_only, file_only;
	/*
	 * From the other end it is silence like any other, or a tunnel that works, or there is
	 * nothing to look at: who is graded there could not know better.
	 */
	bool near_only;
	struct lab_far_truth far;
	/*
	 * The truth of this variant, or what one end may name, where it is not that of the fault
	 * (below); NULL: it is. Group "": it is to be named.
	 */
	const char *side, *group;
	enum lab_from from; /* by whom it is graded */
};

struct lab_variant {
	const char *name;
	const char *says; /* "wireguard-go on a tun whose framing it does not assume" */
	const char *engine; /* the near engine it needs, by name; NULL: any */
	/*
	 * Before the engines start, on the tunnel as it was built: changes *c. *made: what was done
	 * or found out for it, one line from the tunnel's arena. NULL: nothing is to be done.
	 * -errno: it cannot be made here.
	 */
	int (*make)(struct self_tunnel *t, struct self_conf *c, const char **made, struct err *e);
	const struct lab_scene *scene; /* NULL: it is one of the self-made tunnel, as make says */
};

struct lab_fault {
	const char *name; /* a cause id of failure-modes.md, or "none" */
	const char *says;
	/*
	 * The truth that a diagnosis is graded by. side: where the thing to change is, from the
	 * near end, in the words of interface.md; NULL: it is no fault. group: of interface.md,
	 * which one end may name in its place; NULL: it is to be named.
	 */
	const char *side, *group;
	bool unnoticed; /* what is no fault need not be named: here nothing of it is to be seen */
	const struct lab_variant *variants; /* ended by one without a name; the first that fits is
					     * what is made when none is named */
};

extern const struct lab_fault *const lab_faults[]; /* NULL-terminated */

const struct lab_fault *lab_fault_find(const char *name);
const struct lab_variant *lab_variant_find(const struct lab_fault *f, const char *name);
/* The first one that can be made with that engine, or NULL. */
const struct lab_variant *lab_variant_for(const struct lab_fault *f, const char *engine);

/* What it can be looked at as. A tunnel that wgdiag makes for itself is no file. */
bool lab_can_be_interface(const struct lab_variant *v);
bool lab_can_be_file(const struct lab_variant *v);
/* By whom it can be seen. */
bool lab_can_be_near(const struct lab_variant *v);
bool lab_can_be_far(const struct lab_variant *v);

#endif
