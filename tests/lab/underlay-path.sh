#!/bin/sh
# timeout: 420
# beside: others
# underlay.path: where on the way to the endpoint do the tunnel's messages die, as far as one end can
# tell? Each case has a chain of its own, and a few run side by side, since most of a run is waiting.
#
#   [ c: the tunnel that is looked at ]---[ r1 ]---[ r2 ]---[ s: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft sysctl setpriv
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
chmod 755 "$TMPDIR"

SIDE_BY_SIDE=12
cases=''
batch=''

# chain NAME FAMILY: the namespaces NAMEc, NAMEr1, NAMEr2, NAMEs with a tunnel; sets host1, host2 (the
# routers as c sees them), host3 (s), and n, f, in4, port_n, port_f for the case.
chain()
{
	chain_n=$1
	for ns in c r1 r2 s; do ns_new "$1$ns"; done
	for r in r1 r2; do
		ip netns exec "$1$r" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
	veth "$1c" east "$1r1" west
	veth "$1r1" east "$1r2" west
	veth "$1r2" east "$1s" west
	if [ "$2" = 4 ]; then
		rnd_net4 a; rnd_net4 b; rnd_net4 d
		len=24 dot=. fam=-4
	else
		rnd_net6 a; rnd_net6 b; rnd_net6 d
		len=64 dot='' fam=-6
	fi
	own="${a}${dot}1" host1="${a}${dot}2" host2="${b}${dot}2" host3="${d}${dot}2"
	addr "$1c" east "$own/$len"
	addr "$1r1" west "$host1/$len"; addr "$1r1" east "${b}${dot}1/$len"
	addr "$1r2" west "$host2/$len"; addr "$1r2" east "${d}${dot}1/$len"
	addr "$1s" west "$host3/$len"
	ip "$fam" -n "$1c" route add default via "$host1"
	ip "$fam" -n "$1r1" route add default via "$host2"
	ip "$fam" -n "$1r2" route add "${a}${dot}0/$len" via "${b}${dot}1" 2>/dev/null ||
		ip "$fam" -n "$1r2" route add "${a}/$len" via "${b}${dot}1"
	ip "$fam" -n "$1s" route add default via "${d}${dot}1"
	rnd_net4 in4
	rnd_name n n; rnd_name f f
	rnd_port port_n; rnd_port port_f
	key key_n; key key_f
	engine "$1s" "$f"
	wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
	addr "$1s" "$f" "$in4.2/24"
	ip -n "$1s" link set "$f" up
	engine "$1c" "$n"
	case $host3 in *:*) at="[$host3]:$port_f" ;; *) at="$host3:$port_f" ;; esac
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" allowed-ips "$in4.2/32" endpoint "$at"
	addr "$1c" "$n" "$in4.1/24"
	ip -n "$1c" link set "$n" up
}

# rule NAMESPACE HOOK RULE...: a chain of its own; the tunnel's messages are "udp dport $port_f".
rule()
{
	rule_ns=$1 rule_hook=$2
	shift 2
	ip netns exec "$rule_ns" nft "
		add table inet t$rule_hook
		add chain inet t$rule_hook c { type filter hook $rule_hook priority -50; }
		add rule inet t$rule_hook c $*"
}

look() { ip netns exec "${1}c" "$WGDIAG" check "$2" --json >"$TMPDIR/$1.json" 2>"$TMPDIR/$1.err"; echo $? >"$TMPDIR/$1.rc"; }

