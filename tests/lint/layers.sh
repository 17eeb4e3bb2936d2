#!/bin/sh
# Who may include whom (design.md, section 2). Includes are written from src/.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"

cd "$TREE" || exit 1
found=$(c_files | xargs awk '
BEGIN {
	may["base"]    = "base"
	may["wire"]    = "base wire"
	may["model"]   = "base wire model"
	may["wg"]      = "base wire model wg"
	may["loss"]    = "base wire model loss"
	may["check"]   = "base wire model loss check"
	may["verdict"] = "base wire model loss check verdict"
	may["sys"]     = "base model sys"
	may["engine"]  = "base model sys wg engine"
	may["capture"] = "base model sys wire capture"
	may["probe"]   = "base wire model sys probe"
	may["gather"]  = "base model sys engine capture probe loss gather"
	may["lab"]     = "base model sys engine lab"
	may["report"]  = "base check loss verdict model report"
	may["run"]     = "base wire model wg loss check verdict sys engine capture probe gather lab run"
	may["cmd"]     = "base wire model wg loss check verdict engine capture probe gather lab run report cmd"
	may["main.c"]  = may["cmd"]
}
FNR == 1 {
	split(FILENAME, part, "/")
	layer = part[2]
	if (!(layer in may))
		print FILENAME ": no such layer in the table of " "tests/lint/layers.sh"
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, quote, "\"")
	path = quote[2]
	if (split(path, to, "/") < 2) {
		print FILENAME ":" FNR ": \"" path "\" is not written from src/"
		next
	}
	if (index(" " may[layer] " ", " " to[1] " ") == 0)
		print FILENAME ":" FNR ": " layer " may not include " path
}' /dev/null)
clean 'each layer includes only what lies below it' "$found"
finish
