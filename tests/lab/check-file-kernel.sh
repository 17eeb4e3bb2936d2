#!/bin/sh
# timeout: 700
# `wgdiag check FILE` brought up with the kernel's own engine, in a virtual machine: judged, and
# taken down so that nothing is other than before; also after Ctrl-C, and after SIGKILL at any moment.
#
#   [ left: the file's tunnel ]---near   veth   far---[ right: the kernel's wireguard ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
. tests/lib/lab/vm.sh
. "$TOP/tests/lib/json.sh"
vm_need
umask 077
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
kills='' ints='' i=0
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
"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$TMPDIR/hide_link.so" "$TOP/tests/lib/lab/hide_link.c" || exit 1
vm_add "$WGDIAG" "$(command -v ip)" "$(command -v wg)" "$(command -v nft)" "$TMPDIR/hide_link.so" &&
	vm_module tun veth wireguard nfnetlink nf_tables nft_ct nft_fib_ipv4 nft_fib_ipv6 || exit 1

# --- the machine ---------------------------------------------------------------------------------

ip=$(command -v ip)
vm_run 560 <<END
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
	ip netns exec left sh -c 'grep . /proc/sys/net/ipv[46]/conf/*/*forwarding /proc/sys/net/ipv4/conf/*/*_filter \
		/proc/sys/net/ipv4/conf/*/*ignore /proc/sys/net/ipv4/conf/*/src_valid_mark /proc/sys/net/ipv4/ip_forward' 2>&1
}
keep() { state >/tmp/before; }
same() { state >/tmp/after; run \$1.same diff /tmp/before /tmp/after; }

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
on nonft $TMPDIR/$full.conf --full-routes --ping $in4.2 --json
same nonft
load nfnetlink
keep
on nonft2 $TMPDIR/$full.conf --full-routes --ping $in4.2 --json
same nonft2

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
	allowed-ips $in4.2/32,${in6}2/128,$in4.0/24,$in6/64 endpoint $out4.2:$port_f
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
run raced $ip netns exec left env LD_PRELOAD=$TMPDIR/hide_link.so HIDE_LINK=plain '$WGDIAG' check $TMPDIR/plain.conf --json
same raced
ip -n left link del plain

# Somebody takes the interface away.
keep
$ip netns exec left '$WGDIAG' check $TMPDIR/plain.conf -c 250 --json >/tmp/away.out 2>/tmp/away.err 9>&- &
pid=\$!
until_true 20 'w left show plain latest-handshakes 2>/dev/null | grep -q "[1-9]\$"'
ip -n left link del plain
wait \$pid
run away sh -c "cat /tmp/away.out; cat /tmp/away.err >&2; exit \$?"
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
run kill_codes cat /tmp/kill.codes
run whole echo \$whole
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
for p in \$(cat /proc/\$pid/task/\$pid/children); do [ "\$(readlink /proc/\$p/fd/0)" = /dev/null ] && kill -KILL \$p; done
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
clean 'the scene was set' "$(vm_said setup.err)"

# --- what came of it -----------------------------------------------------------------------------

# json NAME QUESTION: of what that run printed.
json() { vm_said "$1.out" | jq -r "$2"; }
row() { json "$1" ".checks[] | select(.id == \"$2\") | \"\(.state): \(.summary)\""; }
bad() { json "$1" '.checks[] | select(.state | IN("FAIL", "UNSURE", "WARN", "ERROR")) | "\(.id) \(.state): \(.summary)"'; }
target() { json "$1" '.target | "\(.kind) \(.name) \(.engine)"'; }
told() { vm_said "$1.err" | grep -qE -e "$2"; }
# same WORDS NAME: the diff of before and after.
same() { is "$1: all is as before" "$(vm_said "$2.same.rc") $(vm_said "$2.same.out")" '0 '; }
# healthy WORDS NAME TARGET
healthy()
{
	is "$1: exit" "$(vm_said "$2.rc")" 0
	clean "$1: no row is bad" "$(bad "$2")"
	is "$1: the target" "$(target "$2")" "$3"
	vm_said "$2.out" >"$TMPDIR/json"
	clean "$1: fits the schema" "$(json_problems "$TMPDIR/json")"
	same "$1" "$2"
}

is 'without the module: exit' "$(vm_said absent.rc)" 2
is 'without the module: what is said' "$(vm_said absent.err)" \
	'wgdiag check: engine kernel: the kernel here has no WireGuard (modprobe wireguard)'
check 'without the module: another engine is chosen' \
	[ "$(vm_said absent_auto.out | grep -c "would create the interface $n by engine builtin")" = 1 ]
same 'without the module' absent

