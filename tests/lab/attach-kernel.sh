#!/bin/sh
# timeout: 500
# The kernel's own engine, in a virtual machine: `wgdiag check IFACE` attaches to it by netlink, finds
# a healthy tunnel healthy, and changes nothing. Then the far end encrypts a header before each
# packet: the kernel counts what it cannot take for IP, and the row says so.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
. tests/lib/lab/vm.sh
vm_need
need ip wg ping

rnd_net4 out4; rnd_net4 in4; rnd_net6 in6
rnd_name near k; rnd_name far f; rnd_name bad b
rnd_port port_n; rnd_port port_f; rnd port_b 33000 40000
for k in n f b; do
	eval "key_$k=\$(wg genkey)"
	eval "pub_$k=\$(printf %s \"\$key_$k\" | wg pubkey)"
	eval "printf %s \"\$key_$k\"" >"$TMPDIR/$k"
	vm_put "$TMPDIR/$k"
done

# Two files that differ in the preshared key alone.
psk=$(wg genpsk)
for k in psk other; do
	printf '[Interface]\nPrivateKey = %s\n[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s.2/32, %s2/128\nEndpoint = %s.2:%s\n' \
		"$key_n" "$pub_f" "$([ $k = psk ] && echo "$psk" || wg genpsk)" "$in4" "$in6" "$out4" "$port_f" >"$TMPDIR/$k.conf"
	vm_put "$TMPDIR/$k.conf"
done
printf %s "$psk" >"$TMPDIR/psk"
vm_put "$TMPDIR/psk"

vm_add "$WGDIAG" "$(command -v ip)" "$(command -v wg)" "$(command -v ping)" && vm_module tun veth wireguard || exit 1
ip=$(command -v ip)
vm_run 400 <<END
ip() { $ip "\$@"; } # the shell has a smaller one of its own
load tun veth wireguard
run setup ip netns add left
ip netns add right
ip link add toright netns left type veth peer name toleft netns right
for n in left right; do ip -n \$n link set lo up; done
ip -n left addr add $out4.1/24 dev toright
ip -n right addr add $out4.2/24 dev toleft
ip -n left link set toright up
ip -n right link set toleft up
ip -n left link add $near type wireguard
ip -n right link add $far type wireguard
w() { n=\$1; shift; ip netns exec \$n wg "\$@"; }
w left set $near private-key $TMPDIR/n listen-port $port_n \
	peer '$pub_f' endpoint $out4.2:$port_f allowed-ips $in4.2/32,${in6}2/128
w right set $far private-key $TMPDIR/f listen-port $port_f peer '$pub_n' allowed-ips $in4.1/32,${in6}1/128
ip -n left addr add $in4.1/24 dev $near
ip -n left addr add ${in6}1/64 dev $near nodad
ip -n right addr add $in4.2/24 dev $far
ip -n right addr add ${in6}2/64 dev $far nodad
ip -n left link set $near up
ip -n right link set $far up
state()
{
	ip -n left -o link; ip -n left -o addr; ip -n left route show table all; ip -n left rule
	w left show $near peers; w left show $near endpoints; w left show $near allowed-ips
	ls /run /run/wireguard 2>/dev/null
}
# Until each address is usable: that is the kernel's doing, and adds routes.
i=0
while ip -n left addr | grep -q tentative && [ \$i -lt 300 ]; do i=\$((i + 1)); usleep 20000; done
run before state
run healthy '$WGDIAG' check $near --netns left -W 5
run json '$WGDIAG' check $near --netns left -W 5 --json
run after state
run absent '$WGDIAG' check nosuch0 --netns left
run notours '$WGDIAG' check toright --netns left
w left set $near peer '$pub_f' preshared-key $TMPDIR/psk
for k in psk other; do run \$k '$WGDIAG' check $near --netns left --config $TMPDIR/\$k.conf --only config.live; done
w left set $near peer '$pub_f' preshared-key /dev/null
ip netns exec right '$WGDIAG' engine -f --fault family-header $bad 9>&- 2>/tmp/engine.err &
i=0
until [ -S /run/wireguard/$bad.sock ] || [ \$i = 200 ]; do i=\$((i + 1)); usleep 20000; done
w left set $near peer '$pub_b' endpoint $out4.2:$port_b allowed-ips $in4.3/32
w right set $bad private-key $TMPDIR/b listen-port $port_b peer '$pub_n' allowed-ips $in4.1/32
ip -n right addr add $in4.3/32 dev $bad
ip -n right link set $bad up
ip -n right route add $in4.1/32 dev $bad
run framing '$WGDIAG' check $near --netns left --ping $in4.3 --json
run counters ip -n left -s -s -j link show $near
look() { ip netns exec left sh -c "\$('$WGDIAG' explain far $near 2>/dev/null)" >>/tmp/far.txt 2>&1; }
look
run alone '$WGDIAG' check $bad --netns right --ping $in4.1 --json --only data.both-ways
look
run local '$WGDIAG' check $bad --netns right --ping $in4.1 --far-file /tmp/far.txt --json
kill %1
END
if [ $? != 0 ]; then
	not_ok 'the machine came to its end' "$(vm_story)"
	finish
