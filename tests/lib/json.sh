# For scripts that read `wgdiag check --json`. Needs jq.

json_schema=$TOP/fixtures/schema/wgdiag.report-1.schema.json
json_events=$TOP/fixtures/schema/wgdiag.events-1.schema.json

# json_problems FILE: one line for each thing that is wrong with it; nothing when it is valid.
json_problems()
{
	[ -s "$1" ] || { echo "$1 is empty"; return; }
	jq -r -n --slurpfile schema "$json_schema" --slurpfile doc "$1" -f "$TOP/tests/lib/schema.jq" 2>&1
}

# json_lines_problems FILE: the same of the lines of --json-lines, of a whole run.
json_lines_problems()
{
	[ -s "$1" ] || { echo "$1 is empty"; return; }
	cat "$json_events" "$json_schema" >"$TMPDIR/json_schemas"
	jq -r -n --slurpfile schema "$TMPDIR/json_schemas" --slurpfile doc "$1" -f "$TOP/tests/lib/schema.jq" 2>&1
}

# json_states FILE: "engine.start PASS" a line.
json_states() { jq -r '.checks[] | "\(.id) \(.state)"' "$1"; }

# json_row FILE ID: "FAIL engine.start" (its state, and what caused it or -).
json_row() { jq -r --arg id "$2" '.checks[] | select(.id == $id) | "\(.state) \(.caused_by // "-")"' "$1"; }
