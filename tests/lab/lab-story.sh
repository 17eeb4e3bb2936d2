#!/bin/sh
# beside: others
# test-wireguard-go.sh: the story holds, from any folder, and it says so where it cannot be played.
. tests/lab/lib.sh
lab_init "$@"
need wg ip ping nsenter wireguard-go
. tests/lib/remains.sh

remains_start
remains >"$TMPDIR/before"
gone() { remains >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"; }
story=$TOP/test-wireguard-go.sh

(cd / && "$story") >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'the story: exit' $? 0
clean 'the story: nothing on stderr' "$(cat "$TMPDIR/err")"
check 'the story: the faulty engine loses all 4' grep -q '^4 packets transmitted, 0 received' "$TMPDIR/out"
check 'the story: wireguard-go brings 4 of 4' grep -q '^4 packets transmitted, 4 received, 0% packet loss' "$TMPDIR/out"
check 'the story: with their times' grep -q 'min/avg/max' "$TMPDIR/out"
check 'the story: nothing is left' wait_for 5 gone

WGDIAG=$TMPDIR/none "$story" >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'not built: exit' $? 77
is 'not built: one line' "$(wc -l <"$TMPDIR/err")" 1

# An engine without the fault: the story does not hold.
printf '#!/bin/sh\nexit 0\n' >"$TMPDIR/healthy"
chmod 755 "$TMPDIR/healthy"
WGDIAG=$TMPDIR/healthy "$story" >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'nothing is diagnosed: exit' $? 1
is 'nothing is diagnosed: one line' "$(wc -l <"$TMPDIR/err")" 1
finish
