#!/bin/sh
# beside: others
# timeout: 900
# Every fault and every control of the lab once, engines alternating, graded against its truth, looked
# at both as an interface and from a file where it can be, and from the far end what can be told from
# there; as an ordinary user too; what --keep leaves can be entered; and nothing is left of any.
. tests/lab/lib.sh
lab_init "$@"
need jq setpriv
. tests/lib/remains.sh

remains_start
remains >"$TMPDIR/before"
gone() { remains >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"; }

engines=builtin
command -v wireguard-go >/dev/null 2>&1 && engines=builtin,wireguard-go
rnd seed 1 1000000

# all NAME ARGUMENT...: its results are in all.json
all()
{
	name=$1
	shift
	"$WGDIAG" lab --all --alternate --jobs 6 --seed "$seed" --engine-near "$engines" --json "$@" \
		>"$TMPDIR/all.json" 2>"$TMPDIR/err"
	rc=$?
	jq -r '.runs[] | select(.grade | IN("right", "right, as a group") | not) |
		"# \(.grade // .not_judged): \(.fault) --variant \(.variant) --as \(.as) --engine-near \(.engine_near) --seed \(.seed): \(.summary)"' \
		"$TMPDIR/all.json"
	is "$name: exit" $rc 0
	is "$name: all are judged" "$(jq '[.runs[] | select(.grade == null)] | length' "$TMPDIR/all.json")" 0
	is "$name: no control has a fault" "$(jq .false_alarms "$TMPDIR/all.json")" 0
	check "$name: nothing is left" wait_for 5 gone
}

all 'each once' --as both
check 'there are controls' [ "$(jq .controls "$TMPDIR/all.json")" -ge 16 ]
# A foreign engine that wgdiag did not start tells nobody what it refuses, and of a few hundred
# packets it is chance how many are lost: so not all.
jq -r '.ways.differ[] | "# the ways differ: \(.fault) --variant \(.variant) --engine-near \(.engine_near) --seed \(.seed):
#   interface: \(.interface.summary)
#   file: \(.file.summary)"' "$TMPDIR/all.json"
check 'both ways are compared' [ "$(jq .ways.pairs "$TMPDIR/all.json")" -ge 60 ]
check 'both ways agree' jq -e '.ways.agree * 100 >= .ways.pairs * 95' "$TMPDIR/all.json"
is 'none takes over a minute' "$(jq '[.runs[] | select(.duration_ms > 60000)] | length' "$TMPDIR/all.json")" 0

all 'from the far end, each once' --from far
check 'from the far end: there are controls' [ "$(jq .controls "$TMPDIR/all.json")" -ge 16 ]
check 'from the far end: there are faults' [ "$(jq '.judged - .controls' "$TMPDIR/all.json")" -ge 24 ]
is 'from the far end: none takes over 40 s' "$(jq '[.runs[] | select(.duration_ms > 40000)] | length' "$TMPDIR/all.json")" 0
# What is far from the client is local there.
is 'from the far end: this host is to blame there' \
	"$(jq -r '[.runs[] | select(.fault == "udp-blocked-inbound" or .fault == "no-ip-forward" or .fault == "forward-drop").side] | unique | join(" ")' "$TMPDIR/all.json")" local

all 'two at once' --pairs
check 'two at once: there are ten' [ "$(jq .judged "$TMPDIR/all.json")" -ge 10 ]
is 'two at once: nothing else is named' "$(jq '[.runs[] | select(.grade == "wrong")] | length' "$TMPDIR/all.json")" 0

# What is kept is there, with a tunnel that works, until it is told to end.
"$WGDIAG" lab none --variant nat --keep --seed "$seed" >/dev/null 2>"$TMPDIR/keep" &
pid=$!
check 'kept: how to get in is said' wait_for 10 'grep -q "until Ctrl-C" "$TMPDIR/keep"'
enter=$(sed -n 's/^wgdiag: client: //p' "$TMPDIR/keep")
tun=$(sed -n 's/.*the tunnel is \([^ ]*\) at the client.*/\1/p' "$TMPDIR/keep")
# shellcheck disable=SC2086 # a command with its arguments
$enter "$WGDIAG" check -q "$tun" >"$TMPDIR/out" 2>&1
is 'kept: the tunnel is found healthy from inside' $? 0
# One of these hosts whose gateway is nobody would else take pings from every namespace of this machine.
enter=$(sed -n 's/^wgdiag: lan: //p' "$TMPDIR/keep")
# shellcheck disable=SC2086
check 'kept: little waits for a neighbour that is not there' $enter sh -c \
	'for f in /proc/sys/net/ipv[46]/neigh/*/unres_qlen_bytes; do case $f in */lo/*) ;; *)
		n=$((n + 1)); [ "$(cat "$f")" -le 10000 ] || exit 1 ;; esac; done; [ "$n" -ge 2 ]'
kill -INT $pid
ends $pid
is 'kept: exit' "$ends_rc" 0
check 'kept: nothing is left' wait_for 5 gone


mount -t tmpfs -o mode=755 lab-dev /dev/net && mknod -m 666 /dev/net/tun c 10 200 || exit 1
chmod 755 "$TMPDIR"
cp "$WGDIAG" "$TMPDIR/wgdiag" && chmod 755 "$TMPDIR/wgdiag" || exit 1
as_user() { setpriv --reuid=4711 --regid=4711 --clear-groups "$@"; }
# Who went into a user namespace can start no process at its end, and so look for no leaks.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
if as_user unshare -U true 2>/dev/null; then
	as_user "$TMPDIR/wgdiag" lab none --variant nat --json >"$TMPDIR/user.json" 2>"$TMPDIR/err"
	is 'an ordinary user: exit' $? 0
	is 'an ordinary user: the verdict' "$(jq -r .verdict.state "$TMPDIR/user.json")" PASS
	as_user "$TMPDIR/wgdiag" lab none --variant out-of-order -q >/dev/null 2>&1
	is 'an ordinary user, with a relay: exit' $? 0
else
	skip 'an ordinary user' 'no user namespaces for ordinary users here'
fi
finish
