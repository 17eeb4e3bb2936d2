/*
 * The steps that the supervisor holds, and what it does with them when it is asked.
 */
#ifndef SYS_LINUX_KEEPER_H
#define SYS_LINUX_KEEPER_H

#include "sys/linux/hook.h"
#include "sys/linux/supervisor_ask.h"

struct keeper {
	int fd, file; /* fd: wgdiag's */
	size_t head_len; /* of the file, before the first step */
	struct undo_step *all;
	unsigned n;
	struct hook_place at;
};

/* False: it was the end, which is not answered here. */
bool keeper_answer(struct keeper *k, const struct ask *ask);
/*
 * All but the first `left` are undone; that it is done is written down, so that nobody tells a hook
 * that was run.
 */
void keeper_undo(struct keeper *k, unsigned left, struct undo_result *out);

#endif
