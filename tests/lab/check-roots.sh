#!/bin/sh
# beside: others
# One fault, one root: what is lost for its size is not told as loss, and a rule is the cause only of
# rows whose packets it can take. The faults are there before the engine: a program of ours makes them
# in its network, and becomes the engine.
. tests/lab/lib.sh
lab_init "$@"
need ip jq nft sysctl
. tests/lib/json.sh

# with NAME COMMANDS: check with an engine that begins with these; $tun is its device's name.
with()
{
	mkdir -p "$TMPDIR/bin"
	cat >"$TMPDIR/bin/wireguard-go" <<END
#!/bin/sh
PATH=$PATH
for tun; do :; done
case \$tun in --version) exec "$WGDIAG" --version ;; esac
wire=\$(ip -o link show type veth | sed 's/^[0-9]*: \\([^@:]*\\).*/\\1/')
{
$2
} || exit 9
exec "$WGDIAG" engine -f "\$tun"
END
	chmod 755 "$TMPDIR/bin/wireguard-go"
	PATH=$TMPDIR/bin:$PATH "$WGDIAG" check --engine wireguard-go --seed "$SEED" --json \
		>"$TMPDIR/r.json" 2>"$TMPDIR/err"
	rc=$?
	clean "$1: nothing on stderr" "$(cat "$TMPDIR/err")"
	clean "$1: fits the schema" "$(json_problems "$TMPDIR/r.json")"
}
row() { json_row "$TMPDIR/r.json" "$1"; }
roots() { jq -r '[.checks[] | select(.state == "FAIL" and .caused_by == null).id] | join(" ")' "$TMPDIR/r.json"; }
verdict() { jq -r '.verdict.summary' "$TMPDIR/r.json"; }

with control ':'
is 'control: exit' "$rc" 0

# The far end's messages carry DF; what is longer than the near link is dropped on its way.
rnd mtu 1340 1439
with "wire MTU $mtu" "ip link set \$wire mtu $mtu"
is "wire MTU $mtu: exit" "$rc" 1
is "wire MTU $mtu: one root" "$(roots)" tun.mtu
is "wire MTU $mtu: ping.sizes" "$(row ping.sizes)" 'FAIL tun.mtu'
# The sentence holds the row where 160 characters are enough.
case "$(verdict) / $(jq -r '.checks[] | select(.id == "tun.mtu").summary' "$TMPDIR/r.json")" in
'pmtu-blackhole: '*' / '*' more than the '*' are lost'*) ok "wire MTU $mtu: and says so" ;;
*) not_ok "wire MTU $mtu: and says so" "$(verdict)" ;;
esac

# A rule that takes the tunnel's own datagrams is the root of all, also where our engine counts them.
rnd hook 0 1
if [ "$hook" = 0 ]; then hook=output dev=oifname; else hook=input dev=iifname; fi
rnd share 20 40
with "outer, $hook, $share %" "nft 'table inet t { chain j { udp dport 1-65535 numgen random mod 100 < $share counter drop; }; \
	chain c { type filter hook $hook priority 0; $dev \"'\$wire'\" jump j; }; }'"
is "outer, $hook: exit" "$rc" 1
is "outer, $hook: one root" "$(roots)" host.firewall

# By chance, as many or more: that is no matter of size.
rnd share 30 50
with "loss of $share %" "nft 'table netdev t { chain i { type filter hook ingress device \"'\$wire'\" priority 0; \
	numgen random mod 100 < $share drop; }; }'"
is "loss of $share %: exit" "$rc" 1
case " $(roots) " in
*' ping.sizes '*) not_ok "loss of $share %: no fault of size" "$(roots)" ;;
*) ok "loss of $share %: no fault of size" ;;
esac

# A rule against UDP, and beside it a stack that answers no ping.
rnd hook 0 1
if [ "$hook" = 0 ]; then hook=output dev=oifname; else hook=input dev=iifname; fi
with "UDP, $hook" "nft 'table inet t { chain c { type filter hook $hook priority 0; $dev \"'\$tun'\" \
	meta l4proto udp counter drop; }; }' && sysctl -qw net.ipv4.icmp_echo_ignore_all=1"
is "UDP, $hook: exit" "$rc" 1
is "UDP, $hook: host.firewall" "$(row host.firewall)" 'FAIL -'
is "UDP, $hook: data.both-ways" "$(row data.both-ways)" 'FAIL host.firewall'
is "UDP, $hook: ping.self, for the tunnel works" "$(row ping.self)" 'WARN -'
is "UDP, $hook: echo.reply" "$(row echo.reply)" 'FAIL -'
is "UDP, $hook: ping.sizes" "$(row ping.sizes)" 'FAIL echo.reply'
is "UDP, $hook: ping.peer" "$(row ping.peer)" 'PASS -'
finish
