#!/bin/sh
# beside: others
# SIGKILL of `wgdiag lab --all` at 20 random moments: nothing is left, without any help.
. tests/lab/lib.sh
lab_init "$@"
. tests/lib/remains.sh
: "${N:=20}"

remains_start
"$WGDIAG" lab none --variant routed -q >/dev/null 2>&1
remains >"$TMPDIR/before"
gone() { remains >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"; }

i=0 bad=0 killed=0
while [ "$i" -lt "$N" ]; do
	i=$((i + 1))
	if [ $((i % 2)) = 0 ]; then rnd ms 1 400; else rnd ms 1 4000; fi
	TMPDIR=$TMPDIR/tmp "$WGDIAG" lab --all --jobs 4 -q >/dev/null 2>&1 &
	pid=$!
	timeout "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" tail -f /dev/null
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ $? != 137 ] || killed=$((killed + 1))
	wait_for 10 gone && continue
	bad=$((bad + 1))
	echo "# killed after $ms ms:"
	diff "$TMPDIR/before" "$TMPDIR/after" | sed 's/^/# /'
done
is "killed at $N moments (SEED=$SEED): something left" "$bad" 0
is 'all were still running' "$killed" "$N"
finish