# begin NAME STATE SIDE WORDS...: wgdiag in that chain, in the background; what it is to say. A word may
# be an expression of expr.
begin()
{
	eval "want_state_$1=\$2 want_side_$1=\$3 want_words_$1=\$4"
	cases="$cases $1"
	look "$1" "$n" &
	batch="$batch $!"
	# shellcheck disable=SC2086
	set -- $batch
	[ $# -lt $SIDE_BY_SIDE ] || all_over
}
all_over()
{
	# shellcheck disable=SC2086
	[ -z "$batch" ] || wait $batch
	batch=''
}

row() { jq -r --arg id "$2" '.checks[] | select(.id == $id) | "\(.state) \(.summary)"' "$TMPDIR/$1.json"; }
judge()
{
	for c in $cases; do
		eval "state=\$want_state_$c side=\$want_side_$c words=\$want_words_$c"
		check "$c: underlay.path is $state" expr "$(row "$c" underlay.path)" : "$state $words"
		check "$c: side" expr "$(jq -r '.verdict.side' "$TMPDIR/$c.json")" : "$side$"
		clean "$c: nothing on stderr" "$(cat "$TMPDIR/$c.err")"
		clean "$c: fits the schema" "$(json_problems "$TMPDIR/$c.json")"
	done
}

# --- no message of the ladder's on a tunnel that works --------------------------------------

chain well 4
# What comes to the first router with a small hop limit is the ladder's, or a traceroute's.
rule wellr1 prerouting 'ip ttl < 32 counter'
look well "$n"
is 'healthy: exit' "$(cat "$TMPDIR/well.rc")" 0
check 'healthy: underlay.path is PASS' expr "$(row well underlay.path)" : 'PASS .*there is a way'
check 'healthy: no packet of a ladder' expr \
	"$(ip netns exec wellr1 nft list ruleset | grep counter)" : '.*counter packets 0 bytes 0'

# --- who drops, IPv4 and IPv6 ------------------------------------------------------------------

for v in 4 6; do
	first="hop 1 (%s)" second="hop 2 (%s)"
	chain "fwd1$v" $v
	rule "fwd1${v}r1" forward "udp dport $port_f drop"
	begin "fwd1$v" FAIL path ".*between hop 1 ($host1) and hop 2 ($host2), where pings and other UDP are seen"

	chain "pre1$v" $v
	rule "pre1${v}r1" prerouting "udp dport $port_f drop"
	begin "pre1$v" FAIL unknown ".*between this host and hop 1 ($host1), where pings and other UDP are seen"

	chain "pre2$v" $v
	rule "pre2${v}r2" prerouting "udp dport $port_f drop"
	begin "pre2$v" FAIL path ".*between hop 1 ($host1) and hop 2 ($host2), where pings and other UDP are seen"

	# The last router and the host look alike: it is said how far they got, and no more.
	chain "fwd2$v" $v
	rule "fwd2${v}r2" forward "udp dport $port_f drop"
	begin "fwd2$v" PASS unknown ".*get to hop 2 ($host2), the last before the host, which answers ping"

	chain "host$v" $v
	rule "host${v}s" input "udp dport $port_f drop"
	begin "host$v" PASS unknown ".*get to hop 2 ($host2), the last before the host, which answers ping"

	# The way back: what comes from the host's port dies at the first router.
	chain "back$v" $v
	rule "back${v}r1" forward "udp sport $port_f drop"
	begin "back$v" PASS unknown ".*get to hop 2 ($host2)"

	chain "reject$v" $v
	rule "reject${v}r1" forward "udp dport $port_f reject with icmpx type admin-prohibited"
	begin "reject$v" FAIL path "$host1 on the way says .*prohibited"
done

# A network that lets no UDP out.
chain udp 4
rule udpr1 forward "meta l4proto udp drop"
begin udp FAIL path ".*all UDP gets out of sight between hop 1 ($host1) and hop 2 ($host2), where pings are seen"

# --- what cannot be told ------------------------------------------------------------------------

chain quiet 4
rule quietr2 output 'icmp type time-exceeded drop'
rule quiets input "udp dport $port_f drop"
begin quiet UNSURE unknown ".*get to hop 1 ($host1); those between it and the host (hop 3) answer nobody"

chain mute 4
rule mutes input "meta l4proto { icmp, udp } drop"
begin mute UNSURE unknown ".*get to hop 2 ($host2); nobody behind it answers; TCP port [0-9]* is answered for the host, not ping"

chain dark 4
rule darks input 'meta l4proto { icmp, udp, tcp } drop'
begin dark UNSURE unknown ".*get to hop 2 ($host2); .*the host answers neither ping nor TCP"

# A router that tells of pings only; and one that answers them for everybody.
chain pings 4
rule pingsr2 prerouting 'ip ttl 1 meta l4proto udp drop'
key key_w
wg set "$f" private-key "$key_w_file"
begin pings UNSURE unknown '.*other UDP is not either, and gets to the host'

chain proxy 4
ip netns exec proxyr1 nft 'add table ip p; add chain ip p c { type nat hook prerouting priority -100; }; add rule ip p c ip protocol icmp redirect'
rule proxys input "udp dport $port_f drop"
begin proxy UNSURE unknown ".*get to hop 1 ($host1); .*pings to the host are answered by somebody before it"

# Routers that tell of one packet in many seconds only, to whom others had asked before.
chain slow 4
for r in r1 r2; do
	ip netns exec "slow$r" sysctl -qw net.ipv4.icmp_ratelimit=30000
done
for ttl in 1 2; do
	ip netns exec slowc ping -q -c 8 -i 0.02 -W 1 -t $ttl "$host3" >/dev/null
done
rule slows input "udp dport $port_f drop"
begin slow '\(PASS\|UNSURE\)' unknown ''

# The messages of the far end's engine go unanswered for its key: the way is good.
chain key 4
key key_w
wg set "$f" private-key "$key_w_file"
begin key PASS unknown ".*get to hop 2 ($host2)"

# Its way is another than that of this host's other packets: by its mark.
chain mark 4
rnd_port fwmark
wg set "$n" fwmark "$fwmark" peer "$key_f_pub" allowed-ips 0.0.0.0/0
ip -n markc route add default dev "$n" table 77
ip -n markc rule add not fwmark "$fwmark" table 77
ip -n markc rule add table main suppress_prefixlength 0
rule markr1 forward "udp dport $port_f drop"
begin mark FAIL path ".*between hop 1 ($host1) and hop 2 ($host2), where pings and other UDP are seen"

# A session that lives, and nobody inside who answers: no handshake is asked for, and nothing is sent.
chain live 4
in_ns livec ping -q -c 1 -W 5 "$in4.2" >/dev/null
check 'live: there is a session' [ "$(wg show "$n" latest-handshakes | cut -f 2)" -gt 0 ]
rule lives input "iifname $f drop"
rule liver1 prerouting 'ip ttl < 32 meta l4proto udp counter'
begin live SKIP '.*' 'no handshake was asked for while we looked'

all_over
judge
check 'live: no packet of a ladder' expr \
	"$(ip netns exec liver1 nft list ruleset | grep counter)" : '.*counter packets 0 bytes 0'
clean 'live: no row is FAIL' "$(jq -r '.checks[] | select(.state == "FAIL") | .id' "$TMPDIR/live.json")"

# Two runs at once: what the one sends is no message of the engine's to the other.
chain twice 4
rule twices input "udp dport $port_f drop"
look twice "$n" &
first_pid=$!
ip netns exec twicec "$WGDIAG" check "$n" --json >"$TMPDIR/other.json" 2>/dev/null
wait "$first_pid"
for c in twice other; do
	check "two at once: $c" expr "$(row "$c" underlay.path)" : "PASS .*get to hop 2 ($host2)"
done

# Interrupted while it waits whether the host answers TCP: that it does not is not known, nor said.
chain cut 4
rule cuts input 'meta l4proto { icmp, udp } drop'
ip netns exec cuts nft 'add rule inet tinput c meta l4proto tcp counter drop'
ip netns exec cutc "$WGDIAG" check "$n" --json >"$TMPDIR/cut.json" 2>"$TMPDIR/cut.err" &
cut_pid=$!
check 'cut: it knocks at the host' wait_for 30 \
	"! ip netns exec cuts nft list ruleset | grep -q 'counter packets 0 '"
kill -INT "$cut_pid"
if ends "$cut_pid"; then
	is 'cut: exit' "$ends_rc" 130
	check 'cut: underlay.path is SKIP' expr "$(row cut underlay.path)" : 'SKIP interrupted'
	clean 'cut: nothing is said of what was not waited for' "$(grep -o 'neither ping nor TCP' "$TMPDIR/cut.json")"
	clean 'cut: fits the schema' "$(json_problems "$TMPDIR/cut.json")"
else
	not_ok 'cut: it ended within 10 s'
fi

# --- without privileges; and without a socket -------------------------------------------------

chain nobody 4
rule nobodyr1 forward "udp dport $port_f drop"
ip netns exec nobodyc setpriv --reuid=65534 --regid=65534 --clear-groups "$WGDIAG" check "$n" --json \
	--endpoint "$at" --ping "$in4.2" >"$TMPDIR/nobody.json" 2>"$TMPDIR/nobody.err"
check 'as nobody: SKIP, with what to grant' expr "$(row nobody underlay.path)" : 'SKIP'
is 'as nobody: the remedy' "$(jq -r '.checks[] | select(.id == "underlay.path") | .remedy.text' "$TMPDIR/nobody.json")" \
	'run as root, or grant CAP_NET_RAW'

# shellcheck disable=SC2016
ip netns exec nobodyc unshare -m sh -c 'mount -t tmpfs none /run/wireguard && exec "$@"' - \
	"$WGDIAG" check "$n" --json --endpoint "$at" --ping "$in4.2" >"$TMPDIR/opaque.json" 2>"$TMPDIR/opaque.err"
check 'opaque: by the port that its messages leave from' expr "$(row opaque underlay.path)" : \
	"FAIL .*between hop 1 ($host1) and hop 2 ($host2)"

finish
