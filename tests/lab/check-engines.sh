#!/bin/sh
# beside: others
# needs: root
# timeout: 240
# The self-test through every engine that is here: healthy, whatever it counts, pads or logs. And
# through any other, by its command line; what it says in its log is evidence.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
need jq
PATH=$WGDIAG_BUILD/peers:$PATH
export PATH

# healthy WHAT OPTION...: exit 0, each row PASS or NA, and inner data went both ways.
healthy()
{
	healthy_what=$1
	shift
	"$WGDIAG" check --seed "$SEED" --json "$@" >"$TMPDIR/json" 2>"$TMPDIR/err"
	is "$healthy_what: exit" $? 0
	is "$healthy_what: rows that are not well" \
		"$(jq -r '.checks[] | select(.state != "PASS" and .state != "NA") | "\(.id) \(.state): \(.summary)"' "$TMPDIR/json")" ''
	is "$healthy_what: verdict" "$(jq -r .verdict.state "$TMPDIR/json")" PASS
	is "$healthy_what: nothing on stderr" "$(cat "$TMPDIR/err")" ''
}

for e in builtin wireguard-go boringtun gotatun; do
	case $e in
	builtin) p='sh' ;;
	boringtun) p=boringtun-cli ;;
	*) p=$e ;;
	esac
	if command -v $p >/dev/null 2>&1; then
		healthy $e --engine $e
	else
		skip "$e: the self-test" "no $p here (make peers)"
	fi
done

# It ends at one start in twelve when it is set twice: its key, and then its port.
if command -v gotatun >/dev/null 2>&1; then
	dead=0
	for i in $(seq 40); do
		"$WGDIAG" check --engine gotatun --only engine -q --seed $((SEED + i)) >>"$TMPDIR/gotatun" 2>&1 || dead=$((dead + 1))
	done
	is 'gotatun: 40 starts, 0 of them dead' "$dead" 0
	[ "$dead" = 0 ] || cat "$TMPDIR/gotatun"
fi

healthy 'by its command line' --engine-cmd "'$WGDIAG' \"engine\" {name} -f"
is 'its name is its program' "$(jq -r .target.engine "$TMPDIR/json")" "${WGDIAG##*/}"

# An engine of ours that keeps its counters for itself and says a line that its like would say.
cat >"$TMPDIR/talks" <<END
#!/bin/sh
echo 'DEBUG: (wg0) Received packet with invalid mac1'
echo 'DEBUG: (wg0) peer(AbCd…wxyz) - Sending handshake initiation'
echo 'DEBUG: (wg0) Received packet with invalid mac1'
exec "$WGDIAG" engine "\$1" -f
END
chmod 755 "$TMPDIR/talks"
"$WGDIAG" check --engine-cmd "$TMPDIR/talks {name}" --json >"$TMPDIR/json" 2>"$TMPDIR/err"
is 'a log that tells of refusals: exit' $? 1
is 'a log that tells of refusals: the row' \
	"$(jq -r '.checks[] | select(.state == "FAIL") | "\(.id) \(.summary)"' "$TMPDIR/json" | grep -c '^crypto.rejects talks keeps no such counters, its log says 2 × a handshake message for another public key: ')" 1

"$WGDIAG" check --engine-cmd 'false {name}' >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'a program that ends at once: exit' $? 1
check 'and it is said' grep -q 'false exited with status 1' "$TMPDIR/out"
"$WGDIAG" check --engine-cmd 'no-such-engine {name}' >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'a program that is not there: exit' $? 2
is 'and one line' "$(wc -l <"$TMPDIR/err")" 1
"$WGDIAG" check --engine builtin --engine-cmd 'true {name}' >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'two engines: exit' $? 2
"$WGDIAG" check --engine auto --only engine -q >"$TMPDIR/out" 2>"$TMPDIR/err"
is 'auto: exit' $? 0
finish
