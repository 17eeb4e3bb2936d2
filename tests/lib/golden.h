/*
 * Output compared with a file in tests/golden. UPDATE_GOLDEN=1 writes the file instead; then
 * a person reads the difference, since what a test expects is never just recorded.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

void golden_check(const char *file, const char *text);

#endif
