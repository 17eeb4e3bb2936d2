#!/bin/sh
# timeout: 600
# beside: others
# Our engine against wireguard-go, Debian's and the newest one: every combination of who
# starts, outer family, preshared key and keepalive, side by side, through one rekey; then
# the starter's outer address changes; then one side gets a new private key.
#
#   [ ours o<i> ]--- veth, outer IPv4 or IPv6 ---[ foreign f<i> ]     inner IPv4 and IPv6
#
# Only the starter knows an endpoint, so the other side can only answer.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping
umask 077

WINDOW=${WINDOW:-128} # pings, one a second: longer than REKEY_AFTER_TIME (120 s)

engines=
if command -v wireguard-go >/dev/null; then
	engines="$engines wireguard-go"
else
	skip 'wireguard-go of the distribution' 'no wireguard-go here'
fi
newest=$WGDIAG_BUILD/peers/wireguard-go-latest
if [ -x "$newest" ]; then
	engines="$engines $newest"
else
	skip 'newest wireguard-go' "not fetched (make peers): $newest"
fi
[ -n "$engines" ] || finish

# v VAR I: reads the I-th pair's VAR into $v.   setv VAR I VALUE
v() { eval "v=\$p$2_$1"; }
setv() { eval "p$2_$1=\$3"; }

side_if() { if [ "$1" = o ]; then v oif "$2"; else v fif "$2"; fi; }
starter() { v role "$1"; if [ "$v" = initiator ]; then echo o; else echo f; fi; }
other() { if [ "$1" = o ]; then echo f; else echo o; fi; }

# peer_conf SIDE I KEYFILE: what SIDE must know of the peer whose private key that is.
peer_conf()
{
	side_if "$1" "$2"; pc_if=$v
	v net4 "$2"; pc_a=$v
	v net6 "$2"; pc_b=$v
	if [ "$1" = o ]; then pc_h=2; else pc_h=1; fi
	set -- "$1" "$2" "$3" "$(wg pubkey <"$3")"
	v psk "$2"
	set -- "$@" allowed-ips "$pc_a.$pc_h/32,${pc_b}$pc_h/128"
	[ "$v" = 0 ] || set -- "$@" preshared-key "$TMPDIR/psk$2"
	v ka "$2"
	[ "$v" = 0 ] || set -- "$@" persistent-keepalive 4
	if [ "$(starter "$2")" = "$1" ]; then
		v "$(other "$1")out" "$2"; pc_ep=$v
		v port "$2"
		set -- "$@" endpoint "$pc_ep:$v"
	fi
	pc_pub=$4
	shift 4
	wg set "$pc_if" peer "$pc_pub" "$@"
}

build_pair()
{
	i=$1 engine=$2 outer=$3 psk=$4 ka=$5 role=$6
	setv role "$i" "$role"; setv psk "$i" "$psk"; setv ka "$i" "$ka"; setv outer "$i" "$outer"
	setv what "$i" "$(basename "$engine") outer v$outer psk $psk keepalive $ka, ours $role"
	rnd_name oif o; setv oif "$i" "$oif"
	rnd_name fif f; setv fif "$i" "$fif"
	rnd_port port; setv port "$i" "$port"
	rnd_net4 net4; setv net4 "$i" "$net4"
	rnd_net6 net6; setv net6 "$i" "$net6"
	rnd_net4 under4
	rnd_net6 under6
	ns_new "o$i" && ns_new "f$i" && veth "o$i" u "f$i" u || return 1
	if [ "$outer" = 4 ]; then
		setv oout "$i" "$under4.1"; setv fout "$i" "$under4.2"; setv moved "$i" "$under4.77"
		setv plen "$i" 24
	else
		setv oout "$i" "[${under6}1]"; setv fout "$i" "[${under6}2]"; setv moved "$i" "[${under6}77]"
		setv plen "$i" 64
	fi
	v oout "$i"; addr "o$i" u "$(bare "$v")/$(len "$i")" || return 1
	v fout "$i"; addr "f$i" u "$(bare "$v")/$(len "$i")" || return 1
	in_ns "o$i" "$WGDIAG" engine "$oif" >"$TMPDIR/o$i.log" 2>&1 || return 1
	LOG_LEVEL=error in_ns "f$i" "$engine" "$fif" >"$TMPDIR/f$i.log" 2>&1 || return 1
	for s in o f; do
		wg genkey >"$TMPDIR/$s$i.key"
		side_if $s "$i"
		wg set "$v" listen-port "$port" private-key "$TMPDIR/$s$i.key" || return 1
	done
	wg genpsk >"$TMPDIR/psk$i"
	peer_conf o "$i" "$TMPDIR/f$i.key" && peer_conf f "$i" "$TMPDIR/o$i.key" || return 1
	addr "o$i" "$oif" "$net4.1/24" "${net6}1/64" && addr "f$i" "$fif" "$net4.2/24" "${net6}2/64" &&
		ip -n "f$i" link set "$fif" up && ip -n "o$i" link set "$oif" up
}

