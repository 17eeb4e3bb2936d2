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


# Who went into a user namespace can start no process at its end, and so look for no leaks.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

# They are words, since programs have to start them too.
as_root=env as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'

${CC:-cc} -O1 -o "$TMPDIR/forbid" "$TOP/tests/lib/lab/forbid.c" || exit 1
chmod 755 "$TMPDIR/forbid"
# with_node MODE COMMAND...: in a mount namespace with a tun node of that mode.
# shellcheck disable=SC2016 # the inner shell's
node='mount -t tmpfs -o mode=755 none /dev/net && mknod -m "$0" /dev/net/tun c 10 200 && exec "$@"'
with_node() { unshare -m sh -c "$node" "$@"; }
# shellcheck disable=SC2016
no_more='echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"'

if command -v setpriv >/dev/null 2>&1; then
	# 1. unshare refused: by the limit (this user namespace's own), by a filter, in a chroot.
	if unshare -U -r true 2>/dev/null; then
		refuses 'no user namespace left' 3 'create a user namespace: No space left' \
			'user.max_user_namespaces' unshare -U -r sh -c "$no_more" \
			setpriv --bounding-set=-all --inh-caps=-all "$TMPDIR/wgdiag" check
	else
		skip 'no user namespace left' 'no user namespaces here'
	fi
	for who in "$as_root" "$as_nobody"; do
		refuses "unshare forbidden, ${who%% *}: a container without rights" 3 \
			'create a user namespace: Operation not permitted' 'docker run --cap-add' \
			$who "$TMPDIR/forbid" unshare "$TMPDIR/wgdiag" check
	done
	# 2. the maps refused: the files in /proc of a program that is setgid are root's
	cp "$TMPDIR/wgdiag" "$TMPDIR/setgid" && chgrp 1 "$TMPDIR/setgid" && chmod 2755 "$TMPDIR/setgid"
	cp "$(command -v id)" "$TMPDIR/id" && chgrp 1 "$TMPDIR/id" && chmod 2755 "$TMPDIR/id"
	if [ "$($as_nobody "$TMPDIR/id" -g)" != 1 ]; then
		skip 'setgroups and uid_map refused' "$TMPDIR is mounted nosuid"
	else
		refuses 'setgroups and uid_map refused' 3 'write /proc/self/setgroups: Permission denied' \
			'setgid' $as_nobody "$TMPDIR/setgid" check
	fi
	# shellcheck disable=SC2016
	readonly_proc='mount -o remount,bind,ro /proc && exec "$0" "$@"'
	refuses '/proc is read-only' 3 'write /proc/self/setgroups: Read-only file system' 'mount it read-write' \
		unshare -m sh -c "$readonly_proc" $as_nobody "$TMPDIR/wgdiag" check
	# 3 and 4. no tun node for this user, and one that may not be used
	refuses 'a tun node that is for root only' 3 'open /dev/net/tun: Permission denied' 'chmod a+rw /dev/net/tun' \
		with_node 600 $as_nobody "$TMPDIR/wgdiag" check
	refuses 'the same, as JSON' 3 'open /dev/net/tun: Permission denied' 'chmod a+rw /dev/net/tun' \
		with_node 600 $as_nobody "$TMPDIR/wgdiag" check --json
	for who in "$as_root" "$as_nobody"; do
		refuses "a tun device refused, ${who%% *}" 3 'create tun device' 'CAP_NET_ADMIN' \
			with_node 666 $who "$TMPDIR/forbid" tun "$TMPDIR/wgdiag" check
	done
	setpriv --bounding-set=-net_raw "$TMPDIR/wgdiag" check >"$TMPDIR/out" 2>"$TMPDIR/err"
	is 'without CAP_NET_RAW: exit' $? 3
	check 'without CAP_NET_RAW: what to do is told in the rows' \
		grep -q 'SKIP.*run as root, or grant CAP_NET_RAW' "$TMPDIR/out"
else
	skip 'missing privileges' 'no setpriv here'
fi

# A user namespace without numbers for its users, and one of processes that is only half entered.
if command -v setpriv >/dev/null 2>&1 && unshare -U true 2>/dev/null; then
	for who in "$as_root" "$as_nobody"; do
		refuses "unshare -U, ${who%% *}" 3 'create a user namespace: Operation not permitted' \
			'has no number for this user: unshare -U -r)' $who unshare -U "$TMPDIR/wgdiag" check
	done
