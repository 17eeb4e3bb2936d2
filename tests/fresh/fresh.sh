#!/bin/sh
# The README's two commands, on a Debian that has make and a shell and no more.
#
#   tests/fresh/fresh.sh [--worktree] [--keep] [root] [user] [shell]
#
# root: as root, without sudo. user: as an ordinary user, with sudo. Default: both.
# shell: not a test, but a look around. --worktree: the files as they are here,
# also uncommitted ones; otherwise a clone of what is committed. --keep: the
# folder stays, to look at.
#
# Needs root, debootstrap and this machine's package mirror (taken from apt's own
# settings; nothing else is contacted). Takes some minutes and 3 GB.
#
# Why not a chroot: the kernel refuses user namespaces in one, and then what is
# tested is not what a person has. This is a mount namespace of its own, entered by
# pivot_root, with its own /proc, a read-only /sys, and a /dev of the few nodes a
# container has plus /dev/net/tun. devtmpfs is never mounted there: it would be the
# machine's own, writable.
set -eu
umask 022

top=$(cd "$(dirname "$0")/../.." && pwd)
worktree='' keep='' variants=''
for a; do
	case $a in
	--worktree) worktree=1 ;;
	--keep) keep=1 ;;
	root|user|shell) variants="$variants $a" ;;
	*) echo "fresh: what is '$a'?" >&2; exit 2 ;;
	esac
done
[ -n "$variants" ] || variants='root user'

say() { echo "fresh: $*"; }
die() { say "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die 'needs root (it makes namespaces and device nodes)'
command -v debootstrap >/dev/null || die 'needs debootstrap: apt-get install debootstrap'
command -v apt-get >/dev/null || die 'needs a machine whose packages come by apt-get'

dir=$(mktemp -d /var/tmp/wgdiag-fresh.XXXXXX)
# Everything is mounted in namespaces that end with their commands. If something
# were mounted here all the same, removing would reach into it.
tidy()
{
	rc=$?
	if [ -n "$keep" ]; then
		say "kept $dir"
	elif grep -qF " $dir/" /proc/self/mountinfo; then
		say "something is mounted below $dir; not removed" >&2
	else
		rm -rf --one-file-system "$dir"
	fi
	exit $rc
}
trap tidy EXIT
trap 'exit 130' INT TERM

# --- a Debian ---------------------------------------------------------------

suite=${FRESH_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
	awk -v s="$suite" '$2 == s && $3 == "main" { print $1; exit }')
[ -n "$mirror" ] || die "apt has no source for $suite here"

# What apt knows of the way to its mirror: sources, proxies, certificates, dates.
copy_apt_settings()
{
	rm -f "$1"/etc/apt/sources.list
	for f in etc/apt/sources.list etc/apt/sources.list.d etc/apt/keyrings etc/apt/trusted.gpg.d etc/resolv.conf; do
		[ ! -e "/$f" ] || cp -rL "/$f" "$1/${f%/*}/"
	done
	apt-config dump --no-empty Acquire |
		grep -v '^Acquire::\(IndexTargets\|Changelogs\|Languages\|cdrom\)' >"$1/etc/apt/apt.conf.d/90fresh"
	if grep -rqs 'https:' "$1/etc/apt/sources.list" "$1/etc/apt/sources.list.d"; then
		mkdir -p "$1/etc/ssl/certs"
		cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
	fi
	printf '127.0.0.1 localhost fresh\n::1 localhost fresh\n' >"$1/etc/hosts"
	# Hosts this machine knows by name, such as a mirror's.
	grep -v 'localhost' /etc/hosts >>"$1/etc/hosts" || :
	echo fresh >"$1/etc/hostname"
}

# enter ROOT COMMAND: by sh, inside, as its root, with an environment of its own.
# The first process is the new pid namespace's; when it ends, all in there ends.
enter()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
		${no_proxy:+no_proxy="$no_proxy"} TERM="${TERM:-dumb}" \
		unshare -m -u -p -f --kill-child sh "$top/tests/fresh/inside.sh" "$1" "$2"
}

