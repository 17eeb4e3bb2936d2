#!/bin/sh
# lines_to_c.sh NAME HEADER FILE: the lines of FILE as a C array of strings, on stdout.
set -eu
printf '/* Made from %s by mk/lines_to_c.sh. */\n#include "%s"\n\nconst char *const %s[] = {\n' "$3" "$2" "$1"
# "??" could begin a trigraph.
sed 's/\\/\\\\/g; s/"/\\"/g; s/??/?\\?/g; s/^/	"/; s/$/",/' "$3"
printf '	0,\n};\n'
