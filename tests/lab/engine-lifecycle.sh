#!/bin/sh
# beside: others
# From the start to the end of an engine, and what it leaves behind.
#
#   [ left: near, later moved to inside ]---to-right   veth   to-left---[ right: far ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg nft ping setpriv pgrep
. "$TOP/tests/lib/lab/engine.sh"

rnd_net4 out4; rnd_net4 in4; rnd_net6 in6
rnd_name near n; rnd_name far f; rnd_name x x
rnd_port port_n; rnd_port port_f
key key_n; key key_f
ns_new left; ns_new right; ns_new inside
veth left to-right right to-left
addr left to-right "$out4.1/24"
addr right to-left "$out4.2/24"

# refused NAME CODE WORDS COMMAND...: that exit code, and one line on stderr.
refused()
{
	refused_name=$1 refused_code=$2 refused_words=$3
	shift 3
	refused_out=$("$@" 2>&1 >/dev/null)
	refused_rc=$?
	case $refused_rc/$(printf '%s\n' "$refused_out" | wc -l)/$refused_out in
	"$refused_code/1/wgdiag"*"$refused_words"*) ok "$refused_name" ;;
	*) not_ok "$refused_name" "exit $refused_rc: $refused_out" ;;
	esac
}

# It returns when it answers, and holds nothing of who started it.
starts() { out=$(timeout 10 ip netns exec left "$WGDIAG" engine "$x") && wg show "$x" >/dev/null; }
round=0
while [ "$round" -lt 5 ] && starts && ip -n left link del "$x" && wait_for 5 "[ ! -e /run/wireguard/$x.sock ]"; do
	round=$((round + 1))
done
is 'five times: returns when it answers, ends when the tun is deleted' "$round" 5
process() { pgrep -xf "$WGDIAG engine $x"; }
check 'no process is left' wait_for 5 '! process'
is 'the socket is for its owner alone' "$(starts; stat -c %a "/run/wireguard/$x.sock")" 600
check 'whose process would be seen' process
is 'the MTU of WireGuard' "$(ip -n left link show "$x" | sed -n 's/.* mtu \([0-9]*\) .*/\1/p')" 1420

# As a service manager may start it.
ip -n left link del "$x"
wait_for 5 "[ ! -e /run/wireguard/$x.sock ]"
closed() { timeout 10 ip netns exec left sh -c '"$@" <&- >&- 2>&-' - "$WGDIAG" engine "$x" && wg show "$x"; }
check 'starts without standard streams' closed
ip -n left link del "$x"
wait_for 5 "[ ! -e /run/wireguard/$x.sock ]"
ip netns exec left sh -c 'exec "$@" <&- >&- 2>&-' - "$WGDIAG" engine -f "$x" &
engine_pid=$!
wait_for 5 "ip -n left link show $x"
is 'and nothing takes their place' "$(readlink "/proc/$engine_pid/fd/0" "/proc/$engine_pid/fd/1" "/proc/$engine_pid/fd/2")" \
	"$(printf '/dev/null\n/dev/null\n/dev/null')"

# The name is taken.
refused 'a second engine of that name' 1 'already running' ip netns exec left "$WGDIAG" engine "$x"
refused 'also from another namespace' 1 'already running' ip netns exec right "$WGDIAG" engine "$x"
check 'the first one does not care' wg show "$x"
refused 'a name that a veth has' 1 'to-right exists' ip netns exec left "$WGDIAG" engine to-right
is 'no socket of that name is left' "$(ls /run/wireguard)" "$x.sock"
ip -n left link del "$x"
wait_for 5 "[ ! -e /run/wireguard/$x.sock ]"

# A socket that nobody answers at.
engine left "$x"
kill -KILL "$engine_pid"; wait "$engine_pid" 2>/dev/null
is 'killed, it leaves its socket' "$(ls /run/wireguard)" "$x.sock"
check 'which is replaced' starts
ip -n left link del "$x"
wait_for 5 "[ ! -e /run/wireguard/$x.sock ]"

# It ends with its socket, and removes only what is its own.
engine left "$x"
rm "/run/wireguard/$x.sock"
ended 'ends when its socket is removed' "$engine_pid"
engine left "$x"
echo successor >/run/wireguard/new
mv -f /run/wireguard/new "/run/wireguard/$x.sock"
ended 'ends when its socket is replaced' "$engine_pid"
is 'a successor'\''s socket stays' "$(cat "/run/wireguard/$x.sock")" successor
rm -f "/run/wireguard/$x.sock"
engine left "$x"
kill -TERM "$engine_pid"
ended 'ends at SIGTERM' "$engine_pid"

# The terminal goes away.
engine left "$x"
kill -HUP "$engine_pid"
ended 'ends at SIGHUP' "$engine_pid"
is 'and takes its socket along' "$(ls -A /run/wireguard)" ''
trap '' HUP
engine left "$x"
trap - HUP
kill -HUP "$engine_pid"
check 'under nohup it stays' wg show "$x"
kill -TERM "$engine_pid"
ended 'until SIGTERM' "$engine_pid"

