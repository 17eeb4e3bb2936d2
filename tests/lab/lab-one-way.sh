#!/bin/sh
# beside: others
# Without an option a fault that shows in one way only is made and found in that way; who asks for
# the other way has it.
. tests/lab/lib.sh
lab_init "$@"
need jq

# found FAULT LINE ARGUMENT...
found()
{
	fault=$1 line=$2
	shift 2
	"$WGDIAG" lab --json --seed "$SEED" "$fault" "$@" >"$TMPDIR/r.json" 2>"$TMPDIR/err"
	is "$fault $*: exit" $? 1
	check "$fault $*: one line says how" [ "$(grep -cxF -- "wgdiag lab: $fault $line" "$TMPDIR/err")" = 1 ]
	is "$fault $*: the verdict" "$(jq -c '.verdict | [.state, .cause, .side]' "$TMPDIR/r.json")" \
		"[\"FAIL\",\"$fault\",\"local\"]"
}
for variant in no-device a-folder no-right; do
	found engine-cannot-start 'shows only when a tunnel is brought up: --as file' --variant "$variant"
done
"$WGDIAG" lab --json --seed "$SEED" nat-mapping-expired >"$TMPDIR/r.json" 2>"$TMPDIR/err"
is 'nat-mapping-expired: exit' $? 1
is 'nat-mapping-expired: one line says how' "$(cat "$TMPDIR/err")" \
	'wgdiag lab: nat-mapping-expired shows at the far end only: --from far'
is 'nat-mapping-expired: the verdict' "$(jq -r '.verdict | "\(.state) \(.cause)"' "$TMPDIR/r.json")" 'FAIL nat-mapping-expired'

"$WGDIAG" lab engine-cannot-start --as interface >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'as an interface: exit' $? 3
is 'as an interface: said' "$(cat "$TMPDIR/err")" \
	'wgdiag: make engine-cannot-start, no-device: it is there only when one is brought up: --as file'
"$WGDIAG" lab -q nat-mapping-expired --from near >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'from the near end: exit' $? 0
finish
