#!/bin/sh
# timeout: 600
# beside: others
# wgdiag lab tun-framing, in every variant and form: the fault is there, is named, is ours to
# mend, and what follows from it is shown as such. Nothing is left of it, SIGKILL included.
. tests/lab/lib.sh
lab_init "$@"
need jq
. tests/lib/json.sh
. tests/lib/remains.sh

remains_start
remains >"$TMPDIR/before"
gone() { remains >"$TMPDIR/after"; cmp -s "$TMPDIR/before" "$TMPDIR/after"; }
row() { json_row "$TMPDIR/r.json" "$1"; }
# number ID KEY: of that row's evidence.
number() { jq --arg id "$1" --arg key "$2" '.checks[] | select(.id == $id).evidence[$key]' "$TMPDIR/r.json"; }
# holds NAME JQ-EXPRESSION: over the report, with n(ID; KEY) as above.
holds()
{
	if jq -e "def n(\$id; \$key): .checks[] | select(.id == \$id).evidence[\$key]; $2" \
		"$TMPDIR/r.json" >/dev/null; then
		ok "$1"
	else
		not_ok "$1" "$2
$(jq -c '.checks[] | [.id, .state, .caused_by, .evidence]' "$TMPDIR/r.json")"
	fi
}

# diagnosed NAME DIRECTION ARGUMENT...: what is the same in all forms.
diagnosed()
{
	name=$1 direction=$2
	shift 2
	rnd seed 1 1000000000
	echo "# $name: --seed $seed"
	"$WGDIAG" lab tun-framing --json --seed "$seed" "$@" >"$TMPDIR/r.json" 2>"$TMPDIR/err"
	is "$name: exit" $? 1
	clean "$name: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$name: JSON fits the schema" "$(json_problems "$TMPDIR/r.json")"
	is "$name: state, cause, side and direction" \
		"$(jq -c '.verdict | [.state, .cause, .side, .direction]' "$TMPDIR/r.json")" \
		'["FAIL","tun-framing","local","'"$direction"'"]'
	# As in the story: all this was fine, and was looked at for days.
	for id in handshake.complete ping.self underlay.out config.keys config.allowed-ips route.inner \
		route.endpoint tun.address; do
		is "$name: $id" "$(row $id)" 'PASS -'
	done
	case $(row host.firewall) in
	'FAIL '*|'WARN '*) not_ok "$name: no firewall is to blame" "$(row host.firewall)" ;;
	*) ok "$name: no firewall is to blame" ;;
	esac
	holds "$name: no ping is answered" 'n("ping.peer"; "sent") > 0 and n("ping.peer"; "received") == 0'
	for id in ping.peer data.both-ways; do
		case $(row $id) in
		'FAIL -'|PASS*) not_ok "$name: $id is a consequence" "$(row $id)" ;;
		*) ok "$name: $id is a consequence" ;;
		esac
	done
	clean "$name: what follows, follows from the framing" "$(jq -r '.checks[] |
		select((.state == "FAIL" and .id != "tun.framing" or .state == "SKIP" and .remedy == null) and
			.caused_by != "tun.framing") | [.id, .state, .caused_by] | join(" ")' "$TMPDIR/r.json")"
	is "$name: one row fails by itself" \
		"$(jq '[.checks[] | select(.state == "FAIL" and .caused_by == null)] | length' "$TMPDIR/r.json")" 1
	check "$name: nothing is left" wait_for 5 gone
}

# --- our engine encrypts the header -----------------------------------------------

diagnosed encrypted up
holds 'encrypted: the far engine opens all and finds no IP packet' \
	'n("crypto.rejects"; "far_opened") > 0 and n("crypto.rejects"; "far_in_not_ip") > 0'
holds 'encrypted: nothing reaches the far tun' 'n("rx.errors"; "far_rx_packets") == 0'

# The same, and the near kernel discards what its tun took: the whole story.
diagnosed both-ways both --variant both-ways
holds 'both-ways: the far engine opens all and finds no IP packet' \
	'n("crypto.rejects"; "far_opened") > 0 and n("crypto.rejects"; "far_in_not_ip") > 0'
holds 'both-ways: the near tun takes what is written, and none of it is an IP packet' \
	'n("rx.errors"; "near_rx_packets") > 10 and n("crypto.rejects"; "not_ip_to_tun") > 0'

