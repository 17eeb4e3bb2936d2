#!/bin/sh
# timeout: 900
# beside: others
# What is not the header: rules that drop packets inside or outside at either end, and a program
# that sends rubbish into a tun through a packet socket. Never is tun-framing named, and of the
# rubbish nothing fails.
. tests/lab/lib.sh
lab_init "$@"
need jq nft nsenter perl
. tests/lib/json.sh
: "${ROUNDS:=2}"

newest=$WGDIAG_BUILD/peers/wireguard-go-latest

# start ARGUMENT...: a run in the background, $pid.
start()
{
	rnd seed 1 1000000000
	"$WGDIAG" "$@" --json --seed "$seed" --save-facts "$TMPDIR/facts.json" >"$TMPDIR/r.json" 2>"$TMPDIR/err" &
	pid=$!
}

# engine_of END: of the tun's name of that end (n: near), $tun, the pid whose network it is in, $inside.
# An engine on an inherited tun has its name in its arguments too.
engine_of()
{
	for e in $(grep -lzxE "wgd[0-9a-f]+$1" /proc/[0-9]*/cmdline 2>/dev/null); do
		inside=${e#/proc/} inside=${inside%/cmdline}
		tun=$(tr '\0' '\n' <"$e" 2>/dev/null | grep -xE "wgd[0-9a-f]+$1") || continue
		nsenter -n -t "$inside" ip link show dev "$tun" >/dev/null 2>&1 && return 0
	done
	return 1
}
written() { nsenter -n -t "$inside" ip -j -s link show dev "$tun" | jq '.[0].stats64.rx.packets'; }

# one VAR WORD...: one of the words.
one()
{
	one_var=$1
	shift
	rnd one_k 1 $#
	eval "$one_var=\${$one_k}"
}

# rule: a random one for $tun, in $rule.
rule()
{
	one hook input output
	one what inner inner outer
	one share 20 50 100
	one kind '' '' 'meta l4proto icmp' 'meta l4proto icmpv6' 'meta l4proto tcp' 'meta length > 500'
	case $what$hook in
	innerinput) match="iifname \"$tun\" $kind" ;;
	inneroutput) match="oifname \"$tun\" $kind" ;;
	*) match='meta l4proto udp udp length > 100' ;;
	esac
	rule="table inet t$1 { chain c { type filter hook $hook priority 0; $match numgen random mod 101 < $share drop; }; }"
}

# dropping NAME ARGUMENT...
dropping()
{
	name=$1
	shift
	rnd rules 1 3
	one when early late
	start "$@" -c 20 -i 0.05
	said=
	while [ "$rules" -gt 0 ]; do
		one end n f
		wait_for 10 "engine_of $end" || break
		[ $when = early ] || wait_for 2 '[ "$(written)" -ge 5 ]'
		rule "$rules"
		# The lab first tries what an engine takes for granted: that one may be gone by now.
		printf '%s\n' "$rule" | nsenter -n -t "$inside" nft -f - 2>"$TMPDIR/nft" && said="$said; $end $when $rule"
		! grep Error "$TMPDIR/nft" || not_ok "$name: nft takes the rule" "$rule"
		rules=$((rules - 1))
	done
	wait_for 90 "! kill -0 $pid" || not_ok "$name: it ends"
	ends $pid
	echo "# $name: exit $ends_rc --seed $seed$said"
	# The lab first tries what the engine takes for granted; where a rule hit that, it says so.
	if [ "$ends_rc" = 3 ] && [ ! -s "$TMPDIR/r.json" ]; then
		is "$name: cannot be made" "$(wc -l <"$TMPDIR/err")" 1
		return
	fi
	[ -z "$said" ] || made=$((made + 1))
	clean "$name: fits the schema" "$(json_problems "$TMPDIR/r.json")"
	if [ -s "$TMPDIR/r.json" ] && jq -e '.verdict.cause != "tun-framing" and (.checks[] | select(.id == "tun.framing").state != "FAIL")' \
		"$TMPDIR/r.json" >/dev/null; then
		ok "$name: tun-framing is not named"
	else
		not_ok "$name: tun-framing is not named" "$(jq -c '.verdict, .checks[]' "$TMPDIR/r.json")"
	fi
}

# rubbish COUNT: frames of random bytes into $tun, by a packet socket.
cat >"$TMPDIR/rubbish" <<'END'
my ($index, $count) = @ARGV;
srand($ENV{SEED});
socket(my $s, 17, 3, 0) or die "packet socket: $!";
for (1 .. $count) {
	my $frame = join '', map { chr int rand 256 } 1 .. 20 + int rand 1000;
	substr($frame, 0, 1) = chr(int(rand 4) * 16 + int rand 16);
	send($s, $frame, 0, pack('SnlSCCa8', 17, 0x0800, $index, 0, 0, 0, '')) or die "send: $!";
}
END

beside_rubbish()
{
	name=$1 end=$2 count=$3
	shift 3
	start "$@" -c 60 -i 0.1
	wait_for 10 "engine_of $end && "'[ "$(written)" -ge 5 ]' ||
		{ not_ok "$name: data comes through" "$(cat "$TMPDIR/err")"; return; }
	check "$name: $count are sent" nsenter -n -t "$inside" \
		perl "$TMPDIR/rubbish" "$(nsenter -n -t "$inside" ip -j link show dev "$tun" | jq '.[0].ifindex')" "$count"
	wait_for 60 "! kill -0 $pid" || not_ok "$name: it ends"
	ends $pid
	is "$name: exit" "$ends_rc" 0
	is "$name: state and cause" "$(jq -c '.verdict | [.cause, (.state | . == "PASS" or . == "WARN")]' "$TMPDIR/r.json")" \
		'[null,true]'
	[ "$ends_rc" = 0 ] || jq -c '.checks[] | select(.state != "PASS") | [.id, .state, .summary]' "$TMPDIR/r.json" | sed 's/^/# /'
	if [ "$end" = n ]; then
		# Seen as what it is: sent into the device, and not written by the engine.
		seen=$(jq '.taps["near-tun"].not_ip.out' "$TMPDIR/facts.json")
		check "$name: it was seen ($seen)" [ "$seen" -gt 0 ]
		is "$name: and not laid to the engine" "$(json_states "$TMPDIR/r.json" | grep '^tun.delivery ')" 'tun.delivery PASS'
	fi
}

# all FUNCTION ARGUMENT...: with each engine that is here.
all()
{
	"$@" check
	command -v wireguard-go >/dev/null 2>&1 || return 0
	"$@" check --engine wireguard-go
	"$@" lab none --variant inherited
	[ -x "$newest" ] || return 0
	old_path=$PATH
	PATH=$TMPDIR/newest:$PATH
	"$@" check --engine wireguard-go
	"$@" lab none --variant inherited
	PATH=$old_path
}
mkdir "$TMPDIR/newest"
ln -s "$newest" "$TMPDIR/newest/wireguard-go"

some_rubbish()
{
	rnd count 1 60
	beside_rubbish "rubbish, near: $*" n "$count" "$@"
	rnd count 1 60
	beside_rubbish "rubbish, far: $*" f "$count" "$@"
}
all some_rubbish

i=0 made=0
while [ $i -lt "$ROUNDS" ]; do
	i=$((i + 1))
	some_rules() { dropping "rules $i: $*" "$@"; }
	all some_rules
done
check "runs that a rule has hit: $made" [ "$made" -ge "$ROUNDS" ]
finish