# Bad input, a bad machine.
refused 'an unknown option' 2 --colour "$WGDIAG" engine --colour "$x"
refused 'an unknown short option' 2 -x "$WGDIAG" engine -fx "$x"
refused 'an unknown fault' 2 gremlin "$WGDIAG" engine --fault gremlin "$x"
refused 'a fault without its name' 2 --fault "$WGDIAG" engine "$x" --fault
refused 'no interface' 2 interface "$WGDIAG" engine
refused 'two interfaces' 2 second "$WGDIAG" engine "$x" second
refused 'a name too long' 2 sixteen-letters1 "$WGDIAG" engine sixteen-letters1
refused 'a name that is a path' 2 ../x "$WGDIAG" engine ../x
cp "$WGDIAG" "$TMPDIR/wgdiag"; chmod 755 "$TMPDIR" "$TMPDIR/wgdiag"
refused 'no privilege' 3 'Permission denied' setpriv --reuid 65534 --clear-groups "$TMPDIR/wgdiag" engine "$x"
refused 'no CAP_NET_ADMIN' 3 'not permitted' setpriv --bounding-set -net_admin "$WGDIAG" engine "$x"
refused 'no tun device' 3 /dev/net/tun unshare -m sh -c 'mount -t tmpfs none /dev/net && exec "$@"' - "$WGDIAG" engine "$x"
refused 'the same in the foreground' 3 /dev/net/tun unshare -m sh -c 'mount -t tmpfs none /dev/net && exec "$@"' - "$WGDIAG" engine -f "$x"
refused 'a read-only /run' 3 Read-only unshare -m sh -c 'mount -t tmpfs -o ro none /var/run && exec "$@"' - "$WGDIAG" engine "$x"
is 'none of them left a socket' "$(ls -A /run/wireguard)" ''

# Down: nothing is sent, and the port is free. The far end, whose keepalives get no answer, is the clock.
# (The port it would answer from is closed, which is the only thing that comes back.)
in_ns left nft -f - <<END
table inet t {
	chain out {
		type filter hook output priority 0
		udp sport $port_n counter
	}
}
END
sent() { in_ns left nft list chain inet t out | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
ports() { in_ns left ss -Hlun | grep -c ":$port_n "; }
state() { wait_for 5 "[ \"\$(value $1 up)\" = $2 ]"; }
engine left "$near"; near_pid=$engine_pid
engine right "$far"; far_pid=$engine_pid
wg set "$far" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" \
	allowed-ips "$in4.1/32" endpoint "$out4.1:$port_n" persistent-keepalive 1
wg set "$near" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" \
	allowed-ips "$in4.2/32" endpoint "$out4.2:$port_f" persistent-keepalive 1
addr right "$far" "$in4.2/24"
ip -n right link set "$far" up
clock() { far_sent=$(value "$far" initiations_sent); wait_for 20 "[ \"\$(value $far initiations_sent)\" -ge $((far_sent + 1)) ]"; }
clock
is 'never up: nothing is sent' "$(sent)" 0
is 'and no port is open' "$(ports)" 0
addr left "$near" "$in4.1/24"
ip -n left link set "$near" up
check 'up: it sends by itself' wait_for 10 '[ "$(sent)" -gt 0 ]'
is 'from a port of both families' "$(ports)" 2
check 'and traffic passes' wait_for 10 "in_ns left ping -q -c 1 -W 1 $in4.2"
ip -n left link set "$near" down
check 'down' state "$near" 0
before=$(sent)
wg set "$near" peer "$key_f_pub" persistent-keepalive 0
wg set "$near" peer "$key_f_pub" persistent-keepalive 1
clock
is 'down again: nothing more is sent' "$(sent)" "$before"
is 'and no port is open, again' "$(ports)" 0
ip -n left link set "$near" up
check 'up again' wait_for 10 "in_ns left ping -q -c 1 -W 1 $in4.2"

# Another namespace for the tun; the sockets stay.
ip -n left link set "$near" netns inside
check 'moved: down at first' state "$near" 0
addr inside "$near" "$in4.1/24"
ip -n inside link set "$near" up
check 'moved: up there' state "$near" 1
is 'its port is where it was' "$(ports)" 2
is 'and not there' "$(in_ns inside ss -Hlun | grep -c .)" 0
check 'traffic passes' wait_for 10 "in_ns inside ping -q -c 1 -W 1 $in4.2"
ip -n inside link set "$near" mtu 1300
check 'its MTU is followed' wait_for 5 '[ "$(value "$near" mtu)" = 1300 ]'
ip -n inside link set "$near" name renamed
ip -n inside link set renamed down
check 'renamed: its state is followed' state "$near" 0
ip -n inside link set renamed up
check 'traffic passes still' wait_for 10 "in_ns inside ping -q -c 1 -W 1 $in4.2"
ip -n inside link set renamed netns left
check 'moved back' state "$near" 0
ip -n left addr add "$in4.1/24" dev renamed
ip -n left link set renamed up
check 'traffic passes at home' wait_for 10 "in_ns left ping -q -c 1 -W 1 $in4.2"
ip -n left link set renamed netns inside
ip -n inside link del renamed
ended 'ends when it is deleted elsewhere' "$near_pid"

# A namespace that is deleted takes its tun along, and so the engine.
ns_new brief
engine left "$x"
ip -n left link set "$x" netns brief
check 'moved: followed' wait_for 5 "said $x follows"
ip -n brief link set "$x" up
check 'moved: up there, too' state "$x" 1
ip netns del brief
ended 'ends when its namespace is deleted' "$engine_pid"

kill -TERM "$far_pid"
ended 'far ends' "$far_pid"

# Where IPv6 is switched off. There are sockets of it all the same; that there are none, unit tests have.
in_ns left sysctl -qw net.ipv6.conf.all.disable_ipv6=1
engine left "$x"
ip -n left link set "$x" up
check 'with IPv6 switched off' state "$x" 1
is 'it has a port' "$([ "$(wg show "$x" listen-port)" -gt 0 ] && echo yes)" yes
ip -n left link del "$x"
ended 'ends with its tun' "$engine_pid"
is 'nothing is left in /run/wireguard' "$(ls -A /run/wireguard)" ''
finish