# --- an engine on a tun of the other framing --------------------------------------

# What both forms have in common: the near engine takes nothing it reads for a packet, so that the
# far one opens a keepalive at most; what comes from there arrives at the wire.
inherited()
{
	diagnosed "$1" both "$2" "$3"
	holds "$1: nothing of the near stack is encrypted" 'n("crypto.rejects"; "far_opened") <= 2'
	holds "$1: data of the far side arrives outside" 'n("crypto.rejects"; "data_messages_in") > 10'
}

# Which form it is is a matter of the engine's version, and it must be one of the two.
form()
{
	if [ "$(number crypto.rejects packets_to_tun)" = 0 ]; then
		echo 'write refused'
	elif [ "$(number rx.errors near_rx_packets)" -gt 10 ] && [ "$(number crypto.rejects not_ip_to_tun)" -gt 0 ]; then
		echo 'write succeeds and the kernel discards it'
	else
		echo 'neither'
	fi
}

if ! command -v wireguard-go >/dev/null 2>&1; then
	skip 'an inherited tun' 'no wireguard-go here'
	finish
fi
inherited 'inherited' --variant inherited
first=$(form)
if [ "$first" = neither ]; then not_ok 'inherited: the form'; else ok "inherited: the form: $first"; fi
inherited 'by the engine' --engine wireguard-go
is 'without a variant it is the one that the engine allows' "$(form)" "$first"

newest=$WGDIAG_BUILD/peers/wireguard-go-latest
if [ -x "$newest" ]; then
	mkdir "$TMPDIR/newest"
	ln -s "$newest" "$TMPDIR/newest/wireguard-go"
	old_path=$PATH
	PATH=$TMPDIR/newest:$PATH
	inherited 'inherited, the newest wireguard-go' --variant inherited
	is 'the newest wireguard-go: the form' "$(form)" 'write succeeds and the kernel discards it'
	PATH=$old_path
else
	skip 'inherited, the newest wireguard-go' "no $newest (make peers)"
fi

# --- it ends before its time ------------------------------------------------------

bad=0 killed=0
for ms in 5 30 60 100 150 250 400 700 1000 1300 1700; do
	rnd more 0 30
	ms=$((ms + more))
	"$WGDIAG" lab tun-framing --variant inherited >/dev/null 2>&1 &
	pid=$!
	timeout "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" tail -f /dev/null
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ $? != 137 ] || killed=$((killed + 1))
	wait_for 5 gone && continue
	bad=$((bad + 1))
	echo "# killed after $ms ms:"
	diff "$TMPDIR/before" "$TMPDIR/after" | sed 's/^/# /'
done
is 'killed at 11 moments: something left' "$bad" 0
is 'all of them were running' "$killed" 11

"$WGDIAG" lab tun-framing --variant inherited --json >"$TMPDIR/r.json" 2>"$TMPDIR/err" &
pid=$!
wait_for 5 'grep -lz WG_TUN_FD /proc/[0-9]*/environ 2>/dev/null | grep -q .'
kill -INT $pid
ends_rc='still runs'
ends $pid
is 'interrupted: exit' "$ends_rc" 130
clean 'interrupted: nothing is called a failure' "$(json_states "$TMPDIR/r.json" | grep -E ' (FAIL|ERROR)$')"
clean 'interrupted: JSON fits the schema' "$(json_problems "$TMPDIR/r.json")"
check 'interrupted: nothing is left' wait_for 5 gone

# An engine that cannot be tried is said to be so, and nothing is judged.
mkdir "$TMPDIR/dies"
printf '#!/bin/sh\necho "no luck today" >&2\nexit 3\n' >"$TMPDIR/dies/wireguard-go"
chmod 755 "$TMPDIR/dies/wireguard-go"
PATH=$TMPDIR/dies:$PATH "$WGDIAG" lab tun-framing --variant inherited >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'an engine that dies: exit' $? 3
clean 'an engine that dies: nothing on stdout' "$(cat "$TMPDIR/out")"
is 'an engine that dies: one line' "$(wc -l <"$TMPDIR/err")" 1
check 'an engine that dies: with its last word' grep -q 'no luck today' "$TMPDIR/err"
finish
