#!/bin/sh
# Code, --help and man pages say the same.
#
# From src/cmd/cmd_NAME.c come the options of `wgdiag NAME`, from other files of
# src/cmd and from main.c those that some page must have; from src/check the ids; from
# src/verdict/cause_*.c the causes, each of which has a heading, a fault in the lab, its cases
# (fixtures/cases/README.md) and a remedy; from src/check/drop_words.c the kernel's reasons.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
: "${WGDIAG:=$WGDIAG_BUILD/wgdiag}"
cd "$TREE" || exit 1
[ -d src/cmd ] && [ -x "$WGDIAG" ] || skip_all 'no src/cmd, or not built'

# Long options of a C file: the rows of a `struct option` table.
options_of()
{
	tr '\n' ' ' <"$1" | grep -oE '\{[[:space:]]*"[a-z][a-z0-9-]*",[[:space:]]*(no_argument|required_argument|optional_argument|[012]),' |
		sed 's/^{[[:space:]]*"//; s/".*//' | sort -u
}

# The long options a page has, from its source: `Fl -name`.
options_in_page()
{
	sed 's/\\-/-/g' "$1" | grep -oE 'Fl (Fl )?-*[a-z][a-z0-9-]+' | sed 's/^Fl \(Fl \)*-*//' |
		grep -E '..' | sort -u
}

page_has() { sed 's/\\-/-/g' "$2" | grep -qE "Fl (Fl )?-*$1([^a-z0-9-]|\$)"; }
help_has() { printf '%s\n' "$2" | grep -qE -- "--$1([^a-z0-9-]|\$)"; }

