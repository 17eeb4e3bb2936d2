#!/bin/sh
# beside: others
# timeout: 900
# Every fault and every control of the lab once, engines alternating, recorded at the other end
# meanwhile: then each fault has its own name and no group's, and no control has any.
. tests/lab/lib.sh
lab_init "$@"
need jq
. tests/lib/remains.sh

remains_start
remains >"$TMPDIR/before"
gone() { remains >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"; }

engines=builtin
command -v wireguard-go >/dev/null 2>&1 && engines=builtin,wireguard-go
# Of the far end one by lot: another engine tells less of what it refuses.
rnd other 0 1
far=builtin
[ "$engines" = builtin ] || [ "$other" = 0 ] || far=wireguard-go
rnd seed 1 1000000
"$WGDIAG" lab --all --far-file --alternate --jobs 3 --seed "$seed" --engine-near "$engines" \
	--engine-far "$far" --json >"$TMPDIR/all.json" 2>"$TMPDIR/err"
is "the far end's engine is $far: exit" $? 0
jq -r '.runs[] | select(.grade != "right" or .side_right != true) |
	"# \(.grade // .not_judged): \(.fault) --variant \(.variant) --as \(.as) --engine-near \(.engine_near) --seed \(.seed): \(.summary)"' \
	"$TMPDIR/all.json"
is 'all are judged' "$(jq '[.runs[] | select(.grade == null)] | length' "$TMPDIR/all.json")" 0
check 'there are controls, and faults' jq -e '.controls >= 16 and .judged - .controls >= 60' "$TMPDIR/all.json"
is 'no control has a fault' "$(jq .false_alarms "$TMPDIR/all.json")" 0
is 'none is a group' "$(jq '.groups, ([.runs[] | select(.cause | IN("no-answer", "no-data-back", "not-forwarded"))] | length)' "$TMPDIR/all.json")" '0
0'
check 'at least 98 % are right' jq -e '([.runs[] | select(.grade == "right")] | length) * 100 >= .judged * 98' "$TMPDIR/all.json"
check 'nothing is left' wait_for 5 gone
finish
