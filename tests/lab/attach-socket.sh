#!/bin/sh
# timeout: 200
# `wgdiag check IFACE` and the control socket: which program listens there and of what version.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping jq nft
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
finish
