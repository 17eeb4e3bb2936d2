/*
 * Every fault of the lab, each in a program of its own, several side by side; and what was said of
 * each against the truth.
 */
#ifndef RUN_RUN_LAB_ALL_H
#define RUN_RUN_LAB_ALL_H

#include "lab/grade.h"
#include "run/run.h"

enum { LAB_ENGINES_MAX = 8, RUN_LAB_JOBS_MAX = 32 };

struct run_lab_all {
	const char *near[LAB_ENGINES_MAX]; /* names, as of --engine-near */
	size_t n_near;
	const char *far; /* NULL: our own */
	unsigned jobs, seeds; /* how many at once; of each how many */
	uint64_t seed; /* of the first; each has the next one */
	bool from_far;
	bool alternate; /* each variant by one of the engines, in turn, and not by each */
};

/* One run of one fault. Strings from the arena. */
struct lab_result {
	const struct lab_fault *fault;
	const struct lab_variant *variant;
	const char *near;
	bool from_file;
	uint64_t seed;
	/* NULL: it was judged; else why there is nothing to judge */
	const char *none;
	bool hung; /* it was ended, for it took too long */
	struct lab_said said;
	const char *summary;
	enum lab_grade grade;
	bool side_right;
	int64_t took_ns;
};

/* told: of each when it has ended, in the order of their ends; n of `of`. */
struct lab_watch {
	void (*told)(void *ctx, const struct lab_result *r, size_t n, size_t of);
	void *ctx;
};

/*
 * *out: all of them, in the order of the list of faults. -EINTR: a signal came, and *out holds what
 * was finished.
 */
int run_lab_all(const struct run_lab_all *c, const struct lab_watch *w, struct arena *a,
		struct lab_result **out, size_t *n, struct err *e);
/* How many there would be. */
size_t run_lab_all_count(const struct run_lab_all *c);

#endif
