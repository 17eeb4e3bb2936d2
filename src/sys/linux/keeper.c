#include "sys/linux/keeper.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/linux/undo.h"

static int write_step(const struct keeper *k, unsigned i, const struct undo_step *step)
{
	off_t at = (off_t)(k->head_len + i * sizeof(*step));

	errno = 0;
	if (pwrite(k->file, step, sizeof(*step), at) == sizeof(*step))
		return 0;
	return errno ? -errno : -EIO;
}

/* Whether a is what b was, as it is known now. */
static bool is_better(const struct undo_step *a, const struct undo_step *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == UNDO_LINK  ? !strcmp(a->link, b->link) :
	       a->kind == UNDO_AHEAD ? !strcmp(a->path, b->path) :
				       false;
}

/* Write-ahead; a step for a link or a key that is there already replaces it. How many there are. */
static int keep_step(struct keeper *k, const struct undo_step *step)
{
	unsigned i;
	int rc;

	for (i = 0; i < k->n; i++)
		if (is_better(step, &k->all[i]))
			break;
	if (i == UNDO_STEPS_MAX)
		return -ENOSPC;
	rc = write_step(k, i, step);
	if (rc < 0)
		return rc;
	k->all[i] = *step;
	k->n = MAX(k->n, i + 1);
	return (int)k->n;
}

void keeper_undo(struct keeper *k, unsigned left, struct undo_result *out)
{
	unsigned i;

	for (i = k->n; i-- > left;) {
		undo_steps(&k->all[i], 1, &k->at, out);
		write_step(k, i, &k->all[i]);
	}
}

/* Those that are not yet. marked: which, so that it can be taken back; UNDO_STEPS_MAX of them. */
static int arm(struct keeper *k, bool *marked)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < k->n && rc == 0; i++) {
		marked[i] = k->all[i].kind == UNDO_HOOK && !k->all[i].armed;
		if (!marked[i])
			continue;
		k->all[i].armed = true;
		rc = write_step(k, i, &k->all[i]);
	}
	return rc;
}

static void disarm(struct keeper *k, const bool *marked)
{
	unsigned i;

	for (i = 0; i < k->n; i++) {
		if (!marked[i])
			continue;
		k->all[i].armed = false;
		write_step(k, i, &k->all[i]);
	}
}

/* Armed before it begins: whoever kills us between does not make what it did unknown. */
static void run_hook(struct keeper *k, const struct undo_step *hook)
{
	struct hook_end end = { .how = HOOK_NOT_BEGUN };
	bool marked[UNDO_STEPS_MAX] = { false };
	int rc = arm(k, marked);

	if (rc == 0)
		hook_run(&k->at, hook, k->fd, &end);
	else
		err_code(&end.why, rc, "write down which hooks are to be run");
	if (end.how == HOOK_NOT_BEGUN)
		disarm(k, marked);
	send(k->fd, &end, sizeof(end), MSG_NOSIGNAL);
}

/* False: the end. */
bool keeper_answer(struct keeper *k, const struct ask *ask)
{
	bool marked[UNDO_STEPS_MAX] = { false };
	struct undo_result r = { 0 };
	int rc = 0;

	switch (ask->what) {
	case ASK_ADD:
	case ASK_ARM:
		rc = ask->what == ASK_ADD ? keep_step(k, &ask->step) : arm(k, marked);
		send(k->fd, &rc, sizeof(rc), MSG_NOSIGNAL);
		return true;
	case ASK_HOOK:
		run_hook(k, &ask->step);
		return true;
	case ASK_STOP: /* of a hook that is over */
		return true;
	case ASK_UNDO_TO:
		keeper_undo(k, ask->left, &r);
		send(k->fd, &r, sizeof(r), MSG_NOSIGNAL);
		return true;
	case ASK_UNDO:
		break;
	}
	return false;
}
