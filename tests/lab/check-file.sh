#!/bin/sh
# timeout: 600
# beside: others
# `wgdiag check FILE`: brought up by each engine there is, judged, and taken down, so that nothing is other
# than before: also after Ctrl-C, and after SIGKILL at any moment.
#
#   [ left: the file's tunnel ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft setpriv sysctl getent pgrep ss
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"

. "$TOP/tests/lib/lab/attach.sh"

pair
# boringtun dates its handshakes 27 s ahead, so that others with its key are refused for so long.
forget()
{
	wg set "$f" peer "$key_n_pub" remove
	wg set "$f" peer "$key_n_pub" preshared-key "$TMPDIR/psk" allowed-ips "$in4.1/32,${in6}1/128"
}

# conf FILE [ENDPOINT [ALLOWED]]: as people have it.
conf()
{
	printf '# office\r\n[Interface]\r\nPrivateKey = %s # mine\r\nAddress = %s.1/24, %s1/64\r\nDNS = %s.2, example.org\r\n' \
		"$key_n" "$in4" "$in6" "$in4" >"$1"
	printf 'PostUp = touch %s/hook-%%i\n\n[Peer]\nPublicKey=%s\nPresharedKey = %s\nAllowedIPs = %s\nEndpoint = %s\n' \
		"$TMPDIR" "$key_f_pub" "$(cat "$TMPDIR/psk")" "${3:-$in4.2/32, $in4.0/24, $in6/64}" "${2:-$out4.2:$port_f}" >>"$1"
}
file=$TMPDIR/$n.conf
conf "$file"

