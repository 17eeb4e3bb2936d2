#!/bin/sh
# An engine that is there and does not work is a finding (exit 1), whatever it does: it leaves
# at once, hangs, answers garbage, dies in the middle, stops answering.
. tests/lab/lib.sh
lab_init "$@"
need jq perl
. tests/lib/json.sh
. tests/lib/remains.sh

remains_start
"$WGDIAG" check -q -c 1 >/dev/null 2>&1
remains >"$TMPDIR/before"
good=$(command -v wireguard-go)
export GOOD="$good"

# fake NAME: the program comes from stdin; it tells a version by itself.
fake()
{
	mkdir -p "$TMPDIR/$1"
	cat >"$TMPDIR/$1/wireguard-go"
	chmod 755 "$TMPDIR/$1/wireguard-go"
}

# with NAME SECONDS: check with that engine; what every broken engine must give.
with()
{
	now; from=$lab_now
	PATH=$TMPDIR/$1:$PATH "$WGDIAG" check --engine wireguard-go --json >"$TMPDIR/r.json" 2>"$TMPDIR/err"
	rc=$?
	now; took=$((lab_now - from))
	is "$1: exit" "$rc" 1
	clean "$1: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$1: fits the schema" "$(json_problems "$TMPDIR/r.json")"
	is "$1: the verdict" "$(jq -r '"\(.verdict.state) \(.verdict.side)"' "$TMPDIR/r.json")" 'FAIL local'
	# Only one row is a root; all else that failed or was skipped names another.
	is "$1: one root" "$(jq '[.checks[] | select(.state == "FAIL" and .caused_by == null)] | length' \
		"$TMPDIR/r.json")" 1
	if [ "$took" -lt $(($2 * 100)) ]; then ok "$1: in time"; else not_ok "$1: in time" "$took/100 s"; fi
	remains >"$TMPDIR/after"
	check "$1: nothing is left" diff "$TMPDIR/before" "$TMPDIR/after"
}

row() { json_row "$TMPDIR/r.json" "$1"; }
summary() { jq -r --arg id "$1" '.checks[] | select(.id == $id).summary' "$TMPDIR/r.json"; }

fake leaves <<'END'
#!/bin/sh
echo 'no luck today' >&2
exit 3
END
with leaves 3
is 'leaves: engine.start' "$(row engine.start)" 'FAIL -'
is 'leaves: engine.answers' "$(row engine.answers)" 'SKIP engine.start'
is 'leaves: data' "$(row data.both-ways)" 'SKIP engine.start'
case $(summary engine.start) in
*'status 3'*'no luck today'*) ok 'leaves: its status and last words' ;;
*) not_ok 'leaves: its status and last words' "$(summary engine.start)" ;;
esac

fake hangs <<'END'
#!/bin/sh
[ "$1" != --version ] || exit 0
trap '' TERM
exec tail -f /dev/null
END
with hangs 6
is 'hangs: engine.start' "$(row engine.start)" 'FAIL -'
is 'hangs: engine.answers' "$(row engine.answers)" 'SKIP engine.start'

fake garbage <<'END'
#!/usr/bin/env perl
use Socket;
exit 0 if $ARGV[0] eq '--version';
my $name = $ARGV[-1];
my $s;
socket($s, AF_UNIX, SOCK_STREAM, 0) and bind($s, pack_sockaddr_un("/var/run/wireguard/$name.sock"))
	and listen($s, 5) or die "socket: $!";
while (accept(my $c, $s)) {
	sysread($c, my $line, 4096);
	syswrite($c, "\e[31m" . "hello world\n" x 100 . "\n");
	close($c);
}
END
with garbage 4
is 'garbage: engine.answers' "$(row engine.answers)" 'FAIL -'
is 'garbage: data' "$(row data.both-ways)" 'SKIP engine.answers'
PATH=$TMPDIR/garbage:$PATH "$WGDIAG" check --engine wireguard-go -v >"$TMPDIR/out" 2>"$TMPDIR/err"
clean 'garbage: no escape code reaches the terminal' "$(grep "$(printf '\033')" "$TMPDIR/out")"

fake silent <<'END'
#!/usr/bin/env perl
use Socket;
exit 0 if $ARGV[0] eq '--version';
my $name = $ARGV[-1];
my $s;
socket($s, AF_UNIX, SOCK_STREAM, 0) and bind($s, pack_sockaddr_un("/var/run/wireguard/$name.sock"))
	and listen($s, 5) or die "socket: $!";
my @kept;
while (accept(my $c, $s)) { push @kept, $c; }
END
with silent 8
case "$(row engine.start)$(row engine.answers)" in
*FAIL*) ok 'silent: a FAIL of the engine' ;;
*) not_ok 'silent: a FAIL of the engine' "$(json_states "$TMPDIR/r.json")" ;;
esac

if [ -z "$good" ]; then
	skip 'an engine that breaks in the middle' 'no wireguard-go to break'
	finish
fi

fake dies <<'END'
#!/bin/sh
[ "$1" != --version ] || exec "$GOOD" --version
"$GOOD" "$@" &
timeout 0.5 tail -f /dev/null
kill -KILL $!
wait
exit 5
END
with dies 15
is 'dies: engine.answers' "$(row engine.answers)" 'FAIL -'
is 'dies: it did start' "$(row engine.start)" 'PASS -'
is 'dies: pings' "$(row ping.peer)" 'FAIL engine.answers'

fake stops <<'END'
#!/bin/sh
[ "$1" != --version ] || exec "$GOOD" --version
"$GOOD" "$@" &
timeout 0.5 tail -f /dev/null
kill -STOP $!
exec tail -f /dev/null
END
with stops 20
is 'stops: engine.answers' "$(row engine.answers)" 'FAIL -'
is 'stops: pings' "$(row ping.peer)" 'FAIL engine.answers'

fake other <<'END'
#!/bin/sh
# One that works, but not as it was told: it is another interface.
[ "$1" != --version ] || exec "$GOOD" --version
shift $(($# - 1))
exec "$GOOD" -f "x$1"
END
with other 4
is 'other: engine.start' "$(row engine.start)" 'FAIL -'
finish
