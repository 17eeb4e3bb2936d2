/*
 * A number that nobody measured; what was measured is >= 0.
 */
#ifndef MODEL_UNKNOWN_H
#define MODEL_UNKNOWN_H

#include <stdint.h>

#define UNKNOWN INT64_C(-1)

#endif