bare() { b=${1#[}; printf '%s' "${b%]}"; }
len() { v plen "$1"; printf '%s' "$v"; }

# handshake SIDE I: its latest handshake, in seconds since 1970; 0 for none.
handshake()
{
	side_if "$1" "$2"
	h=$(wg show "$v" latest-handshakes | cut -f 2)
	printf '%s' "${h:-0}"
}

# inner SIDE I 4|6: the inner address of that side.
inner()
{
	n=1
	[ "$1" = o ] || n=2
	if [ "$3" = 4 ]; then v net4 "$2"; printf '%s' "$v.$n"; else v net6 "$2"; printf '%s' "$v$n"; fi
}

# once FROM I FAMILY: one ping through the tunnel from that side.
once() { in_ns "$1$2" ping -n -c 1 -W 2 "$(inner "$(other "$1")" "$2" "$3")"; }

received() { side_if "$1" "$2"; wg show "$v" transfer | cut -f 2; }

n=0
for engine in $engines; do
	for outer in 4 6; do for psk in 0 1; do for ka in 0 1; do for role in initiator responder; do
		n=$((n + 1))
		if ! build_pair $n "$engine" $outer $psk $ka $role; then
			not_ok "pair $n is built" "$(cat "$TMPDIR"/[of]$n.log)"
			finish
		fi
	done; done; done; done
done
all=$(seq 1 $n)

# A keepalive that is due needs a session, so it makes one without any traffic.
for i in $all; do
	v ka "$i"
	[ "$v" = 0 ] && continue
	v what "$i"; what=$v
	if wait_for 20 "[ \"\$(handshake o $i)\" != 0 ] && [ \"\$(handshake f $i)\" != 0 ]"; then
		ok "$what: a keepalive makes the handshake"
	else
		not_ok "$what: a keepalive makes the handshake" "$(wg show all)"
	fi
done

for i in $all; do
	s=$(starter "$i")
	for fam in 4 6; do
		in_ns "$s$i" ping -n -i 1 -c $WINDOW -W 5 "$(inner "$(other "$s")" "$i" $fam)" \
			>"$TMPDIR/ping$i.$fam" 2>&1 &
		setv "pid$fam" "$i" $!
	done
done
for i in $all; do
	v what "$i"; what=$v
	if wait_for 20 "[ \"\$(handshake o $i)\" != 0 ] && [ \"\$(handshake f $i)\" != 0 ]"; then
		ok "$what: handshake at both ends"
	else
		not_ok "$what: handshake at both ends"
	fi
	setv first "$i" "$(handshake o "$i")"
done
for i in $all; do
	v what "$i"; what=$v
	for fam in 4 6; do
		v pid$fam "$i"
		wait_for $((WINDOW + 30)) "! kill -0 $v"
		if grep -q " $WINDOW received" "$TMPDIR/ping$i.$fam"; then
			ok "$what: $WINDOW of $WINDOW inner v$fam pings through a rekey"
		else
			not_ok "$what: $WINDOW of $WINDOW inner v$fam pings through a rekey" \
				"$(tail -n 4 "$TMPDIR/ping$i.$fam")"
		fi
	done
	v first "$i"
	# Where an early message was late the session was renewed at once, and 120 s count from then.
	s=$(starter "$i")
	if wait_for 40 "once $s $i 4; [ \"\$(handshake o $i)\" -ge $((v + 119)) ] && [ \"\$(handshake f $i)\" -ge $((v + 119)) ]"; then
		ok "$what: a new session after 120 s"
	else
		not_ok "$what: a new session after 120 s" "first $v, now $(handshake o "$i") and $(handshake f "$i")"
	fi
	s=$(other "$(starter "$i")")
	check "$what: and the other way round, v4" once "$s" "$i" 4
	check "$what: and the other way round, v6" once "$s" "$i" 6
done

for i in $all; do
	v ka "$i"
	[ "$v" = 0 ] && continue
	v what "$i"; what=$v
	# Each keepalive, sent or received, puts off the next one of that end; with one interval at
	# both ends the end that is due first may be the only one that ever sends.
	before_o=$(received o "$i") before_f=$(received f "$i")
	if wait_for 15 "[ \$(received o $i) -ge $((before_o + 32)) ] || [ \$(received f $i) -ge $((before_f + 32)) ]"; then
		ok "$what: keepalives go on by themselves"
		echo "# ours got $(($(received o "$i") - before_o)), the other $(($(received f "$i") - before_f)) bytes"
	else
		not_ok "$what: keepalives go on by themselves"
	fi
done

# The starter moves to another outer address; the other side must follow it.
roam()
{
	s=$(starter "$1")
	v "${s}out" "$1"; old=$(bare "$v")
	v moved "$1"; new=$v
	# In this order: with the first IPv4 address of a network, Linux removes the others as well.
	ip -n "$s$1" addr del "$old/$(len "$1")" dev u && addr "$s$1" u "$(bare "$new")/$(len "$1")" ||
		return 1
	# wireguard-go goes on sending from an address that is gone (ENETUNREACH) until it is
	# told its endpoint again; ours must notice by itself.
	[ "$s" = o ] || peer_conf f "$1" "$TMPDIR/o$1.key"
	wait_for 20 "once $s $1 4 && once $s $1 6" || { echo "no ping after the move"; return 1; }
	side_if "$(other "$s")" "$1"
	roam_if=$v
	v port "$1"
	wg show "$roam_if" endpoints | grep -qF "$(printf '\t')$new:$v" ||
		{ echo "endpoint is not $new:$v:"; wg show "$roam_if" endpoints; return 1; }
	once "$(other "$s")" "$1" 4
}

# One side gets a new private key; the other side learns the new public key.
new_key()
{
	if [ $(($1 % 2)) = 0 ]; then s=$(starter "$1"); else s=$(other "$(starter "$1")"); fi
	o=$(other "$s")
	old_pub=$(wg pubkey <"$TMPDIR/$s$1.key")
	wg genkey >"$TMPDIR/$s$1.key"
	side_if "$o" "$1"
	wg set "$v" peer "$old_pub" remove && peer_conf "$o" "$1" "$TMPDIR/$s$1.key" || return 1
	side_if "$s" "$1"
	wg set "$v" private-key "$TMPDIR/$s$1.key" || return 1
	s=$(starter "$1")
	wait_for 20 "once $s $1 4 && once $s $1 6" || { echo "no ping after the key change"; wg show all; return 1; }
	once "$(other "$s")" "$1" 6
}

for i in $all; do
	v what "$i"
	check "$v: roaming" roam "$i"
done
for i in $all; do
	v what "$i"
	check "$v: a new private key by wg set" new_key "$i"
done
finish
