#!/bin/sh
# timeout: 300
# beside: others
# `wgdiag check FILE` and the name that it chose: in the moment in which its engine starts anybody may take it.
# Whose the socket and the tun are is looked at, and another's are left alone; of ours nothing outlives the run,
# however it went into the background. And what is in the way where the sockets lie.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq perl setsid
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"

pair
file=$TMPDIR/$n.conf
printf '[Interface]\nPrivateKey = %s\nAddress = %s.1/24\n[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s.2/32\nEndpoint = %s\n' \
	"$key_n" "$in4" "$key_f_pub" "$(cat "$TMPDIR/psk")" "$in4" "$out4.2:$port_f" >"$file"
on() { ip netns exec left "$WGDIAG" check "$file" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"; }
sock=/run/wireguard/$n.sock

# --- somebody else takes the name ------------------------------------------------------------------

# The wrapper has another user's engine started, by this script, and goes on when that is there.
mkfifo "$TMPDIR/go" "$TMPDIR/there"
cat >"$TMPDIR/wrapper" <<END
#!/bin/sh
echo "\$2" >'$TMPDIR/go'
read -r _ <'$TMPDIR/there'
case \$1 in
dies) exit 7 ;;
hangs) exec tail -f /dev/null ;;
engine) exec '$WGDIAG' engine -f "\$2" ;;
socket) exec perl -MSocket -e 'socket(\$s, AF_UNIX, SOCK_STREAM, 0) and bind(\$s, pack_sockaddr_un(\$ARGV[0]))
	and listen(\$s, 5) or die; while (accept(\$c, \$s)) { sysread(\$c, \$l, 99); syswrite(\$c, "errno=0\\n\\n"); close(\$c) }' '$sock' ;;
esac
END
chmod 755 "$TMPDIR/wrapper"
theirs() { ip -n left -o link show "$n"; ls -i "$sock"; wg show "$n" dump; }
# race HOW: their engine starts while ours does, which then dies, hangs, or tries all the same.
race()
{
	ip netns exec left "$WGDIAG" check "$file" --engine-cmd "$TMPDIR/wrapper $1 {name}" >"$TMPDIR/out" 2>"$TMPDIR/err" &
	race_pid=$!
	read -r race_name <"$TMPDIR/go"
	is "$1: the name" "$race_name" "$n"
	kill -STOP "$race_pid"
	ip netns exec left "$WGDIAG" engine -f "$n" >"$TMPDIR/theirs.log" 2>&1 &
	race_theirs=$!
	wait_for 10 "wg show $n" || not_ok "$1: their engine starts" "$(cat "$TMPDIR/theirs.log")"
	wg set "$n" private-key "$key_n_file" listen-port "$port_n"
	theirs >"$TMPDIR/before"
	echo go >"$TMPDIR/there"
	[ "$1" = hangs ] || check "$1: ours is gone" wait_for 10 "! pgrep -f '[w]rapper $1 $n|[e]ngine -f $n' | grep -vx $race_theirs"
	kill -CONT "$race_pid"
	ends "$race_pid" || not_ok "$1: it ends" "$(cat "$TMPDIR/err")"
	is "$1: exit" "$ends_rc" 3
	is "$1: one line that says who" "$(grep -v 'another device that uses' "$TMPDIR/err")" \
		"wgdiag: start engine wrapper: another one (pid $race_theirs, $(readlink -f "$WGDIAG")) began to listen on /var/run/wireguard/$n.sock while it started: left alone"
	clean "$1: nothing on stdout" "$(cat "$TMPDIR/out")"
	check "$1: theirs lives" kill -0 "$race_theirs"
	theirs >"$TMPDIR/after"
	check "$1: theirs is as before" cmp "$TMPDIR/before" "$TMPDIR/after"
	kill "$race_theirs"; wait "$race_theirs"
	check "$1: no undo file is left" wait_for 10 '[ ! -e /run/wgdiag ]'
}
race dies
race hangs
race engine

# SIGKILL in that moment: what is undone is not theirs.
ip netns exec left "$WGDIAG" check "$file" --engine-cmd "$TMPDIR/wrapper hangs {name}" >"$TMPDIR/out" 2>"$TMPDIR/err" &
race_pid=$!
read -r _ <"$TMPDIR/go"
kill -STOP "$race_pid"
ip netns exec left "$WGDIAG" engine -f "$n" >"$TMPDIR/theirs.log" 2>&1 &
race_theirs=$!
wait_for 10 "wg show $n"
theirs >"$TMPDIR/before"
kill -KILL "$race_pid"; wait "$race_pid" 2>/dev/null
check 'killed then: undone' wait_for 20 '[ ! -e /run/wgdiag ]'
theirs >"$TMPDIR/after"
check 'killed then: theirs is as before' cmp "$TMPDIR/before" "$TMPDIR/after"
check 'killed then: the wrapper is gone' wait_for 10 "! pgrep -f '$TMPDIR/[w]rapper'"
kill "$race_theirs"; wait "$race_theirs"

# The socket is ours, the tun of that name is not.
ip netns exec left "$WGDIAG" check "$file" --engine-cmd "$TMPDIR/wrapper socket {name}" >"$TMPDIR/out" 2>"$TMPDIR/err" &
race_pid=$!
read -r _ <"$TMPDIR/go"
ip -n left tuntap add "$n" mode tun
ip -n left -o addr show "$n" >"$TMPDIR/before"; ip -n left -o link show "$n" >>"$TMPDIR/before"
echo go >"$TMPDIR/there"
ends "$race_pid" || not_ok 'their tun: it ends' "$(cat "$TMPDIR/err")"
is 'their tun: exit' "$ends_rc" 3
is 'their tun: one line' "$(grep -v 'another device that uses' "$TMPDIR/err")" \
	"wgdiag: start engine wrapper: somebody else made the interface $n while it started: left alone"
