#!/bin/sh
# timeout: 900
# --kernel-debug, in a virtual machine: the kernel's own engine says why it refuses a message, and the cause is
# named by it: a source that is not allowed, what is no IP, a mac1 for another key, another preshared key. A
# healthy tunnel has none. What the kernel had switched on before is on after, and nothing else is, also after
# SIGKILL; killed with its reader, the next run does it.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
. tests/lib/lab/vm.sh
vm_need
need ip wg ping jq

rnd_net4 out4; rnd_net4 in4
rnd_name near k; rnd_name far f; rnd_name bad b; rnd_name wrong g
rnd_port port_n; rnd_port port_f; rnd port_b 33000 36000; rnd port_g 36001 40000
for k in n f b g x; do
	eval "key_$k=\$(wg genkey)"
	eval "pub_$k=\$(printf %s \"\$key_$k\" | wg pubkey)"
	eval "printf %s \"\$key_$k\"" >"$TMPDIR/$k"
	vm_put "$TMPDIR/$k"
done
wg genpsk >"$TMPDIR/psk"
vm_put "$TMPDIR/psk"
printf '[Interface]\nPrivateKey = %s\nAddress = %s.1/24\n[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s.2/32\nEndpoint = %s.2:%s\n' \
	"$key_n" "$in4" "$pub_f" "$(wg genpsk)" "$in4" "$out4" "$port_f" >"$TMPDIR/$near.conf"
vm_put "$TMPDIR/$near.conf"
# One of the lines that are switched on is on before.
rnd was_on 1 4
was_on=$(echo 'Invalid MAC|Invalid handshake response|unallowed src|neither ipv4' | cut -d '|' -f "$was_on")

vm_add "$WGDIAG" "$(command -v ip)" "$(command -v wg)" "$(command -v ping)" && vm_module tun veth wireguard || exit 1
ip=$(command -v ip)
vm_run 850 <<END
ip() { $ip "\$@"; } # the shell has a smaller one of its own
load tun veth wireguard
control=/proc/dynamic_debug/control
on=\$(grep '\[wireguard\]' \$control | grep -i '$was_on' | sed 's/ .*//')
echo "file \${on%:*} line \${on##*:} +p" >\$control
cat \$control >/tmp/control
run was_on grep -c '\[wireguard\].* =p ' /tmp/control

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
ip -n right link add $wrong type wireguard
w() { n=\$1; shift; ip netns exec \$n wg "\$@"; }
w left set $near private-key $TMPDIR/n listen-port $port_n
w right set $far private-key $TMPDIR/f listen-port $port_f peer '$pub_n' allowed-ips $in4.1/32 endpoint $out4.1:$port_n
w right set $wrong private-key $TMPDIR/g listen-port $port_g peer '$pub_x' allowed-ips $in4.5/32 endpoint $out4.1:$port_n
ip -n left addr add $in4.1/24 dev $near
ip -n right addr add $in4.2/24 dev $far
ip -n left link set $near up
ip -n right link set $far up
ip -n right link set $wrong up
ip -n right addr add $in4.4/32 dev $wrong
ip -n right route add $in4.5/32 dev $wrong

# peer KEY PORT ALLOWED...: it is the only one.
peer()
{
	w left set $near peer "\$1" endpoint $out4.2:\$2 allowed-ips \$3
	[ "\$old" = "\$1" ] || [ -z "\$old" ] || w left set $near peer "\$old" remove
	old=\$1
}
# look NAME ADDRESS [ARGUMENT...]
look()
{
	name=\$1 to=\$2
	shift 2
	run \$name '$WGDIAG' check $near --netns left --kernel-debug --ping \$to --json --seed $SEED "\$@"
	run \$name.control cmp /tmp/control \$control
}
peer '$pub_f' $port_f $in4.2/32
run would '$WGDIAG' check $near --netns left --kernel-debug --dry-run
look healthy $in4.2
run plain '$WGDIAG' check $near --netns left --json --only crypto.rejects

ip netns exec right ping -q -i 0.2 -I $in4.2 $in4.1 9>&- >/dev/null 2>&1 &
ping=\$!
peer '$pub_f' $port_f $in4.9/32
look source $in4.9 --save-facts /tmp/facts
run facts cat /tmp/facts
kill \$ping

