#!/bin/sh
# A function of at most 60 lines, a file of at most 500, three levels of nesting.
# Exceptions, with their reasons, are in size.exceptions.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
except=${SIZE_EXCEPT:-$TOP/tests/lint/size.exceptions}

cd "$TREE" || exit 1
found=$(c_files | xargs awk -v except="$except" '
function excused(what) { return (what in reason) }
function end_of_file() {
	if (lines > 500 && !excused(file))
		print file ": " lines " lines (500)"
}
BEGIN {
	while ((getline line < except) > 0) {
		if (line ~ /^#/ || line ~ /^[ \t]*$/)
			continue
		split(line, part, " ")
		if (!part[2])
			print except ": " part[1] " is excused without a reason"
		reason[part[1]] = 1
	}
}
FNR == 1 { if (file) end_of_file(); file = FILENAME; inside = 0 }
{ lines = FNR }
# Kernel style: the braces of a function, and only they, stand in the first column.
/^[a-z].*\(/ && !inside { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
/^\{/ { inside = 1; from = FNR; next }
/^\}/ {
	if (inside && FNR - from - 1 > 60 && !excused(file ":" name))
		print file ":" from ": " name "() has " FNR - from - 1 " lines (60)"
	inside = 0
	next
}
inside && /^\t\t\t\t+((\} )?else|if|for|while|do|switch)( |$)/ && !excused(file ":" name) {
	print file ":" FNR ": " name "() nests deeper than 3"
}
END { if (file) end_of_file() }' /dev/null)
clean 'functions, files and nesting are small' "$found"
finish