else
	skip 'unshare -U' 'no user namespaces here, or no setpriv'
fi
refuses 'unshare -p without -f' 3 'create a PID and a mount namespace: Invalid argument' 'unshare -p -f)' \
	unshare -p "$TMPDIR/wgdiag" check

# A kernel without namespaces, or too many of them: 38 ENOSYS, 22 EINVAL, 87 EUSERS, 28 ENOSPC.
for code in '38 no such namespaces' '22 no such namespaces' '87 nested too deep' '28 user.max_pid_namespaces'; do
	refuses "unshare fails with ${code%% *}" 3 'create a PID and a mount namespace: ' "${code#* }" \
		"$TMPDIR/forbid" "unshare=${code%% *}" "$TMPDIR/wgdiag" check
done
# What was never mounted is not unmounted, where a filter refuses both ways.
# shellcheck disable=SC2016
own_run='mount -t tmpfs none /run && : >/run/mark && { "$@"; [ -e /run/mark ] || echo "/run is gone" >&2; }'
check 'unshare and setns forbidden: /run stays' test "$(unshare -m sh -c "$own_run" - "$TMPDIR/forbid" \
	unshare,setns "$TMPDIR/wgdiag" check 2>&1 | grep -c .)" = 1

printf '[Interface]\nPrivateKey = %s\n[Peer]\nPublicKey = %s\nEndpoint = 192.0.2.1:9\nAllowedIPs = 192.0.2.9/32\n' \
	AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA= BQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= >"$TMPDIR/a.conf"
chmod 600 "$TMPDIR/a.conf"

# Some editors end lines so, and wg would read one.
tr '\n' '\r' <"$TMPDIR/a.conf" >"$TMPDIR/mac.conf"
refuses 'line ends of CR only' 2 "$TMPDIR/mac.conf: " 'its line ends are CR only' "$TMPDIR/wgdiag" check "$TMPDIR/mac.conf"

# What our own engine is refused is no fault of the tunnel's.
sandboxed='a sandbox (seccomp) forbids it'
for what in 'memfd_create (memfd_create): Operation not permitted' \
	'timerfd_create (timerfd_create): Operation not permitted' \
	'memfd_create=38 (memfd_create): Function not implemented' \
	'memfd_create=24 (memfd_create): Too many open files' 'timerfd_create=kill killed for a system call'; do
	refuses "the engine is refused ${what%% *}" 3 "wgdiag: start engine builtin: " "${what#* }" \
		"$TMPDIR/forbid" "${what%% *}" "$TMPDIR/wgdiag" check
done
refuses 'the same, and what to do' 3 memfd_create "$sandboxed" "$TMPDIR/forbid" memfd_create "$TMPDIR/wgdiag" check --json
refuses 'the same, a fault of the lab' 3 memfd_create "$sandboxed" \
	"$TMPDIR/forbid" memfd_create "$TMPDIR/wgdiag" lab tun-framing
# shellcheck disable=SC2016
empty_run='mount -t tmpfs none /run && exec "$0" "$@"'
refuses 'the same, of a file' 3 memfd_create "$sandboxed" \
	unshare -m -n sh -c "$empty_run" "$TMPDIR/forbid" memfd_create "$TMPDIR/wgdiag" check -q --engine builtin "$TMPDIR/a.conf"
if command -v wireguard-go >/dev/null 2>&1; then
	refuses 'the same, of the far end' 3 memfd_create "$sandboxed" \
		"$TMPDIR/forbid" memfd_create "$TMPDIR/wgdiag" check --engine wireguard-go
else
	skip 'the same, of the far end' 'no wireguard-go'
fi
# Of a program that was given that is not known.
"$TMPDIR/forbid" memfd_create "$TMPDIR/wgdiag" check --engine-cmd "$TMPDIR/wgdiag engine -f {name}" >"$TMPDIR/out" 2>&1
is "another engine's end is its own: exit" $? 1
check "another engine's end is its own: and told" grep -q 'exited with status 3' "$TMPDIR/out"
# shellcheck disable=SC2016,SC3045
refuses 'files may not grow' 3 'size the trace ring: File too large' 'ulimit -f' \
	sh -c 'ulimit -f 1 && exec "$0" check' "$TMPDIR/wgdiag"
if grep -q __asan_init "$WGDIAG"; then
	skip 'a small stack' 'the sanitizers need more of it'