say "debootstrap $suite"
base=$dir/base
debootstrap --variant=minbase "$suite" "$base" "$mirror" >"$dir/debootstrap.log" 2>&1 ||
	{ tail -n 20 "$dir/debootstrap.log" >&2; die 'debootstrap failed'; }
copy_apt_settings "$base"
enter "$base" 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends make' \
	>"$dir/make.log" 2>&1 || { tail -n 20 "$dir/make.log" >&2; die 'installing make failed'; }
# A new machine has no lists of packages and no cache, so neither does this one.
rm -rf "$base"/var/lib/apt/lists/* "$base"/var/cache/apt/*.bin "$base"/var/cache/apt/archives/*.deb
for c in gcc cc clang pkg-config git python3 ip wg sudo nft; do
	for p in usr/bin usr/sbin usr/local/bin; do
		[ ! -e "$base/$p/$c" ] || die "the new machine has $c already: it proves nothing"
	done
done

# --- the tree ----------------------------------------------------------------

tree=$dir/tree
if [ -n "$worktree" ]; then
	mkdir "$tree"
	(cd "$top" && git ls-files -z --cached --others --exclude-standard | tar --null -c -T - -f - --ignore-failed-read) |
		tar -x -C "$tree" --no-same-owner
else
	git clone -q --no-local "$top" "$tree"
fi

# --- the two commands -----------------------------------------------------------

failed=0
result()
{
	if [ "$2" = 0 ]; then
		say "ok      $1"
	else
		say "NOT OK  $1"
		failed=$((failed + 1))
	fi
}

# command VARIANT ROOT MAKE-GOAL: runs it and leaves what it printed in $log.
command_in()
{
	log=$dir/$1-$3.log
	start=$(date +%s)
	say "$1: make $3"
	if [ "$1" = user ]; then
		run="cd /home/someone/wgdiag && su someone -c 'make $3' </dev/null"
	else
		run="cd /root/wgdiag && make $3 </dev/null"
	fi
	rc=0
	enter "$2" "$run" >"$log" 2>&1 || rc=$?
	result "$1: make $3: exit 0 (was $rc, $(($(date +%s) - start)) s)" "$rc"
	[ "$rc" = 0 ] || tail -n 60 "$log" | sed 's/^/    /'
}

variant()
{
	root=$dir/$1
	cp -a "$base" "$root"
	if [ "$1" = user ]; then
		enter "$root" 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends sudo &&
			useradd -m -s /bin/sh someone && echo "someone ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/someone &&
			rm -rf /var/lib/apt/lists/*' >"$dir/sudo.log" 2>&1 || { cat "$dir/sudo.log"; die 'sudo could not be installed'; }
		home=home/someone
	else
		home=root
	fi
	cp -a "$tree" "$root/$home/wgdiag"
	# By numbers: the names are those of the other machine.
	[ "$1" != user ] || chown -R "$(stat -c %u:%g "$root/$home")" "$root/$home/wgdiag"

	if [ "$1" = shell ]; then
		enter "$root" 'cd /root/wgdiag && exec sh' || :
		return
	fi
	command_in "$1" "$root" run
	grep -q '^Verdict: ' "$log" && rc=0 || rc=1
	result "$1: make run: ends with the table" "$rc"
	[ "$rc" = 0 ] || tail -n 20 "$log" | sed 's/^/    /'
	command_in "$1" "$root" test
	last=$(tail -n 1 "$log")
	printf '%s\n' "$last" | grep -qE '^[1-9][0-9]* passed, 0 failed, [0-9]+ skipped$' && rc=0 || rc=1
	result "$1: make test: $last" "$rc"
	grep '^SKIP ' "$log" | sed 's/^/    /' || :
	if [ "$1" = user ]; then
		left=$(find "$root/$home/wgdiag" ! -uid "$(stat -c %u "$root/$home")" | head -n 5)
		[ -z "$left" ] && rc=0 || rc=1
		result "user: no file of root's in the tree $left" "$rc"
	fi
	[ -n "$keep" ] || rm -rf --one-file-system "$root"
}

for v in $variants; do
	variant "$v"
done
say "$failed wrong"
[ "$failed" = 0 ]
