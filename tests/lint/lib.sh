# Shared by the lints. Each looks at TREE (default: this tree), so that
# lints_bite.sh can show it a tree with a planted fault.
TREE=${TREE:-$TOP}
WGDIAG_BUILD=${WGDIAG_BUILD:-$TOP/build}
# shellcheck source=tests/lib/tap.sh
. "$TOP/tests/lib/tap.sh"

PURE='base wire model wg loss check verdict'

# The C files of src/ that the lints judge, one a line, from TREE.
c_files() { (cd "$TREE" && find src -name '*.[ch]' | sort); }
