/*
 * `wgdiag lab --all`: every fault, graded.
 */
#ifndef CMD_LAB_ALL_H
#define CMD_LAB_ALL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "run/run_lab_all.h"

struct lab_all_options {
	const char *near; /* names with commas between, as given; NULL: builtin */
	const struct engine_ops *far;
	uint64_t jobs, seeds, seed;
	enum lab_ways ways;
	bool from_far, far_file, pairs, alternate, json, quiet;
};

/* The exit code. */
int lab_all(const struct lab_all_options *o);

#endif
