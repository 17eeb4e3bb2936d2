#!/bin/sh
# needs: root
# timeout: 300
# Every engine that is here at each end, against every other and itself: who starts, who answers.
# Configured by `wg setconf` before the link is up, as wg-quick does, with a preshared key; then
# traffic both ways, small and full packets, IPv4 and IPv6, and both ends tell the same handshake.
#
#   [ a: starter ]--- veth ---[ b: answers ]     one pair at a time
#
# Only the starter knows an endpoint, so the other side can only answer.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping
umask 077

engines=builtin
absent() { skip "$1" "not here: $2"; }
have() { engines="$engines $1"; }
if command -v wireguard-go >/dev/null; then have wireguard-go; else absent wireguard-go 'apt-get install wireguard-go'; fi
for e in wireguard-go-latest boringtun-cli gotatun; do
	if [ -x "$WGDIAG_BUILD/peers/$e" ]; then have $e; else absent $e 'make peers'; fi
done
# The kernel's is another machine's: tests/lab/attach-kernel.sh.
if ip link add lab-wg type wireguard 2>/dev/null; then
	ip link del lab-wg
	have kernel
else
	absent kernel 'this kernel has no WireGuard'
fi

# start NAMESPACE ENGINE INTERFACE: in the foreground; its process is $!.
start()
{
	case $2 in
	builtin) set -- "$1" "$WGDIAG" engine "$3" -f ;;
	wireguard-go) set -- "$1" env LOG_LEVEL=error WG_PROCESS_FOREGROUND=1 "$2" -f "$3" ;;
	wireguard-go-latest) set -- "$1" env LOG_LEVEL=error "$WGDIAG_BUILD/peers/$2" -f "$3" ;;
	*) set -- "$1" "$WGDIAG_BUILD/peers/$2" -f --disable-drop-privileges "$3" ;;
	esac
	start_ns=$1
	shift
	(exec ip netns exec "$start_ns" "$@") >"$TMPDIR/$start_ns.log" 2>&1 &
}

# conf NAMESPACE OTHER PORT NETS [ENDPOINT]: a file for wg setconf.
conf()
{
	printf '[Interface]\nPrivateKey = %s\nListenPort = %s\n[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s\n' \
		"$(cat "$TMPDIR/$1.key")" "$3" "$(wg pubkey <"$TMPDIR/$2.key")" "$psk" "$4"
	[ -z "${5:-}" ] || printf 'Endpoint = %s\n' "$5"
}

# bring NAMESPACE INTERFACE CONF ADDRESSES...
bring()
{
	bring_ns=$1 bring_if=$2
	in_ns "$bring_ns" wg setconf "$bring_if" "$3" || return 1
	shift 3
	addr "$bring_ns" "$bring_if" "$@" && ip -n "$bring_ns" link set "$bring_if" mtu 1420 up
}

ready() { in_ns "$1" wg show "$2" && ip -n "$1" link show "$2"; }

build()
{
	rnd_name if_a a; rnd_name if_b b
	rnd_port port_a; rnd_port port_b
	rnd_net4 in4; rnd_net6 in6; rnd_net4 out4
	ns_new a && ns_new b && veth a u b u && addr a u "$out4.1/24" && addr b u "$out4.2/24" || return 1
	wg genkey >"$TMPDIR/a.key"; wg genkey >"$TMPDIR/b.key"; psk=$(wg genpsk)
	pids=
	for s in a b; do
		eval "e=\$end_$s i=\$if_$s"
		if [ "$e" = kernel ]; then
			ip -n $s link add "$i" type wireguard || return 1
			continue
		fi
		start $s "$e" "$i"
		pids="$pids $!"
		wait_for 5 "ready $s $i" || { echo "$e was not ready"; return 1; }
	done
	conf a b "$port_a" "$in4.2/32, ${in6}2/128" "$out4.2:$port_b" >"$TMPDIR/a.conf"
	[ -z "$other_psk" ] || psk=$(wg genpsk)
	conf b a "$port_b" "$in4.1/32, ${in6}1/128" >"$TMPDIR/b.conf"
	bring b "$if_b" "$TMPDIR/b.conf" "$in4.2/24" "${in6}2/64" &&
		bring a "$if_a" "$TMPDIR/a.conf" "$in4.1/24" "${in6}1/64"
}

# pings FROM TO-4 TO-6: small ones and ones that fill the MTU.
pings()
{
	in_ns "$1" ping -n -c 3 -i 0.05 -W 6 "$2" && in_ns "$1" ping -n -c 3 -i 0.05 -W 6 -s 1392 -M "do" "$2" &&
		in_ns "$1" ping -n -c 3 -i 0.05 -W 6 "$3" && in_ns "$1" ping -n -c 3 -i 0.05 -W 6 -s 1372 "$3"
}

# All that one of them lost is told by ping's last lines: nothing may be lost. But for the last of them ping waits only
# twice as long as the slowest before took, and on a machine that stalls that is short: then once more.
whole()
{
	for i in 1 2 3; do
		pings "$@" >"$TMPDIR/pings" 2>&1 || break
		[ "$(grep -c ' 3 received, 0% packet loss' "$TMPDIR/pings")" != 4 ] || return 0
	done
	cat "$TMPDIR/pings"
	return 1
}

shaken() { [ "$(in_ns "$1" wg show "$2" latest-handshakes | cut -f 2)" != 0 ]; }

talk()
{
	whole a "$in4.2" "${in6}2" || { echo "from a:"; return 1; }
	whole b "$in4.1" "${in6}1" || { echo "from b:"; return 1; }
	for s in a b; do
		eval "i=\$if_$s"
		# boringtun tells the age instead of the time, which is 0 at first.
		wait_for 5 "shaken $s $i" || { echo "no handshake at $s"; return 1; }
	done
}

# With two preshared keys nothing gets through: the key is in use.
silence() { ! in_ns a ping -n -c 2 -i 0.2 -W 1 "$in4.2"; }

# pair FUNCTION: of end_a and end_b
pair()
{
	build && $1
	rc=$?
	[ $rc = 0 ] || { cat "$TMPDIR/a.log" "$TMPDIR/b.log"; in_ns a wg show; in_ns b wg show; }
	# shellcheck disable=SC2086 # a list
	kill $pids 2>/dev/null
	for p in $pids; do
		ends "$p" || { kill -9 "$p"; ends "$p"; }
	done
	ip netns del a; ip netns del b
	return $rc
}

for end_a in $engines; do
	for end_b in $engines; do
		other_psk=
		if pair talk >"$TMPDIR/out" 2>&1; then
			ok "$end_a starts, $end_b answers"
		else
			not_ok "$end_a starts, $end_b answers" "$(cat "$TMPDIR/out")"
		fi
	done
	end_b=$end_a end_a=builtin other_psk=1
	if pair silence >"$TMPDIR/out" 2>&1; then
		ok "$end_b with another preshared key: nothing gets through"
	else
		not_ok "$end_b with another preshared key: nothing gets through" "$(cat "$TMPDIR/out")"
	fi
	end_a=$end_b
done
finish
