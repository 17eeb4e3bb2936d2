#!/bin/sh
# timeout: 600
# beside: others
# `wgdiag check FILE --run-hooks`: the file's hooks, as wg-quick runs them; and whatever happens, what an Up
# hook made is taken away by the Down hooks.
#
#   [ left: the file's tunnel ]---near   veth   far---[ right: our engine ]
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need wg ip ping bash jq setsid
. "$TOP/tests/lib/lab/engine.sh"
. "$TOP/tests/lib/lab/attach.sh"

pair
file=$TMPDIR/$n.conf log=$TMPDIR/log
mkdir "$TMPDIR/cwd"

# conf LINE...: the file, with these lines in [Interface].
conf()
{
	{
		printf '[Interface]\nPrivateKey = %s\nAddress = %s.1/24\n' "$key_n" "$in4"
		printf '%s\n' "$@"
		printf '[Peer]\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s.2/32\nEndpoint = %s\n' \
			"$key_f_pub" "$(cat "$TMPDIR/psk")" "$in4" "$out4.2:$port_f"
	} >"$file"
	: >"$log"
}
on() { (cd "$TMPDIR/cwd" && ip netns exec left "$WGDIAG" check "$file" --engine builtin "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"); }
state()
{
	ip -n left -o link; ip -n left -o addr; ip -n left route show table all; ip -n left rule
	find /run -path /run/netns -prune -o -print | sort; ip netns pids left; find "$TMPDIR/cwd" | sort
}
same() { state >"$TMPDIR/after"; check "$1: all is as before" cmp "$TMPDIR/before" "$TMPDIR/after"; }
undone() { wait_for 40 '[ ! -e /run/wgdiag ]' || not_ok "$1: the supervisor came to its end" "$(ls -l /run/wgdiag)"; }
line_of() { grep -n "^$1 = $2" "$file" | cut -d: -f1; }
state >"$TMPDIR/before"

# --- in their order ---------------------------------------------------------------------

# say WORD: a hook that writes down that it ran, and whether there is the interface, up.
say() { printf '{ echo %s %%i; ip -o link show %%i up 2>/dev/null | grep -c . || :; } >>%s' "$1" "$log"; }
conf "PostDown = $(say post-down-1)" "PostUp = $(say post-up-1)" "PreUp = $(say pre-up-1)" "PreDown = $(say pre-down-1)" \
	"PostUp = $(say post-up-2)" "PreUp = $(say pre-up-2)" "PreDown = $(say pre-down-2)" "PostDown = $(say post-down-2)"
ran="pre-up-1 $n 0 pre-up-2 $n 0 post-up-1 $n 1 post-up-2 $n 1 pre-down-1 $n 1 pre-down-2 $n 1 post-down-1 $n 0 post-down-2 $n 0 "
on
is 'not asked for: exit' $? 0
clean 'not asked for: none ran' "$(cat "$log")"
is 'not asked for: all are shown' "$(grep -c ' is not run (line ' "$TMPDIR/err")" 8
on --run-hooks
is 'asked for: exit' $? 0
is 'asked for: in their order, with the interface or without' "$(tr '\n' ' ' <"$log")" "$ran"
is 'asked for: each is said' "$(sed -n 's/^wgdiag: running \([A-Za-z]*\): { echo \([a-z0-9-]*\) .*/\1 \2/p' "$TMPDIR/err" | tr '\n' ' ')" \
	'PreUp pre-up-1 PreUp pre-up-2 PostUp post-up-1 PostUp post-up-2 PreDown pre-down-1 PreDown pre-down-2 PostDown post-down-1 PostDown post-down-2 '
same 'asked for'
: >"$log"
(cd "$TMPDIR/cwd" && "$WGDIAG" check "$file" --engine builtin --run-hooks --netns left >"$TMPDIR/out" 2>"$TMPDIR/err")
is '--netns: exit' $? 0
is '--netns: they see its interface' "$(tr '\n' ' ' <"$log")" "$ran"
same --netns
: >"$log"
on --run-hooks --dry-run
is '--dry-run: exit' $? 0
clean '--dry-run: none ran' "$(cat "$log")"
is '--dry-run: all are said' "$(grep -cE '^would run P(re|ost)(Up|Down): \{ echo' "$TMPDIR/out")" 8

