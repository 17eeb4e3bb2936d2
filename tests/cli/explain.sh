#!/bin/sh
# `wgdiag explain`: the text of TROUBLESHOOTING.md for each heading of it; the words of the
# protocol core for reasons; one line for what it does not know.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"
text=$TOP/TROUBLESHOOTING.md

# What a section has to be: the file's lines, without the marks.
section()
{
	awk -v id="$1" '
	/^#+ / { split($0, w, /[ :]+/); n = length(w[1]); gsub("`", "", w[2])
		if (on && n <= on) exit
		if (w[2] == id) on = n }
	on { s = $0; sub(/^#+ /, "", s); if (s !~ /^    /) { gsub("`", "", s); gsub(/\*\*/, "", s) } print s }' "$text"
}

ids=$(sed -n 's/^##* `*\([a-z][a-z0-9._-]*\)`*: .*/\1/p' "$text")
check 'there are headings' [ "$(printf '%s\n' "$ids" | grep -c .)" -gt 9 ]
for id in $ids; do
	section "$id" >"$TMPDIR/want"
	env -i LC_ALL=C.UTF-8 "$WGDIAG" explain "$id" >"$TMPDIR/got" 2>"$TMPDIR/err"
	is "explain $id: exit" $? 0
	check "explain $id: what the file says" diff "$TMPDIR/want" "$TMPDIR/got"
done
"$WGDIAG" explain >"$TMPDIR/list"
missing=
for id in $ids in_mac1 io_send_perm; do
	grep -q "^$id " "$TMPDIR/list" || missing="$missing $id"
done
clean 'the list has them all' "$missing"
is 'a reason' "$("$WGDIAG" explain in_mac1 | head -n 1)" 'in_mac1: mac1 is not for our public key'

# On a terminal: as wide as that, and in characters that it can show.
for id in $ids in_mac1 io_send_perm; do
	env -i LC_ALL=C COLUMNS=60 "$WGDIAG" explain "$id" >"$TMPDIR/got"
	clean "explain $id, LC_ALL=C: ASCII" "$(LC_ALL=C grep -n '[^ -~]' "$TMPDIR/got")"
	clean "explain $id, 60 columns: no running text is wider" "$(grep -vE '^(    |\|)' "$TMPDIR/got" | grep -E '.{61}')"
done
clean 'the list, 60 columns' "$(env -i LC_ALL=C COLUMNS=60 "$WGDIAG" explain | grep -E '.{61}')"

refuses()
{
	words=$1
	shift
	"$WGDIAG" explain "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
	is "explain $*: exit" $? 2
	is "explain $*: one line" "$(wc -l <"$TMPDIR/err")" 1
	check "explain $*: $words" grep -qF -- "$words" "$TMPDIR/err"
	clean "explain $*: nothing on stdout" "$(cat "$TMPDIR/out")"
}
refuses 'did you mean ping.self?' ping.slef
refuses "nothing known of 'frobnicate'" frobnicate
refuses "nothing known of ''" ''
refuses "unexpected argument 'more'" ping.self more
refuses "unknown option '--all'" --all
"$WGDIAG" explain ping.self >/dev/full 2>"$TMPDIR/err"
is 'what cannot be printed: exit' $? 4
finish
