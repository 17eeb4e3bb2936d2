#!/bin/sh
# The pure half compiles for a Mac, where zig can be had as a cross compiler.
#
# The headers of libsodium, libb2 and jansson are plain C and the same everywhere:
# copies of this machine's are used, so that its other headers stay out of sight.
# timeout: 600
: "${TOP:=$(cd "$(dirname "$0")/../../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
cd "$TREE" || exit 1
target=aarch64-macos
own=$WGDIAG_BUILD/zig/bin/python3

find_zig()
{
	if command -v zig >/dev/null 2>&1; then
		zig='zig'
	elif python3 -c 'import ziglang' 2>/dev/null; then
		zig='python3 -m ziglang'
	elif [ -x "$own" ] && "$own" -c 'import ziglang' 2>/dev/null; then
		zig="$own -m ziglang"
	else
		return 1
	fi
}

# Only `make lint` sets WGDIAG_FETCH: the tests themselves fetch nothing.
fetch_zig()
{
	[ -n "${WGDIAG_FETCH:-}" ] && command -v python3 >/dev/null 2>&1 || return 1
	timeout 30 python3 -m venv "${own%/bin/python3}" >/dev/null 2>&1 &&
		timeout 300 "$own" -m pip install -q ziglang >/dev/null 2>&1
}

find_zig || { fetch_zig && find_zig; } || skip_all "no zig here (make lint tries pip install ziglang)"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"; tap_exit' EXIT
mkdir "$tmp/include"
for h in sodium.h sodium blake2.h jansson.h jansson_config.h; do
	for d in /usr/include /usr/include/"$(${CC:-cc} -dumpmachine)" /usr/local/include; do
		[ ! -e "$d/$h" ] || { cp -r "$d/$h" "$tmp/include/"; break; }
	done
done
# Zig's caches go with the rest, and not to the home folder.
ZIG_GLOBAL_CACHE_DIR=$tmp/cache ZIG_LOCAL_CACHE_DIR=$tmp/cache
export ZIG_GLOBAL_CACHE_DIR ZIG_LOCAL_CACHE_DIR

found='' n=0
for d in $PURE; do
	for f in src/"$d"/*.c; do
		[ -f "$f" ] || continue
		n=$((n + 1))
		# shellcheck disable=SC2086 # $zig holds words
		out=$($zig cc -target $target -std=gnu11 -Wall -Wextra -Isrc -isystem "$tmp/include" -D_GNU_SOURCE \
			-c -o "$tmp/o.o" "$f" 2>&1) || found="$found$f:
$out
"
	done
done
clean "$n files of the pure half compile for $target" "$found"
finish
