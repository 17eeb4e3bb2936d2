#!/bin/sh
# timeout: 200
# beside: others
# `wgdiag check IFACE` and the control socket: which program listens there and of what version, and what is
# said of one where nobody does. It is never deleted.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft pgrep
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/json.sh"
. "$TOP/tests/lib/lab/attach.sh"
peers=$WGDIAG_BUILD/peers

# --- the version ----------------------------------------------------------------------------

version() { attach --json --only engine && jq -r '.target | "\(.engine) \(.engine_version)"' "$TMPDIR/out"; }
# told NAME ENGINE PROGRAM ARGUMENT...: what the program itself says.
told()
{
	told_name=$1 told_engine=$2 told_program=$3
	shift 3
	[ -x "$told_program" ] || { skip "$told_name: its version" "no $told_program here (make peers)"; return; }
	pair
	foreign "$told_name" "$told_program" "$@"
	configure
	told_version=$("$told_program" --version 2>&1 | head -n 1 | grep -oE '[0-9]+\.[0-9.]+[^ ]*' | head -n 1)
	check "$told_name: it has a version" [ -n "$told_version" ]
	is "$told_name: its version" "$(version)" "$told_engine $told_version"
	attach --only engine
	check "$told_name: in the headline" grep -qF "engine $told_engine $told_version" "$TMPDIR/out"
	over
}
cp "$(command -v wireguard-go || echo /nowhere)" "$TMPDIR/wireguard-go" 2>/dev/null
told wireguard-go wireguard-go "$TMPDIR/wireguard-go" -f
told boringtun boringtun "$peers/boringtun-cli" -f --disable-drop-privileges
told gotatun gotatun "$peers/gotatun" -f --disable-drop-privileges
told builtin builtin "$WGDIAG" engine -f

# As wg-quick starts it: who listened has ended, and a child goes on. The pid may be another's by now.
if [ -x "$TMPDIR/wireguard-go" ]; then
	pair
	in_ns left "$TMPDIR/wireguard-go" "$n" >/dev/null 2>&1
	wait_for 10 "wg show $n" || not_ok 'wireguard-go in the background starts'
	near_pid=$(pgrep -xf "$TMPDIR/wireguard-go $n")
	configure
	is 'in the background: its version' "$(version)" "wireguard-go $(wireguard-go --version | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)"
	is 'in the background: its program' "$(jq -r .target.program "$TMPDIR/out")" "$TMPDIR/wireguard-go"
	# Another namespace has a tun of that name, and its own engine.
	# shellcheck disable=SC2016
	ip netns exec right unshare -m sh -c 'mount -t tmpfs none /run/wireguard && exec "$@"' - \
		"$WGDIAG" engine -f "$n" >"$TMPDIR/same.log" 2>&1 &
	same_pid=$!
	wait_for 10 "ip -n right link show $n" || not_ok 'another of that name starts' "$(cat "$TMPDIR/same.log")"
	is 'in the background: the tun of this namespace counts' "$(version | cut -d' ' -f1)" wireguard-go
	kill "$same_pid"; wait "$same_pid"
	kill "$near_pid"
	wait_for 10 "! ip -n left link show $n" || not_ok 'wireguard-go in the background ends'
	kill "$far_pid"; wait "$far_pid"
else
	skip 'wireguard-go in the background' 'no wireguard-go here'
fi

# Another file lies there by now, or anybody could have written it: then it is not run.
if [ -x "$TMPDIR/wireguard-go" ]; then
	pair
	foreign wireguard-go "$TMPDIR/wireguard-go" -f
	configure
	chmod o+w "$TMPDIR/wireguard-go"
	is 'a program that anybody may write: not asked' "$(version)" 'wireguard-go null'
	chmod o-w "$TMPDIR/wireguard-go"
	printf '#!/bin/sh\ntouch %s\necho wireguard-go 9.9\n' "$TMPDIR/was-run" >"$TMPDIR/new"
	chmod 755 "$TMPDIR/new"
	mv "$TMPDIR/new" "$TMPDIR/wireguard-go"
	is 'a program that was replaced: not asked' "$(version)" 'wireguard-go null'
	check 'and not run' [ ! -e "$TMPDIR/was-run" ]
	over
	# One that is not known by its name.
	cp "$(command -v wireguard-go)" "$TMPDIR/other-engine"
	pair
	foreign 'another name' "$TMPDIR/other-engine" -f
	configure
	is 'a program of another name: not asked' "$(version)" 'other-engine null'
	over
