#!/bin/sh
# Lines of at most 100 columns, tabs counted as 8 (design.md, section 6).
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"

cd "$TREE" || exit 1
found=$(c_files | xargs awk '
function width(line,   i, w) {
	gsub(/[\200-\277]/, "", line)		# of a UTF-8 character, count the first byte
	w = 0
	for (i = 1; i <= length(line); i++)
		w = substr(line, i, 1) == "\t" ? w + 8 - w % 8 : w + 1
	return w
}
width($0) > 100 { print FILENAME ":" FNR ": " width($0) " columns" }' /dev/null)
clean 'no line is longer than 100 columns' "$found"
finish
