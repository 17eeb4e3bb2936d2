#!/bin/sh
# timeout: 300
# A stream as fast as it goes beside the probes: frames of many messages, and superpackets on the tun,
# are no loss. And what the captures lose themselves, or our engine's trace, is none either: then the
# row is not sure.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq ss
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

of_row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | '"$2" "$TMPDIR/out"; }
# give BYTES: from left to right, through the tunnel.
give()
{
	rnd_port tcp
	in_ns right timeout 120 "$tool" tcp-take "$in4.2" "$tcp" >"$TMPDIR/taken" & take_pid=$!
	wait_for 10 "in_ns right ss -Hltn | grep -q ':$tcp '" || not_ok 'somebody listens'
	in_ns left timeout 120 "$tool" tcp-give "$in4.2" "$tcp" "$1" >/dev/null & give_pid=$!
}

# --- a stream, both ends of the newest wireguard-go -------------------------------------------
go=$WGDIAG_BUILD/peers/wireguard-go-latest
[ -x "$go" ] || go=$(command -v wireguard-go || true)
if [ -n "$go" ]; then
	pair
	cp "$go" "$TMPDIR/wireguard-go"
	foreign wireguard-go "$TMPDIR/wireguard-go" -f
	configure
	# The far end as well.
	kill "$far_pid"; wait "$far_pid"
	ip netns exec right "$TMPDIR/wireguard-go" -f "$f" >"$TMPDIR/$f.log" 2>&1 & far_pid=$!
	wait_for 10 "wg show $f" || not_ok 'the far engine starts'
	wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" preshared-key "$TMPDIR/psk" \
		allowed-ips "$in4.1/32,${in6}1/128"
	addr right "$f" "$in4.2/24" "${in6}2/64"
	ip -n right link set "$f" mtu 1420 up
	wait_for 20 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok 'the tunnel works'
	give 20000000
	ip netns exec left "$WGDIAG" loss "$n" --json -c 500 -i 0.01 --save-facts "$TMPDIR/facts" >"$TMPDIR/out" 2>"$TMPDIR/err"
	rc=$?
	wait "$give_pid"
	is 'stream: it was given' $? 0
	wait "$take_pid"
	is 'stream: whole' "$(cat "$TMPDIR/taken")" 20000000
	clean 'stream: fits the schema' "$(json_problems "$TMPDIR/out")"
	# What a queue of the device, or the socket of an engine, had no room for is lost indeed.
	full=$(jq '[.kernel.counters[] | select((.name | test("socket_drops|RcvbufErrors")) and .before != null) | .after - .before] | add // 0' "$TMPDIR/facts")
	tun=$(jq '.tun.near | .after.tx_dropped - .before.tx_dropped' "$TMPDIR/facts")
	echo "# exit $rc; sockets had no room for $full, the tun for $tun; $(jq -c .fates "$TMPDIR/out")"
	is 'stream: none is lost between the wires' "$(jq '[.fates.lost[] | select(.before == "far.wire.out" or .before == "wire.in" or
		.before == "far.wire.in") | .count] | add // 0' "$TMPDIR/out")" 0
	is 'stream: by the counters that come back none' "$(of_row loss.down '"\(.state) \(.evidence.lost)"')" 'PASS 0'
	check 'stream: what is lost is what had no room' [ "$(jq '.fates | .sent - .answered' "$TMPDIR/out")" -le $((full + tun)) ]
	over
else
	skip 'stream' 'no wireguard-go here'
fi

# --- wgdiag itself does not keep up -----------------------------------------------------------

# packets DEVICE: that went into that tun so far
packets() { ip -n left -s -j link show "$1" | jq '.[0].stats64.tx.packets'; }
pair
foreign builtin "$WGDIAG" engine -f
configure
wait_for 10 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok 'overflow: the tunnel works'
ip netns exec left "$WGDIAG" loss "$n" --json -c 2500 -i 0.004 --save-facts "$TMPDIR/facts" >"$TMPDIR/out" 2>"$TMPDIR/err" &
loss_pid=$!
had=$(packets "$n")
wait_for 20 '[ $(($(packets "$n") - had)) -gt 200 ]' || not_ok 'overflow: probes are sent'
kill -STOP "$loss_pid"
give 120000000
wait "$give_pid"
is 'overflow: it was given' $? 0
wait "$take_pid"
kill -CONT "$loss_pid"
wait "$loss_pid"
rc=$?
echo "# exit $rc; $(jq -c '.evidence_quality, .fates' "$TMPDIR/out" | tr '\n' ' ')"
echo "# $(of_row loss.up '"\(.state): \(.summary)"') / $(of_row loss.down '"\(.state): \(.summary)"')"
clean 'overflow: fits the schema' "$(json_problems "$TMPDIR/out")"
check 'overflow: of the captures' jq -e '.evidence_quality.capture_dropped != 0' "$TMPDIR/out"
check 'overflow: of the trace' jq -e '.evidence_quality.trace_overrun > 0' "$TMPDIR/out"
clean 'overflow: no row fails' "$(jq -r '.checks[] | select(.state == "FAIL") | "\(.id): \(.summary)"' "$TMPDIR/out")"
check 'overflow: nothing is told as lost between the wires' jq -e '[.fates.lost[] | select(.before == "far.wire.out" or .before == "wire.in")] == []' "$TMPDIR/out"
over

# --- a tunnel that is never still: what has been captured is read, and no more is waited for ------
pair
foreign builtin "$WGDIAG" engine -f
configure
wait_for 10 "ip netns exec left ping -c 1 -W 1 $in4.2" || not_ok 'the tunnel works'
in_ns left ping -q -i 0.01 "$in4.2" >/dev/null & ping_pid=$!
ip netns exec left timeout 60 "$WGDIAG" loss "$n" --json -c 100 >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'in use: a look at it ends' $? 0
ip netns exec left timeout 60 "$WGDIAG" serve -q --once --for 1s --out "$TMPDIR/far" "$n" 2>"$TMPDIR/err"
is 'in use: a recording ends' $? 0
kill "$ping_pid"
over
finish
