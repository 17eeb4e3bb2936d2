#!/bin/sh
# A lint that cannot fail is worth nothing: each is shown a planted fault.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lib/tap.sh"
: "${CC:=cc}"
tmp=$(mktemp -d) || exit 1

# plant FILE: makes a small tree that holds one file, from stdin.
plant()
{
	rm -rf "$tmp/tree"
	mkdir -p "$tmp/tree/$(dirname "$1")" "$tmp/tree/src/base" "$tmp/tree/tests"
	cat >"$tmp/tree/$1"
}

# object FILE.c: an archive of the planted file.
object()
{
	$CC -c -o "$tmp/o.o" "$tmp/tree/$1" && rm -f "$tmp/lib.a" && ar rcs "$tmp/lib.a" "$tmp/o.o"
}

lint() { TREE=$tmp/tree PURE_LIB=$tmp/lib.a STATE_LIBS=$tmp/lib.a sh "$TOP/tests/lint/$1.sh" 2>&1; }

# refuses NAME LINT WORD: fails, and the word says for what.
refuses()
{
	out=$(lint "$2")
	case $out in
	*"not ok"*"$3"*) ok "$2 refuses $1" ;;
	*) not_ok "$2 refuses $1" "$out" ;;
	esac
}

accepts()
{
	if out=$(lint "$2"); then ok "$2 accepts $1"; else not_ok "$2 accepts $1" "$out"; fi
}

: >"$tmp/empty.c"
$CC -c -o "$tmp/o.o" "$tmp/empty.c" && ar rcs "$tmp/lib.a" "$tmp/o.o" || skip_all "$CC does not work here"

plant src/wire/x.c <<'END'
#include "base/err.h"
#include "sys/platform.h"
END
refuses 'an include of a layer above' layers 'wire may not include sys/platform.h'
plant src/verdict/x.c <<'END'
#include "wg/device.h"
END
refuses 'wg in verdict' layers 'verdict may not include wg'
plant src/main.c <<'END'
#include "cmd/cmd.h"
#include "sys/platform.h"
END
refuses 'sys in main.c' layers 'main.c may not include sys'
plant src/loss/x.c <<'END'
#include "track.h"
END
refuses 'an include not written from src' layers 'not written from src'
plant src/misc/x.c <<'END'
int x;
END
refuses 'a layer nobody knows' layers 'no such layer'
plant src/cmd/x.c <<'END'
#include "run/run.h"
#include "report/report.h"
END
accepts 'what cmd may include' layers

plant src/wg/x.c <<'END'
#include <time.h>
END
refuses 'a header of the system' pure '<time.h>'
plant src/check/x.c <<'END'
long time(long *);
long f(void);
long f(void) { return time(0); }
END
object src/check/x.c
refuses 'a call of the system without its header' pure 'time is wanted by'
plant src/check/x.c <<'END'
#include <stdio.h>
void f(void);
void f(void) { printf("hello %d\n", 1); }
END
object src/check/x.c
refuses 'printf' pure printf
plant src/check/x.c <<'END'
#include <stdio.h>
#include <string.h>
void f(char *b, int n);
void f(char *b, int n) { snprintf(b, 9, "%d %zu", n, strlen(b)); }
END
object src/check/x.c
accepts 'formatting into a buffer' pure

plant src/run/x.c <<'END'
static int counter;
int f(void);
int f(void) { return counter++; }
END
object src/run/x.c
refuses 'a writable variable' state counter
plant src/run/x.c <<'END'
int f(void);
int f(void) { static int hidden = 3; return hidden++; }
END
object src/run/x.c
refuses 'a static variable in a function' state hidden
plant src/run/x.c <<'END'
extern const char *const table[];
const char *const table[] = { "a", "b" };
END
object src/run/x.c
accepts 'a constant table' state

plant src/run/x.c <<'END'
#ifdef __linux__
int x;
#endif
END
refuses 'an #ifdef for a system' platform '__linux__'
plant src/run/x.c <<'END'
	printf("x");
END
refuses 'printing in run' platform 'printf'
plant src/engine/x.c <<'END'
	exit(1);
END
refuses 'exit outside main' platform 'exit'
plant src/engine/x.c <<'END'
	_exit(1);
	snprintf(b, n, "x");
END
accepts '_exit and snprintf' platform

