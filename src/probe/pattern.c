#include "probe/pattern.h"

/* The output of splitmix64 (Steele, Lea, Flood 2014) after `n` steps, taken directly. */
static uint64_t word_at(uint64_t seed, uint64_t n)
{
	uint64_t z = seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void pattern_fill(uint64_t seed, uint64_t pos, uint8_t *b, size_t len)
{
	uint64_t word = word_at(seed, pos / 8);
	size_t i;

	for (i = 0; i < len; i++, pos++) {
		if (i && pos % 8 == 0)
			word = word_at(seed, pos / 8);
		b[i] = (uint8_t)(word >> 8 * (pos % 8));
	}
}

size_t pattern_differs(uint64_t seed, uint64_t pos, const uint8_t *b, size_t len)
{
	uint8_t want[256];
	size_t done, n, i, bad = 0;

	for (done = 0; done < len; done += n) {
		n = MIN(len - done, sizeof(want));
		pattern_fill(seed, pos + done, want, n);
		for (i = 0; i < n; i++)
			bad += b[done + i] != want[i];
	}
	return bad;
}
