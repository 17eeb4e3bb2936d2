#!/bin/sh
# beside: others
# SIGKILL of wgdiag at 50 random moments: nothing is left, without any help.
. tests/lab/lib.sh
lab_init "$@"
. tests/lib/remains.sh
: "${N:=50}"

remains_start
"$WGDIAG" check -q -c 1 >/dev/null 2>&1
remains >"$TMPDIR/before"

gone() { remains >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"; }

engines=builtin
command -v wireguard-go >/dev/null 2>&1 && engines='builtin wireguard-go'

i=0 bad=0 killed=0
while [ "$i" -lt "$N" ]; do
	for engine in $engines; do
		i=$((i + 1))
		# Most happens in the first tenth of a second.
		if [ $((i % 4)) -lt 2 ]; then rnd ms 1 150; else rnd ms 1 1300; fi
		TMPDIR=$TMPDIR/tmp "$WGDIAG" check --engine "$engine" >/dev/null 2>&1 &
		pid=$!
		timeout "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" tail -f /dev/null
		kill -KILL $pid 2>/dev/null
		wait $pid 2>/dev/null
		[ $? != 137 ] || killed=$((killed + 1))
		wait_for 5 gone && continue
		bad=$((bad + 1))
		echo "# $engine, killed after $ms ms:"
		diff "$TMPDIR/before" "$TMPDIR/after" | sed 's/^/# /'
	done
done
is "killed at $N moments (SEED=$SEED): something left" "$bad" 0
# If all had ended before, nothing would have been tested.
if [ "$killed" -gt $((N / 2)) ]; then ok "most were still running"; else not_ok 'most were still running' "$killed of $i"; fi
check 'afterwards it works as before' "$WGDIAG" check -c 1
finish
