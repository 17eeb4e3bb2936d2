# `wgdiag engines`: what is here and what is not, in text and JSON, and only known programs run.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG:=$TOP/build/wgdiag}"
: "${TMPDIR:=/tmp}"
. "$TOP/tests/lib/tap.sh"
[ -x "$WGDIAG" ] || skip_all "no $WGDIAG: make first"
command -v jq >/dev/null 2>&1 || skip_all 'no jq here'

# A folder of programs of our own; the system's engines, if any, are found behind it.
mkdir "$TMPDIR/bin" || exit 1
engine()
{
	printf '#!/bin/sh\necho "$0 $*" >>"%s/ran"\necho "%s"\n' "$TMPDIR" "$2" >"$TMPDIR/bin/$1"
	chmod 755 "$TMPDIR/bin/$1"
}
engine boringtun-cli 'boringtun 9.8.7'
engine wireguard-go 'wireguard-go v0.0.20220316'
engine other-engine 'other 1.0'
engine gotatun ''
PATH=$TMPDIR/bin:$PATH
export PATH

field() { jq -r ".engines[] | select(.name == \"$1\") | .$2" "$TMPDIR/json"; }

check 'JSON: exit 0' "$WGDIAG" engines --json
"$WGDIAG" engines --json >"$TMPDIR/json" 2>"$TMPDIR/err"
is 'nothing on stderr' "$(cat "$TMPDIR/err")" ''
is 'its schema' "$(jq -r .schema "$TMPDIR/json")" wgdiag.engines/1
is 'each engine once' "$(jq -r '.engines[].name' "$TMPDIR/json" | tr '\n' ' ')" \
	'builtin wireguard-go boringtun gotatun kernel '
is 'a version' "$(field boringtun version)" 9.8.7
is 'a program' "$(field boringtun program)" "$TMPDIR/bin/boringtun-cli"
is 'no version is null' "$(field gotatun version)" null
is 'ours has no program of its own' "$(field builtin program)" null
is 'ours is here' "$(field builtin here)" true
is 'how the kernel is reached' "$(field kernel reached_by)" kernel
is 'only known programs ran, once each' "$(sed 's|.*/bin/||' "$TMPDIR/ran" | sort -u | tr '\n' ';')" \
	'boringtun-cli --version;gotatun --version;wireguard-go --version;'

"$WGDIAG" engines --json | jq -r '.engines[] | select(.name == "wireguard-go") | .known[]' >"$TMPDIR/old"
engine wireguard-go 'wireguard-go v0.0.20250522'
"$WGDIAG" engines --json | jq -r '.engines[] | select(.name == "wireguard-go") | .known[]' >"$TMPDIR/new"
is 'what is known of an old version only' "$(grep -c offload "$TMPDIR/old") $(grep -c offload "$TMPDIR/new")" '1 0'

"$WGDIAG" engines >"$TMPDIR/text"
is 'text: the same engines' "$(grep -c '^[a-z]' "$TMPDIR/text")" 5
check 'text: version and program' grep -q "^boringtun  *9.8.7, $TMPDIR/bin/boringtun-cli\$" "$TMPDIR/text"
rm "$TMPDIR/bin/boringtun-cli"
if ! command -v boringtun-cli >/dev/null 2>&1; then
	"$WGDIAG" engines >"$TMPDIR/text"
	check 'text: how to get what is not here' grep -q '^boringtun  *not here: cargo install' "$TMPDIR/text"
else
	skip 'text: how to get what is not here' 'boringtun-cli is installed here'
fi

"$WGDIAG" engines x >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'an argument is refused' $? 2
"$WGDIAG" engines --jsn >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'an unknown option is refused' $? 2
"$WGDIAG" engines >/dev/full 2>"$TMPDIR/err"
is 'what cannot be written' $? 4
"$WGDIAG" engines --json >/dev/full 2>"$TMPDIR/err"
is 'JSON that cannot be written' $? 4
finish
