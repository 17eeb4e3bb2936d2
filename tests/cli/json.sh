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
finish
