/*
 * The pure end of a run: facts in, findings and verdict out.
 */
#include "run/run.h"

void run_judge(const struct facts *f, const struct check_choice *choice, struct arena *a,
	       struct findings *all, struct verdict *v)
{
	findings_init(all, a);
	checks_run(f, choice, all);
	verdict_of(f, all, v);
}
