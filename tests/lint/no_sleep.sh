#!/bin/sh
# Nothing in the tests sleeps: they wait for a condition, with a deadline.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"

cd "$TREE" || exit 1
found=$(find tests -name '*.[ch]' | xargs grep -nE '(^|[^a-z_])(sleep|usleep|nanosleep|clock_nanosleep)[[:space:]]*\(' /dev/null)
clean 'no C test sleeps' "$found"
# As a command: at the start of a line or after what begins one.
found=$(find tests -type f ! -path 'tests/lint/*' ! -name '*.[cho]' | xargs grep -nE \
	'(^|[;&|({`]|[[:space:]](do|then|else|exec|env|in_ns [^ ]+))[[:space:]]*(/bin/)?sleep[[:space:]]+[0-9.$"]' /dev/null)
clean 'no script of the tests sleeps' "$found"
finish
