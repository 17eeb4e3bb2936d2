/*
 * Runs a fuzz target over its corpus without a fuzzer, so that the ordinary
 * test run, with any compiler, covers what fuzzing once found.
 *
 * Besides each file as it is, every short truncation of it and some seeded
 * mutations are run: a truncated packet is the commonest bad packet. A target
 * that objects aborts, so arriving at the end is the test.
 */
#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum {
	INPUT_MAX_BYTES = 1 << 20,
	N_TRUNCATIONS = 512,
	N_MUTATIONS = 256,
};

/* xorshift64: any sequence does, if the seed repeats it. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* From a block of just that size, so that the sanitizers see one byte too far. */
static void run_exact(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert(copy);
	if (len)
		memcpy(copy, bytes, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void run_mutations(uint8_t *bytes, size_t len, uint64_t *state)
{
	for (int i = 0; len && i < N_MUTATIONS; i++) {
		size_t at = next_random(state) % len;
		uint8_t was = bytes[at];

		bytes[at] = (uint8_t)next_random(state);
		run_exact(bytes, len);
		bytes[at] = was;
	}
}

static void run_input(uint8_t *bytes, size_t len, uint64_t *state)
{
	run_exact(bytes, len);
	for (size_t n = 0; n < len && n < N_TRUNCATIONS; n++)
		run_exact(bytes, n);
	run_mutations(bytes, len, state);
}

static int run_file(const char *path, uint8_t *buf, uint64_t *state)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f)
		return 0;
	len = fread(buf, 1, INPUT_MAX_BYTES, f);
	if (ferror(f)) {		/* a folder */
		fclose(f);
		return 0;
	}
	fclose(f);
	run_input(buf, len, state);
	return 1;
}

static int run_folder(const char *folder, uint8_t *buf, uint64_t *state)
{
	DIR *d = opendir(folder);
	const struct dirent *entry;
	char *path;
	int n_files = 0;

	if (!d)
		return 0;
	while ((entry = readdir(d))) {
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			abort();
		n_files += run_file(path, buf, state);
		free(path);
	}
	closedir(d);
	return n_files;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash ? slash + 1 : argv[0];
	const char *top = getenv("TOP");
	const char *seed = getenv("SEED");
	uint64_t state = seed ? strtoull(seed, NULL, 10) : 1;
	uint8_t *buf = malloc(INPUT_MAX_BYTES);
	char folder[4096];
	int n_files;

	assert(buf);
	state = state * 2 + 1;		/* xorshift stays at 0 forever */
	snprintf(folder, sizeof(folder), "%s/fixtures/fuzz/%s", top ? top : ".", name);
	run_exact(buf, 0);
	n_files = run_folder(argc > 1 ? argv[1] : folder, buf, &state);
	printf("ok 1 - %s: no input, and %d files of its corpus\n1..1\n", name, n_files);
	free(buf);
	return 0;
}
