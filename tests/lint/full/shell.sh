#!/bin/sh
# Shell scripts: they parse, and shellcheck has nothing to say.
: "${TOP:=$(cd "$(dirname "$0")/../../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
cd "$TREE" || exit 1
scripts=$(find mk tests .ci -type f \( -name '*.sh' -o -name run \) | sort)

found=
for s in $scripts; do
	case $(head -n 1 "$s") in
	*bash*) continue ;;
	esac
	out=$(sh -n "$s" 2>&1) || found="$found$out
"
done
clean 'every script parses' "$found"

if command -v shellcheck >/dev/null 2>&1; then
	# Which warnings are off, and why. Not followed or not seen to be used, since scripts are read by others: 1090 1091 2034
	# 2154; `a && b || c` where b cannot fail: 2015; functions called by name: 2317; $
	# in single quotes is what awk and eval get: 2016; scripts without #! are run by sh: 2148.
	# Loops over words without blanks: 2013; file names here have none either: 2038.
	clean 'shellcheck' "$(printf '%s\n' "$scripts" | grep -v '^\.ci/' | xargs shellcheck -s sh -S warning -f gcc \
		-e SC1090,SC1091,SC2013,SC2015,SC2016,SC2034,SC2038,SC2148,SC2154,SC2317 2>&1)"
else
	skip 'shellcheck' 'no shellcheck here'
fi
finish