else
	skip 'a program that was replaced' 'no wireguard-go here'
fi

# --- nobody listens -------------------------------------------------------------------------

# An engine that was killed leaves its socket; its tun goes with it.
pair
foreign builtin "$WGDIAG" engine -f
configure
sock=/run/wireguard/$n.sock
kill -9 "$near_pid"; wait "$near_pid" 2>/dev/null
check 'killed: the socket is left' [ -S "$sock" ]
check 'killed: the tun is gone' wait_for 5 "! ip -n left link show $n"
attach
is 'a stale socket, no interface: exit' $? 2
is 'a stale socket, no interface: the line' "$(cat "$TMPDIR/err")" \
	"wgdiag check: $n: there is no such interface (its engine is gone and left its socket, where nobody listens; nothing was deleted: rm /var/run/wireguard/$n.sock)"
check 'a stale socket, no interface: nothing was deleted' [ -S "$sock" ]

# A tun that stays without anybody, of the same name.
ip -n left tuntap add "$n" mode tun
addr left "$n" "$in4.1/24"
ip -n left link set "$n" up
attach --json --endpoint "$out4.2:$port_f" --ping "$in4.2"
is 'nobody has the tun: exit' $? 1
is 'nobody has the tun: engine.answers' "$(json_row "$TMPDIR/out" engine.answers)" 'FAIL -'
check 'nobody has the tun: nothing was deleted' [ -S "$sock" ]
# And without any socket.
rm "$sock"
for more in '' "--endpoint $out4.2:$port_f" "--endpoint $out4.2:$port_f --ping $in4.2"; do
	# shellcheck disable=SC2086
	attach --json $more
	is "nobody has the tun, no socket, ${more%% *}: exit" $? 1
	is "nobody has the tun, no socket, ${more%% *}: the verdict" \
		"$(jq -r '.verdict | "\(.state) \(.side): \(.summary)"' "$TMPDIR/out")" \
		"FAIL local: dead-engine: the tunnel's engine on this host has ended or hangs, and left what it had"
	is "nobody has the tun, no socket, ${more%% *}: nothing else fails by itself" \
		"$(jq -r '[.checks[] | select(.state == "FAIL" and .caused_by == null).id] | join(" ")' "$TMPDIR/out")" \
		engine.answers
done
ip -n left link del "$n"
over

# A tunnel that works, whose engine has lost its socket to one that has ended.
pair
foreign builtin "$WGDIAG" engine -f
configure
# wgdiag sees another folder than the engine, which would notice that its own is gone.
lost()
{
	# shellcheck disable=SC2016
	ip netns exec left unshare -m sh -c 'mount -t tmpfs none /run/wireguard && "$0" stale "$1" && shift && "$@"; rc=$?
		find /run/wireguard -type s; exit $rc' "$tool" "/run/wireguard/$n.sock" "$WGDIAG" check "$n" "$@" 2>"$TMPDIR/err" >"$TMPDIR/all"
	lost_rc=$?
	sed '/^\/run/d' "$TMPDIR/all" >"$TMPDIR/out"
	is 'it lost its socket: nothing was deleted' "$(tail -n 1 "$TMPDIR/all")" "/run/wireguard/$n.sock"
	return $lost_rc
}
lost --json --endpoint "$out4.2:$port_f" --ping "$in4.2"
is 'it lost its socket: exit' $? 0
is 'it lost its socket: judged as what it is' "$(jq -r .target.kind "$TMPDIR/out")" opaque
is 'it lost its socket: only that' "$(bad_rows | sed 's/ .*//')" engine.answers
is 'it lost its socket: engine.answers' "$(json_row "$TMPDIR/out" engine.answers)" 'WARN -'
clean 'it lost its socket: nothing on stderr' "$(cat "$TMPDIR/err")"
lost --json --save-facts "$TMPDIR/facts" --only engine
"$WGDIAG" check --facts "$TMPDIR/facts" --json >"$TMPDIR/again" 2>&1
check 'it lost its socket: judged again, the same' cmp "$TMPDIR/out" "$TMPDIR/again"
over
finish
