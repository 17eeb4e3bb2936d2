#!/bin/sh
# timeout: 420
# `wgdiag check FILE` brought up with the kernel's own engine, in a virtual machine: judged, and
# taken down so that nothing is other than before; also after Ctrl-C, and after SIGKILL at any moment.
#
#   [ left: the file's tunnel ]---near   veth   far---[ right: the kernel's wireguard ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
. tests/lib/lab/vm.sh
. "$TOP/tests/lib/json.sh"
vm_need
need ip wg jq nft

# --- what is drawn ------------------------------------------------------------------------------

rnd_net4 out4; rnd_net6 out6; rnd_net4 in4; rnd_net6 in6; rnd_net4 behind
rnd_name n n; rnd_name f f; rnd_name up u; rnd_name full a; rnd_name tabled t
rnd_port port_f; rnd port_n 33000 40000
rnd mtu 1280 1420; rnd mark 1 65534; rnd table 1000 9999; rnd in_hex 0 1
[ "$in_hex" = 0 ] || mark_text=$(printf '0x%x' "$mark")
for k in n f other; do
	eval "key_$k=\$(wg genkey)"
	eval "pub_$k=\$(printf %s \"\$key_$k\" | wg pubkey)"
	eval "printf %s \"\$key_$k\"" >"$TMPDIR/$k"
done
wg genpsk >"$TMPDIR/psk"
# SIGKILLs at parts in a thousand of a whole run; every other one in its beginning, where most is made.
kills= ints= i=0
while [ $i -lt 20 ]; do
	rnd when 0 $((i % 2 ? 1100 : 250))
	kills="$kills $when"
	i=$((i + 1))
done
for i in 1 2 3 4; do rnd when 0 1000; ints="$ints $when"; done

# conf NAME [INTERFACE LINES [ENDPOINT [ALLOWED [KEY OF THE PEER]]]]: as people have it.
conf()
{
	printf '# office\r\n[Interface]\r\nPrivateKey = %s # mine\r\nAddress = %s.1/24, %s1/64\r\nDNS = %s.2, example.org\r\n%b' \
		"$key_n" "$in4" "$in6" "$in4" "${2:-}" >"$TMPDIR/$1.conf"
	printf 'PostUp = touch /tmp/hook-%%i\r\n\r\n[Peer] # far\r\nPublicKey=%s\r\nPresharedKey = %s\r\nAllowedIPs = %s\r\nEndpoint = %s\r\n' \
		"${5:-$pub_f}" "$(cat "$TMPDIR/psk")" "${4:-$in4.2/32, ${in6}2/128, $in4.0/24, $in6/64}" "${3:-$out4.2:$port_f}" >>"$TMPDIR/$1.conf"
	vm_put "$TMPDIR/$1.conf"
}
all='0.0.0.0/0, ::/0'
conf "$n" "ListenPort = $port_n\r\nMTU = $mtu # small\r\nFwMark = ${mark_text:-$mark}\r\nTable = $table\r\n"
conf plain
conf key '' '' '' "$pub_other"
conf "$full" '' "$behind.1:$port_f" "$all"
conf marked "FwMark = ${mark_text:-$mark}\r\n" "$behind.1:$port_f" "$all"
conf "$tabled" "Table = $table\r\n" '' "$in4.2/32, ${in6}2/128, $behind.0/24"
conf off "Table = off\r\n"
conf port "ListenPort = $port_n\r\n"
sed "s|^PresharedKey.*|PresharedKey = $(wg genpsk)|" "$TMPDIR/plain.conf" >"$TMPDIR/psk.conf"
for k in n f psk psk.conf; do vm_put "$TMPDIR/$k"; done
vm_add "$WGDIAG" "$(command -v ip)" "$(command -v wg)" "$(command -v nft)" &&
	vm_module tun veth wireguard nf_tables nft_ct nft_fib_ipv4 nft_fib_ipv6 || exit 1

# --- the machine ---------------------------------------------------------------------------------

