#!/bin/sh
# The golden objects fit the shipped schema, and the validator is one: it refuses what does not.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/json.sh"
command -v jq >/dev/null 2>&1 || skip_all 'no jq here'

check 'the schema is JSON' jq -e . "$json_schema"
for f in "$TOP"/tests/golden/*.json; do
	clean "${f##*/} fits the schema" "$(json_problems "$f")"
done

# refuses NAME CHANGE WORDS
good=$TOP/tests/golden/healthy.json
refuses()
{
	jq -c "$2" "$good" >"$TMPDIR/bad.json"
	case $(json_problems "$TMPDIR/bad.json") in
	*"$3"*) ok "refused: $1" ;;
	*) not_ok "refused: $1" "$(json_problems "$TMPDIR/bad.json")" ;;
	esac
}

refuses 'a missing property' 'del(.marker)' 'no marker'
refuses 'a state of another name' '.checks[0].state = "OK"' 'is none of'
refuses 'a number as text' '.checks[0].evidence.start_ms = "12"' 'fits none of its forms'
refuses 'a negative duration' '.checks[0].duration_ms = -1' 'below'
refuses 'another schema' '.schema = "wgdiag.report/2"' 'is not'
refuses 'a summary over 160 characters' '.verdict.summary = ("x" * 161)' 'too long'
refuses 'no check at all' '.checks = []' 'too few'
refuses 'a marker of another form' '.marker = "WGD-1"' 'is not like'
refuses 'half a remedy' '.checks[0].remedy = {"text": "x"}' 'fits none'
refuses 'evidence that is no row' '.verdict.candidates = [{"cause": "x", "side": "far", "evidence": ["tun.none"]}]' 'is no row'
refuses 'a cause that is no candidate' '.verdict.cause = "x"' 'without a candidate'
refuses 'a remedy of another form' '.verdict.remedy = "x"' 'fits none'
refuses 'fates that do not add up' '.fates.sent = 11' 'is not sent'
refuses 'a cause that did not fail' '.checks[1].caused_by = "engine.start"' 'did not fail'
refuses 'a failure without evidence' '.checks[0].state = "FAIL" | .checks[0].evidence = {}' 'without evidence'

# --- the lines of --json-lines, which begin and end as they do in that file ---------------------

lines=$TOP/tests/golden/lines.ndjson
check 'the schema of lines is JSON' jq -e . "$json_events"
clean 'the lines fit it' "$(json_lines_problems "$lines")"
# no_lines NAME CHANGE WORDS: CHANGE of the list of all of them
no_lines()
{
	jq -cs "$2 | .[]" "$lines" >"$TMPDIR/bad.lines"
	case $(json_lines_problems "$TMPDIR/bad.lines") in
	*"$3"*) ok "refused: $1" ;;
	*) not_ok "refused: $1" "$(json_lines_problems "$TMPDIR/bad.lines")" ;;
	esac
}
no_lines 'no start' '.[1:]' 'the first line is no start'
no_lines 'no end' '.[:-1]' 'the last line is no end'
no_lines 'two verdicts' '.[:-1] + [.[-2], .[-1]]' 'not one start, verdict and end'
no_lines 'a line of no type' 'map(if .type == "check" then .type = "row" else . end)' 'no such type'
no_lines 'another schema' '.[0].schema = "wgdiag.events/2"' 'is not'
no_lines 'no time' '.[1] |= del(.mono_ns)' 'no mono_ns'
no_lines 'a time of another form' '.[1].ts = "2026-11-30 10:00:00"' 'is not like'
no_lines 'a probe that was not counted' 'map(select(.type != "probe" or .probe != 2))' 'not counted from 0'
no_lines 'two fates of one' 'map(if .type == "fate" then .probe = 1 else . end)' 'not of one probe each'
no_lines 'a fate too few' 'map(select(.type != "fate" or .probe != 2))' 'counts other fates'
no_lines 'a result of another name' 'map(if .type == "fate" then .result = "gone" else . end)' 'is none of'
no_lines 'a row of another state' 'map(if .type == "check" then .state = "OK" else . end)' 'is none of'
no_lines 'a verdict of another state' 'map(if .type == "verdict" then .state = "OK" else . end)' 'is none of'
no_lines 'a count below 0' '.[-1].fates.answered = -1' 'below'
finish
