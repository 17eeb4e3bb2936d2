#!/bin/sh
# Which system this is may be asked only under src/sys/; elsewhere, the vtable is.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"

cd "$TREE" || exit 1
found=$(c_files | grep -v '^src/sys/' | xargs grep -nE \
	'^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif).*(__linux|__APPLE__|__FreeBSD__|__OpenBSD__|__NetBSD__|__unix|_WIN32|__ANDROID__)' \
	/dev/null)
clean 'no #ifdef for a system outside src/sys' "$found"

# Only cmd/, main.c and report/ print; only main exits.
found=$(c_files | grep -vE '^src/(cmd|report)/|^src/main\.c$' | xargs grep -nE \
	'(^|[^a-z_])(printf|puts|putchar|perror|vprintf)[[:space:]]*\(|fprintf[[:space:]]*\([[:space:]]*std|fput[cs][[:space:]]*\([^;]*std(out|err)' \
	/dev/null)
clean 'only cmd, report and main.c print' "$found"
found=$(c_files | grep -vE '^src/main\.c$' | xargs grep -nE '(^|[^a-z_])exit[[:space:]]*\(' /dev/null)
clean 'only main exits' "$found"
finish
