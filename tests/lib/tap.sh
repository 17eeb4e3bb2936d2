# Test lines for shell scripts; read by `. tests/lib/tap.sh`.
#
# Do not call these in a pipe or a subshell: the count would be lost there.

tap_n=0 tap_failed=0 tap_finished=

ok() { tap_n=$((tap_n + 1)); printf 'ok %d - %s\n' "$tap_n" "$1"; }

# not_ok NAME [DETAIL]: the detail is printed as comments.
not_ok()
{
	tap_n=$((tap_n + 1)) tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_n" "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

skip() { tap_n=$((tap_n + 1)); printf 'ok %d - %s # SKIP %s\n' "$tap_n" "$1" "$2"; }

# The whole script makes no sense here.
skip_all() { tap_finished=1; echo "$1"; exit 77; }

# check NAME COMMAND...: ok if it succeeds, else its output is shown.
check()
{
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1); then ok "$tap_name"; else not_ok "$tap_name" "$ $*
$tap_out"; fi
}

# is NAME GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:    $2
wanted: $3"; fi
}

# clean NAME TEXT: ok if the text is empty; for lints, whose output is what is wrong.
clean()
{
	if [ -z "$2" ]; then ok "$1"; else not_ok "$1" "$2"; fi
}

# Last line of a script. Without it the script was cut short, and has failed.
finish()
{
	tap_finished=1
	echo "1..$tap_n"
	[ "$tap_failed" = 0 ]
	exit
}

tap_exit()
{
	tap_rc=$?
	[ -n "$tap_finished" ] || not_ok "$0 came to its end" "exit $tap_rc before finish"
	exit "$tap_rc"
}
trap tap_exit EXIT
