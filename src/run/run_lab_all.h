/*
 * Every fault of the lab, each in a program of its own, several side by side; and what was said of
 * each against the truth.
 */
#ifndef RUN_RUN_LAB_ALL_H
#define RUN_RUN_LAB_ALL_H

#include "lab/grade.h"
#include "run/run.h"

enum { LAB_ENGINES_MAX = 8, RUN_LAB_JOBS_MAX = 32 };

/*
 * A fault that is there from the beginning can be looked at in two ways; one that comes about while
 * the tunnel runs only as an interface, and some only from a file.
 */
enum lab_ways {
	LAB_WAYS_IN_TURN, /* now the one, now the other, where both can be */
	LAB_WAYS_INTERFACE, /* only those that can be looked at so */
	LAB_WAYS_FILE, /* the same */
	LAB_WAYS_BOTH, /* each way that can be, from the same seed */
};

struct run_lab_all {
	const char *near[LAB_ENGINES_MAX]; /* names, as of --engine-near */
	size_t n_near;
	const char *far; /* NULL: our own */
	unsigned jobs, seeds; /* how many at once; of each how many */
	uint64_t seed; /* of the first; the next has the next one, a pair the same */
	bool far_file; /* with what the other end records, where there is a network */
	bool from_far; /* not by LAB_WAYS_FILE or LAB_WAYS_BOTH */
	enum lab_ways ways;
	bool pairs; /* lab/pairs.h, near, instead of each fault alone */
	bool alternate; /* each variant by one of the engines, in turn, and not by each */
};

/* One run of one fault. Strings from the arena. */
struct lab_result {
	const struct lab_fault *fault;
	const struct lab_variant *variant;
	/* a second one at the same time; NULL: none */
	const struct lab_fault *and_fault;
	const struct lab_variant *and_variant;
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
/* Fills `out`, unless it is NULL, as far as it is known before. How many there are. */
size_t run_lab_all_list(const struct run_lab_all *c, struct lab_result *out);
/* The same looked at as an interface and from a file, from the same seed; both were judged. */
bool run_lab_all_is_pair(const struct lab_result *interface, const struct lab_result *file);

#endif
