# For the lab tests of `wgdiag check IFACE`; read after lab_init and tests/lib/lab/engine.sh, tests/lib/json.sh.
#
#   [ left: the tunnel that is looked at ]---near   veth   far---[ right: our engine ]

ns_new left; ns_new right
veth left near right far
rnd_net4 out4; rnd_net6 out6
addr left near "$out4.1/24" "${out6}1/64"
addr right far "$out4.2/24" "${out6}2/64"
chmod 755 "$TMPDIR"
# The kernel looks first whether anybody else has them.
wait_for 10 '! ip -n left addr | grep tentative'

# pair NAME: draws names, keys, addresses; starts the far end. The near engine is the caller's.
pair()
{
	rnd_net4 in4; rnd_net6 in6
	rnd_name n n; rnd_name f f
	rnd_port port_n; rnd_port port_f
	key key_n; key key_f
	wg genpsk >"$TMPDIR/psk"
	engine right "$f"; far_pid=$engine_pid
	wg set "$f" private-key "$key_f_file" listen-port "$port_f" peer "$key_n_pub" preshared-key "$TMPDIR/psk" \
		allowed-ips "$in4.1/32,${in6}1/128"
	addr right "$f" "$in4.2/24" "${in6}2/64"
	ip -n right link set "$f" mtu 1420 up
}
configure()
{
	wg set "$n" private-key "$key_n_file" listen-port "$port_n" peer "$key_f_pub" preshared-key "$TMPDIR/psk" \
		allowed-ips "$in4.2/32,${in6}2/128" endpoint "$out4.2:$port_f"
	addr left "$n" "$in4.1/24" "${in6}1/64"
	ip -n left link set "$n" mtu 1420 up
}
# foreign NAME COMMAND...: an engine in the left namespace, in the foreground as a job.
foreign()
{
	foreign_name=$1
	shift
	ip netns exec left "$@" "$n" >"$TMPDIR/$n.log" 2>&1 &
	near_pid=$!
	wait_for 10 "wg show $n" || { not_ok "$foreign_name starts" "$(cat "$TMPDIR/$n.log")"; finish; }
}
over() { kill "$near_pid" "$far_pid" 2>/dev/null; wait "$near_pid" "$far_pid" 2>/dev/null; }

attach() { ip netns exec left "$WGDIAG" check "$n" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"; }
bad_rows() { jq -r '.checks[] | select(.state == "FAIL" or .state == "UNSURE" or .state == "WARN" or .state == "ERROR") |
	"\(.id) \(.state): \(.summary)"' "$TMPDIR/out"; }
cause() { jq -r '.verdict | [.cause, .side] | map(. // "-") | join(" ")' "$TMPDIR/out"; }
# All that somebody could have changed; no counters.
state()
{
	ip -n left -o link; ip -n left -o addr; ip -n left route show table all; ip -n left -6 route show table all
	ip -n left rule; ip netns exec left nft -s list ruleset; wg show all peers; wg show all allowed-ips
	wg show all endpoints; find /run -type s | sort; ip netns exec left sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|ignore'
}

# opaque ARGUMENT...: where /run/wireguard is empty.
opaque()
{
	# shellcheck disable=SC2016
	ip netns exec left unshare -m sh -c 'mount -t tmpfs none /run/wireguard && exec "$@"' - \
		"$WGDIAG" check "$n" "$@" >"$TMPDIR/out" 2>"$TMPDIR/err"
}
