/*
 * Our side of what the supervisor does about hooks.
 */
#include <errno.h>
#include <sys/socket.h>

#include "sys/linux/supervisor_ask.h"

static int ask(struct supervisor *s, const struct ask *a, struct err *e)
{
	if (send(s->fd, a, sizeof(*a), MSG_NOSIGNAL) == sizeof(*a))
		return 0;
	return err_sys(e, "tell the supervisor (pid %d)", (int)s->pid);
}

int supervisor_ask_undo(struct supervisor *s, unsigned n, struct err *e)
{
	return ask(s, &(struct ask){ .what = ASK_UNDO_TO, .left = n }, e);
}

int supervisor_undone(struct supervisor *s, struct undo_result *out, struct err *e)
{
	return supervisor_answer(s, out, sizeof(*out), e);
}

int supervisor_hook_begin(struct supervisor *s, const struct undo_step *hook, struct err *e)
{
	return ask(s, &(struct ask){ .what = ASK_HOOK, .step = *hook }, e);
}

void supervisor_hook_stop(struct supervisor *s)
{
	ask(s, &(struct ask){ .what = ASK_STOP }, NULL);
}

int supervisor_hook_end(struct supervisor *s, struct hook_end *out, struct err *e)
{
	return supervisor_answer(s, out, sizeof(*out), e);
}

int supervisor_arm(struct supervisor *s, struct err *e)
{
	int rc = ask(s, &(struct ask){ .what = ASK_ARM }, e), yes = 0;

	if (!rc)
		rc = supervisor_answer(s, &yes, sizeof(yes), e);
	if (!rc && yes < 0)
		rc = err_code(e, yes, "write down which hooks are to be run");
	return rc;
}
