#!/bin/sh
# gcc and clang compile every file without a warning. gcc does all its work, since some
# of its warnings come from optimising; clang's do not, so it only reads. What the
# build that is tested was made with, warnings being errors, is not done again.
# timeout: 900
: "${TOP:=$(cd "$(dirname "$0")/../../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
cd "$TREE" || exit 1

jobs=$(nproc 2>/dev/null || echo 1)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"; tap_exit' EXIT

# with COMPILER FOLDER TARGET [VARIABLE]
with()
{
	cc=$1 folder=$2 target=$3
	shift 3
	if out=$(make -f mk/build.mk CC="$cc" WERROR=1 SAN= O="$folder" -j"$jobs" "$@" "$target" 2>&1); then
		ok "no warning of $cc"
	else
		not_ok "no warning of $cc" "$(printf '%s\n' "$out" | grep -vE '^  (CC|LINK) ' | tail -n 60)"
	fi
}

if ! command -v gcc >/dev/null 2>&1; then
	skip 'no warning of gcc' 'no gcc here'
elif grep -q '^gcc .* -Werror ' "$WGDIAG_BUILD/flags" 2>/dev/null; then
	with gcc "${WGDIAG_BUILD#"$PWD/"}" test-programs
else
	with gcc "$tmp/gcc" test-programs
fi
if command -v clang >/dev/null 2>&1; then
	with clang "$tmp/clang" syntax CFLAGS='-O2 -fsyntax-only'
else
	skip 'no warning of clang' 'no clang here'
fi
finish
