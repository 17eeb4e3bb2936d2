#!/bin/sh
# timeout: 600
# Five kinds of loss at once, each by a rule that counts what it takes: the fates add up to what was
# sent, and agree with the counters. The far end is not looked at, and no key is needed.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq nft
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

count=${LOSS_COUNT:-3000}
data='@th,64,8 4'

# What one in so many meets: on our way out, at their door, on their way out, at our door, out of our tun.
rules()
{
	rnd s1 3 7; rnd s2 3 7; rnd s3 3 7; rnd s4 3 7; rnd s5 3 7
	in_ns left nft "table inet w {
		chain o { type filter hook output priority 0; oifname near udp dport $port_f $data numgen random mod 100 < $s1 counter drop comment \"wire.out\"; }
		chain i { type filter hook input priority 0; iifname near udp sport $port_f $data numgen random mod 100 < $s4 counter drop comment \"tun.in\";
			iifname $n meta l4proto { icmp, icmpv6 } numgen random mod 100 < $s5 counter drop comment \"socket\"; }; }" || not_ok 'the rules are made'
	in_ns right nft "table inet w {
		chain i { type filter hook input priority 0; iifname far udp dport $port_f $data numgen random mod 100 < $s2 counter drop comment \"far.wire.out\"; }
		chain o { type filter hook output priority 0; oifname far udp sport $port_f $data numgen random mod 100 < $s3 counter drop comment \"wire.in\"; }; }" ||
		not_ok 'the rules of the far end are made'
}
dropped()
{
	for ns in left right; do in_ns $ns nft -j list ruleset; done | jq -s --arg c "$1" \
		'[.[].nftables[].rule? | objects | select(.comment == $c) | .expr[].counter? | objects | .packets] | add'
}
# What our engine had refused: it sends each message of a refused batch once more, which a rule counts twice. The engine
# counts from its start, the rules from where a try began.
refused() { value "$1" drop_io_send_perm; }
# lost AFTER BEFORE: null is a socket, * is any.
lost() { jq --arg a "$1" --arg b "$2" '[.fates.lost[] | select($a == "*" or (.after // "socket") == $a) |
	select($b == "*" or (.before // "socket") == $b) | .count] | add // 0' "$TMPDIR/out"; }
# agrees PLACE RULE LEDGER: what differs is added up.
agrees()
{
	echo "# $name: before $1: the rules took $2, the ledger has $3"
	off=$((off + ($2 > $3 ? $2 - $3 : $3 - $2)))
}

of_engine()
{
	name=$1
	shift
	command -v "$1" >/dev/null 2>&1 || { skip "$name" "no $1 here (make peers)"; return; }
	pair
	foreign "$name" "$@"
	configure
	wait_for 10 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok "$name: the tunnel works"
	# On a machine that stalls the order of packets tells less, and then only a longer part of the way is named: true,
	# and too little to be compared with each rule. Then once more.
	for try in 1 2 3 4; do
		for ns in left right; do in_ns $ns nft flush ruleset; done
		was_f=$(refused "$f") was_n=0
		[ "$name" != builtin ] || was_n=$(refused "$n")
		rules
		ip netns exec left "$WGDIAG" loss "$n" --json -c "$count" -i 0.002 --save-facts "$TMPDIR/facts" \
			>"$TMPDIR/out" 2>"$TMPDIR/err"
		rc=$?
		wide=$(lost tun.out '*'); wide=$((wide - $(lost tun.out wire.out)))
		[ "$wide" -gt 10 ] || break
		echo "# $name: of $wide only a part of the way is known, try $try"
	done
	is "$name: exit" $rc 1
	clean "$name: fits the schema" "$(json_problems "$TMPDIR/out")"
	check "$name: all that was sent has a fate" \
		jq -e '.fates | .sent == .answered + .unknown + ([.lost[].count] | add)' "$TMPDIR/out"
	check "$name: at least as many as were asked for" jq -e --argjson c "$count" '.fates.sent >= $c' "$TMPDIR/out"
	off=0
	for place in tun.in socket; do agrees $place "$(dropped $place)" "$(lost '*' $place)"; done
	case $name in builtin) took=$(($(refused "$n") - was_n)) ;; *) took=$(dropped wire.out) ;; esac
	agrees wire.out "$took" "$(lost '*' wire.out)"
	# One lost on its way beside one lost on the way back: of one end only the numbers of both are known.
	up=$(dropped far.wire.out) told_up=$(lost wire.out far.wire.out)
	down=$(($(refused "$f") - was_f)) told_down=$(lost far.wire.out wire.in) open=$(lost wire.out wire.in)
	echo "# $name: up $told_up of $up, down $told_down of $down, $open of either"
	agrees 'the far end, and on the way back' $((up + down)) $((told_up + told_down + open))
	sent=$(jq .fates.sent "$TMPDIR/out") unknown=$(jq .fates.unknown "$TMPDIR/out")
	# The rules met the messages before and after the probes as well, about one in twenty of some twenty.
	echo "# $name: $off of $sent differ, $unknown unknown"
	echo "# $name: $(jq -c "[.fates.lost[] | \"\(.after)-\(.before) \(.count)\"], .evidence_quality.capture_dropped" "$TMPDIR/out" | tr "\n" " ")"
	check "$name: 99.5 % agree" [ $((1000 * (off - 6))) -le $((5 * sent)) ]
	check "$name: no more is said of a way than was lost there" [ "$told_up" -le "$up" -a "$told_down" -le "$down" ]
	# That device's name is nobody else's, so the kernel's own word is of it.
	if jq -e '.kernel | .unwatched == null and .events_lost == 0 and .same_name != 1' "$TMPDIR/facts" >/dev/null; then
		check "$name: the kernel's reason" jq -e --arg at "at $n" '[.fates.lost[] | select(.before == null) |
			.reason // "" | contains("NETFILTER_DROP") and contains($at)] == [true]' "$TMPDIR/out"
	else
		skip "$name: the kernel's reason" 'its drops were not watched here'
	fi
	"$WGDIAG" ledger --lost "$TMPDIR/facts" >"$TMPDIR/ledger"
	is "$name: the ledger shows each" "$(grep -c '  lost \|where it was lost' "$TMPDIR/ledger")" \
		"$(jq '.fates | .sent - .answered' "$TMPDIR/out")"
	in_ns left nft flush ruleset
	in_ns right nft flush ruleset
	over
}

peers=$WGDIAG_BUILD/peers
of_engine builtin "$WGDIAG" engine -f
cp "$peers/wireguard-go-latest" "$TMPDIR/wireguard-go" 2>/dev/null
of_engine 'newest wireguard-go' "$TMPDIR/wireguard-go" -f
of_engine boringtun "$peers/boringtun-cli" -f --disable-drop-privileges
finish
