#!/bin/sh
# timeout: 600
# beside: others
# `wgdiag check` for an ordinary user, in user namespaces: the same rows as for root, exit 0,
# again and again, and nothing left. The machine's own tun node may be for root only, so the
# user gets one in this lab's mount namespace.
. tests/lab/lib.sh
lab_init "$@"
need setpriv jq
. tests/lib/json.sh
. tests/lib/remains.sh
: "${N:=50}"

# Who went into a user namespace can start no process at its end, and so look for no leaks.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

mount -t tmpfs -o mode=755 lab-dev /dev/net && mknod -m 666 /dev/net/tun c 10 200 || exit 1
chmod 755 "$TMPDIR"
cp "$WGDIAG" "$TMPDIR/wgdiag" && chmod 755 "$TMPDIR/wgdiag" || exit 1
mkdir -m 1777 "$TMPDIR/of-user"
rnd uid 1000 60000
as_user() { setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@"; }
echo "# seed $SEED: uid $uid"
as_user unshare -U true 2>/dev/null || skip_all 'no user namespaces for ordinary users here'

# same NAME ARGUMENT...: each row as root sees it.
same()
{
	name=$1
	shift
	"$TMPDIR/wgdiag" check --json --seed "$SEED" "$@" >"$TMPDIR/root.json" 2>&1
	is "$name, root: exit" $? 0
	as_user "$TMPDIR/wgdiag" check --json --seed "$SEED" "$@" >"$TMPDIR/user.json" 2>"$TMPDIR/err"
	is "$name, user: exit" $? 0
	clean "$name: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$name: JSON fits the schema" "$(json_problems "$TMPDIR/user.json")"
	json_states "$TMPDIR/root.json" >"$TMPDIR/root.rows"
	json_states "$TMPDIR/user.json" >"$TMPDIR/user.rows"
	check "$name: the same rows and states" diff "$TMPDIR/root.rows" "$TMPDIR/user.rows"
}

same builtin
if command -v wireguard-go >/dev/null 2>&1; then
	same wireguard-go --engine wireguard-go
else
	skip 'wireguard-go' 'not installed'
fi
newest=$WGDIAG_BUILD/peers/wireguard-go-latest
if [ -x "$newest" ]; then
	mkdir "$TMPDIR/newest" && cp "$newest" "$TMPDIR/newest/wireguard-go" && chmod -R a+rX "$TMPDIR/newest"
	old_path=$PATH
	PATH=$TMPDIR/newest:$PATH
	same 'the newest wireguard-go' --engine wireguard-go
	PATH=$old_path
else
	skip 'the newest wireguard-go' "no $newest (make peers)"
fi

# In a folder that the user may not enter, as after `cd /root; su`.
mkdir -m 700 "$TMPDIR/roots"
in_roots() { (cd "$TMPDIR/roots" && as_user "$TMPDIR/wgdiag" check --seed "$SEED" -q -c 1 "$@"); }
in_roots >"$TMPDIR/out" 2>&1
is 'in a folder not to be entered: exit' $? 0
clean 'in a folder not to be entered: all is well' "$(cat "$TMPDIR/out")"
rnd_name name report-
in_roots --save-facts "$name" >"$TMPDIR/out" 2>&1
is 'a report into it: exit' $? 2
is 'a report into it: why not' "$(cat "$TMPDIR/out")" "wgdiag check: writing $name: Permission denied"
clean 'a report into it: nowhere else' "$(find / "$TMPDIR/roots" -maxdepth 1 -name "*$name*")"
in_roots --save-facts "$TMPDIR/of-user/$name" >"$TMPDIR/out" 2>&1
is 'a report elsewhere: exit' $? 0
check 'a report elsewhere: is there' test -s "$TMPDIR/of-user/$name"

remains_start
remains >"$TMPDIR/before"
bad=0 i=0
while [ "$i" -lt "$N" ]; do
	i=$((i + 1))
	as_user "$TMPDIR/wgdiag" check -c 3 -i 0.02 >"$TMPDIR/out" 2>&1 && continue
	bad=$((bad + 1))
	sed "s/^/# run $i: /" "$TMPDIR/out"
done
is "$N runs of a user" "$bad bad" '0 bad'

# --- killed at any moment ------------------------------------------------------
i=0
while [ "$i" -lt 10 ]; do
	i=$((i + 1))
	rnd ms 0 1500
	as_user timeout -s KILL "$((ms / 1000)).$(printf '%03d' $((ms % 1000)))" "$TMPDIR/wgdiag" check -q >/dev/null 2>&1
done
gone() { remains >"$TMPDIR/after" && cmp -s "$TMPDIR/before" "$TMPDIR/after"; }
wait_for 10 gone
check 'nothing is left of them' diff "$TMPDIR/before" "$TMPDIR/after"
finish