ip=$(command -v ip)
vm_run 380 <<END
ip() { $ip "\$@"; } # the shell has a smaller one of its own
w() { n=\$1; shift; ip netns exec \$n wg "\$@"; }
now() { read -r now _ </proc/uptime; now=\${now%.*}\${now#*.}; }
tick() { usleep 3000; }
# until_true SECONDS CONDITION
until_true()
{
	now
	end=\$((now + \$1 * 100))
	until eval "\$2"; do
		now
		[ \$now -lt \$end ] || return 1
		tick
	done
}
# on NAME ARGUMENT...
on() { name=\$1; shift; run \$name $ip netns exec left '$WGDIAG' check "\$@"; }
# All that somebody could have changed.
state()
{
	ip -n left -o link; ip -n left -o addr; ip -n left route show table all; ip -n left -6 route show table all
	ip -n left rule; ip -n left -6 rule; ip netns exec left nft -s list ruleset 2>&1
	find /run -path /run/netns -prune -o -print | sort; ip netns pids left; ls /dev/shm
	ip netns exec left sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|ignore|valid_mark' | sort
}
keep() { state >/tmp/before; }
same() { state >/tmp/after; run same.\$1 diff /tmp/before /tmp/after; }

load tun veth
ip netns add left
ip netns add right
ip link add near netns left type veth peer name far netns right
for x in left right; do ip -n \$x link set lo up; done
ip -n left addr add $out4.1/24 dev near
ip -n left addr add ${out6}1/64 dev near nodad
ip -n right addr add $out4.2/24 dev far
ip -n right addr add ${out6}2/64 dev far nodad
ip -n left link set near up
ip -n right link set far up
until_true 10 '! { ip -n left addr; ip -n right addr; } | grep -q tentative'
ip -n left route add default via $out4.2
ip -n left -6 route add default via ${out6}2
ip netns exec left sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.near.rp_filter=1

# Without the module.
keep
on absent $TMPDIR/$n.conf --engine kernel
on absent_auto $TMPDIR/$n.conf --dry-run
same absent

load wireguard
ip -n right link add $f type wireguard
run setup ip netns exec right wg set $f private-key $TMPDIR/f listen-port $port_f \
	peer '$pub_n' preshared-key $TMPDIR/psk allowed-ips $in4.1/32,${in6}1/128
ip -n right addr add $in4.2/24 dev $f
ip -n right addr add ${in6}2/64 dev $f nodad
ip -n right addr add $behind.1/32 dev lo
ip -n right link set $f mtu $mtu up

# A kernel without nftables: no rules can be made.
keep
on nonft $TMPDIR/$full.conf --full-routes --ping $in4.2 --skip host.firewall --json
same nonft

load nf_tables nft_ct nft_fib_ipv4 nft_fib_ipv6
keep
on healthy $TMPDIR/$n.conf --engine kernel --json
same healthy
on auto $TMPDIR/$n.conf -v
same auto
run netns '$WGDIAG' check $TMPDIR/$n.conf --netns left -q
same netns
for x in $tabled off; do
	on \$x $TMPDIR/\$x.conf --full-routes --json --save-facts /tmp/\$x.facts
	run \$x.facts cat /tmp/\$x.facts
	same \$x
done

# It cannot work.
for x in psk key; do
	on \$x $TMPDIR/\$x.conf --engine kernel --json
	same \$x
done

# All routes.
for x in $full marked; do
	on \$x $TMPDIR/\$x.conf --full-routes --ping $in4.2 --json --save-facts /tmp/\$x.facts
	run \$x.facts cat /tmp/\$x.facts
	same \$x
done
run hooks ls /tmp

# The key is up already.
ip -n left link add $up type wireguard
w left set $up private-key $TMPDIR/n listen-port $port_n peer '$pub_f' preshared-key $TMPDIR/psk \
	allowed-ips $in4.2/32,${in6}2/128 endpoint $out4.2:$port_f
ip -n left addr add $in4.1/24 dev $up
ip -n left addr add ${in6}1/64 dev $up nodad
ip -n left link set $up up
keep
on attached $TMPDIR/plain.conf --json
same attached
on forced $TMPDIR/plain.conf --json --force
same forced
on port $TMPDIR/port.conf --json --force
same port
ip -n left link del $up
# The name is another's.
ip -n left link add plain type wireguard
keep
on taken $TMPDIR/plain.conf --json
same taken
ip -n left link del plain

# Somebody takes the interface away.
keep
$ip netns exec left '$WGDIAG' check $TMPDIR/plain.conf -c 2000 --json >/tmp/taken.out 2>/tmp/taken.err 9>&- &
pid=\$!
until_true 20 'w left show plain latest-handshakes 2>/dev/null | grep -q "[1-9]\$"'
ip -n left link del plain
wait \$pid
run away sh -c "cat /tmp/taken.out; cat /tmp/taken.err >&2; exit \$?"
same away

# Killed.
keep
now
from=\$now
'$ip' netns exec left '$WGDIAG' check $TMPDIR/$full.conf --full-routes --ping $in4.2 --json >/dev/null 2>&1 9>&-
now
whole=\$((now - from))
# stop SIGNAL THOUSANDTH ARGUMENT...: its code in code; if the tunnel was there then, had=1
stop()
{
	sig=\$1 at=\$2
	shift 2
	now
	end=\$((now + whole * at / 1000))
	$ip netns exec left '$WGDIAG' check $TMPDIR/$full.conf --ping $in4.2 --json "\$@" >/tmp/stop.out 2>/tmp/stop.err 9>&- &
	pid=\$!
	while kill -0 \$pid 2>/dev/null && [ \$now -lt \$end ]; do tick; now; done
	had=0
	grep -q " *$full:" /proc/\$pid/net/dev 2>/dev/null && had=1
	kill -\$sig \$pid 2>/dev/null
	wait \$pid 2>/dev/null
	code=\$?
}
i=0
for at in $kills; do
	i=\$((i + 1))
	routes=
	[ \$((i % 3)) = 0 ] || routes=--full-routes
	stop KILL \$at \$routes
	until_true 20 '[ ! -e /run/wgdiag ]' || echo "the supervisor is at it still" >>/tmp/kills
	state >/tmp/after
	cmp -s /tmp/before /tmp/after || { echo "\$i (\$at \$routes)"; diff /tmp/before /tmp/after; ls -l /run/wgdiag; } >>/tmp/kills
	echo "\$code \$had" >>/tmp/kill.codes
done
run kills sh -c 'cat /tmp/kills 2>/dev/null'
run kill_codes sh -c "echo whole \$whole >&2; cat /tmp/kill.codes"
for at in $ints; do
	stop INT \$at --full-routes
	state >/tmp/after
	cmp -s /tmp/before /tmp/after || { echo "\$at"; diff /tmp/before /tmp/after; cat /tmp/stop.err; } >>/tmp/ints
	echo "\$code \$had" >>/tmp/int.codes
done
run ints sh -c 'cat /tmp/ints 2>/dev/null'
run int_codes cat /tmp/int.codes

# The supervisor is killed too.
$ip netns exec left '$WGDIAG' check $TMPDIR/$full.conf --full-routes --ping $in4.2 -c 2000 >/tmp/stop.out 2>/tmp/stop.err 9>&- &
pid=\$!
until_true 20 'ip -n left rule | grep -q 51820'
for p in \$(pgrep -P \$pid); do [ "\$(readlink /proc/\$p/fd/0)" = /dev/null ] && kill -KILL \$p; done
kill -KILL \$pid
wait \$pid
run both ip -n left -o link show $full
on next $TMPDIR/plain.conf
same next
END
if [ $? != 0 ]; then
	not_ok 'the machine came to its end' "$(vm_story)"
	finish
fi
ok 'the machine came to its end'
cp "$vm_said" "$vm_console" /tmp/my-s8k/ 2>/dev/null
finish