else
	# shellcheck disable=SC2016,SC3045
	refuses 'a small stack' 3 'the stack may have 64 kB here, a run needs' 'ulimit -Hs' \
		sh -c 'ulimit -s 64 && exec "$0" check' "$TMPDIR/wgdiag"
	# shellcheck disable=SC2016,SC3045
	check 'the soft limit of the stack is raised' sh -c 'ulimit -Ss 64 && exec "$0" check -q -c 1' "$TMPDIR/wgdiag"
fi
if command -v setpriv >/dev/null 2>&1 && command -v bash >/dev/null 2>&1; then
	# dash has no ulimit -u.
	# shellcheck disable=SC2016
	no_process='ulimit -u 1 && exec "$0" "$@"'
	refuses 'too many processes' 3 'Resource temporarily unavailable' 'ulimit -u' \
		with_node 666 $as_nobody bash -c "$no_process" "$TMPDIR/wgdiag" check
else
	skip 'too many processes' 'no setpriv, or no bash'
fi

# 5. a chroot, for root and for a user: into a copy of what the program needs, without a mount
root=$TMPDIR/root
mkdir -p "$root/proc" "$root/run" "$root/dev" "$root/tmp" && chmod 755 "$root"
ldd "$TMPDIR/wgdiag" | grep -o '/[^ ]*' | while read -r lib; do
	mkdir -p "$root/$(dirname "$lib")" && cp -L "$lib" "$root/$lib"
done
cp "$TMPDIR/wgdiag" "$root/wgdiag"
# shellcheck disable=SC2016
in_chroot='mount -t proc none "$0/proc" && exec "$@"'
refuses 'a chroot, root' 3 'make the mounts private' 'pivot_root' \
	unshare -m sh -c "$in_chroot" "$root" chroot "$root" /wgdiag check
refuses 'a chroot, an ordinary user' 3 'create a user namespace: Operation not permitted' 'chroot' \
	unshare -m sh -c "$in_chroot" "$root" chroot --userspec=65534:65534 "$root" /wgdiag check

# Something else where the tun device should be.
# shellcheck disable=SC2016
in_place='mount -t tmpfs -o mode=755 none /dev/net && eval "$0" && exec "$@"'
refuses 'the tun node is a plain file' 3 'wgdiag: /dev/net/tun: ' 'mknod /dev/net/tun c 10 200' \
	unshare -m sh -c "$in_place" ': >/dev/net/tun' "$TMPDIR/wgdiag" check
refuses 'the tun node is a folder' 3 'open /dev/net/tun: Is a directory' 'rm -r /dev/net/tun' \
	unshare -m sh -c "$in_place" 'mkdir /dev/net/tun' "$TMPDIR/wgdiag" check
# 3 null, 8 random: ENOTTY and EINVAL
for minor in 3 8; do
	if unshare -m sh -c "$in_place" "mknod /dev/net/tun c 1 $minor" true 2>/dev/null; then
		refuses "the tun node is another, 1:$minor" 3 'wgdiag: /dev/net/tun: ' 'that is no tun device' \
			unshare -m sh -c "$in_place" "mknod /dev/net/tun c 1 $minor" "$TMPDIR/wgdiag" check
	else
		skip "the tun node is another, 1:$minor" 'no mknod here'
	fi
done

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
	no_proc='umount -l /proc && exec "$0" "$@"'
	for args in '' '--dry-run' 'lo' '--netns 1 wg0' "--engine builtin $TMPDIR/a.conf"; do
		# shellcheck disable=SC2086
		refuses "no /proc: check $args" 3 '/proc/' 'mount -t proc proc /proc' \
			unshare -m -n sh -c "$no_proc" "$TMPDIR/wgdiag" check $args
	done
	if command -v wireguard-go >/dev/null 2>&1; then
		for args in '' "$TMPDIR/a.conf"; do
			# shellcheck disable=SC2086
			refuses "no /proc, another engine: check $args" 3 '/proc/' 'mount -t proc proc /proc' \
				unshare -m -n sh -c "$no_proc" "$TMPDIR/wgdiag" check --engine wireguard-go $args
		done
	else
		skip 'no /proc, another engine' 'no wireguard-go'
	fi
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

# shellcheck disable=SC2016,SC3045
refuses 'files may not grow, the engine alone' 3 'File too large' engine \
	sh -c 'ulimit -f 1 && exec unshare -m -n "$0" engine -f ff' "$TMPDIR/wgdiag"

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
