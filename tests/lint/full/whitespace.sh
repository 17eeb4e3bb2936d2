#!/bin/sh
# No blanks at the end of a line, no blank before a tab; every text ends with a newline.
: "${TOP:=$(cd "$(dirname "$0")/../../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
cd "$TREE" || exit 1
files=$(find src tests mk man .ci Makefile README.md -type f \( -name '*.[ch1]' -o -name '*.sh' -o -name run -o -name '*.mk' \
	-o -name Makefile -o -name '*.md' -o -name needs \) 2>/dev/null | sort)

tab=$(printf '\t')
# shellcheck disable=SC2086 # a list of files
clean 'no blanks at the end of lines, none before tabs' "$(grep -nE "[ $tab]\$|^$tab* +$tab" /dev/null $files)"
found=
for f in $files; do
	[ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || found="$found$f
"
done
clean 'every file ends with a newline' "$found"
finish
