/*
 * What is said between this program and its supervisor.
 */
#ifndef SYS_LINUX_SUPERVISOR_ASK_H
#define SYS_LINUX_SUPERVISOR_ASK_H

#include "sys/supervisor.h"

/* Each is answered, but ASK_STOP: by an int, struct undo_result or struct hook_end. */
enum ask_what {
	ASK_ADD, /* step: how many there are, or -errno */
	ASK_ARM,
	ASK_HOOK, /* step is run */
	ASK_STOP, /* the hook that runs */
	ASK_UNDO_TO, /* left */
	ASK_UNDO, /* all, and the end */
};
struct ask {
	enum ask_what what;
	unsigned left;
	struct undo_step step;
};

int supervisor_answer(struct supervisor *s, void *out, size_t len, struct err *e);

#endif
