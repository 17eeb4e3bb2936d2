#!/bin/sh
# beside: others
# wg and wg-quick, as they are, drive the engine.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg wg-quick bash
. "$TOP/tests/lib/lab/engine.sh"

rnd_net4 net; rnd_net6 net6; rnd_name w w
rnd_port port; rnd_port port2; rnd mark 1 60000; rnd keepalive 1 3000
key key_a; key key_p; key key_q

ns_new here
# It returns when tun and socket answer, so nothing is waited for here.
check 'starts in the background' in_ns here "$WGDIAG" engine "$w"
check 'wg show, no configuration' wg show "$w"
is 'it has no keys' "$(wg show "$w" public-key)" '(none)'
is 'wg show interfaces' "$(wg show interfaces)" "$w"

check 'wg set' wg set "$w" private-key "$key_a_file" listen-port "$port" fwmark "$mark" \
	peer "$key_p_pub" preshared-key "$key_q_file" endpoint "$net.9:$port2" \
	persistent-keepalive "$keepalive" allowed-ips "$net.0/24,${net6}/64"
is 'wg show dump' "$(wg show "$w" dump | tr '\t' ' ')" \
	"$key_a $key_a_pub $port 0x$(printf %x "$mark")
$key_p_pub $key_q $net.9:$port2 $net.0/24,${net6}/64 0 0 0 $keepalive"
check 'wg show, for people' wg show "$w"
is 'our own keys do not show there' "$(wg show "$w" | grep -c 'drop_\|sealed\|trace')" 0

# What showconf prints, setconf reads, and the same comes out again.
wg showconf "$w" >"$TMPDIR/shown"
check 'wg set removes a peer' wg set "$w" peer "$key_p_pub" remove
is 'it is gone' "$(wg show "$w" peers)" ''
check 'wg setconf' wg setconf "$w" "$TMPDIR/shown"
is 'wg showconf gives what setconf took' "$(wg showconf "$w")" "$(cat "$TMPDIR/shown")"

cat >"$TMPDIR/sync" <<END
[Interface]
PrivateKey = $key_a
ListenPort = $port

[Peer]
PublicKey = $key_p_pub
AllowedIPs = 192.0.2.0/24

[Peer]
PublicKey = $key_q_pub
AllowedIPs = 198.51.100.0/25
END
number=$(printf 'get=1\n\n' | uapi "$w" | sed -n 's/^number=//p')
check 'wg syncconf' wg syncconf "$w" "$TMPDIR/sync"
is 'it has both peers' "$(wg show "$w" allowed-ips | tr '\t' ' ')" "$key_p_pub 192.0.2.0/24
$key_q_pub 198.51.100.0/25"
is 'the one that stayed is the same peer' "$(value "$w" number)" "$number"
check 'wg addconf' wg addconf "$w" "$TMPDIR/shown"
is 'a moved allowed IP' "$(wg set "$w" peer "$key_q_pub" allowed-ips "$net.0/24" && wg show "$w" allowed-ips |
	tr '\t' ' ')" "$key_p_pub ${net6}/64
$key_q_pub $net.0/24"

# Our own key is no peer.
check 'own key as a peer' wg set "$w" peer "$key_a_pub" allowed-ips 10.99.0.0/16
is 'is not one' "$(wg show "$w" peers | grep -cF "$key_a_pub")" 0

# A port that is taken: an error now, and the old sockets stay. Only while the link is up
# is there a socket at all.
in_ns here ip link set "$w" up
wait_for 5 '[ "$(value "$w" up)" = 1 ]'
wg set "$w" listen-port "$port"
engine here other
wg set other listen-port "$port2"
in_ns here ip link set other up
wait_for 5 '[ "$(value other up)" = 1 ]'
taken() { wg set "$w" listen-port "$port2" 2>&1; }
is 'a taken port' "$(taken)" 'Unable to modify interface: Address already in use'
is 'the old one stays' "$(wg show "$w" listen-port)" "$port"
open_ports() { in_ns here ss -Hlun | awk '{ print $4 }' | sort | tr '\n' ' '; }
is 'and its sockets' "$(open_ports)" "$(printf '%s\n' "0.0.0.0:$port" "0.0.0.0:$port2" "[::]:$port" "[::]:$port2" | sort | tr '\n' ' ')"
check 'a free port' wg set "$w" listen-port 0
is 'was chosen' "$(wg show "$w" listen-port | grep -cvE "^(0|$port|$port2)\$")" 1
in_ns here ip link set other down
wait_for 5 '[ "$(value other up)" = 0 ]'
check 'a port of an engine that is down is free' wg set "$w" listen-port "$port2"