# The same the other way round, with what the far end's kernel says of us.
peer '$pub_f' $port_f $in4.2/32
w right set $far peer '$pub_n' allowed-ips $in4.9/32
ip netns exec right '$WGDIAG' serve --once --kernel-debug --out /tmp/far --for 300s $far 9>&- 2>/tmp/serve.err &
serve=\$!
i=0
until grep -q ^recording /tmp/serve.err || [ \$i = 1000 ]; do i=\$((i + 1)); usleep 20000; done
run recorded '$WGDIAG' check $near --netns left --ping $in4.2 --json --save-facts /tmp/facts
kill -INT \$serve
wait \$serve
run serve cat /tmp/serve.err
run serve.control cmp /tmp/control \$control
run with_far '$WGDIAG' check --facts /tmp/facts --far-file /tmp/far --json
w right set $far peer '$pub_n' allowed-ips $in4.1/32

ip netns exec right ping -q -i 0.5 $in4.5 9>&- >/dev/null 2>&1 &
ping=\$!
peer '$pub_g' $port_g $in4.4/32
look mac1 $in4.4
kill \$ping

# A new session is needed for it to matter.
peer '$pub_b' $port_b $in4.3/32
w right set $far peer '$pub_n' preshared-key $TMPDIR/psk
peer '$pub_f' $port_f $in4.2/32
look psk $in4.2
run file ip netns exec left '$WGDIAG' check $TMPDIR/$near.conf --engine kernel --force --kernel-debug --ping $in4.2 --json --only handshake.complete,crypto.rejects,kernel.debug
run file.control cmp /tmp/control \$control
w right set $far peer '$pub_n' preshared-key /dev/null

ip netns exec right '$WGDIAG' engine -f --fault family-header $bad 9>&- 2>/tmp/engine.err &
engine=\$!
i=0
until [ -S /run/wireguard/$bad.sock ] || [ \$i = 400 ]; do i=\$((i + 1)); usleep 20000; done
w right set $bad private-key $TMPDIR/b listen-port $port_b peer '$pub_n' allowed-ips $in4.1/32
ip -n right addr add $in4.3/32 dev $bad
ip -n right link set $bad up
ip -n right route add $in4.1/32 dev $bad
peer '$pub_b' $port_b $in4.3/32
look notip $in4.3
kill \$engine
ip -n right route del $in4.1/32 dev $bad

# killed WHOM...: all of them are, once the lines are on; busy: another run meanwhile.
peer '$pub_f' $port_f $in4.2/32
killed()
{
	'$WGDIAG' check $near --netns left --kernel-debug --ping $in4.2 -c 1000 --json 9>&- >/tmp/killed 2>&1 &
	pid=\$!
	i=0
	while cmp -s /tmp/control \$control && [ \$i -lt 1000 ]; do i=\$((i + 1)); usleep 20000; done
	run \$1.on grep -c '\[wireguard\].* =p ' \$control
	[ \$1 != alone ] || look busy $in4.2 --only kernel.debug
	reader=
	[ \$1 = alone ] || reader=\$(pidof wgdiag-debug)
	kill -9 \$pid \$reader
	wait \$pid
	i=0
	while [ \$1 = alone ] && ! cmp -s /tmp/control \$control && [ \$i -lt 1000 ]; do i=\$((i + 1)); usleep 20000; done
	run \$1.after cmp /tmp/control \$control
	run \$1.note ls /run/wgdiag
}
killed alone
killed both
look next $in4.2 --only kernel.debug,ping.peer
run next.note ls /run/wgdiag

ip -n right link add $near type wireguard
look twin $in4.2 --only kernel.debug,ping.peer
END
if [ $? != 0 ]; then
	not_ok 'the machine came to its end' "$(vm_story)"
	finish
fi
ok 'the machine came to its end'
clean 'the scene was set' "$(vm_said setup.err)"
is 'one line was on before' "$(vm_said was_on.out)" 1

. "$TOP/tests/lib/json.sh"
row() { jq -r --arg id "$2" '.checks[] | select(.id == $id) | "\(.state): \(.summary)"' "$TMPDIR/$1.json"; }
# looked NAME CODE: it was, and nothing is left on.
looked()
{
	vm_said "$1.out" >"$TMPDIR/$1.json"
	is "$1: exit" "$(vm_said "$1.rc")" "$2"
	is "$1: the kernel's lines are as they were" "$(vm_said "$1.control.rc")" 0
	clean "$1: fits the schema" "$(json_problems "$TMPDIR/$1.json")"
	echo "# $1: $(jq -r '.verdict | [.cause, .side, .summary] | join(" | ")' "$TMPDIR/$1.json")"
	echo "# $1: $(row "$1" kernel.debug)"
}
# says NAME ROW PATTERN
says()
{
	# shellcheck disable=SC2254
	case $(row "$1" "$2") in
	$3) ok "$1: $2" ;;
	*) not_ok "$1: $2" "got:    $(row "$1" "$2")
