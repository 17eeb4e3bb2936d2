#!/bin/sh
# timeout: 300
# beside: others
# `wgdiag check IFACE` where a filter of this host takes the tunnel's packets, and its rules have no counter:
# inside and outside, on the way out and in, by a rule and by a policy. The row names it, and the verdict is
# local. And filters that take none of them, or may have let them go: no FAIL.
#
#   [ left: the tunnel that is looked at, and the filter ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | "\(.state): \(.summary)"' "$TMPDIR/out"; }
# with NAME HOOK POLICY RULES [ARGUMENT...]: judged with that chain; from the facts the same.
with()
{
	with_name="$name, $1"
	in_ns left nft "table inet t { chain c { type filter hook $2 priority 0; policy $3; $4 }; }" ||
		not_ok "$with_name: nft takes it"
	shift 4
	attach --json --save-facts "$TMPDIR/facts" "$@"
	with_rc=$?
	"$WGDIAG" check --facts "$TMPDIR/facts" --json >"$TMPDIR/again" 2>&1
	check "$with_name: judged again the same" cmp "$TMPDIR/out" "$TMPDIR/again"
	clean "$with_name: fits the schema" "$(json_problems "$TMPDIR/out")"
	in_ns left nft flush ruleset
}
# taken WORDS: the row says that, it is the one root, and the verdict is local.
taken()
{
	is "$with_name: exit" "$with_rc" 1
	case $(row host.firewall) in
	'FAIL: '*"$1"*) ok "$with_name: the row" ;;
	*) not_ok "$with_name: the row" "$(row host.firewall)" ;;
	esac
	is "$with_name: one root" \
		"$(jq -r '[.checks[] | select(.state == "FAIL" and .caused_by == null).id] | join(" ")' "$TMPDIR/out")" host.firewall
	is "$with_name: the side" "$(jq -r .verdict.side "$TMPDIR/out")" local
}
# not_blamed STATE...: of these the row is one.
not_blamed()
{
	case " $* " in
	*" $(row host.firewall | cut -d: -f1) "*) ok "$with_name: not blamed" ;;
	*) not_ok "$with_name: not blamed" "$(row host.firewall)" ;;
	esac
}

# all NAME PROGRAM...
all()
{
	name=$1
	shift
	command -v "$1" >/dev/null 2>&1 || { skip "$name" "no $1 here"; return; }
	pair
	foreign "$name" "$@"
	configure
	pings left 1 "$in4.2" >/dev/null || not_ok "$name: the peer answers"

	with 'filters that take nothing' input drop "iifname lo accept; iifname $n accept; udp sport $port_f accept; tcp dport 1 drop;"
	is "$with_name: exit" "$with_rc" 0
	clean "$with_name: no row is bad" "$(bad_rows)"
	with 'its state accepts' input drop 'ct state established accept; iifname lo accept;' --ping "$in4.2"
	is "$with_name: exit" "$with_rc" 0
	not_blamed PASS UNSURE
	with 'pings alone, and TCP tells' output accept "oifname $n meta l4proto icmp drop;"
	is "$with_name: exit" "$with_rc" 0
	not_blamed PASS WARN

	with 'inside, out, policy' output drop 'oifname lo accept; oifname near accept;'
	taken 'policy of inet t c drops (inner out; sending was refused: Operation not permitted): policy drop'
	with 'inside, out, all' output drop ''
	taken 'policy of inet t c drops ('
	with 'inside, out, rule' output accept "ct state established accept; oifname $n drop;"
	taken "rule 3 in inet t c drops (inner out; sending was refused: Operation not permitted): oifname \"$n\" drop"
	with 'inside, out, reject' output accept "oifname $n reject with tcp reset; oifname $n reject;"
	taken 'in inet t c rejects (inner out; sending was refused'
	with 'inside, postrouting' postrouting accept "ip daddr $in4.2 drop;" --ping "$in4.2"
	taken 'rule 2 in inet t c drops (inner out; '
	with 'inside, out, by condition' output accept "meta length 1-2000 oifname $n drop;"
	taken 'rule 2 in inet t c drops (inner out; '
	with 'inside, out, by which' output accept "oifname $n meta length 1-2000 drop; oifname $n meta length 1-3000 drop;"
	is "$with_name: exit" "$with_rc" 1
	not_blamed WARN
	is "$with_name: the side" "$(jq -r .verdict.side "$TMPDIR/out")" local

	with 'inside, in, rule' input accept "iifname lo accept; iifname $n drop;"
	taken "rule 3 in inet t c drops (inner in; "
	with 'inside, in, policy' input drop 'iifname lo accept; iifname near accept;' --ping "$in4.2"
	taken 'policy of inet t c drops (inner in; '
	with 'inside, in, what came first may let it go' input accept "meta length 1-2000 iifname $n ct state new accept; iifname $n drop;"
	not_blamed WARN

	with 'outside, in' input accept "udp sport $port_f drop;"
	taken "rule 2 in inet t c drops (outer in; "
	with 'outside, out' output accept "udp dport $port_f drop;"
	taken "rule 2 in inet t c drops (outer out; "
	with 'forwarding' forward drop ''
	is "$with_name: exit" "$with_rc" 0
	clean "$with_name: no row is bad" "$(bad_rows)"
	over
}
all builtin "$WGDIAG" engine -f
all wireguard-go wireguard-go -f
finish