on() { ip netns exec left "$WGDIAG" check "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"; }
row() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | "\(.state): \(.summary)"' "$TMPDIR/out"; }
# Programs of the left namespace; all that somebody could have changed.
state()
{
	ip -n left -o link; ip -n left -o addr; ip -n left route show table all; ip -n left -6 route show table all
	ip -n left rule; ip -n left -6 rule; ip netns exec left nft -s list ruleset
	find /run -path /run/netns -prune -o -print | sort; ip netns pids left
	ip netns exec left sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|ignore|valid_mark'
}
same() { state >"$TMPDIR/after"; check "$1: all is as before" cmp "$TMPDIR/before" "$TMPDIR/after"; }
# What a killed run had is undone by a process of its own.
undone() { wait_for 20 '[ ! -e /run/wgdiag ] || ! ls /run/wgdiag/*.undo' || not_ok "$1: the supervisor came to its end" "$(ls -l /run/wgdiag)"; }
# What boringtun and gotatun leave for the next run: check-file-boringtun.sh.
no_notes() { rm -f /run/wgdiag/*.ahead; rmdir /run/wgdiag 2>/dev/null; }
state >"$TMPDIR/before"

# --- each engine ----------------------------------------------------------------------

healthy()
{
	is "$1: exit" "$2" 0
	clean "$1: no row is bad" "$(bad_rows)"
	clean "$1: fits the schema" "$(json_problems "$TMPDIR/out")"
	is "$1: the target" "$(jq -r '.target | "\(.kind) \(.name) \(.engine)"' "$TMPDIR/out")" "config $3"
	clean "$1: no key is told" "$(grep -F -e "$key_n" -e "$(cat "$TMPDIR/psk")" "$TMPDIR/out" "$TMPDIR/err")"
	same "$1"
}
each()
{
	each_name=$1 each_program=$2
	shift 2
	command -v "$each_program" >/dev/null 2>&1 || { skip "$each_name" "no $each_program here (make peers)"; return; }
	PATH=${each_program%/*}:$PATH on "$file" --json "$@"
	each_rc=$?
	no_notes
	healthy "$each_name" "$each_rc" "$n $each_name"
	forget
}
peers=$WGDIAG_BUILD/peers
mkdir "$TMPDIR/newest" && cp "$peers/wireguard-go-latest" "$TMPDIR/newest/wireguard-go" 2>/dev/null
each wireguard-go "$(command -v wireguard-go)" --engine wireguard-go
each wireguard-go "$TMPDIR/newest/wireguard-go" --engine wireguard-go
each boringtun "$peers/boringtun-cli" --engine boringtun
each gotatun "$peers/gotatun" --engine gotatun
each builtin "$WGDIAG" --engine builtin
clean 'no hook was run' "$(find "$TMPDIR" -name 'hook*')"

on "$file" -v
is 'by itself: exit' $? 0
check 'the engine that was chosen is told' grep -q '^wgdiag: engine [a-z-]*: ' "$TMPDIR/err"
check 'what is created is told' grep -qx "wgdiag: created $n (removed on exit)" "$TMPDIR/err"
check 'what is added is told' grep -qE '^wgdiag: added [1-9][0-9]* routes? \(removed on exit\)$' "$TMPDIR/err"
check 'that the key has one session is told' grep -q 'another device that uses this key' "$TMPDIR/err"
check 'a hook is shown' grep -qF "PostUp is not run (line 6): touch $TMPDIR/hook-$n" "$TMPDIR/err"
same 'by itself'
on "$file" -q
is '-q: exit' $? 0
clean '-q says nothing' "$(cat "$TMPDIR/out" "$TMPDIR/err")"

# What stands in a file is shown, and not done to the terminal.
sed "s|^PostUp.*|PostUp = echo $(printf '\033[2J\007')|" "$file" >"$TMPDIR/..conf"
on "$TMPDIR/..conf" --engine builtin
is 'a name of dots: exit' $? 0
check 'a name of dots is none' grep -q 'is no name of an interface: called wgd' "$TMPDIR/err"
check 'a hook with escape codes is shown' grep -q 'PostUp is not run .*echo ?\[2J' "$TMPDIR/err"
clean 'and without them' "$(tr -d '\n\t -~' <"$TMPDIR/err")"

# By the name alone, where it lies; and with the sockets' folder not there before.
(cd "$TMPDIR" && on "$n.conf" --json)
is 'a file without a slash: the target' "$(jq -r .target.name "$TMPDIR/out")" "$n"
# shellcheck disable=SC2016 # for the other shell
in_ns left unshare -m sh -c 'mount -t tmpfs x /run && "$WGDIAG" check "$1" -q; echo "$? $(find /run -mindepth 1)"' x "$file" \
	>"$TMPDIR/out" 2>"$TMPDIR/err"
is 'an empty /run is empty again' "$(cat "$TMPDIR/out")" '0 '
"$WGDIAG" check "$file" --netns left --json >"$TMPDIR/out" 2>"$TMPDIR/err"
is '--netns: exit' $? 0
same --netns
on "$file" --dry-run
is '--dry-run: exit' $? 0
check '--dry-run: the name' grep -q "would create the interface $n by engine" "$TMPDIR/out"
same --dry-run

# --- it cannot work -------------------------------------------------------------------------

sed "s|^PresharedKey.*|PresharedKey = $(wg genpsk)|" "$file" >"$TMPDIR/psk.conf"
on "$TMPDIR/psk.conf" --json
is 'another preshared key: exit' $? 1
check 'another preshared key: what to type next names the file' \
	sh -c "jq -r '.verdict.next[]' '$TMPDIR/out' | grep -qxF 'wgdiag check $TMPDIR/psk.conf --engine $(jq -r .target.engine "$TMPDIR/out") -v'"
is 'another preshared key: the handshake' "$(row handshake.complete | cut -d: -f1)" FAIL
same 'another preshared key'

# A userspace engine takes its port when its link comes up; somebody else has it.
rnd_name other o
rnd_port taken
key key_o
ip netns exec left "$WGDIAG" engine -f "$other" >"$TMPDIR/other.log" 2>&1 &
other_pid=$!
wait_for 5 "[ -S /run/wireguard/$other.sock ]"
wg set "$other" private-key "$key_o_file" listen-port "$taken"
ip -n left link set "$other" up
wait_for 5 "ip netns exec left ss -uanH 'sport = :$taken' | grep -q ."
sed "s|^DNS.*|ListenPort = $taken|" "$file" >"$TMPDIR/port.conf"
on "$TMPDIR/port.conf" --json --engine builtin
is 'a port in use: exit' $? 1
is 'a port in use: the engine' "$(row engine.answers)" \
	"FAIL: it could not have its UDP port $taken, as its log says: nothing can be sent"
is 'a port in use: whose it is' "$(jq -r .verdict.side "$TMPDIR/out")" local
kill "$other_pid"; wait "$other_pid"
same 'a port in use'

# --- a name that is taken, a key that is up ----------------------------------------------------

in_ns left ip link add "$n" type veth peer name "${n}x"
state >"$TMPDIR/with"
on "$file" --json
is 'a name in use: exit' $? 0
check 'a name in use: said' grep -q "$n is in use here: called wgd" "$TMPDIR/err"
state >"$TMPDIR/after"
check 'a name in use: all is as before' cmp "$TMPDIR/with" "$TMPDIR/after"
in_ns left nft "add table inet t; add chain inet t i { type filter hook input priority 0; policy accept; }; add rule inet t i iifname $n tcp dport 9 drop"
on "$file" --json
is 'a name in use, and rules: exit' $? 0
is 'a name in use, and rules: the firewall' "$(row host.firewall | cut -d: -f1)" UNSURE
in_ns left nft delete table inet t
in_ns left ip link del "$n"

ip netns exec left "$WGDIAG" engine -f "$n" >"$TMPDIR/up.log" 2>&1 &
up_pid=$!
wait_for 5 "[ -S /run/wireguard/$n.sock ]"
wg set "$n" private-key "$key_n_file" peer "$key_f_pub" preshared-key "$TMPDIR/psk" allowed-ips "$in4.0/24,$in6/64" \
	endpoint "$out4.2:$port_f"
addr left "$n" "$in4.1/24" "${in6}1/64"
ip -n left link set "$n" mtu 1420 up
on "$file" --json
is 'a key that is up: exit' $? 0
is 'a key that is up: attached' "$(jq -r '.target | "\(.kind) \(.name)"' "$TMPDIR/out")" "interface $n"
check 'a key that is up: said' grep -q "is up as $n: attaching to it" "$TMPDIR/err"
on "$file" --json --force
is '--force: the target' "$(jq -r '.target | "\(.kind) \(.name[0:3])"' "$TMPDIR/out")" 'config wgd'
kill "$up_pid"; wait "$up_pid"
same 'a key that was up'

# --- two at once --------------------------------------------------------------------------------

# Both may find the name free. Whoever comes second must leave alone what the first has made.
for i in 1 2 3 4; do
	ip netns exec left "$WGDIAG" check "$file" --engine builtin --json >"$TMPDIR/first" 2>"$TMPDIR/first.err" &
	first_pid=$!
	ip netns exec left "$WGDIAG" check "$file" --engine builtin --json >"$TMPDIR/second" 2>"$TMPDIR/second.err"
	wait "$first_pid"
	clean "two at once, $i: no engine lost its link" "$(grep -h 'died during the run' "$TMPDIR/first" "$TMPDIR/second")"
	check "two at once, $i: one of them says that all is well" \
		sh -c "jq -e '.verdict.state == \"PASS\"' '$TMPDIR/first' || jq -e '.verdict.state == \"PASS\"' '$TMPDIR/second'"
	clean "two at once, $i: no command that would harm the other" "$(grep -h 'by hand:' "$TMPDIR/first.err" "$TMPDIR/second.err")"
	undone "two at once, $i"
	same "two at once, $i"
done

# --- an endpoint with two addresses ------------------------------------------------------------

rnd_name host h
printf '127.0.0.1 localhost\n%s.2 %s\n%s.77 %s\n' "$out4" "$host" "$out4" "$host" >"$TMPDIR/hosts"
mount --bind "$TMPDIR/hosts" /etc/hosts
first=$(getent ahosts "$host" | awk 'NR == 1 { print $1 }')
# The far end has the other one only.
if [ "$first" = "$out4.2" ]; then
	last=$out4.77
	ip -n right addr del "$out4.2/24" dev far
	addr right far "$out4.77/24"
else
	last=$out4.2
fi
conf "$TMPDIR/two.conf" "$host:$port_f"
on "$TMPDIR/two.conf" --json --save-facts "$TMPDIR/two.facts"
is 'two addresses: exit' $? 0
clean 'two addresses: routed once' "$(grep 'routed elsewhere' "$TMPDIR/err")"
is 'two addresses: the handshake' "$(row handshake.complete | cut -d: -f1)" WARN
check 'two addresses: both are told' sh -c "jq -r '.checks[] | select(.id == \"handshake.complete\").summary' '$TMPDIR/out' | grep -F '$first' | grep -qF '$last'"
is 'two addresses: a later one is where the pings went' "$(row ping.peer | cut -d: -f1)" PASS
"$WGDIAG" check --facts "$TMPDIR/two.facts" --json >"$TMPDIR/again"
check 'two addresses: judged again the same' cmp "$TMPDIR/out" "$TMPDIR/again"
[ "$last" = "$out4.2" ] || { ip -n right addr del "$out4.77/24" dev far; addr right far "$out4.2/24"; }
printf '%s.78 %s\n%s.77 %s\n' "$out4" "$host" "$out4" "$host" >"$TMPDIR/hosts"
on "$TMPDIR/two.conf" --json
is 'two dead addresses: exit' $? 1
on "$TMPDIR/two.conf" -v
is 'two dead addresses: both were tried' "$(grep -c 'no handshake in' "$TMPDIR/out")" 2
umount /etc/hosts
same 'an endpoint with two addresses'

# --- a full tunnel, of which only what is probed is routed -------------------------------------------

# Whose address nobody knows before it answers at the hop limit, and which the default route leads elsewhere.
in_ns right sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
# full FAMILY WHERE: with a single address, and no --ping.
full()
{
	case $1 in 4) full_net=0.0.0.0/0 full_own=$in4.1/32 full_far=$in4.2 ;; 6) full_net=::/0 full_own=${in6}1/128 full_far=${in6}2 ;; esac
	conf "$TMPDIR/some.conf" "$out4.2:$port_f" "$full_net"
	sed -i "s|^Address.*|Address = $full_own|; /^DNS/d" "$TMPDIR/some.conf"
	state >"$TMPDIR/before"
	on "$TMPDIR/some.conf" --json --engine builtin --save-facts "$TMPDIR/some.facts"
	full_rc=$?
	clean "full tunnel, IPv$1, $2: no row fails" "$(bad_rows | grep FAIL)"
	same "full tunnel, IPv$1, $2"
}
full 4 'no default route, no forwarding'
full 6 'no default route, no forwarding'
in_ns right sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for where in 'no default route' 'a default route'; do
	[ "$where" = 'no default route' ] || {
		ip -n left route add default via "$out4.2"
		ip -n left -6 route add default via "${out6}2"
	}
	for family in 4 6; do
		full $family "$where"
		is "full tunnel, IPv$family, $where: exit" "$full_rc" 0
		clean "full tunnel, IPv$family, $where: no row is bad" "$(bad_rows)"
		is "full tunnel, IPv$family, $where: who is pinged, and by which link" \
			"$(jq -r '.ping_peer | "\(.target) \(.dev_is_tun)"' "$TMPDIR/some.facts")" "$full_far 1"
	done
done
in_ns right sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0

# --- all routes ------------------------------------------------------------------------------------

# The endpoint is behind a gateway, the default route leads there, and rp_filter is strict.
rnd_net4 behind
addr right lo "$behind.1/32"
in_ns left sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.near.rp_filter=1
conf "$TMPDIR/full.conf" "$behind.1:$port_f" '0.0.0.0/0, ::/0'
state >"$TMPDIR/before"
for e in builtin wireguard-go; do
	command -v wireguard-go >/dev/null || [ "$e" = builtin ] || { skip "all routes, $e" "no $e here"; continue; }
	on "$TMPDIR/full.conf" --json --full-routes --engine "$e" --save-facts "$TMPDIR/full.facts" --ping "$in4.2"
	is "all routes, $e: exit" $? 0
	clean "all routes, $e: no row is bad" "$(bad_rows)"
	is "all routes, $e: a default route in a table of its own" \
		"$(jq -r '[.. | objects | select(.table? == 51820 and .dev? == "full") | .dst] | unique | join(" ")' "$TMPDIR/full.facts")" '0.0.0.0/0 ::/0'
	clean "all routes, $e: what was made for the run is no rule of this host's" \
		"$(jq -r '.firewall.rules[]? | select(.table | startswith("wgdiag-")) | .says' "$TMPDIR/full.facts")"
	check "all routes, $e: what is added is told" \
		grep -qE '^wgdiag: added [1-9][0-9]* routes, [1-9] rules, 2 nftables tables, [^ ]* = 1 \(all undone on exit\)$' "$TMPDIR/err"
	same "all routes, $e"
done

# --- ends of all kinds -----------------------------------------------------------------------------

# stop SIGNAL: at a moment of the run; 0 to 1.5 s, in which it starts, is up, and goes down.
stop()
{
	rnd when 0 150
	ip netns exec left "$WGDIAG" check "$TMPDIR/full.conf" $2 --ping "$in4.2" --engine "$3" --json >"$TMPDIR/out" 2>"$TMPDIR/err" &
	stop_pid=$!
	now
	until_=$((lab_now + when))
	while kill -0 "$stop_pid" 2>/dev/null && [ "$lab_now" -lt "$until_" ]; do pause; now; done
	kill "-$1" "$stop_pid" 2>/dev/null
	ends "$stop_pid" || not_ok "$1 after $when: it ends" "$(cat "$TMPDIR/err")"
}
engines=builtin
for e in wireguard-go boringtun gotatun; do
	case $e in boringtun) p=$peers/boringtun-cli ;; gotatun) p=$peers/gotatun ;; *) p=$e ;; esac
	command -v "$p" >/dev/null || { skip "killed beside $e" "no $p here (make peers)"; continue; }
	engines="$engines $e"
done
PATH=$PATH:$peers
i=0
while [ $i -lt 20 ]; do
	for e in $engines; do
		i=$((i + 1))
		full=; [ $((i % 2)) = 0 ] || full=--full-routes
		stop KILL "$full" "$e"
		undone "SIGKILL $i"
		no_notes
		# Who watches the kernel's drops ends when it sees that nobody reads them.
		wait_for 10 'state >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"' || {
			not_ok "SIGKILL $i ($e $full, after $when/100 s): all is as before" "$(diff "$TMPDIR/before" "$TMPDIR/after")"
			finish
		}
	done
done
forget
ok "$i SIGKILLs at random moments: all is as before"
for i in 1 2 3 4; do
	stop INT --full-routes builtin
	case $ends_rc in 130 | 0) ok "SIGINT $i: exit $ends_rc" ;; *) not_ok "SIGINT $i after $when: exit" "$ends_rc $(cat "$TMPDIR/err")" ;; esac
	same "SIGINT $i"
done

# At the first sign of anything: the folder alone must not stay either.
i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	ip netns exec left "$WGDIAG" check "$TMPDIR/full.conf" --engine builtin >"$TMPDIR/out" 2>"$TMPDIR/err" &
	stop_pid=$!
	until [ -e /run/wgdiag ] || ! kill -0 "$stop_pid" 2>/dev/null; do :; done
	kill -KILL "$stop_pid"
	wait "$stop_pid" 2>/dev/null
	undone "SIGKILL $i when there is a folder"
done
same 'SIGKILLs when there is a folder'

# The supervisor is killed too: the next start does it.
ip netns exec left "$WGDIAG" check "$TMPDIR/full.conf" --full-routes --engine builtin -c 1000 >"$TMPDIR/out" 2>"$TMPDIR/err" &
stop_pid=$!
wait_for 10 'ip -n left rule | grep -q 51820'
watcher=$(pgrep -P "$stop_pid" | while read -r p; do
	[ "$(readlink "/proc/$p/fd/0")" = /dev/null ] && tr '\0' ' ' <"/proc/$p/cmdline" | grep -q ' check ' && echo "$p"
done)
kill -KILL $watcher "$stop_pid"
wait "$stop_pid" 2>/dev/null
check 'both killed: the rules are still there' sh -c 'ip -n left rule | grep -q 51820'
forget
on "$file"
is 'the next start: exit' $? 0
check 'the next start: says so' grep -q 'undid what a run that was killed had left' "$TMPDIR/err"
same 'the next start'

# --- what cannot be used ----------------------------------------------------------------------------

# one CODE WORDS ARGUMENT...: one clear line, that code, nothing left.
one()
{
	one_rc=$1 one_words=$2
	shift 2
	on "$@"
	is "$one_words: exit" $? "$one_rc"
	[ "$one_rc" = 1 ] || is "$one_words: one line" "$(grep -c . "$TMPDIR/err")" 1
	check "$one_words: said" grep -qE -e "$one_words" "$TMPDIR/err" "$TMPDIR/out"
	same "$one_words"
}
one 2 'none.conf: No such file' "$TMPDIR/none.conf" -q
one 2 'a directory' "$TMPDIR" -q
mkfifo "$TMPDIR/fifo.conf"
one 2 'not a regular file' "$TMPDIR/fifo.conf" -q
head -c 10000000 /dev/urandom >"$TMPDIR/noise.conf"
one 2 'no configuration file is over' "$TMPDIR/noise.conf" -q
head -c 100000 /dev/urandom >"$TMPDIR/noise.conf"
one 2 'noise.conf' "$TMPDIR/noise.conf" -q
: >"$TMPDIR/empty.conf"
one 2 'empty.conf' "$TMPDIR/empty.conf" -q
one 2 'full-routes is about a file' near --full-routes
one 2 'is a file' "$file" --config "$file"
one 2 'engine-log is about an interface' "$file" --engine-log "$TMPDIR/err"
one 2 'no peer whose key begins with' "$file" --require NOBODY -q
one 1 'exited with status' "$file" -q --engine-cmd "sh -c 'exit 7' {name}"
one 1 'is not ready' "$file" -q --engine-cmd "tail -f /dev/null --pid $$ {name}"
on "$file" --json --engine-cmd "sh -c 'exit 7' {name}"
check 'an engine that dies: what to type next names the file' \
	sh -c "jq -r '.verdict.next[]' '$TMPDIR/out' | grep -qF 'wgdiag check $file '"
conf "$TMPDIR/name.conf" "no-such-host.invalid:$port_f"
short=$(printf %s "$key_f_pub" | sed 's/^\(....\).*\(...\)$/\1…\2/')
on "$TMPDIR/name.conf" --json
is 'a name that does not resolve: exit' $? 1
check 'a name that does not resolve: the row says that' \
	test "$(row handshake.complete)" = "FAIL: no-such-host.invalid, the endpoint of [Peer] $short in the file, was not resolved: nothing can be sent"
check 'a name that does not resolve: so does the line, and where it stands' \
	grep -qF "$TMPDIR/name.conf: line $(grep -n '\[Peer\]' "$TMPDIR/name.conf" | cut -d: -f1), [Peer] $short: Endpoint: resolve no-such-host.invalid: " "$TMPDIR/err"
check 'a name that does not resolve: and what helps' \
	sh -c "jq -r '.checks[] | select(.id == \"handshake.complete\").remedy.text' '$TMPDIR/out' | grep -qF 'Endpoint of [Peer] $short, '"
is 'a name that does not resolve: and what to type' \
	"$(jq -r '.checks[] | select(.id == "handshake.complete").remedy.commands[0]' "$TMPDIR/out")" 'getent ahosts no-such-host.invalid'
same 'a name that does not resolve'
chmod 755 "$TMPDIR"
cp "$file" "$TMPDIR/theirs.conf"; chmod 600 "$TMPDIR/theirs.conf"
in_ns left setpriv --reuid 65534 --regid 65534 --clear-groups "$WGDIAG" check "$TMPDIR/theirs.conf" >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'unreadable: exit' $? 2
check 'unreadable: said' grep -q 'theirs.conf: Permission denied' "$TMPDIR/err"
chmod 644 "$TMPDIR/theirs.conf"
in_ns left setpriv --reuid 65534 --regid 65534 --clear-groups "$WGDIAG" check "$TMPDIR/theirs.conf" -q >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'as nobody: exit' $? 3
check 'as nobody: one line says what would help' grep -q 'run as root' "$TMPDIR/err"
is 'as nobody: one line' "$(grep -c . "$TMPDIR/err")" 1
same 'as nobody'
kill "$far_pid"
finish
