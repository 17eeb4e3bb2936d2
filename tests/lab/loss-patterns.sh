#!/bin/sh
# timeout: 600
# Six patterns of loss, made by the lab's relay on the way, each named by `wgdiag loss`; and uniform
# loss, which is never called anything but random. One way each.
#
#   [ left: the tunnel that is looked at ]---r0 [ mid: relay ] r1---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

rnd_net4 out4; rnd_net4 in4
rnd_name n n; rnd_name f f; rnd_name r0 a; rnd_name r1 b
rnd_port port_n; rnd_port port_f
key key_n; key key_f
ns_new left; ns_new mid; ns_new right
veth left out mid "$r0"
veth mid "$r1" right out
addr left out "$out4.1/24"
addr right out "$out4.2/24"
engine left "$n"
engine right "$f"
peer_n() { wg set "$n" peer "$key_f_pub" allowed-ips "$in4.2/32" endpoint "$out4.2:$port_f"; }
wg set "$n" private-key "$key_n_file" listen-port "$port_n"
peer_n
wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
addr left "$n" "$in4.1/24"
addr right "$f" "$in4.2/24"
ip -n left link set "$n" mtu 1420 up
ip -n right link set "$f" mtu 1420 up
relay_pid=''
relay()
{
	if [ -n "$relay_pid" ]; then kill -INT "$relay_pid"; ends "$relay_pid"; fi
	: >"$TMPDIR/relay"
	ip netns exec mid "$WGDIAG" lab --relay "$r0,$r1${1:+,$1}" >"$TMPDIR/relay" 2>&1 &
	relay_pid=$!
	wait_for 5 'grep -q "^relaying" "$TMPDIR/relay"' || not_ok 'the relay works' "$(cat "$TMPDIR/relay")"
}

# The words behind the numbers of the row: what its pattern is.
said() { jq -r --arg id "loss.$way" '.checks[] | select(.id == $id) | .summary' "$TMPDIR/out"; }
# named WORD RULE ARGUMENT...: of one way, drawn.
named()
{
	word=$1 rule=$2
	shift 2
	rnd way 0 1
	if [ "$way" = 0 ]; then way=up from=$r0; else way=down from=$r1; fi
	relay
	wait_for 10 'ip netns exec left ping -c 1 -W 1 '"$in4.2" || not_ok "$word: the tunnel works"
	relay "$rule,from=$from,seed=$SEED"
	# A machine that stalls sends in a pace of its own, whose loss is another one: once more, then. But what is
	# random must never be called anything else.
	for i in 1 2 3; do
		ip netns exec left "$WGDIAG" loss "$n" --json "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
		rc=$?
		case $rule$(said) in
		*'answers pings') ;; # the few that look for it were lost
		loss=* | *"; $word"* | *", $word"* | *"together $word"*) break ;;
		esac
		echo "# $way $rule, try $i: $(said)"
	done
	echo "# $way $rule: $(said)"
	clean "$word, $way: fits the schema" "$(json_problems "$TMPDIR/out")"
	case $(said) in
	*", $word"* | *"; $word"* | *"together $word"*) ok "$word, $way: named" ;;
	*) not_ok "$word, $way: named" "exit $rc: $(said)" ;;
	esac
}

relay
check 'the tunnel works' wait_for 10 'ip netns exec left ping -c 1 -W 1 '"$in4.2"

rnd p 4 20
named random "loss=$p" -c 1000 -i 0.003
rnd begin 1 3; rnd end 20 40
named burst "burst=$begin:$end" -c 1500 -i 0.003
rnd large 40 70; large=$((large * 16))
named 'by size' "large=$large:70" -c 1000 -i 0.003
rnd rate 90 150; rnd bucket 2 20
named 'by rate' "rate=$rate:$bucket" -c 1000 -i 0.003
rnd period 300 600; rnd bad 40 80
named periodic "period=$period:$bad" -c 2000 -i 0.003
named 'after idle' 'idle=700:6' -c 1200 -i 0.003 --pause 1.5s

# New sessions, as at a rekey: whoever sends next makes one.
rekeys()
{
	while :; do
		timeout 0.9 tail -f /dev/null
		wg set "$n" peer "$key_f_pub" remove
		peer_n
	done
}
rekeys & rekeys_pid=$!
named 'at rekey' 'rekey=60' -c 2500 -i 0.004
kill "$rekeys_pid"
wait "$rekeys_pid" 2>/dev/null
peer_n

# By a way so slow that the answers are late, whatever is waited for, none is lost.
relay
wait_for 10 'ip netns exec left ping -c 1 -W 1 '"$in4.2" || not_ok 'slow: the tunnel works at first'
# Their next hosts would not wait for each other so long.
ip -n left neigh change "$out4.2" dev out nud permanent
ip -n right neigh change "$out4.1" dev out nud permanent
rnd delay 700 900
relay "delay=$delay"
wait_for 20 'ip netns exec left ping -c 1 -W 5 '"$in4.2" || not_ok 'slow: the tunnel works'
ip netns exec left "$WGDIAG" loss "$n" --json -c 150 -i 0.02 >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'slow: exit' $? 0
is 'slow: none is lost' "$(jq -c '.fates | [.sent, .answered, .unknown, (.lost | length)]' "$TMPDIR/out")" '[150,150,0,0]'
# Who waits shorter than any takes hears that each was late; that is no loss either.
ip netns exec left "$WGDIAG" loss "$n" --json -c 150 -i 0.02 -W 0.3 --save-facts "$TMPDIR/facts" >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'slow, -W: exit' $? 0
is 'slow, -W: each is late, and answered' "$(jq -c '.fates | [.sent, .answered, .late, .duplicates]' "$TMPDIR/facts")" '[150,150,150,0]'
COLUMNS=200 "$WGDIAG" loss --facts "$TMPDIR/facts" >"$TMPDIR/page"
check 'slow, -W: it is said how many' grep -qE \
	'^150 sent, 150 received, 0% loss \(up 0\.0%, down 0\.0%, unknown 0\), 150 late, 0 dup, time [0-9]+ ms$' "$TMPDIR/page"
finish