# --- what they find -----------------------------------------------------------------------

# shellcheck disable=SC2016 # for the shell of the hook
conf 'PreUp = echo to-out; echo to-err >&2; cat' \
	"PostUp = { pwd; ls -l /proc/self/fd; grep -E 'Sig(Blk|Ign)' /proc/self/status; trap; echo \"\$BASH_VERSION\$LC_ALL\"; } >$log; [[ %i == $n ]] # \$(false)" \
	"PostDown = touch made; rm made; : $key_n"
on --run-hooks --json
is 'what they find: exit' $? 0
check 'standard output holds results only' jq -e .verdict "$TMPDIR/out"
check 'both outputs are on standard error' sh -c "grep -qx to-out '$TMPDIR/err' && grep -qx to-err '$TMPDIR/err'"
is 'the folder is the caller'\''s' "$(head -n 1 "$log")" "$TMPDIR/cwd"
# 3 is that of ls itself.
is 'no descriptor but the three' "$(sed -n 's/.* \([0-9]*\) -> .*/\1/p' "$log" | tr '\n' ' ')" '0 1 2 3 '
# 32 and 33 can be inherited as ignored, and glibc lets nobody reset them.
is 'no signal is blocked or ignored' "$(sed -n 's/^SigBlk:\t*0*$/none/p; s/^SigIgn:\t*0*\([18]\{1,2\}0000000\)\{0,1\}$/none/p' "$log" |
	tr '\n' ' ')" 'none none '
check 'it is bash, in the C locale' grep -qE '^[0-9].*releaseC$' "$log"
clean 'no key is told' "$(grep -F "$key_n" "$TMPDIR/err" "$TMPDIR/out")"
check 'where the key was is told' grep -q 'running PostDown: .* (key)$' "$TMPDIR/err"
same 'what they find'
# Nor is it in argv, while it runs.
conf "PostUp = : $key_n; tr '\\0' ' ' </proc/\$\$/cmdline >$log"
on --run-hooks
check 'the command line of the shell was seen' grep -q '^bash ' "$log"
clean 'no key in its command line' "$(grep -F "$key_n" "$log")"

mkdir "$TMPDIR/bin"
for c in sh touch rm; do ln -s "$(command -v $c)" "$TMPDIR/bin/$c"; done
# shellcheck disable=SC2016
conf "PostUp = echo \"sh\$BASH_VERSION\" >$log"
(cd "$TMPDIR/cwd" && in_ns left env PATH="$TMPDIR/bin" "$WGDIAG" check "$file" --engine builtin --run-hooks >"$TMPDIR/out" 2>"$TMPDIR/err")
is 'without bash: exit' $? 0
[ -L /bin/sh ] && [ "$(readlink /bin/sh)" = bash ] || is 'without bash: sh runs it' "$(cat "$log")" sh
rm "$TMPDIR/bin/sh"
conf "PostDown = echo down >>$log" "PostUp = echo up >>$log" "PreDown = echo down >>$log"
(cd "$TMPDIR/cwd" && in_ns left env PATH="$TMPDIR/bin" "$WGDIAG" check "$file" --engine builtin --run-hooks >"$TMPDIR/out" 2>"$TMPDIR/err")
is 'no shell: exit' $? 3
check 'no shell: said' grep -q "line $(line_of PostUp): PostUp could not be run: there is neither bash nor sh" "$TMPDIR/err"
clean 'no shell: no Down hook without an Up hook' "$(cat "$log")"
same 'no shell'

# --- one fails ----------------------------------------------------------------------------

