#!/bin/sh
# beside: others
# needs: root
# A run that is kept and judged again says the same, to the byte: healthy, and with an engine that
# does not work; by an ordinary user, in an empty environment.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ "$(id -u)" = 0 ] || skip_all 'needs root'
chmod 755 "$TMPDIR"

# again NAME EXIT: $TMPDIR/$1.json and what the run said are there.
again()
{
	for form in json text; do
		opt=-v
		[ "$form" = text ] || opt=--json
		# shellcheck disable=SC2024
		setpriv --reuid=65534 --clear-groups env -i "$TMPDIR/wgdiag" check --facts "$TMPDIR/$1.$form.facts" $opt \
			>"$TMPDIR/$1.$form.again" 2>"$TMPDIR/err"
		is "$1, $form: exit" $? "$2"
		clean "$1, $form: silent on stderr" "$(cat "$TMPDIR/err")"
		check "$1, $form: the same bytes" cmp "$TMPDIR/$1.$form.out" "$TMPDIR/$1.$form.again"
	done
}

# A copy that everybody may reach.
cp "$WGDIAG" "$TMPDIR/wgdiag"
chmod 755 "$TMPDIR/wgdiag"
umask 022
# kept NAME EXIT ARGUMENT...
kept()
{
	name=$1 want=$2
	shift 2
	env -i PATH="$PATH" "$WGDIAG" check "$@" -v --save-facts "$TMPDIR/$name.text.facts" >"$TMPDIR/$name.text.out" 2>/dev/null
	is "$name: exit" $? "$want"
	env -i PATH="$PATH" "$WGDIAG" check "$@" --json --save-facts "$TMPDIR/$name.json.facts" >"$TMPDIR/$name.json.out" 2>/dev/null
	again "$name" "$want"
}

kept healthy 0 -c 3
# The choice is kept with it: judged without one, it is about the same rows.
kept some-rows 0 -c 3 --only ping,underlay
kept other-rows 0 -c 3 --skip ping,loss,data
# An engine that dies at once, found before the real one.
mkdir "$TMPDIR/bin"
printf '#!/bin/sh\nprintf "no \\377 luck\\n" >&2\nexit 3\n' >"$TMPDIR/bin/wireguard-go"
chmod +x "$TMPDIR/bin/wireguard-go"
PATH=$TMPDIR/bin:$PATH
kept dead-engine 1 --engine wireguard-go
# Interrupted, wherever it is by then: before it heeds signals it dies, and leaves nothing.
n_kept=0
for after in 0.05 0.3 0.8; do
	timeout -s INT $after "$WGDIAG" check --json -c 1000 --save-facts "$TMPDIR/int.json" >"$TMPDIR/int.out" 2>/dev/null
	if [ ! -f "$TMPDIR/int.json" ]; then
		clean "interrupted after $after s: nothing kept, nothing said" "$(cat "$TMPDIR/int.out")"
		continue
	fi
	n_kept=$((n_kept + 1))
	"$WGDIAG" check --json --facts "$TMPDIR/int.json" >"$TMPDIR/int.again"
	is "interrupted after $after s: exit" $? 130
	check "interrupted after $after s: the same bytes" cmp "$TMPDIR/int.out" "$TMPDIR/int.again"
	rm -f "$TMPDIR/int.json"
done
check 'one of them was kept' test $n_kept -ge 1
is 'nothing but the files' "$(find "$TMPDIR" -name '*.tmp')" ''
finish