healthy 'a file with everything' healthy "config $n kernel"
is 'its MTU' "$(row healthy tun.mtu)" "PASS: $mtu + 60 fits the 1500 of near"
check 'its start is that of a link' [ "$(row healthy engine.start | grep -c 'kernel .*interface after')" = 1 ]
is 'by itself: exit' "$(vm_said auto.rc)" 0
check 'by itself: the engine that was chosen is told' told auto '^wgdiag: engine kernel: it is in this kernel$'
check 'by itself: what is created is told' told auto "^wgdiag: created $n \(removed on exit\)$"
check 'by itself: a hook is shown' told auto "PostUp is not run \(line [0-9]+\): touch /tmp/hook-$n"
check 'by itself: the mark is asked with' [ "$(vm_said auto.out | grep -c "mark $mark, engine_mark $mark")" = 1 ]
clean 'no hook was run' "$(vm_said hooks.out | grep hook)"
same 'by itself' auto
is '--netns: exit' "$(vm_said netns.rc)" 0
is '--netns -q says nothing' "$(vm_said netns.out)$(vm_said netns.err)" ''
same --netns netns
clean 'no key is told' "$(grep -F -e "$key_n" -e "$(cat "$TMPDIR/psk")" "$vm_said")"

# routes NAME TABLE: of its link there, as the facts have them.
routes() { json "$1.facts" "[.. | objects | select(.table? == $2 and .dev? == \"$1\") | .dst] | unique | join(\" \")"; }
healthy 'Table = a number' "$tabled" "config $tabled kernel"
is 'Table = a number: the routes are in it' "$(routes "$tabled" "$table" | tr ' ' '\n' | sort)" \
	"$(printf '%s\n' "$behind.0/24" "$in4.2/32" "${in6}2/128" | sort)"
healthy 'Table = off' off 'config off kernel'
healthy 'all routes' "$full" "config $full kernel"
is 'all routes: a default route in a table of its own' "$(routes "$full" 51820)" '0.0.0.0/0 ::/0'
healthy 'all routes, with a mark' marked 'config marked kernel'
is 'all routes, with a mark: the table has its number' "$(routes marked "$mark")" '0.0.0.0/0 ::/0'

for x in nonft nonft2; do
	is "without nftables ($x): only what was not made is bad" "$(bad $x | cut -d: -f1)" 'config.live WARN'
	is "without nftables ($x): exit" "$(vm_said $x.rc)" 0
	for v in 4 6; do check "without nftables ($x): no default route of IPv$v, said" told $x "default route of IPv$v was not made: .*this kernel has no nftables"; done
	check "without nftables ($x): nothing is said to be left" sh -c '! grep -q "not undone"' <"$vm_said"
	same "without nftables ($x)" $x
done

is 'another preshared key: exit' "$(vm_said psk.rc)" 1
check 'another preshared key: the handshake' [ "$(row psk handshake.complete | grep -c '^FAIL.*none was accepted')" = 1 ]
is 'another preshared key: no other row fails' "$(json psk '[.checks[] | select(.state == "FAIL" and .caused_by == null).id] | join(" ")')" handshake.complete
is 'another key of the peer: exit' "$(vm_said key.rc)" 1
check 'another key of the peer: the handshake' [ "$(row key handshake.complete | grep -c '^FAIL.*nothing came back')" = 1 ]
for x in psk key; do
	is "$x: whose side it is, is not known" "$(json $x '.verdict | "\(.state) \(.side)"')" 'FAIL unknown'
	same "$x" $x
done

healthy 'a key that is up' attached "interface $up kernel"
check 'a key that is up: said' told attached "is up as $up: attaching to it"
healthy '--force' forced 'config plain kernel'
check '--force: not attached' sh -c '! grep -q "^forced.err.*attaching to it"' <"$vm_said"
is 'a port that is in use: exit' "$(vm_said port.rc)" 1
check 'a port that is in use: said' [ "$(row port engine.answers | grep -c "^FAIL: .*ListenPort, UDP $port_n, is in use here")" = 1 ]
same 'a port that is in use' port
is 'a name in use: exit' "$(vm_said taken.rc)" 0
check 'a name in use: said' told taken 'plain is in use here: called wgd'
same 'a name in use' taken
is 'a name that is taken meanwhile: exit' "$(vm_said raced.rc)" 1
check 'a name that is taken meanwhile: said' [ "$(row raced engine.start | grep -c '^FAIL: .*create plain: File exists')" = 1 ]
same 'a name that is taken meanwhile' raced
is 'an interface that somebody deletes: exit' "$(vm_said away.rc)" 1
check 'an interface that somebody deletes: said' [ "$(row away host.state | grep -c '^FAIL: .*plain was there at the start, is gone')" = 1 ]
same 'an interface that somebody deletes' away

# killed WORDS NAME CODE: of them all, and how many were stopped while the tunnel was there
killed()
{
	clean "$1: all is as before" "$(vm_said "$2s.out")"
	clean "$1: exit" "$(vm_said "$2_codes.out" | grep -vE "^($3|0) ")"
	check "$1: the tunnel was there ($(vm_said "$2_codes.out" | grep -c "^$3 1") times)" \
		[ "$(vm_said "$2_codes.out" | grep -c "^$3 1")" != 0 ]
}
echo "# a whole run took $(vm_said whole.out)/100 s"
killed "$(vm_said kill_codes.out | grep -c .) SIGKILLs at random moments" kill 137
killed "$(vm_said int_codes.out | grep -c .) SIGINTs at random moments" int 130
is 'the supervisor is killed too: the link stays' "$(vm_said both.rc)" 0
is 'the next start: exit' "$(vm_said next.rc)" 0
check 'the next start: says so' told next 'undid what a run that was killed had left'
same 'the next start' next
finish
