#!/bin/sh
# timeout: 300
# beside: others
# `wgdiag check IFACE --config FILE`: what is doubtful in the file, and what lives otherwise than it says: keys
# that are never told, routes, rules. And what to type next does the same.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | "\(.state): \(.summary)"' "$TMPDIR/out"; }
secrets() { grep -lF -e "$key_n" -e "$(cat "$TMPDIR/psk")" -e "$psk_other" "$TMPDIR/out" "$TMPDIR/err" "$TMPDIR/facts"; }
# looks NAME EXIT ARGUMENT...: beside the file; judged again the same, and no key in anything.
looks()
{
	looks_name=$1 looks_rc=$2
	shift 2
	attach --json --config "$file" --save-facts "$TMPDIR/facts" "$@"
	is "$looks_name: exit" $? "$looks_rc"
	clean "$looks_name: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$looks_name: no key is told or kept" "$(secrets)"
	"$WGDIAG" check --facts "$TMPDIR/facts" --json >"$TMPDIR/again" 2>&1
	check "$looks_name: judged again: the same" cmp "$TMPDIR/out" "$TMPDIR/again"
}
# says NAME ROW WORDS: the row begins with its state.
says() { check "$1: $2 says $3" sh -c 'printf "%s\n" "$1" | grep -qE -e "$2"' - "$(row "$2")" "$3"; }
# conf SED: the file that fits, changed.
conf()
{
	cat >"$file" <<END
[Interface]
PrivateKey = $key_n
ListenPort = $port_n
Address = $in4.1/24, ${in6}1/64
MTU = 1420

[Peer]
PublicKey = $key_f_pub
PresharedKey = $(cat "$TMPDIR/psk")
AllowedIPs = $in4.2/32, ${in6}2/128
Endpoint = $out4.2:$port_f
END
	sed -i "$1" "$file"
}

pair
file=$TMPDIR/the\ file.conf
psk_other=$(wg genpsk)
key key_x
foreign builtin "$WGDIAG" engine -f
configure
ip -n left route add "${in6}2/128" dev "$n" 2>/dev/null

# --- a tunnel that is healthy ---------------------------------------------------------------

conf ''
looks 'the same' 0
clean 'the same: no row is bad' "$(bad_rows)"
says 'the same' config.file '^PASS: nothing is doubtful in '
conf "s,^PresharedKey.*,PresharedKey = $psk_other,"
looks 'another preshared key' 0
says 'another preshared key' config.live '^WARN: peer .* has another preshared key than the file; it shakes hands'
conf '/^PresharedKey/d'
looks 'a preshared key, and none in the file' 0
says 'a preshared key, and none in the file' config.live '^WARN: peer .* has a preshared key, by the file none'
conf "s,^PrivateKey.*,PrivateKey = $key_x,"
looks 'another private key' 0
# A key may have a + in it, which the pattern would take for a repetition.
says 'another private key' config.live "^WARN: own key is $(echo "$key_n_pub" | cut -c 1-4 | sed 's/[+]/[+]/g')"
conf "s,^PublicKey.*,PublicKey = $key_x_pub,"
looks 'another peer' 1
says 'another peer' config.live "^FAIL: the engine has no peer"
is 'another peer: what to type' "$(jq -r '.checks[] | select(.id == "config.live").remedy.commands[0]' "$TMPDIR/out")" \
	"wg syncconf $n <(wg-quick strip '$file')"
check 'another peer: and in the verdict' jq -e '.verdict.remedy.commands | length > 0' "$TMPDIR/out"
conf "s/^ListenPort.*/ListenPort = $((port_n - 1))/"
looks 'another port' 0
says 'another port' config.live "^WARN: listens on port $port_n, by the file $((port_n - 1)): rules and forwards"
conf 's/^MTU/Table = 4242\nMTU/'
looks 'another table' 0
says 'another table' config.live '^WARN: the route for .* is not in table 4242 of the file'
conf 's/^MTU/Table = off\nMTU/'
looks 'Table = off' 0
says 'Table = off' config.live '^PASS'
conf "s,/32.*,/24\nPersistentKeepalive = 0\nPersistentKeepalive = 0,"
wg set "$n" peer "$key_f_pub" allowed-ips "$in4.0/24"
looks 'host bits, and twice' 0 --ping "$in4.2"
says 'host bits, and twice' config.file "^WARN: .*line 10: AllowedIPs: \"$in4.2/24\" is taken as $in4.0/24; line 12: PersistentKeepalive is given twice"
wg set "$n" peer "$key_f_pub" allowed-ips "$in4.2/32,${in6}2/128"
conf "\$a [Peer]\nPublicKey = $key_n_pub\nAllowedIPs = 203.0.113.9/32"
looks 'a list for all hosts' 0
says 'a list for all hosts' config.file "^WARN: .*line 12: this .Peer.'s PublicKey is that of our own"
says 'a list for all hosts' config.live '^PASS'
conf "\$a [Peer]\nPublicKey = $key_x_pub\nAllowedIPs = $in4.2/32"
looks 'one prefix at two' 1
says 'one prefix at two' config.file "^WARN: .*line 12: this .Peer. takes $in4.2/32 away from that of line 7"
says 'one prefix at two' config.live "^FAIL: the engine has no peer"

