#!/bin/sh
# gcc and clang compile every file without a warning. gcc optimises, since some
# of its warnings come from that; clang's do not.
# timeout: 900
: "${TOP:=$(cd "$(dirname "$0")/../../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
cd "$TREE" || exit 1

jobs=$(nproc 2>/dev/null || echo 1)
for cc in gcc clang; do
	command -v $cc >/dev/null 2>&1 || { skip "no warning of $cc" "no $cc here"; continue; }
	tmp=$(mktemp -d)
	if out=$(make -f mk/build.mk CC=$cc WERROR=1 SAN= O="$tmp/o" -j"$jobs" test-programs 2>&1); then
		ok "no warning of $cc"
	else
		not_ok "no warning of $cc" "$(printf '%s\n' "$out" | grep -vE '^  (CC|LINK) ' | tail -n 60)"
	fi
	rm -rf "$tmp"
done
finish
