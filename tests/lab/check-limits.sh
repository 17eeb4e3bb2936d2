#!/bin/sh
# beside: others
# `wgdiag check` with too few descriptors: what it could not look at is not the tunnel's fault,
# however few there are.
. tests/lab/lib.sh
lab_init "$@"
need jq
. tests/lib/json.sh

# limited N: a check that may have N descriptors
limited()
{
	# shellcheck disable=SC3045 # dash, ash and bash all have it
	(ulimit -n "$1"; exec "$WGDIAG" check --json --seed "$SEED" -c 2 -i 0.01) \
		>"$TMPDIR/r.json" 2>"$TMPDIR/err"
	rc=$?
}

limited 256
is 'with enough of them: exit' "$rc" 0

refused=0
for n in 40 $(seq 30 -1 8); do
	limited "$n"
	case $rc in
	0) ;;
	3) clean "with $n: a reason" "$(grep -qE 'more files can be opened here|Too many open files' \
		"$TMPDIR/r.json" "$TMPDIR/err" || echo none)" ;;
	*) not_ok "with $n: neither a fault nor a crash" "exit $rc: $(cat "$TMPDIR/err" "$TMPDIR/r.json")" ;;
	esac
	[ ! -s "$TMPDIR/r.json" ] || clean "with $n: no row blames the tunnel" \
		"$(json_states "$TMPDIR/r.json" | grep -E ' (FAIL|WARN)')"
	[ "$rc" != 3 ] || refused=$((refused + 1))
done
check 'some were too few' test "$refused" -ge 3
finish
