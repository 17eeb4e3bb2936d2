#!/bin/sh
# A line on standard error goes through say(): what stands in it may come from an argument or a file, and is to tell a
# terminal nothing.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"

cd "$TREE" || exit 1
# Of what is drawn while it runs, and of a help text, nothing comes from outside.
found=$(find src/cmd src/main.c -name '*.c' ! -path src/cmd/say.c | xargs grep -nE '(fprintf\(stderr,|fputs\(.*%.*stderr|perror\(|dprintf\()' /dev/null |
	grep -vE 'fprintf\(stderr, "(\\r%\*s\\r", v->shown|%u/%u %s", step|%zu/%zu %s, %s: %s", n, of)')
clean 'each line on standard error is said by say()' "$found"
finish