wanted: $3
$(jq -r '.checks[] | "\(.id) \(.state): \(.summary)"' "$TMPDIR/$1.json")" ;;
	esac
}
# named NAME CAUSE WORDS: by both rows.
named()
{
	looked "$1" 1
	is "$1: the cause" "$(jq -r .verdict.cause "$TMPDIR/$1.json")" "$2"
	says "$1" kernel.debug "WARN: * × $3*"
	says "$1" crypto.rejects "FAIL: *the kernel's debug lines say * × $3*"
}
switched='switched on [0-9]* debug lines of the kernel.s WireGuard (off again on exit); 1 are on already, and stay so'

looked healthy 0
# A machine that is slow has late answers, and few probes.
clean 'healthy: no row is FAIL' "$(jq -r '.checks[] | select(.state | IN("FAIL", "ERROR")) | "\(.id) \(.summary)"' "$TMPDIR/healthy.json")"
says healthy crypto.rejects 'PASS: *'
says healthy kernel.debug 'PASS: none of this peer'
check 'it is announced' sh -c "echo \"$(vm_said healthy.err)\" | grep -q '$switched'"
check 'and before, with --dry-run' sh -c "echo \"$(vm_said would.out | tr '\n' ' ' | tr -s ' ')\" | grep -q 'would switch on debug lines of the kernel.s WireGuard.*(off again on exit)'"
vm_said plain.out >"$TMPDIR/plain.json"
clean 'without the option there is no such row' "$(row plain kernel.debug)"

named source inner-source-not-allowed 'an inner source'
check 'source: which is told' sh -c "jq -r '.checks[] | select(.id == \"kernel.debug\").evidence | tostring' '$TMPDIR/source.json' | grep -q 'debug[0-9]*_source'"
vm_said facts.out >"$TMPDIR/facts"
"$WGDIAG" check --facts "$TMPDIR/facts" --json >"$TMPDIR/again.json" 2>&1
check 'source: the facts are judged the same' cmp "$TMPDIR/source.json" "$TMPDIR/again.json"
vm_said with_far.out >"$TMPDIR/with_far.json"
is 'recorded: the kernel of the far end is as it was' "$(vm_said serve.control.rc)" 0
check 'recorded: it is announced there' sh -c "echo \"$(vm_said serve.out)\" | grep -q 'switched on [0-9]* debug lines.*(off again on exit)'"
is 'recorded: the cause' "$(jq -r .verdict.cause "$TMPDIR/with_far.json")" inner-source-not-allowed
says with_far crypto.rejects "FAIL: *the far kernel's debug lines say * × an inner source*"
named mac1 wrong-key 'a handshake message for another public key'
named psk psk-mismatch 'a response that was not accepted'
named file psk-mismatch 'a response that was not accepted'
named notip tun-framing 'authentic, but the inner packet is neither'
is 'notip: the side' "$(jq -r .verdict.side "$TMPDIR/notip.json")" far

check "alone: lines were on ($(vm_said alone.on.out))" [ "$(vm_said alone.on.out)" -gt 1 ]
is 'killed: the reader switches them off' "$(vm_said alone.after.rc)" 0
clean 'and leaves no note' "$(vm_said alone.note.out)"
vm_said busy.out >"$TMPDIR/busy.json"
says busy kernel.debug 'SKIP: not read: another run of wgdiag has *'
is 'killed with the reader: they stay on' "$(vm_said both.after.rc)" 1
is 'and the note is there' "$(vm_said both.note.out)" kernel-debug
looked next 0
clean 'the next run has no note left' "$(vm_said next.note.out)"
looked twin 0
says twin kernel.debug "SKIP: another network namespace has an interface called $near*"
clean 'no key is told' "$(grep -F -e "$key_n" -e "$key_f" -e "$(cat "$TMPDIR/psk")" "$vm_said")"
finish
