#!/bin/sh
# `wgdiag check NAME` of a tunnel that is not there: the nearest name is said, also of the *.conf files
# of the current folder and of /etc/wireguard; always one line, exit 2.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"
mkdir "$TMPDIR/here" "$TMPDIR/here/folder9.conf" && cd "$TMPDIR/here" || exit 1
# Names that no interface has. Nobody reads them: these are no configurations.
for f in zzq7.conf office-network.conf .hidden9.conf zzq7.txt "$(printf 'sp\033ace9.conf')"; do echo x >"$f"; done

# refused LINE COMMAND...
refused()
{
	line=$1
	shift
	env -i "$WGDIAG" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "$*: exit" $? 2
	is "$*: said" "$(cat "$TMPDIR/err")" "wgdiag $1: $line"
	clean "$*: nothing on stdout" "$(cat "$TMPDIR/out")"
}
refused 'zzq7.con: there is no such interface (did you mean zzq7.conf?)' check zzq7.con
refused 'zzq7: there is no such interface (did you mean zzq7.conf?)' check zzq7
refused 'zzq77: there is no such interface (did you mean zzq7.conf?)' check zzq77
refused 'ZZQ7.conf: there is no such interface (did you mean zzq7.conf?)' check ZZQ7.conf
refused 'office-netwrk: there is no such interface (did you mean office-network.conf?)' check office-netwrk
refused "'office-network.con' is no name of an interface (did you mean office-network.conf?)" check office-network.con
refused 'space9: there is no such interface (did you mean sp\x1bace9.conf?)' check space9
refused 'zzq7.con: there is no such interface (did you mean zzq7.conf?)' loss zzq7.con
# What is none, and where no file would do.
refused 'folder9: there is no such interface' check folder9
refused 'hidden9: there is no such interface' check hidden9
refused 'zzxxyyq: there is no such interface' check zzxxyyq
refused "'zzxxyyq-of-the-office' is no name of an interface" check zzxxyyq-of-the-office
refused 'zzq7.con: there is no such interface' check zzq7.con --endpoint 192.0.2.1:7
refused "'office-network.con' is no name of an interface" serve office-network.con

# Of /etc/wireguard, in a mount namespace of the test's.
why=$(unshare -r -m true 2>&1) || why=${why:-no namespaces here}
if [ -z "$why" ]; then
	cat >"$TMPDIR/etc" <<'END'
mount -t tmpfs -o mode=755 none /etc && mkdir /etc/wireguard && : >/etc/wireguard/qqz8.conf && cd / || exit 9
for name in qqz9 qqz8.conf qqz8; do "$1" check $name; echo $?; done
cd "$2" && : >/etc/wireguard/zzq8.conf && "$1" check zzq9
END
	unshare -r -m sh "$TMPDIR/etc" "$WGDIAG" "$TMPDIR/here" >"$TMPDIR/out" 2>&1
	is '/etc/wireguard' "$(cat "$TMPDIR/out")" 'wgdiag check: qqz9: there is no such interface (did you mean /etc/wireguard/qqz8.conf?)
2
wgdiag check: qqz8.conf: there is no such interface (did you mean /etc/wireguard/qqz8.conf?)
2
wgdiag check: qqz8: there is no such interface (there is /etc/wireguard/qqz8.conf: wg-quick up qqz8)
2
wgdiag check: zzq9: there is no such interface (did you mean zzq7.conf?)'
else
	skip '/etc/wireguard' "$why"
fi
finish