{ echo 'void f(void)'; echo '{'; yes '	x();' | head -n 61; echo '}'; } | plant src/run/x.c
refuses 'a function of 61 lines' size 'f() has 61 lines'
{ echo 'void f(void)'; echo '{'; yes '	x();' | head -n 60; echo '}'; } | plant src/run/x.c
accepts 'a function of 60 lines' size
yes '/* */' | head -n 501 | plant src/run/x.h
refuses 'a file of 501 lines' size '501 lines'
printf 'void f(void)\n{\n\tif (a)\n\t\tfor (;;)\n\t\t\twhile (b)\n\t\t\t\tif (c)\n\t\t\t\t\td();\n}\n' |
	plant src/run/x.c
refuses 'nesting of 4' size 'nests deeper'
printf 'void f(void)\n{\n\tif (a)\n\t\tfor (;;)\n\t\t\twhile (b)\n\t\t\t\td(e,\n\t\t\t\t  f);\n}\n' | plant src/run/x.c
accepts 'nesting of 3' size

printf '\tfprintf(stderr, "no %%s\\n", a);\n' | plant src/cmd/x.c
refuses 'an argument that is echoed as it is' say 'fprintf(stderr'
printf '\tsay("no %%s", a);\n' | plant src/cmd/x.c
accepts 'one that is said' say

printf 'int x; /* %0100d */\n' 0 | plant src/run/x.h
refuses 'a line of 113 columns' columns '113 columns'
printf '\t/* \303\244 %084d */\n' 0 | plant src/run/x.h
accepts 'a line of 100 columns' columns

echo "	$(printf 'us')leep(10);" | plant tests/unit/x.c
refuses 'usleep in a C test' no_sleep 'leep(10)'
printf 'while :; do sl%s 0.1; done\n' eep | plant tests/lab/x.sh
refuses 'sleep in a script' no_sleep 'eep 0.1'
echo '# stale-after-sleep; nothing sleeps here' | plant tests/lab/x.sh
accepts 'the word in a name' no_sleep

# facts: the real header and table, without one row where no byte would be missed.
plant src/model/facts.h <"$TOP/src/model/facts.h"
cp "$TOP"/src/model/facts_*.h "$tmp/tree/src/model/"
cp "$TOP"/src/model/facts_table*.c "$tmp/tree/src/model/"
accepts 'a table that has every field' facts
sed 's/BOOL(addr_facts, dad_failed)//' "$TOP/src/model/facts_table.c" >"$tmp/tree/src/model/facts_table.c"
refuses 'a field that is not saved' facts 'dad_failed has no row'
sed 's/LIST(facts, sizes, n_sizes, size_table)//' "$TOP/src/model/facts_table.c" >"$tmp/tree/src/model/facts_table.c"
refuses 'a list that is not saved' facts 'n_sizes has no row'
cp "$TOP/src/model/facts_table.c" "$tmp/tree/src/model/facts_table.c"
sed 's/COUNT(peer_config, keepalive_s)//' "$TOP/src/model/facts_table_config.c" >"$tmp/tree/src/model/facts_table_config.c"
refuses 'a field of a part that is not saved' facts 'keepalive_s has no row'

# docs: a program whose help knows --json, a page that knows --quiet; of facts it says what lies beside.
cat >"$tmp/wgdiag" <<'END'
#!/bin/sh
if [ "$2" = --facts ]; then cat "$3.said"; else echo "  --json  --quiet"; fi
END
chmod +x "$tmp/wgdiag"
WGDIAG=$tmp/wgdiag
export WGDIAG
docs_tree()
{
	plant src/cmd/cmd_check.c
	mkdir -p "$tmp/tree/man" "$tmp/tree/src/check"
	printf '.It Fl -%s\nThe row\n.Cm a.b\n' "$1" >"$tmp/tree/man/wgdiag-check.1"
	printf '\t.id = "%s",\n' "$2" >"$tmp/tree/src/check/x.c"
}
row() { printf '\t{ "%s", no_argument, NULL, 1 },\n' "$1"; }
row quiet | docs_tree quiet a.b
accepts 'code, help and page that agree' docs
row json | docs_tree quiet a.b
refuses 'an option that is in no page' docs '--json is not in man/wgdiag-check.1'
row quiet | docs_tree other a.b
refuses 'an option of the page that help lacks' docs '--other is not in wgdiag check --help'
row quiet | docs_tree quiet a.c
refuses 'a check that is in no page' docs 'a.c is not in man/wgdiag-check.1'

