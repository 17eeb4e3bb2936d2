#!/bin/sh
# timeout: 200
# `wgdiag serve` while its interface goes away and comes back, and for who may not record.
#
#   [ left: asks ]---near   veth   far---[ right: serves ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip jq setpriv ss
. "$TOP/tests/lib/lab/engine.sh"

ns_new left; ns_new right; ns_new aside
veth left near right far
rnd_net4 up4; rnd_net4 in4
addr left near "$up4.1/24"; addr right far "$up4.2/24"
rnd_name n n; rnd_name f f
rnd_port port_n; rnd_port port_f
key key_n; key key_f
# up NAMESPACE IFNAME [bare]: as wg-quick would have it; or without its address, at the right
up()
{
	engine "$1" "$2"
	case $1 in
	right)
		wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" allowed-ips "$in4.1/32"
		[ "${3:-}" = bare ] || addr right "$f" "$in4.2/24"
		far_pid=$engine_pid ;;
	*)
		wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" \
			allowed-ips "$in4.0/24" endpoint "$up4.2:$port_f"
		addr left "$n" "$in4.1/24" ;;
	esac
	ip -n "$1" link set "$2" mtu 1420 up
}
down() { kill "$far_pid"; ends "$far_pid"; }
up left "$n"; up right "$f"

# serve [ARGUMENT...]
serve()
{
	rm -f "$TMPDIR/serve.err"
	ip netns exec right "$WGDIAG" serve "$@" "$f" >"$TMPDIR/serve.out" 2>"$TMPDIR/serve.err" &
	serve_pid=$!
}
# says NAME WORDS [HOW OFTEN]
says()
{
	wait_for 20 "[ \"\$(grep -c '$2' '$TMPDIR/serve.err')\" = ${3:-1} ]" && ok "$1" && return
	not_ok "$1" "$(cat "$TMPDIR/serve.err")"
}
# asked NAME ADDRESS: by a session of its own, for the one with an engine that died is of no use.
asked()
{
	wg set "$n" peer "$key_f_pub" remove
	wg set "$n" peer "$key_f_pub" allowed-ips "$in4.0/24" endpoint "$up4.2:$port_f"
	ip netns exec left "$WGDIAG" check "$n" --far "$2" --ping "$in4.2" --save-facts "$TMPDIR/run.json" -q \
		>"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$1: it is seen" "$(jq '.far_seen | length' "$TMPDIR/run.json") $(cat "$TMPDIR/err")" '1 '
}

# --- it goes, and comes back ------------------------------------------------------------

serve
says 'it serves' '^serving at'
asked 'before' "$in4.2"
rnd rounds 1 3
i=0
while [ "$i" -lt "$rounds" ]; do
	i=$((i + 1))
	down
	says "gone: said, $i" "^wgdiag: $f is gone; waiting for it\$" "$i"
	up right "$f"
	says "back: said, $i" "^wgdiag: $f is back: serving\$" "$i"
done
asked 'at another of its name' "$in4.2"
# The same one, elsewhere for a while.
ip -n right link set "$f" netns aside
says 'moved away: said' "^wgdiag: $f is gone; waiting for it\$" $((rounds + 1))
ip -n aside link set "$f" netns right
ip -n right link set "$f" up
addr right "$f" "$in4.2/24"
says 'moved back: said' "^wgdiag: $f is back: serving\$" $((rounds + 1))
asked 'moved back' "$in4.2"
# Another address, while it serves: not worth a word.
rnd other 3 250
addr right "$f" "$in4.$other/32"
answers() { asked_other=$(asked x "$in4.$other"); case $asked_other in ok*) : ;; *) false ;; esac; }
wait_for 20 answers
asked 'at an address that it was given' "$in4.$other"
is 'nothing else was said' "$(grep -cv -e ' is gone; waiting' -e ' is back: ' "$TMPDIR/serve.err")" 1
# What it waits for is said, and again when it waits for something else.
down
says 'gone once more: said' "^wgdiag: $f is gone; waiting for it\$" $((rounds + 2))
up right "$f" bare
says 'without an address: said' "^wgdiag: $f has no address to answer at; waiting\$"
down
says 'gone meanwhile: said' "^wgdiag: $f: there is no such interface; waiting\$"
up right "$f"
says 'back with its address: said' "^wgdiag: $f is back: serving\$" $((rounds + 2))
asked 'back with its address' "$in4.2"
is 'each was said once' "$(grep -c '; waiting$' "$TMPDIR/serve.err")" 2
# While one records that nobody fetches.
ip netns exec left "$WGDIAG" check "$n" --far "$in4.2" -c 500 -i 0.1 >"$TMPDIR/out" 2>&1 &
near_pid=$!
wait_for 20 'ip netns exec right ss -0 -p | grep -q "pid=$serve_pid,"' || not_ok 'it records'
down
says 'gone while it records: said' "^wgdiag: $f is gone; waiting for it\$" $((rounds + 3))
kill -INT "$near_pid"; ends "$near_pid"
kill -INT "$serve_pid"
ended 'Ctrl-C while it waits' "$serve_pid"

