/* What every simulation test includes. */
#ifndef TESTS_LIB_SIM_TEST_H
#define TESTS_LIB_SIM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim_net.h"

#define assert_ns_between(at, from, to) \
	assert_in_range((uint64_t)(at), (uint64_t)(from), (uint64_t)(to))

#endif
