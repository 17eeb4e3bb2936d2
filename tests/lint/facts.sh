#!/bin/sh
# Each field of the structs in model/facts.h, and in its parts that it includes, has a row in
# model/facts_table*.c, so that it is saved and read back. (A unit test looks for bytes without a
# row; a small field could hide where the compiler would pad.)
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
cd "$TREE" || exit 1
[ -f src/model/facts_table.c ] || skip_all 'no src/model/facts_table.c'

# "struct_name field" a line. Comments first: they hold commas and semicolons.
parts=$(sed -n 's:^#include "\(model/facts_[a-z_]*\.h\)"$:src/\1:p' src/model/facts.h)
fields=$(cat src/model/facts.h $parts | tr '\n\t' '  ' | sed 's:/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/::g; s/;/;\n/g; s/{/{\n/g; s/}/\n}/g' | awk '
/struct [a-z_]+ \{$/ { name = $0; sub(/.*struct /, "", name); sub(/ \{$/, "", name); next }
/^\}/ { name = ""; next }
name && /;$/ {
	sub(/;$/, "")
	n = split($0, part, ",")
	for (i = 1; i <= n; i++) {
		field = part[i]
		sub(/[[].*/, "", field)
		sub(/ +$/, "", field)
		sub(/.*[ *]/, "", field)
		print name, field
	}
}')
is 'the structs were read' "$(printf '%s\n' "$fields" | awk '$1 == "tap_facts" || $1 == "facts"' | grep -c 'frames\|have\|firewall')" 3

rows=$(cat src/model/facts_table*.c | tr '\n\t' '  ' | tr -s ' ')
found=$(printf '%s\n' "$fields" | while read -r s f; do
	printf '%s' "$rows" | grep -qE "\\(${s}, ([a-z_]+, )?${f}[,)]" || echo "struct $s: $f has no row in src/model/facts_table*.c"
done)
clean 'each field of the facts is in the file of facts' "$found"
finish
