#!/bin/sh
# beside: others
# timeout: 400
# `wgdiag check FILE` with engines that are other than the rest: boringtun, which takes each peer for the one before it
# and no change of one, and which dates its handshakes ahead, as gotatun does.
#
#   [ left: the file's tunnel ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq getent
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

peers=$WGDIAG_BUILD/peers
PATH=$PATH:$peers
row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | "\(.state): \(.summary)"' "$TMPDIR/out"; }
on() { ip netns exec left "$WGDIAG" check "$file" --json "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"; }
waited() { grep -c 'handshakes ahead had this key: waiting' "$TMPDIR/err"; }
notes() { find /run/wgdiag -name '*.ahead' 2>/dev/null | wc -l; }
forget() { rm -f /run/wgdiag/*.ahead; rmdir /run/wgdiag 2>/dev/null; }
start()
{
	pair
	key key_x; wg genpsk >"$TMPDIR/psk2"
	file=$TMPDIR/$n.conf
	printf '[Interface]\nPrivateKey = %s\nAddress = %s.1/24\n[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s.2/32\nEndpoint = %s\n' \
		"$key_n" "$in4" "$key_f_pub" "$(cat "$TMPDIR/psk")" "$in4" "${1:-$out4.2:$port_f}" >"$file"
}

# --- who comes after it -----------------------------------------------------------------------

# after ENGINE PROGRAM
after()
{
	[ -x "$peers/$2" ] || { skip "after $1" "no $2 here (make peers)"; return; }
	start
	on --engine "$1"
	is "$1: exit" $? 0
	is "$1: there is a note" "$(notes)" 1
	check "$1: what comes is told" grep -q "^wgdiag: $1 dates its handshakes 27 s ahead: for so long" "$TMPDIR/err"
	on --engine "$1" -q
	is "$1, itself again: exit" $? 0
	clean "$1, itself again: does not wait" "$(grep waiting "$TMPDIR/err")"
	is "$1, itself again: there is a note" "$(notes)" 1
	on --engine builtin
	is "after $1: exit" $? 0
	is "after $1: it waits" "$(waited)" 1
	clean "after $1: no row is bad" "$(bad_rows)"
	on --engine builtin
	is "long after $1: exit" $? 0
	is "long after $1: it does not wait" "$(waited)" 0
	clean "long after $1: no note is left" "$(find /run/wgdiag 2>/dev/null)"
	kill "$far_pid"; wait "$far_pid"
}
after boringtun boringtun-cli
after gotatun gotatun

# Nothing can have left: no peer, or none that has an endpoint.
# unsent ENGINE PROGRAM
unsent()
{
	[ -x "$peers/$2" ] || { skip "unsent by $1" "no $2 here (make peers)"; return; }
	start
	sed -i '/^Endpoint/d' "$file"
	on --engine "$1"
	is "$1, its peer is offline: exit" $? 0
	clean "$1, its peer is offline: nothing of what comes" "$(grep 'dates its handshakes' "$TMPDIR/err"; find /run/wgdiag 2>/dev/null)"
	sed -i '/^\[Peer/,$d' "$file"
	on --engine "$1"
	is "$1, no peer: exit" $? 1
	clean "$1, no peer: nothing of what comes" "$(grep 'dates its handshakes' "$TMPDIR/err"; find /run/wgdiag 2>/dev/null)"
	kill "$far_pid"; wait "$far_pid"
}
unsent boringtun boringtun-cli
unsent gotatun gotatun

[ -x "$peers/boringtun-cli" ] || { skip boringtun 'no boringtun-cli here (make peers)'; finish; }

# The tunnel of who looks at it: nothing is to be had from its peer either, before.
start
on --engine boringtun
is 'a tunnel after it: a note' "$(notes)" 1
foreign builtin "$WGDIAG" engine -f
configure
attach --json
is 'a tunnel after it: exit' $? 0
is 'a tunnel after it: it waits' "$(waited)" 1
attach --json
is 'a tunnel with a session: it does not wait' "$(waited)" 0
over
forget

# SIGKILL: whoever undoes it writes the note.
start
ip netns exec left "$WGDIAG" check "$file" --engine boringtun -c 100 -i 0.1 >"$TMPDIR/out" 2>"$TMPDIR/err" &
pid=$!
wait_for 20 "ip -n left link show $n" || not_ok 'killed: it began' "$(cat "$TMPDIR/err")"
kill -KILL "$pid"; wait "$pid" 2>/dev/null
check 'killed: there is a note' wait_for 20 '[ "$(find /run/wgdiag -name "*.ahead" | wc -l)" = 1 ] && ! ls /run/wgdiag/*.undo'
kill "$far_pid"; wait "$far_pid"
forget

# --- several peers -------------------------------------------------------------------------------

# The first has all, the second nothing: it must come to have nothing.
start
printf 'PersistentKeepalive = 25\n[Peer]\nPublicKey = %s\nAllowedIPs = 192.0.2.77/32\n' "$key_x_pub" >>"$file"
on --engine boringtun
is 'two peers: exit' $? 0
clean 'two peers: no row is bad' "$(bad_rows)"
forget
# The second is the one that answers, and has no preshared key.
wg set "$f" peer "$key_n_pub" preshared-key /dev/null
printf '[Interface]\nPrivateKey = %s\nAddress = %s.1/24\n[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = 192.0.2.77/32\n' \
	"$key_n" "$in4" "$key_x_pub" "$(cat "$TMPDIR/psk2")" >"$file"
printf '[Peer]\nPublicKey = %s\nAllowedIPs = %s.2/32\nEndpoint = %s\n' "$key_f_pub" "$in4" "$out4.2:$port_f" >>"$file"
on --engine boringtun --peer "$key_f_pub"
is 'the second has no preshared key: exit' $? 0
is 'the second has no preshared key: it is as in the file' "$(row config.live | cut -d: -f1)" PASS
kill "$far_pid"; wait "$far_pid"
forget

# `wg setconf` meets it.
start
wg set "$f" peer "$key_n_pub" preshared-key "$TMPDIR/psk"
printf '[Peer]\nPublicKey = %s\nAllowedIPs = 192.0.2.77/32\n' "$key_x_pub" >>"$file"
foreign boringtun "$peers/boringtun-cli" -f --disable-drop-privileges
grep -v ^Address "$file" >"$TMPDIR/set.conf"
wg setconf "$n" "$TMPDIR/set.conf"
addr left "$n" "$in4.1/24"
ip -n left link set "$n" mtu 1420 up
attach --json --config "$file"
is 'as wg setconf has it: exit' $? 0
check 'as wg setconf has it: who does that' sh -c "jq -r '.checks[] | select(.id == \"config.live\") | .summary, .evidence[].text' '$TMPDIR/out' |
	grep -q 'a preshared key, by the file none; boringtun does that'"
over
forget

# --- an endpoint with two addresses -----------------------------------------------------------------

printf '127.0.0.1 localhost\n%s.77 two.example\n%s.2 two.example\n' "$out4" "$out4" >"$TMPDIR/hosts"
mount --bind "$TMPDIR/hosts" /etc/hosts
# By their distance from where they are asked for.
first=$(ip netns exec left getent ahosts two.example | awk 'NR == 1 { print $1 }')
# The far end has the other one only.
[ "$first" != "$out4.2" ] || { ip -n right addr del "$out4.2/24" dev far; addr right far "$out4.77/24"; }
start two.example:51820
sed -i "s/two.example:.*/two.example:$port_f/" "$file"
on --engine boringtun
is 'two addresses: exit' $? 0
is 'two addresses: the handshake' "$(row handshake.complete | cut -d: -f1)" WARN
is 'two addresses: the later one answers pings' "$(row ping.peer | cut -d: -f1)" PASS
clean 'two addresses: no key is told' "$(grep -F -e "$key_n" -e "$(cat "$TMPDIR/psk")" "$TMPDIR/out" "$TMPDIR/err")"
forget
# The same program by another name is not known to be so: what it refuses is a row.
mkdir "$TMPDIR/bin" && cp "$peers/boringtun-cli" "$TMPDIR/bin/another"
on --engine-cmd "$TMPDIR/bin/another -f --disable-drop-privileges {name}"
is 'refused: exit' $? 1
is 'refused: the row' "$(row engine.answers | sed 's,/var.*: ,,')" \
	'FAIL: it refuses the next address of the endpoint: Invalid argument'
clean 'refused: fits the schema' "$(json_problems "$TMPDIR/out")"
is 'refused: one address was tried' "$(row handshake.complete | cut -d: -f1)" FAIL
kill "$far_pid"; wait "$far_pid"
clean 'nothing is left' "$(ls /run/wgdiag "/run/wireguard/$n.sock" 2>/dev/null)"
finish