# Nothing of a set that is wrong in its last line.
reply=$(printf 'set=1\nlisten_port=7\npublic_key=%064d\nallowed_ip=1.2.3.4/33\n\n' 1 | uapi "$w")
is 'a wrong last line' "$reply" 'errno=-22'
is 'changes nothing' "$(wg show "$w" listen-port)" "$port2"
is 'an unknown request' "$(printf 'hello\n\nget=1\n\n' | uapi "$w" | head -n 1)" 'errno=-22'

# 130 560 allowed IPs, in and out, while another client is served.
awk -v k="$key_p_pub" 'BEGIN {
	print "[Peer]\nPublicKey = " k
	for (i = 0; i < 130560; i++)
		printf "AllowedIPs = 10.%d.%d.%d/32\n", i / 65536, i / 256 % 256, i % 256
}' >"$TMPDIR/large"
check 'a large set' wg addconf "$w" "$TMPDIR/large"
is 'a large get' "$(wg show "$w" allowed-ips | grep -F "$key_p_pub" | tr ' ' '\n' | grep -c '/32')" 130560
# Fewer bytes than a socket holds are read of the reply, and the next client does not wait for it.
mkfifo "$TMPDIR/slow"
(printf 'get=1\n\n'; exec tail -f /dev/null) | uapi "$w" >"$TMPDIR/slow" &
exec 5<"$TMPDIR/slow"
check 'a reply that nobody reads holds up nobody' timeout 5 wg show "$w" public-key
exec 5<&-

# wg-quick, from up to down.
key key_w; rnd_name q q
cat >"$TMPDIR/$q.conf" <<END
[Interface]
PrivateKey = $key_w
Address = $net.7/24, ${net6}7/64
ListenPort = 0
MTU = 1280

[Peer]
PublicKey = $key_p_pub
AllowedIPs = 192.0.2.0/24
Endpoint = $net.9:$port
END
mkdir "$TMPDIR/bin"
ln -s "$WGDIAG" "$TMPDIR/bin/wgdiag-engine"
quick() { in_ns here env "PATH=$TMPDIR/bin:$PATH" WG_QUICK_USERSPACE_IMPLEMENTATION=wgdiag-engine wg-quick "$1" "$TMPDIR/$q.conf"; }
if modinfo wireguard >/dev/null 2>&1 || ip link add "t$q" type wireguard 2>/dev/null; then
	skip 'wg-quick' 'it would use the WireGuard of this kernel'
else
	check 'wg-quick up' quick up
	is 'it runs' "$(wg show "$q" peers)" "$key_p_pub"
	is 'with its MTU' "$(in_ns here cat "/sys/class/net/$q/mtu" 2>/dev/null || in_ns here ip link show "$q" | sed -n 's/.* mtu \([0-9]*\) .*/\1/p')" 1280
	wait_for 5 '[ "$(value "$q" mtu)" = 1280 ]'
	is 'which the engine knows' "$(value "$q" mtu)" 1280
	is 'and its route' "$(in_ns here ip route show 192.0.2.0/24 | awk '{ print $3 }')" "$q"
	check 'wg-quick down' quick down
	wait_for 5 "[ ! -e /run/wireguard/$q.sock ]"
	is 'nothing is left' "$(ls /run/wireguard; in_ns here ip link show "$q" 2>/dev/null)" "$(printf '%s\n' "$w.sock" other.sock | sort)"
fi
# A line that never ends must not hold the engine: it is refused, and others are served.
rnd_name long l
ns_new lines
engine lines "$long"; long_pid=$engine_pid
endless() { head -c "$1" /dev/zero | tr '\0' x | timeout 5 "$tool" uapi "$long"; }
for n in 4097 5000; do
	is "$n bytes without a newline are refused" "$(endless $n 2>/dev/null | sed -n 's/^errno=//p')" -22
	check "and the next client is served ($n)" timeout 5 wg show "$long"
done
# More than it reads: it hangs up, and whether the writer still sees why is a matter of timing.
endless 100000 >/dev/null 2>&1
check 'and the next client is served (100000)' timeout 5 wg show "$long"
kill -TERM "$long_pid"
ended 'and it still ends at SIGTERM' "$long_pid"

finish
