#!/bin/sh
# `wgdiag explain`: the text of TROUBLESHOOTING.md for each heading of it, the kernel's reasons among
# them; the words of the protocol core for its reasons; one line for what it does not know.
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
	/^#+ / { n = index($0, " ") - 1
		if (on && n <= on) exit
		head = substr($0, n + 2); sub(/: .*/, "", head); many = split(head, w, ", ")
		for (i = 1; i <= many; i++) if (w[i] == id) on = n }
	on { s = $0; sub(/^#+ /, "", s); if (s !~ /^    /) { gsub("`", "", s); gsub(/\*\*/, "", s) } print s }' "$text"
}

ids=$(sed -n 's/^##* \([a-z][a-z0-9._-]*\): .*/\1/p' "$text")
check 'there are headings' [ "$(printf '%s\n' "$ids" | grep -c .)" -gt 9 ]
kernel=$(sed -n 's/^##* \([A-Z][A-Z0-9_, ]*\): .*/\1/p' "$text" | tr -d ' ' | tr , '\n')
check 'there are reasons of the kernel' [ "$(printf '%s\n' "$kernel" | grep -c .)" -gt 40 ]
ids="$ids
$kernel"
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

# Each of the kernel's: what it means, how to confirm it, what helps, and whose cause it is.
missing=
for id in $kernel; do
	env -i "$WGDIAG" explain "$id" >"$TMPDIR/got"
	for word in Means 'By hand' Fix Cause; do
		grep -q "^$word\." "$TMPDIR/got" ||
			missing="$missing$id: $word
"
	done
	# What it names there is explained as well.
	for cause in $(section "$id" | sed -n 's/^Cause\. //p' | grep -oE '[a-z]+(-[a-z]+)+'); do
		"$WGDIAG" explain "$cause" >/dev/null 2>&1 || missing="$missing$id: the cause $cause
"
	done
done
clean 'each reason of the kernel has all that it must have' "$missing"
"$WGDIAG" explain NETFILTER_DROP >"$TMPDIR/want"
for id in netfilter_drop SKB_DROP_REASON_NETFILTER_DROP skb_drop_reason_Netfilter_Drop; do
	"$WGDIAG" explain "$id" >"$TMPDIR/got" 2>&1
	check "explain $id" diff "$TMPDIR/want" "$TMPDIR/got"
done
is 'one of several' "$("$WGDIAG" explain UDP_CSUM)" "$("$WGDIAG" explain IP_CSUM)"

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
refuses 'did you mean NETFILTER_DROP?' NETFILTR_DROP
refuses 'did you mean UDP_CSUM?' skb_drop_reason_udp_csumm
refuses "nothing known of 'SKB_DROP_REASON_'" SKB_DROP_REASON_
refuses "nothing known of 'IP_CSUM,'" IP_CSUM,
refuses 'did you mean tun-framing?' TUN-FRAMING
refuses "nothing known of 'frobnicate'" frobnicate
refuses "nothing known of ''" ''
refuses "unexpected argument 'more'" ping.self more
refuses "unknown option '--all'" --all
"$WGDIAG" explain ping.self >/dev/full 2>"$TMPDIR/err"
is 'what cannot be printed: exit' $? 4
finish