# --- a recording ends with it --------------------------------------------------------------

up right "$f"
far="$TMPDIR/far.json"
serve --once --out "$far" --for 3600s
says 'it records' '^recording at'
kill -0 "$serve_pid" && check 'nothing is written before' test ! -e "$far"
if [ $((rounds % 2)) = 0 ]; then down; else ip -n right link del "$f"; ends "$far_pid"; fi
ended 'the recording ends' "$serve_pid"
is 'said' "$(grep -c "^$f is gone: recorded for [0-9.]* s, until then\$" "$TMPDIR/serve.err")" 1
check 'in the file' jq -e '.recording | .gone and .to_wall_ns >= .from_wall_ns' "$far"
"$WGDIAG" check --facts "$TMPDIR/run.json" --far-file "$far" -q >"$TMPDIR/out" 2>"$TMPDIR/err"
clean 'the file is one to be judged with' "$(cat "$TMPDIR/err")"
up right "$f"
serve --once --out "$far" --for 1s
ended 'one that is not cut short' "$serve_pid"
check 'it says so' jq -e '.recording.gone == false' "$far"

# --- who may not, and where it cannot be written ---------------------------------------------

rm -f "$far"
chmod 755 "$TMPDIR"
cp "$WGDIAG" "$TMPDIR/wgdiag" && chmod 755 "$TMPDIR/wgdiag" && mkdir -m 1777 "$TMPDIR/of-user" || exit 1
rnd uid 1000 60000
as_user() { ip netns exec right setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@"; }
# refused NAME EXIT WORDS COMMAND...: long before the time that it would record
refused()
{
	refused_name=$1 refused_rc=$2 refused_words=$3
	shift 3
	"$@" >"$TMPDIR/out" 2>"$TMPDIR/err" &
	ends $!
	is "$refused_name: exit" "$ends_rc" "$refused_rc"
	is "$refused_name: one line" "$(wc -l <"$TMPDIR/err")" 1
	check "$refused_name: says it" grep -q "$refused_words" "$TMPDIR/err"
}
refused 'an ordinary user' 3 'ermission denied\|not permitted' \
	as_user "$TMPDIR/wgdiag" serve --once --for 3600s --out "$TMPDIR/of-user/far.json" "$f"
refused 'an ordinary user, to the screen' 3 'ermission denied\|not permitted' \
	as_user "$TMPDIR/wgdiag" serve --once --for 3600s --out - "$f"
is 'nothing on it' "$(cat "$TMPDIR/out")" ''
refused 'an ordinary user who would serve' 3 'ermission denied\|not permitted' as_user "$TMPDIR/wgdiag" serve "$f"
refused 'root who may not capture' 3 'capture.*not permitted' \
	ip netns exec right setpriv --bounding-set -net_raw "$WGDIAG" serve --once --for 3600s --out "$far" "$f"
refused 'no such folder' 2 'writing .*: No such file' \
	ip netns exec right "$WGDIAG" serve --once --for 3600s --out "$TMPDIR/none/far.json" "$f"
refused 'a folder' 2 'is no regular file' \
	ip netns exec right "$WGDIAG" serve --once --for 3600s --out "$TMPDIR" "$f"
refused 'a folder of others' 2 'Permission denied' \
	as_user "$TMPDIR/wgdiag" serve --once --for 3600s --out "$TMPDIR/far.json" "$f"
clean 'nothing was written' "$(find "$TMPDIR" -name '*far.json*')"
finish