ip -n left -o addr show "$n" >"$TMPDIR/after"; ip -n left -o link show "$n" >>"$TMPDIR/after"
check 'their tun: is as before' cmp "$TMPDIR/before" "$TMPDIR/after"
ip -n left link del "$n"
clean 'their tun: our socket is gone' "$(ls "$sock" 2>/dev/null)"

# --- what is ours, however it was started -------------------------------------------------------------

# What the command put into the background waits for that odd length.
rnd odd 100000 199999
alive() { pgrep -xf "tail -s $odd -f /dev/null"; }
ours()
{
	on --json --engine-cmd "sh -c '$2' {name}"
	is "$1: exit" $? "$3"
	check "$1: it did start its own" grep -q . "$TMPDIR/began"
	clean "$1: nothing of it is left" "$(alive)"
	clean "$1: no socket, no interface" "$(ls "$sock" 2>/dev/null; ip -n left -o link show "$n" 2>/dev/null)"
	rm -f "$TMPDIR/began"
}
# A session and a parent of its own, as a daemon has.
away="setsid sh -c \"tail -s $odd -f /dev/null & echo yes > $TMPDIR/began; exit 0\" & wait \$!;"
ours 'a child in the background' "$away exec $WGDIAG engine -f \$0" 0
ours 'an engine below a shell' "$away $WGDIAG engine -f \$0; exit 4" 0
ours 'it dies' "$away exit 7" 1
check 'it dies: its own status is told' grep -q 'exited with status 7' "$TMPDIR/out"
ours 'it is killed' "$away kill -USR2 \$\$" 1
check 'it is killed: its own signal is told' grep -q 'was killed by signal 12' "$TMPDIR/out"
ours 'nobody ends it by SIGTERM' "$away trap : TERM; $WGDIAG engine -f \$0 & while :; do tail -s $odd -f /dev/null; done" 0
# Who listened left the socket and the tun to a child, and is no more: as wireguard-go in the background.
if command -v wireguard-go >/dev/null; then
	ours 'who listened is no more' "$away wireguard-go \$0; while :; do tail -s $odd -f /dev/null; done" 0
else
	skip 'who listened is no more' 'no wireguard-go here'
fi

ip netns exec left "$WGDIAG" check "$file" -c 1000 --engine-cmd "sh -c '$away exec $WGDIAG engine -f \$0' {name}" >"$TMPDIR/out" 2>"$TMPDIR/err" &
run_pid=$!
check 'killed: it was up' wait_for 20 "ip -n left addr show $n | grep -q '$in4.1/'"
check 'killed: there is something in the background' alive
kill -KILL "$run_pid"; wait "$run_pid" 2>/dev/null
check 'killed: all is undone' wait_for 20 '[ ! -e /run/wgdiag ]'
check 'killed: nothing of it is left' wait_for 20 '! alive'
clean 'killed: no socket, no interface' "$(ls "$sock" 2>/dev/null; ip -n left -o link show "$n" 2>/dev/null)"

# --- where the sockets lie ----------------------------------------------------------------------------

# view COMMANDS: in a mount namespace of its own, as COMMANDS make it; one line, exit 3, and nothing else.
view()
{
	view_name=$1 view_do=$2 view_says=$3
	# shellcheck disable=SC2016 # for the other shell
	in_ns left unshare -m sh -c "$view_do"' && find /run >"$2" && "$WGDIAG" check "$1" --engine builtin -q; rc=$?; find /run >"$3"; exit $rc' x \
		"$file" "$TMPDIR/before" "$TMPDIR/after" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$view_name: exit" $? 3
	is "$view_name: one line" "$(cat "$TMPDIR/err")" "$view_says"
	clean "$view_name: nothing on stdout" "$(cat "$TMPDIR/out")"
	check "$view_name: nothing is changed" cmp "$TMPDIR/before" "$TMPDIR/after"
}
view 'a file in the place of the folder' 'mount -t tmpfs x /run && echo mine >/run/wireguard' \
	'wgdiag: /var/run/wireguard is no folder, where engines have their sockets (move it away: mv /var/run/wireguard /var/run/wireguard.old)'
view 'a folder that cannot be written' 'mount -t tmpfs -o ro x /run/wireguard' \
	'wgdiag: write to /var/run/wireguard, where engines have their sockets: Read-only file system (mount it read-write (mount -o remount,rw), or a tmpfs on it)'
view 'a link to nowhere' 'mount -t tmpfs x /run && ln -s /nowhere/at/all /run/wireguard' \
	'wgdiag: follow /var/run/wireguard, where engines have their sockets: No such file or directory'
view 'a read-only /run' 'mount -t tmpfs -o ro x /run' \
	'wgdiag: create /run/wgdiag: Read-only file system (what is to be undone is written there: mount /run read-write (mount -o remount,rw /run; docker run --tmpfs /run))'
view 'a file in the place of ours' 'mount -t tmpfs x /run && echo mine >/run/wgdiag' \
	'wgdiag: /run/wgdiag is not a folder of root alone (mode 0700) (no run of wgdiag made it: see what it is, and move it away)'
finish
