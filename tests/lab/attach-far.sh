#!/bin/sh
# timeout: 120
# beside: others
# `wgdiag check IFACE --far-file`: what is not of this tunnel's far end, or not of now, makes no FAIL; and
# what cannot be used is said before anything is sent.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: two tunnels of our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

ns_new left; ns_new right
veth left near right far
rnd_net4 out4; rnd_net4 in4
addr left near "$out4.1/24"; addr right far "$out4.2/24"
rnd_name n n; rnd_name f f; rnd_name o o
rnd_port port_n; rnd_port port_f
key key_n; key key_f; key key_o; key key_x
engine right "$f"
engine right "$o"
engine left "$n"
wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
wg set "$o" private-key "$key_o_file" peer "$key_x_pub" allowed-ips "$in4.9/32"
wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" allowed-ips "$in4.2/32" \
	endpoint "$out4.2:$port_f"
addr right "$f" "$in4.2/24"; addr left "$n" "$in4.1/24"
for i in "right $f" "right $o" "left $n"; do
	# shellcheck disable=SC2086
	set -- $i
	ip -n "$1" link set "$2" mtu 1420 up
done

paste() { ip netns exec "$1" sh -c "$("$WGDIAG" explain far "$2" 2>/dev/null)" >"$TMPDIR/far.txt"; }
run()
{
	ip netns exec left "$WGDIAG" check "$n" --json --far-file "$TMPDIR/far.txt" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
}
# refused NAME WORDS [ARGUMENT...]
refused()
{
	refused_name=$1 refused_words=$2
	shift 2
	wg show "$n" transfer >"$TMPDIR/before"
	run "$@"
	is "$refused_name: exit" $? 2
	is "$refused_name: one line" "$(wc -l <"$TMPDIR/err")" 1
	check "$refused_name: said" grep -qF -- "$refused_words" "$TMPDIR/err"
	wg show "$n" transfer >"$TMPDIR/after"
	check "$refused_name: nothing was sent" cmp "$TMPDIR/before" "$TMPDIR/after"
}
fails() { jq -r '.checks[] | select(.state == "FAIL") | "\(.id): \(.summary)"' "$TMPDIR/out"; }

paste right "$f"
cp "$TMPDIR/far.txt" "$TMPDIR/good.txt"
run
is 'of the far end: exit' $? 0
check 'of the far end: it is seen' expr "$(jq -r '.checks[] | select(.id == "config.keys").summary' "$TMPDIR/out")" : ".*each the other's"

paste right nosuch9
refused 'no such device there' 'the far end has no interface nosuch9'
paste right "$o"
refused 'another tunnel there' 'what was pasted is of another tunnel'
paste left "$n"
refused 'this end' 'is of this end itself'
head -n 9 "$TMPDIR/good.txt" >"$TMPDIR/far.txt"
refused 'half of it' 'is missing or damaged'
rm "$TMPDIR/far.txt"
refused 'no such file' 'far.txt'

# Of yesterday, when our key was another one.
sed "s|$key_n_pub|$key_x_pub|; s/|date|[0-9]*;/|date|$(($(date +%s) - 86400));/" "$TMPDIR/good.txt" >"$TMPDIR/far.txt"
run
is 'of yesterday: exit' $? 0
clean 'of yesterday: no FAIL of it' "$(fails)"
check 'of yesterday: said' grep -q 'are 24 h older than this run, if both clocks are right' "$TMPDIR/out"
sed "s|$key_n_pub|$key_x_pub|" "$TMPDIR/good.txt" >"$TMPDIR/far.txt"
run
is 'of now: exit' $? 1
is 'of now: the keys' "$(json_row "$TMPDIR/out" config.keys)" 'FAIL -'

# Of two clients the one whose host it is.
wg set "$n" peer "$key_o_pub" allowed-ips "$in4.8/32"
wg set "$o" peer "$key_n_pub" allowed-ips "$in4.1/32"
paste right "$o"
refused 'another peer of ours, and one was named' "--peer $key_o_pub" --peer "$key_f_pub"
run
clean 'another peer of ours: that one is looked at' "$(cat "$TMPDIR/err")"
is 'another peer of ours: its keys' "$(json_row "$TMPDIR/out" config.keys)" 'PASS -'
finish