# --- what cannot work ------------------------------------------------------------------------

# The prefix went to the other one, as the engine has it of the file.
wg set "$n" peer "$key_x_pub" allowed-ips "$in4.2/32"
looks 'the prefix of the probed is gone' 1 --peer "$key_f_pub" --ping "$in4.2"
says 'the prefix of the probed is gone' config.file '^FAIL: .*line 12: this'
is 'the prefix of the probed is gone: the row of the engine is its consequence' "$(json_row "$TMPDIR/out" config.allowed-ips)" \
	'FAIL config.file'
is 'the prefix of the probed is gone: what to type next' "$(jq -r '.verdict.next[-1]' "$TMPDIR/out")" \
	"wgdiag check $n --config '$file' --peer $key_f_pub --ping $in4.2 -v"
wg set "$n" peer "$key_x_pub" remove
wg set "$n" peer "$key_f_pub" allowed-ips "$in4.2/32,${in6}2/128"

# --- a default route --------------------------------------------------------------------------

rnd_net4 behind
addr right lo "$behind.1/32"
wg set "$n" fwmark 51820 peer "$key_f_pub" allowed-ips 0.0.0.0/0,::/0
conf 's,^AllowedIPs.*,AllowedIPs = 0.0.0.0/0\, ::/0,'
for v in -4 -6; do
	ip $v -n left route add default dev "$n" table 51820
	ip $v -n left rule add not fwmark 51820 table 51820
	ip $v -n left rule add table main suppress_prefixlength 0
done
looks 'as wg-quick has it' 0 --ping "$behind.1"
clean 'as wg-quick has it: no row is bad' "$(bad_rows)"
ip -4 -n left rule del table main suppress_prefixlength 0
looks 'no rule for local networks' 0 --ping "$behind.1"
says 'no rule for local networks' config.live '^WARN: no rule "lookup main suppress_prefixlength 0" .IPv4.'
ip -4 -n left rule add table main suppress_prefixlength 0
ip -6 -n left rule del not fwmark 51820 table 51820
looks 'no rule, not needed' 0 --ping "$behind.1"
says 'no rule, not needed' config.live '^WARN: no rule leads to table 51820, where the default route of IPv6'
ip -4 -n left rule del not fwmark 51820 table 51820
looks 'no rule, needed' 1 --ping "$behind.1"
says 'no rule, needed' config.live "^FAIL: no rule leads to table 51820, .* of IPv4 into $n is: $behind.1 goes to nowhere"
ip -4 -n left route del default dev "$n" table 51820
looks 'no default route, needed' 1 --ping "$behind.1"
says 'no default route, needed' config.live "^FAIL: no route for 0.0.0.0/0 into $n: $behind.1 goes to nowhere"
over

# --- the preshared keys differ, and nothing answers -------------------------------------------

pair
foreign builtin "$WGDIAG" engine -f
configure
printf %s "$psk_other" >"$TMPDIR/psk.other"
wg set "$n" peer "$key_f_pub" preshared-key "$TMPDIR/psk.other"
conf ''
looks 'another preshared key, dead' 1
says 'another preshared key, dead' config.live '^FAIL: peer .* has another preshared key than the file$'
over

# --- the file alone ----------------------------------------------------------------------------

pair
n=
# What an engine leaves out is no fault of the engine; a port that is none is no peer that is silent.
alone()
{
	ip netns exec left "$WGDIAG" check "$file" --json --engine builtin >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$1: exit" $? "$2"
	is "$1: said once" "$(grep -c 'line [0-9]*:' "$TMPDIR/err")" 0
}
file=$TMPDIR/one.conf
conf "\$a [Peer]\nPublicKey = $key_n_pub\nAllowedIPs = 203.0.113.9/32"
alone 'of a file, a list for all hosts' 0
says 'of a file, a list for all hosts' config.file "^WARN: .*line 12: this"
conf "s/^Endpoint.*/Endpoint = $out4.2:0/"
alone 'of a file, port 0' 1
says 'of a file, port 0' config.file '^FAIL: .*line 11: Endpoint: nobody listens on port 0'
ip netns exec left "$WGDIAG" check "$file" --dry-run --engine builtin >"$TMPDIR/out" 2>"$TMPDIR/err"
check 'without a report it is said' grep -q 'line 11: Endpoint: nobody listens on port 0' "$TMPDIR/err"
kill "$far_pid"
finish
