#!/bin/sh
# The pure half touches nothing: no socket, no clock, no file, no output.
#
# Seen from both sides: the headers it includes, and, since a declaration can be
# had without a header, the symbols its objects want from outside.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
lib=${PURE_LIB:-$WGDIAG_BUILD/libpure.a}

cd "$TREE" || exit 1
for d in $PURE; do
	[ ! -d "src/$d" ] || find "src/$d" -name '*.[ch]'
done | sort >"${TMPDIR:-/tmp}/pure.$$"
found=$(xargs awk '
BEGIN {
	n = split("assert.h ctype.h errno.h inttypes.h limits.h math.h stdalign.h stdarg.h stdbool.h " \
		"stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h sodium.h blake2.h jansson.h", h, " ")
	for (i = 1; i <= n; i++)
		may["<" h[i] ">"] = 1
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	name = $0
	sub(/^[^<]*/, "", name)
	sub(/>.*/, ">", name)
	if (!(name in may) && name !~ /^<sodium\//)
		print FILENAME ":" FNR ": the pure half does not include " name
}' /dev/null <"${TMPDIR:-/tmp}/pure.$$")
rm -f "${TMPDIR:-/tmp}/pure.$$"
clean 'the pure half includes no header of the system' "$found"

[ -f "$lib" ] || { skip 'the pure half calls nothing of the system' "no $lib: make first"; finish; }
# What is allowed: memory, strings, numbers, formatting into a buffer, sorting,
# assert; crypto and JSON; what compilers add by themselves.
found=$(nm -A "$lib" 2>/dev/null | awk '
$(NF - 1) ~ /^[TDRBVWCi]$/ { defined[$NF] = 1 }
$(NF - 1) == "U" { sub(/:[0-9a-f ]*$/, "", $1); wants[$NF] = wants[$NF] " " $1 }
END {
	ok = "^(_*mem(cpy|move|set|cmp|chr|rchr|mem|pcpy)(_chk)?|explicit_bzero|bcmp" \
		"|_*str(len|nlen|cmp|ncmp|casecmp|ncasecmp|chr|chrnul|rchr|str|spn|cspn|pbrk|cpy|ncpy|cat|ncat|sep|tok_r|dup|ndup)(_chk)?" \
		"|_*stpcpy(_chk)?|_*strdup|_*strndup|strerror|strerror_r|__xpg_strerror_r|strerrordesc_np|strerrorname_np" \
		"|(__isoc[0-9]*_)?strto(l|ul|ll|ull|d|imax|umax)|_*(v?snprintf|v?asprintf)(_chk)?" \
		"|malloc|calloc|realloc|reallocarray|free|qsort|bsearch" \
		"|abort|__assert_fail|__stack_chk_fail|__chk_fail|__errno_location|__ctype_(b|tolower|toupper)_loc" \
		"|tolower|toupper|isdigit|isspace|isalnum|isxdigit|isprint|isalpha|isupper|ntohl|ntohs|htonl|htons" \
		"|f?abs|sqrt|floor|ceil|l?round|l?lround|llround|pow|log|log2|log10|exp|fmin|fmax|trunc|_GLOBAL_OFFSET_TABLE_" \
		"|crypto_.*|sodium_(memzero|memcmp|is_zero|increment|compare|malloc|free|mlock|munlock|bin2.*|.*2bin|base64_.*|init|unrecoverable|add|pad|unpad)" \
		"|blake2.*|json.*|__(asan|ubsan|sanitizer|sancov|lsan)_.*|__u?(div|mod)[a-z0-9]*)$"
	for (s in wants)
		if (!(s in defined) && s !~ ok)
			print s " is wanted by" wants[s]
}' | sort)
clean 'the pure half calls nothing of the system' "$found"
finish