found=
for f in src/cmd/cmd_*.c; do
	[ -f "$f" ] || continue
	name=${f#src/cmd/cmd_} name=${name%.c}
	help=$("$WGDIAG" "$name" --help 2>&1)
	page=man/wgdiag-$name.1
	[ -f "$page" ] || page=man/wgdiag.1
	for o in $(options_of "$f"); do
		help_has "$o" "$help" || found="$found$f: --$o is not in wgdiag $name --help
"
		[ -f "$page" ] && page_has "$o" "$page" || found="$found$f: --$o is not in $page
"
	done
	[ "$page" != man/wgdiag.1 ] || continue
	for o in $(options_in_page "$page"); do
		help_has "$o" "$help" || found="$found$page: --$o is not in wgdiag $name --help
"
	done
done
clean "each command's options are in its help and its page, and the reverse" "$found"

# The longest run is the page's as it is the code's.
longest=$(sed -n 's/.*RUN_LONGEST_S = \([0-9]*\).*/\1/p' src/run/run.h 2>/dev/null)
found=
if [ -n "$longest" ] && ! grep -q "within $longest seconds" man/wgdiag-check.1; then
	found="man/wgdiag-check.1: a run ends within $longest seconds (RUN_LONGEST_S)"
fi
limit=$(sed -n 's/.*RUN_HOOK_S = \([0-9]*\).*/\1/p' src/run/run.h 2>/dev/null)
if [ -n "$limit" ] && ! grep -q "does not end within $limit seconds" man/wgdiag-check.1; then
	found="${found}man/wgdiag-check.1: a hook has $limit seconds (RUN_HOOK_S)"
fi
clean 'the longest run is in its page, and the longest hook' "$found"

found=
for f in src/main.c $(find src/cmd -name '*.c' ! -name 'cmd_*.c'); do
	for o in $(options_of "$f"); do
		ok_page=
		for page in man/*.1; do
			[ ! -f "$page" ] || ! page_has "$o" "$page" || ok_page=1
		done
		[ -n "$ok_page" ] || found="$found$f: --$o is in no man page
"
	done
done
clean 'each global or shared option is in a page' "$found"

# shellcheck disable=SC2013 # ids hold no blanks
ids=$(grep -rhoE '\.id[[:space:]]*=[[:space:]]*"[a-z]+\.[a-z-]+"' src/check 2>/dev/null | sed 's/.*= *"//; s/"$//' | sort -u)
found=
for id in $ids; do
	grep -qF "$id" man/wgdiag-check.1 2>/dev/null || found="$found$id is not in man/wgdiag-check.1
"
	[ ! -f TROUBLESHOOTING.md ] || grep -qE "^#.*$id" TROUBLESHOOTING.md ||
		found="$found$id has no heading in TROUBLESHOOTING.md
"
done
if [ -n "$ids" ]; then
	clean 'each check is in man/wgdiag-check.1' "$found"
else
	skip 'each check is in man/wgdiag-check.1' 'no check found in src/check'
fi
# shellcheck disable=SC2013 # ids hold no blanks
causes=$(find src/verdict -name 'cause_*.c' ! -name cause_groups.c -exec grep -hoE '\.id[[:space:]]*=[[:space:]]*"[a-z0-9-]+"' {} + 2>/dev/null | sed 's/.*= *"//; s/"$//' | sort -u)
found=
for id in $causes; do
	grep -qE "^## $id: " TROUBLESHOOTING.md 2>/dev/null || found="$found$id has no heading in TROUBLESHOOTING.md
"
	grep -qE "\.name[[:space:]]*=[[:space:]]*\"$id\"" src/lab/fault_*.c 2>/dev/null || found="$found$id has no fault in the lab
"
done
if [ -n "$causes" ]; then
	clean 'each cause has a heading in TROUBLESHOOTING.md and a fault in the lab' "$found"
else
	skip 'each cause has a heading in TROUBLESHOOTING.md and a fault in the lab' 'no src/verdict/cause_*.c'
fi

# Those that the rows have words for; what is noise has none.
reasons=$(awk '/^static const struct drop_words words/, /^};/' src/check/drop_words.c 2>/dev/null |
	sed -n 's/^[[:space:]]*{ "\([A-Z0-9_]*\)",.*/\1/p' | sort -u)
explained=$(sed -n 's/^## \([A-Z][A-Z0-9_, ]*\): .*/\1/p' TROUBLESHOOTING.md 2>/dev/null | tr -d ' ' | tr , '\n')
found=
for id in $reasons; do
	printf '%s\n' "$explained" | grep -qxF "$id" || found="$found$id has no heading in TROUBLESHOOTING.md
"
done
if [ -n "$reasons" ]; then
	clean 'each reason of the kernel that has words has a heading in TROUBLESHOOTING.md' "$found"
elif [ -f src/check/drop_words.c ]; then
	not_ok 'each reason of the kernel that has words has a heading in TROUBLESHOOTING.md' 'no reason found in src/check/drop_words.c'
else
	skip 'each reason of the kernel that has words has a heading in TROUBLESHOOTING.md' 'no src/check/drop_words.c'
fi

# --- cases of each cause (fixtures/cases/README.md) ----------------------------------------

foreign=$(grep -hoE '\.name[[:space:]]*=[[:space:]]*"[a-z-]+"' src/engine/engine_*.c 2>/dev/null | sed 's/.*= *"//; s/"$//' | grep -vx builtin | tr '\n' ' ')
# What a cause's cases are: a line for each, "engine" (whether it is a foreign one) and "privilege".
kinds_of()
{
	jq -r --arg foreign "$foreign" '[
		(if .target.engine | IN($foreign | split(" ")[] | select(. != "")) then "engine" else empty end),
		(if ([.gaps[]?.remedy // empty] | any(test("root|CAP_"))) or .engine.near.lack? == "right"
			then "privilege" else empty end),
		"case"] | .[]' "$@"
}

# A row without a remedy of its own has that of the check's row that shows it: some case says so.
remedy_of_rows()
{
	for facts in "fixtures/cases/$1"/*.json; do
		"$WGDIAG" check --facts "$facts" --json 2>/dev/null |
			jq --arg id "$1" '.verdict | .state == "FAIL" and .cause == $id and .remedy.text != null' |
			grep -qx true && return
	done
	return 1
}

# The ids of causes that have a row without a remedy.
bare_causes()
{
	cat src/verdict/cause_*.c | awk '
		/^const struct cause cause_/ { id = ""; remedy = 0 }
		/^\t\.id =/ { split($0, part, "\""); id = part[2] }
		/^\t\.remedy =/ { remedy = 1 }
		/^};/ { if (id != "" && !remedy) print id; id = "" }' | sort -u
}

found=
for id in $causes; do
	dir=fixtures/cases/$id
	kinds=$(for f in "$dir"/*.json; do [ ! -f "$f" ] || [ ! -f "${f%.json}.expect" ] || kinds_of "$f"; done)
	n=$(printf '%s\n' "$kinds" | grep -cx case)
	[ "$n" -ge 4 ] || found="$found$id has $n cases in $dir, of 4
"
	printf '%s\n' "$kinds" | grep -qx engine || found="$found$id has no case of a foreign engine
"
	printf '%s\n' "$kinds" | grep -qx privilege || found="$found$id has no case with a missing privilege
"
	grep -qx 'kind border' "$dir"/*.expect 2>/dev/null || found="$found$id has no case at its border
"
done
for id in $(bare_causes); do
	remedy_of_rows "$id" || found="$found$id has no remedy, and no case in which a row has one for it
"
done
if [ -z "$causes" ]; then
	skip 'each cause has its cases and a remedy' 'no src/verdict/cause_*.c'
elif ! command -v jq >/dev/null 2>&1; then
	skip 'each cause has its cases and a remedy' 'no jq here'
else
	clean 'each cause has its cases and a remedy' "$found"
fi
finish