# reason_tree HEADING: words for two reasons, and a noise that has none.
reason_tree()
{
	row quiet | docs_tree quiet a.b
	printf 'static const struct drop_words words[] = {\n\t{ "SOME_DROP", NULL, "x",\n\t  "y" },\n\t{ "XDP2", "at", "x" },\n};\nnoise[] = {\n\t{ "QUEUE_PURGE", NULL },\n};\n' \
		>"$tmp/tree/src/check/drop_words.c"
	printf '# a.b\n%s\n' "$1" >"$tmp/tree/TROUBLESHOOTING.md"
}
reason_tree '## OTHER, SOME_DROP, XDP2: x'
accepts 'reasons of the kernel that are explained' docs
reason_tree '## SOME_DROP_MORE, XDP2: x'
refuses 'a reason of the kernel that is not explained' docs 'SOME_DROP has no heading'

# A tree of one cause that has all it must have: lacks WHAT takes something away.
cause_tree()
{
	row quiet | docs_tree quiet a.b
	cases=$tmp/tree/fixtures/cases/some-cause
	mkdir -p "$tmp/tree/src/verdict" "$tmp/tree/src/lab" "$tmp/tree/src/engine" "$cases"
	printf 'const struct cause cause_some = {\n\t.id = "some-cause",\n\t.remedy = "x",\n};\n' \
		>"$tmp/tree/src/verdict/cause_some.c"
	printf '\t.name = "some-cause",\n' >"$tmp/tree/src/lab/fault_some.c"
	printf '\t.name = "builtin",\n' >"$tmp/tree/src/engine/engine_builtin.c"
	printf '\t.name = "other-go",\n' >"$tmp/tree/src/engine/engine_other_go.c"
	printf '# a.b\n## some-cause: x\n' >"$tmp/tree/TROUBLESHOOTING.md"
	for c in clear border engine privilege; do
		echo '{ "target": { "engine": "builtin" }, "gaps": { "sizes": { "why": "not asked for", "remedy": null } } }' >"$cases/$c.json"
		echo 'state FAIL' >"$cases/$c.expect"
	done
	echo 'kind border' >>"$cases/border.expect"
	sed -i 's/builtin/other-go/' "$cases/engine.json"
	sed -i 's/null/"run as root, or grant CAP_NET_RAW"/' "$cases/privilege.json"
}

if command -v jq >/dev/null 2>&1; then
	cause_tree
	accepts 'a cause with all that it must have' docs
	rm "$cases/clear.json"
	refuses 'a cause with three cases' docs 'some-cause has 3 cases'
	cause_tree
	rm "$cases/clear.expect"
	refuses 'facts without what is expected' docs 'some-cause has 3 cases'
	cause_tree
	sed -i 's/other-go/builtin/' "$cases/engine.json"
	refuses 'a cause without a foreign engine' docs 'some-cause has no case of a foreign engine'
	cause_tree
	sed -i 's/run as root.*RAW/say where its peer is: --endpoint/' "$cases/privilege.json"
	refuses 'a cause where nobody lacks a privilege' docs 'some-cause has no case with a missing privilege'
	cause_tree
	sed -i /kind/d "$cases/border.expect"
	refuses 'a cause without a border' docs 'some-cause has no case at its border'
	cause_tree
	echo '# a.b' >"$tmp/tree/TROUBLESHOOTING.md"
	refuses 'a cause without a heading' docs 'some-cause has no heading'
	cause_tree
	rm "$tmp/tree/src/lab/fault_some.c"
	refuses 'a cause without a fault' docs 'some-cause has no fault'
	cause_tree
	sed -i /remedy/d "$tmp/tree/src/verdict/cause_some.c"
	refuses 'a cause without a remedy' docs 'some-cause has no remedy'
	echo '{ "verdict": { "state": "FAIL", "cause": "some-cause", "remedy": { "text": "y" } } }' >"$cases/engine.json.said"
	accepts 'a cause whose row has the remedy' docs
else
	skip 'docs: causes' 'no jq here'
fi

rm -rf "$tmp"
finish
