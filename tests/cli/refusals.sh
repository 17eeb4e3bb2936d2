#!/bin/sh
# Where wgdiag cannot measure: one line that says what is missing and how to get it, exit 3;
# and exit 2 for an engine that is not there. Nothing on stdout.
# needs: root
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ "$(id -u)" = 0 ] || skip_all 'needs root'
unshare -m true 2>/dev/null || skip_all 'no mount namespaces here'
chmod 755 "$TMPDIR"

# One that any user may run, wherever the tree lies.
cp "$WGDIAG" "$TMPDIR/wgdiag" && chmod 755 "$TMPDIR/wgdiag" || exit 1

# refuses NAME EXIT WORDS WORDS COMMAND...
refuses()
{
	name=$1 want=$2 words=$3 more=$4
	shift 4
	"$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	rc=$?
	lines=$(wc -l <"$TMPDIR/err")
	if [ "$rc" = "$want" ] && [ "$lines" = 1 ] && [ ! -s "$TMPDIR/out" ] &&
		grep -qF -- "$words" "$TMPDIR/err" && grep -qF -- "$more" "$TMPDIR/err"; then
		ok "$name"
	else
		not_ok "$name" "exit $rc, stdout: $(cat "$TMPDIR/out"), stderr: $(cat "$TMPDIR/err")"
	fi
}

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
without_caps() { setpriv --bounding-set=-all --inh-caps=-all "$@"; }

if command -v setpriv >/dev/null 2>&1; then
	refuses 'an ordinary user' 3 'Operation not permitted' 'run as root' \
		as_nobody "$TMPDIR/wgdiag" check
	refuses 'an ordinary user who wants JSON' 3 'Operation not permitted' 'run as root' \
		as_nobody "$TMPDIR/wgdiag" check --json
	refuses 'root without capabilities' 3 'Operation not permitted' 'CAP_SYS_ADMIN' \
		without_caps "$TMPDIR/wgdiag" check
	setpriv --bounding-set=-net_raw "$TMPDIR/wgdiag" check >"$TMPDIR/out" 2>"$TMPDIR/err"
	is 'without CAP_NET_RAW: exit' $? 3
	is 'without CAP_NET_RAW: what to do is told in each row' \
		"$(grep -c 'SKIP.*run as root, or grant CAP_NET_RAW' "$TMPDIR/out")" 6
else
	skip 'missing privileges' 'no setpriv here'
fi

# In a mount namespace of its own the tun device is hidden.
# shellcheck disable=SC2016 # the inner shell's
hidden='mount -t tmpfs -o mode=755 none /dev/net && exec "$0" "$@"'
refuses 'no /dev/net/tun' 3 '/dev/net/tun: No such file or directory' 'modprobe tun' \
	unshare -m sh -c "$hidden" "$TMPDIR/wgdiag" check
# shellcheck disable=SC2016
other='mount -t tmpfs -o mode=755 none /dev/net && mknod /dev/net/tun c 10 253 && exec "$0" "$@"'
if unshare -m sh -c 'mount -t tmpfs none /dev/net && mknod /dev/net/tun c 10 253' 2>/dev/null; then
	refuses 'a tun node without a driver' 3 '/dev/net/tun: No such device' 'modprobe tun' \
		unshare -m sh -c "$other" "$TMPDIR/wgdiag" check
else
	skip 'a tun node without a driver' 'no mknod here'
fi

# A lack of descriptors is ours and never the tunnel's: 0 or 3, whatever the number is.
# shellcheck disable=SC2016,SC3045 # the inner shell's; dash, ash and bash all have it
limited='ulimit -n "$1" && shift && exec "$@"'
refuses 'too few open files allowed' 3 'more files can be opened here' 'ulimit -Hn' \
	sh -c "$limited" - 16 "$TMPDIR/wgdiag" check
refuses 'one too few' 3 'a run needs 32' 'ulimit -Hn' sh -c "$limited" - 34 "$TMPDIR/wgdiag" check
: "${SEED:=1}"
i=0 bad=
while [ "$i" -lt 8 ]; do
	n=$((6 + (SEED + i * 7) % 60)) i=$((i + 1))
	sh -c "$limited" - "$n" "$TMPDIR/wgdiag" check -q -c 1 --seed "$SEED" >"$TMPDIR/out" 2>&1
	rc=$?
	case $rc in 0|3) ;; *) bad="$bad
ulimit -n $n: exit $rc: $(cat "$TMPDIR/out")" ;; esac
done
clean 'with any limit: 0 or 3' "$bad"
# Only the hard limit is somebody's decision.
# shellcheck disable=SC2016,SC3045
check 'the soft limit is raised' sh -c 'ulimit -Sn 12 && exec "$0" check -q -c 1' "$TMPDIR/wgdiag"

if grep -q __asan_init "$WGDIAG"; then
	skip 'no /proc' 'the sanitizers themselves complain without it'
else
	# shellcheck disable=SC2016
	refuses 'no /proc' 3 '/proc/self/exe' 'No such file' \
		unshare -m sh -c 'umount -l /proc && exec "$0" "$@"' "$TMPDIR/wgdiag" check
fi

# A user namespace has limits of its own, so that the machine's are left alone.
in_user_ns() { unshare -U -r -m -n "$@"; }
for what in net pid mnt; do
	# shellcheck disable=SC2016
	limit='echo 0 >/proc/sys/user/max_'$what'_namespaces && exec "$0" "$@"'
	if grep -q __asan_init "$WGDIAG"; then
		skip "no more $what namespaces" 'the leak sanitizer may not look at itself there'
	elif in_user_ns sh -c "$limit" true 2>/dev/null; then
		refuses "no more $what namespaces" 3 'No space left on device' "user.max_${what}_namespaces" \
			in_user_ns sh -c "$limit" "$TMPDIR/wgdiag" check
	else
		skip "no more $what namespaces" 'no user namespaces here'
	fi
done

mkdir "$TMPDIR/empty"
if [ -x /usr/sbin/wireguard-go ] || [ -x /sbin/wireguard-go ] || [ -x /usr/local/sbin/wireguard-go ]; then
	skip 'an engine that is not installed' 'it lies in a folder that is always looked in'
else
	refuses 'an engine that is not installed' 2 'program "wireguard-go" not found in PATH' 'apt-get install' \
		env PATH="$TMPDIR/empty" "$TMPDIR/wgdiag" check --engine wireguard-go
fi

"$TMPDIR/wgdiag" check -c 1 >/dev/full 2>"$TMPDIR/err"
is 'a report that cannot be written: exit' $? 4
is 'a report that cannot be written: one line' "$(wc -l <"$TMPDIR/err")" 1
finish