fi
ok 'the machine came to its end'
clean 'the scene was set' "$(vm_said setup.err)"
is 'healthy: exit' "$(vm_said healthy.rc)" 0
clean 'healthy: nothing on stderr' "$(vm_said healthy.err)"
clean 'healthy: no row is FAIL, UNSURE or WARN' "$(vm_said healthy.out | grep -E ' (FAIL|UNSURE|WARN|ERROR) ')"
check 'the engine is the kernel' sh -c "echo '$(vm_said healthy.out | head -n 1)' | grep -q 'engine kernel'"
is 'JSON: exit' "$(vm_said json.rc)" 0
vm_said json.out >"$TMPDIR/healthy.json"
is 'JSON: the target' "$(jq -r '.target | [.kind, .name, .engine] | join(" ")' "$TMPDIR/healthy.json")" "interface $near kernel"
is 'nothing was changed' "$(vm_said after.out)" "$(vm_said before.out)"
is 'no such interface: exit' "$(vm_said absent.rc)" 2
is 'no tunnel: exit' "$(vm_said notours.rc)" 2
check 'the preshared key of the file' sh -c "echo '$(vm_said psk.out)' | grep -q ' PASS .*as in the file'"
check 'not that of the file' sh -c "echo '$(vm_said other.out)' | grep -q ' WARN .*has another preshared key'"
clean 'neither is told' "$(grep -F -e "$psk" -e "$key_n" "$vm_said")"

vm_said framing.out >"$TMPDIR/framing.json"
is 'framing: exit' "$(vm_said framing.rc)" 1
is 'framing: the cause and its side' "$(jq -r '.verdict | [.cause, .side] | join(" ")' "$TMPDIR/framing.json")" 'tun-framing far'
jq -r '.checks[] | select(.state != "PASS" and .state != "NA") | "# \(.id) \(.state): \(.summary)"' "$TMPDIR/framing.json"
frame=$(vm_said counters.out | jq '.[0].stats64.rx.frame_errors // .[0].stats64.rx.errors')
check "the kernel counted them ($frame)" test "$frame" -gt 0
check 'the row says so' sh -c "jq -r '.checks[] | select(.id == \"rx.errors\").summary' '$TMPDIR/framing.json' | grep -q 'not IP\|neither'"

# The other end of the same tunnel: what the kernel counted, pasted, names the fault here.
vm_said local.out >"$TMPDIR/local.json"
is 'from the other end, with what the far end printed: exit' "$(vm_said local.rc)" 1
clean 'nothing on stderr' "$(vm_said local.err)"
is 'the cause and its side' "$(jq -r '.verdict | [.cause, .side] | join(" ")' "$TMPDIR/local.json")" 'tun-framing local'
jq -r '.checks[] | select(.state != "PASS" and .state != "NA") | "# \(.id) \(.state): \(.summary)"' "$TMPDIR/local.json"
vm_said alone.out >"$TMPDIR/alone.json"
echo "# without it: $(jq -r '.verdict | [.cause, .side] | join(" ")' "$TMPDIR/alone.json")"
check 'without it the other side is not blamed' \
	[ "$(jq -r .verdict.side "$TMPDIR/alone.json")" != far ]
finish