# fails WHICH COMMAND WORDS RAN: a failing Up hook between others.
fails()
{
	conf "PreUp = echo a >>$log" "PostUp = echo b >>$log" "$1 = $2" "PreUp = echo c >>$log" "PostUp = echo d >>$log" \
		"PreDown = echo e >>$log" "PostDown = echo f >>$log"
	on --run-hooks
	is "$1 = $2: exit" $? 1
	is "$1 = $2: one line tells" "$(grep -cF "line $(line_of "$1" "${2%% *}"): $1 $3: $2" "$TMPDIR/err")" 1
	clean "$1 = $2: no result" "$(cat "$TMPDIR/out")"
	is "$1 = $2: what ran" "$(tr '\n' ' ' <"$log")" "$4"
	same "$1 = $2"
}
rnd status 1 125
fails PreUp "exit $status" "exited with status $status" 'a f '
fails PostUp "exit $status" "exited with status $status" 'a c b e f '
# shellcheck disable=SC2016
fails PostUp 'kill -9 $$' 'was ended by signal 9 (Killed)' 'a c b e f '
# As with wg-quick: at the first command that fails, in a pipe too.
fails PostUp "false; touch $TMPDIR/cwd/not" 'exited with status 1' 'a c b e f '
fails PostUp "sh -c 'exit $status' | cat; :" "exited with status $status" 'a c b e f '
conf "PostUp = touch made" "PreDown = exit $status" 'PostDown = rm made' 'PostDown = rm none 2>/dev/null'
on --run-hooks
is 'Down hooks fail: exit' $? 0
check 'a PreDown that fails is told, with its command' \
	grep -qF "PreDown (line $(line_of PreDown) of $n.conf) exited with status $status; by hand: exit $status" "$TMPDIR/err"
check 'a PostDown that fails is told, with its command' \
	grep -qF "PostDown (line $(line_of PostDown 'rm none') of $n.conf) exited with status 1; by hand: rm none 2>/dev/null" "$TMPDIR/err"
same 'Down hooks fail'
# The engine never starts: PostUp does not begin, and PreDown has nothing to be before.
conf "PreUp = touch made" "PostUp = echo up >>$log" "PreDown = echo down >>$log" "PostDown = rm made"
(cd "$TMPDIR/cwd" && in_ns left "$WGDIAG" check "$file" --run-hooks --engine-cmd "sh -c 'exit 7' {name}" >"$TMPDIR/out" 2>"$TMPDIR/err")
is 'no engine: exit' $? 1
clean 'no engine: neither PostUp nor PreDown' "$(cat "$log")"
same 'no engine'
conf "PostUp = $(head -c 5000 /dev/zero | tr '\0' :)" "PreUp = touch made"
on --run-hooks
is 'too long a hook: exit' $? 3
check 'too long a hook: said before anything ran' grep -qF "line $(line_of PostUp): PostUp has 5000 bytes, more than 4095" "$TMPDIR/err"
same 'too long a hook'

# --- it hangs -------------------------------------------------------------------------------

conf "PostUp = touch made; timeout 1000 tail -f /dev/null & setsid -w true; cat <(tail -f /dev/null)" 'PostDown = rm made'
on --run-hooks
is 'a hook that hangs: exit' $? 1
check 'a hook that hangs: told' grep -q "line $(line_of PostUp): PostUp did not end within 30 s and was killed" "$TMPDIR/err"
same 'a hook that hangs'

# --- ends of all kinds ------------------------------------------------------------------------

