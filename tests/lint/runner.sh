#!/bin/sh
# The runner is a judge too: what must be a failure is one, and is counted once.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lib/tap.sh"
tmp=$(mktemp -d) || exit 1

# counts NAME WANTED: the script comes from stdin; the last line of its run is as wanted.
counts()
{
	cat >"$tmp/t.sh"
	out=$(SEED=1 sh "$TOP/tests/run" "$tmp/t.sh" 2>&1)
	rc=$?
	is "$1" "$(printf '%s\n' "$out" | tail -n 1)" "$2"
	case $2 in
	*' 0 failed'*) [ $rc = 0 ] || not_ok "$1: exit code" "$rc" ;;
	*) [ $rc = 1 ] || not_ok "$1: exit code" "$rc" ;;
	esac
}

counts 'plain' '2 passed, 0 failed, 0 skipped' <<'END'
echo ok 1 - a; echo 'ok 2 - b'; echo 1..2
END
counts 'a failed test, and exit 0' '1 passed, 1 failed, 0 skipped' <<'END'
echo ok 1 - a; echo 'not ok 2 - b'
END
counts 'a failed test, and exit 1, is one failure' '0 passed, 1 failed, 0 skipped' <<'END'
echo 'not ok 1 - b'; exit 1
END
counts 'both ways to skip one test' '1 passed, 0 failed, 2 skipped' <<'END'
echo 'ok 1 - a'; echo 'ok 2 - b # SKIP why'; echo 'not ok 3 # SKIP c'
END
case $out in *': b: why'*) ok 'a skip says why' ;; *) not_ok 'a skip says why' "$out" ;; esac
counts 'a name that begins like a mark' '1 passed, 1 failed, 0 skipped' <<'END'
echo 'ok 1 - a # skips window'; echo 'not ok 2 - b # SKIPPED parts'
END
SEED=1 sh "$TOP/tests/run" >/dev/null 2>&1
is 'no program at all is no success' $? 2
counts 'exit 77' '0 passed, 0 failed, 1 skipped' <<'END'
echo 'no such engine here'; exit 77
END
case $out in *': no such engine here'*) ok 'exit 77 says why' ;; *) not_ok 'exit 77 says why' "$out" ;; esac
counts 'exit 3 after good tests' '1 passed, 1 failed, 0 skipped' <<'END'
echo ok 1 - a; exit 3
END
counts 'killed' '1 passed, 1 failed, 0 skipped' <<'END'
echo ok 1 - a; kill -SEGV $$
END
counts 'no test line' '0 passed, 1 failed, 0 skipped' <<'END'
echo all is well
END
counts 'fewer tests than planned' '1 passed, 1 failed, 0 skipped' <<'END'
echo 1..2; echo ok 1 - a
END
counts 'too slow' '1 passed, 1 failed, 0 skipped' <<'END'
# timeout: 1
echo ok 1 - a; tail -f /dev/null
END
counts 'a report of a sanitizer somewhere below' '1 passed, 1 failed, 0 skipped' <<'END'
p=${ASAN_OPTIONS##*log_path=}; echo 'ERROR: AddressSanitizer' >"$p.7"; echo ok 1 - a
END
counts 'a script cut short' '1 passed, 1 failed, 0 skipped' <<'END'
. "$TOP/tests/lib/tap.sh"
ok a; exit 0
END
counts 'an empty folder of its own, in TOP, without stdin' '3 passed, 0 failed, 0 skipped' <<'END'
. "$TOP/tests/lib/tap.sh"
is folder "$(ls -A "$TMPDIR")" ''
is top "$PWD" "$TOP"
is stdin "$(cat)" ''
finish
END

# Who may run longest begins first, whatever the order they are named in.
for t in none 7 60; do
	cat >"$tmp/t$t.sh" <<-END
		$([ $t = none ] || echo "# timeout: $t")
		echo $t >>"$tmp/order"; echo ok 1
	END
done
SEED=1 sh "$TOP/tests/run" "$tmp/tnone.sh" "$tmp/t7.sh" "$tmp/t60.sh" >"$tmp/out"
is 'the longest first' "$(tr '\n' ' ' <"$tmp/order")" '60 7 none '

# What a program had of the processor is told beside how long it took; its children count.
cat >"$tmp/work.sh" <<'END'
sh -c 'i=0; while [ $i -lt 1500000 ]; do i=$((i + 1)); done'; echo ok 1
END
SEED=1 sh "$TOP/tests/run" "$tmp/work.sh" >"$tmp/out"
check 'work is told' grep -qE '^ok .*, [0-9]+ s, [1-9][0-9]* of CPU\)$' "$tmp/out"

# Each waits for the other to begin.
if [ "$(id -u)" = 0 ]; then
	for t in one other; do
		cat >"$tmp/$t.sh" <<-END
			# needs: root
			# timeout: 20
			$([ $t = one ] || echo '# beside: others')
			case $t in one) echo x >"$tmp/fifo" ;; *) read -r x <"$tmp/fifo" ;; esac
			echo ok 1 - $t
		END
	done
	mkfifo "$tmp/fifo"
	is 'beside: others' "$(SEED=1 sh "$TOP/tests/run" -j 2 "$tmp/one.sh" "$tmp/other.sh" | tail -n 1)" \
		'2 passed, 0 failed, 0 skipped'
	# Each waits until all are there, two to a job.
	for t in 1 2 3 4; do
		cat >"$tmp/b$t.sh" <<-END
			# needs: root
			# timeout: 20
			# beside: others
			echo $t >>"$tmp/here"
			until [ \$(wc -l <"$tmp/here") = 4 ]; do timeout 0.03 tail -f /dev/null; done
			echo ok 1 - $t
		END
	done
	is 'two to a job' "$(SEED=1 sh "$TOP/tests/run" -j 2 "$tmp"/b[1-4].sh | tail -n 1)" '4 passed, 0 failed, 0 skipped'
else
	skip 'beside: others' 'needs root'
	skip 'two to a job' 'needs root'
fi

rm -rf "$tmp"
finish
