#!/bin/sh
# The golden cases: each file of facts in fixtures/cases gives the verdict that was written beside it
# by hand (fixtures/cases/README.md), in an empty environment; its JSON fits the schema; and its text
# says all of it at every width, also where only ASCII can be shown.
# timeout: 600
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/json.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"
command -v jq >/dev/null 2>&1 || skip_all 'no jq here'
nl='
'
json=$TMPDIR/case.json

code_of()
{
	case $1 in
	PASS|WARN) echo 0 ;;
	FAIL) echo 1 ;;
	*) echo 3 ;;
	esac
}

# What .expect says against $json: a line for each difference.
differences()
{
	while read -r word a b; do
		case $word in
		''|'#'*|needs) continue ;;
		kind) got=$a want=border ;;
		state|cause|side|direction) got=$(jq -r --arg w "$word" '.verdict[$w] // "-"' "$json") want=$a ;;
		row) got=$(jq -r --arg id "$a" '[.checks[] | select(.id == $id) | .state] | join(" ")' "$json") want=$b ;;
		follows) got=$(jq -r --arg id "$a" '[.checks[] | select(.id == $id) | .caused_by // "-"] | join(" ")' "$json") want=$b ;;
		also) got=$(jq -r --arg id "$a" '.verdict.causes | index($id) // 0 | . > 0' "$json") want=true ;;
		*) echo "$word: no such word"; continue ;;
		esac
		[ "$got" = "$want" ] || echo "$word $a: $got, and not $want"
	done <"$1"
	for word in state cause side; do
		grep -q "^$word " "$1" || echo "no line $word"
	done
}

# Every FAIL has evidence, what to do, what to type for it, and a text that explains it; so has the cause.
bare_fails()
{
	jq -r '.checks[] | select(.state == "FAIL") |
		select((.evidence | length) == 0 or .remedy == null or (.remedy.commands | length) == 0) |
		"\(.id): no \(if (.evidence | length) == 0 then "evidence" elif .remedy == null then "remedy" else "commands" end)"' "$json"
	jq -r 'if .verdict.state == "FAIL" then (.checks[] | select(.state == "FAIL") | .id), .verdict.causes[],
		.verdict.candidates[].cause else empty end' "$json" | sort -u | while read -r id; do
		env -i "$WGDIAG" explain "$id" >/dev/null 2>&1 || echo "$id: wgdiag explain knows nothing of it"
	done
}

# All but blanks and line ends, as $TMPDIR/said has what must be said.
essence() { tr -d ' \n'; }

# text FACTS WIDTH LANG: problems, a line each.
text_problems()
{
	env -i LC_ALL="$3" COLUMNS="$2" "$WGDIAG" check --facts "$1" -v >"$TMPDIR/text" 2>"$TMPDIR/err"
	rc=$?
	[ "$rc" = "$want_code" ] || echo "exit $rc, and not $want_code"
	[ ! -s "$TMPDIR/err" ] || cat "$TMPDIR/err"
	! grep -n "$(printf '\033')" "$TMPDIR/text" || echo 'an escape code'
	if [ "$3" = C ]; then
		! LC_ALL=C grep -n '[^ -~]' "$TMPDIR/text" || echo 'not ASCII'
		LC_ALL=C awk -v w="$2" 'length($0) > w { print FNR ": " length($0) " columns" }' "$TMPDIR/text"
		return
	fi
	essence <"$TMPDIR/text" >"$TMPDIR/essence"
	# The text is one line without an end now; each that it must say is one of the others.
	awk 'NR == FNR { text = $0; next } $0 != "" && !index(text, $0) { print "not said: " $0 }' \
		"$TMPDIR/essence" "$TMPDIR/said"
}

for facts in "$TOP"/fixtures/cases/*/*.json; do
	expect=${facts%.json}.expect
	name=${facts#"$TOP"/fixtures/cases/} name=${name%.json}
	[ -f "$expect" ] || { not_ok "$name" "no ${expect##*/}"; continue; }
	env -i "$WGDIAG" check --facts "$facts" --json >"$json" 2>"$TMPDIR/err"
	rc=$? missing=
	for id in $(sed -n 's/^needs //p' "$expect"); do
		jq -e --arg id "$id" 'any(.checks[]; .id == $id)' "$json" >/dev/null 2>&1 || missing=$id
	done
	[ -z "$missing" ] || { skip "$name" "wgdiag has no row $missing yet"; continue; }
	want_code=$(code_of "$(sed -n 's/^state //p' "$expect")")
	is "$name: exit" $rc "$want_code"
	clean "$name: silent on stderr" "$(cat "$TMPDIR/err")"
	clean "$name: as expected" "$(differences "$expect")"
	check "$name: what is named has a remedy, and commands where it is a fault" \
		jq -e '.verdict | .cause == null or (.remedy.text != null and (.state != "FAIL" or (.remedy.commands | length) > 0))' "$json"
	clean "$name: fits the schema" "$(json_problems "$json")"
	clean "$name: each FAIL has evidence, remedy and explanation" "$(bare_fails)"
	jq -r '.checks[].summary, .verdict.summary, .verdict.remedy.text // empty, .verdict.will_not_help[], .verdict.next[],
		.marker | gsub("[ \n]"; "")' "$json" >"$TMPDIR/said"
	found=
	for width in 40 80 200; do
		for lang in C C.UTF-8; do
			problems=$(text_problems "$facts" $width $lang)
			[ -z "$problems" ] || found="$found$width columns, $lang:$nl$problems$nl"
		done
	done
	clean "$name: the text says it all" "$found"
	# A machine, a locale or a second time changes nothing.
	env -i TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$WGDIAG" check --facts "$facts" --json >"$json.2" 2>&1
	check "$name: twice the same bytes" cmp "$json" "$json.2"
done
for expect in "$TOP"/fixtures/cases/*/*.expect; do
	[ -f "${expect%.expect}.json" ] || not_ok "${expect##*/}" 'no facts beside it'
done
finish