# Each is slow enough to be met by a signal. What is made must not be there yet, nor be gone when it is removed.
slow="timeout 0.2 tail -f /dev/null || :"
conf "PreUp = mkdir a; $slow" "PostUp = mkdir b; $slow" "PreDown = rmdir b" "PostDown = $slow; rmdir a; ! ls b 2>/dev/null"
# stop SIGNAL: at a moment of the run.
stop()
{
	rnd when 0 200
	(cd "$TMPDIR/cwd" && exec ip netns exec left "$WGDIAG" check "$file" --engine builtin --run-hooks >"$TMPDIR/out" 2>"$TMPDIR/err") &
	stop_pid=$!
	now
	until_=$((lab_now + when))
	while kill -0 "$stop_pid" 2>/dev/null && [ "$lab_now" -lt "$until_" ]; do pause; now; done
	kill "-$1" "$stop_pid" 2>/dev/null
	ends "$stop_pid" || not_ok "$1 after $when: it ends" "$(cat "$TMPDIR/err")"
}
i=0
while [ $i -lt 24 ]; do
	i=$((i + 1))
	case $((i % 4)) in 0) sig=INT ;; 1) sig=TERM ;; *) sig=KILL ;; esac
	stop $sig
	undone "$sig $i"
	[ $sig = KILL ] || case $ends_rc in 130 | 143 | 0) ;; *) not_ok "$sig $i after $when: exit" "$ends_rc $(cat "$TMPDIR/err")" ;; esac
	state >"$TMPDIR/after"
	cmp -s "$TMPDIR/before" "$TMPDIR/after" || {
		not_ok "$sig $i after $when/100 s: all is as before" "$(diff "$TMPDIR/before" "$TMPDIR/after"; cat "$TMPDIR/err")"
		finish
	}
done
ok "$i signals at random moments: all is as before"

# While a hook runs: it is ended, and its counterpart is run and said.
for sig in KILL INT TERM; do
	for up in PreUp PostUp; do
		conf "$up = mkdir a; tail -f /dev/null" "PostDown = rmdir a"
		(cd "$TMPDIR/cwd" && exec ip netns exec left "$WGDIAG" check "$file" --engine builtin --run-hooks >"$TMPDIR/out" 2>"$TMPDIR/err") &
		stop_pid=$!
		wait_for 10 '[ -d "$TMPDIR/cwd/a" ]' || not_ok "$sig in $up: it began" "$(cat "$TMPDIR/err")"
		kill -$sig $stop_pid
		ends $stop_pid
		[ $sig = KILL ] || is "$sig in $up: exit" "$ends_rc" 130
		[ $sig = KILL ] || check "$sig in $up: told" grep -q "line 4: $up was interrupted and killed: mkdir a" "$TMPDIR/err"
		undone "$sig in $up"
		same "$sig in $up"
		is "$sig in $up: what is run is said" "$(grep -cE "^wgdiag: running PostDown.*: rmdir a$" "$TMPDIR/err")" 1
	done
done

# Both are killed: nobody knows, so it is told and not run.
conf "PostUp = mkdir a; tail -f /dev/null & echo \$PPID \$! >$log; wait" "PostDown = rmdir a"
(cd "$TMPDIR/cwd" && exec ip netns exec left "$WGDIAG" check "$file" --engine builtin --run-hooks >"$TMPDIR/out" 2>"$TMPDIR/err") &
stop_pid=$!
wait_for 10 '[ -s "$log" ]' || not_ok 'both killed: it began' "$(cat "$TMPDIR/err")"
read -r watcher hook_child <"$log"
kill -KILL "$watcher" "$stop_pid" "$hook_child"
wait "$stop_pid" 2>/dev/null
conf
on
is 'both killed, the next start: exit' $? 0
check 'both killed: the next start tells it, with the command' \
	grep -qF "PostDown (line 5 of $n.conf): whether it ran is not known, since who runs it was killed too; by hand: rmdir a" "$TMPDIR/err"
check 'both killed: it was not run' rmdir "$TMPDIR/cwd/a"
same 'both killed'
on
clean 'told once' "$(grep PostDown "$TMPDIR/err")"

# --- it is up already ------------------------------------------------------------------------

conf "PostUp = echo up >>$log" "PostDown = echo down >>$log"
ip netns exec left "$WGDIAG" engine -f "$n" >"$TMPDIR/up.log" 2>&1 &
up_pid=$!
wait_for 5 "[ -S /run/wireguard/$n.sock ]"
configure
on --run-hooks
check 'up already: said' grep -q 'no hook is run, since it is up already' "$TMPDIR/err"
clean 'up already: none is run' "$(cat "$log")"
kill "$up_pid"; wait "$up_pid"
kill "$far_pid"
finish
