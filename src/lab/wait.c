#include "lab/wait.h"

#include <errno.h>

int lab_pause(struct loop *l, int64_t ns, struct err *e)
{
	int rc = loop_run(l, loop_now(l) + ns, NULL, NULL);

	return rc == -EINTR ? err_say(e, EINTR, "interrupted") : 0;
}

int lab_wait(struct loop *l, int64_t timeout_ns, int64_t every_ns,
	     int (*look)(void *ctx, bool *is, struct err *e), void *ctx, bool *is, struct err *e)
{
	int64_t until = loop_now(l) + timeout_ns;
	int rc;

	*is = false;
	for (;;) {
		rc = look(ctx, is, e);
		/* Who has no processor just now answers later. */
		if ((rc < 0 && rc != -ETIMEDOUT) || *is || loop_now(l) >= until)
			return rc;
		rc = lab_pause(l, every_ns, e);
		if (rc < 0)
			return rc;
	}
}
