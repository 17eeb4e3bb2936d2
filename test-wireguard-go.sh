#!/bin/sh
# The case that wgdiag started from, played on this machine. Needs `make`, wireguard-go, wg, ip and
# ping, and root or user namespaces; it touches nothing outside of its own namespaces.
#
# A program with an embedded engine lost every packet of its tunnel although the handshake was
# perfect: it took the 4-byte header that a macOS tun puts before each packet for part of the
# packet, and encrypted it. Routes, firewall, addresses and the server were fine. With wireguard-go
# in the place of that engine the same configuration worked: 4 of 4 pings.
#
#   near                                             far, "the server"
#   [ story-near 10.7.0.1 ] engine                   wgdiag engine [ story-far 10.7.0.2 ]
#   [ near-wire 192.0.2.1 ]----------- veth -----------[ far-wire 192.0.2.2 ]
#
# Exit 0: the story holds. 1: it does not, and one line on stderr says where. 77: it cannot be
# played here, and why.
set -u
top=$(cd "$(dirname "$0")" && pwd)
: "${WGDIAG:=$top/build/wgdiag}"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export WGDIAG PATH

say() { printf '\n== %s\n' "$1"; }
broken() { echo "test-wireguard-go.sh: $1" >&2; exit 1; }
cannot() { echo "test-wireguard-go.sh: cannot be played here: $1" >&2; exit 77; }

[ -x "$WGDIAG" ] || cannot "no $WGDIAG (make builds it)"
for program in wireguard-go wg ip ping unshare nsenter; do
	command -v "$program" >/dev/null || cannot "no $program (Debian: apt-get install \
--no-install-recommends wireguard-go wireguard-tools iproute2 iputils-ping util-linux)"
done

# --- a machine of its own ---------------------------------------------------------

# What is started, mounted or made inside is gone when its first process ends, however it ends.
if [ "${1:-}" != --inside ]; then
	as_root=
	[ "$(id -u)" = 0 ] || as_root=-r
	# shellcheck disable=SC2086 # no word at all for root
	why=$(unshare $as_root -m -n -p -f --mount-proc true 2>&1) || cannot "$why (run it as root)"
	# shellcheck disable=SC2086
	exec unshare $as_root -m -n -p -f --kill-child --mount-proc sh "$0" --inside
fi
trap 'exit 143' TERM INT
umask 077
mount -t tmpfs story /run || cannot 'no private /run'
# shellcheck disable=SC3013 # dash, ash and bash all have it
[ /var/run -ef /run ] || mount --bind /run /var/run || cannot 'no private /var/run'
mkdir -p /run/netns /run/wireguard /run/story && cd /run/story || exit 1

near='nsenter --net=/run/netns/near'

# A look every 50 ms until the command succeeds, for 10 s at most.
until_ok()
{
	looks=0
	until "$@" >/dev/null 2>&1; do
		looks=$((looks + 1))
		[ $looks -lt 200 ] || return 1
		timeout 0.05 tail -f /dev/null
	done
	return 0
}

# --- 1. the failing setup, and its diagnosis --------------------------------------

say '1. an engine that encrypts the header of its tun: wgdiag lab tun-framing'
"$WGDIAG" lab tun-framing --save-facts facts
code=$?
[ $code = 1 ] || broken "wgdiag lab tun-framing exits with $code, not 1"
# The same once more, from what was seen, in the form for programs.
verdict=$("$WGDIAG" check --facts facts --json | sed 's/.*"verdict":{//; s/"checks":.*//')
case $verdict in
'"state":"FAIL","cause":"tun-framing",'*) ;;
*) broken "the cause is not tun-framing: $verdict" ;;
esac
case $verdict in
*'"side":"local"'*) ;;
*) broken "the side is not local: $verdict" ;;
esac
echo
echo 'exit 1, cause tun-framing, side local, as it should be'

# --- 2. the same fault, with a configuration and by hand --------------------------

ip netns add near && ip link set lo up &&
	ip link add far-wire type veth peer name near-wire netns near &&
	ip addr add 192.0.2.2/24 dev far-wire && ip link set far-wire up &&
	ip -n near addr add 192.0.2.1/24 dev near-wire && ip -n near link set near-wire up ||
	cannot 'no network namespaces with a veth pair'

wg genkey >near.key
wg genkey >far.key
cat >near.conf <<END
[Interface]
PrivateKey = $(cat near.key)
ListenPort = 51820
[Peer]
PublicKey = $(wg pubkey <far.key)
AllowedIPs = 10.7.0.2/32
Endpoint = 192.0.2.2:51820
PersistentKeepalive = 25
END
cat >far.conf <<END
[Interface]
PrivateKey = $(cat far.key)
ListenPort = 51820
[Peer]
PublicKey = $(wg pubkey <near.key)
AllowedIPs = 10.7.0.1/32
END

# An engine has made NAME and answers: it gets its configuration and its address.
set_up() # NAMESPACE-OPTION NAME ADDRESS CONFIGURATION
{
	until_ok wg show "$2" || broken "the engine of $2 does not answer"
	# shellcheck disable=SC2086 # "-n near", or no word
	wg setconf "$2" "$4" && ip $1 addr add "$3" dev "$2" && ip $1 link set "$2" up ||
		broken "$2 cannot be configured"
}

shaken() { [ "$(wg show story-near latest-handshakes | cut -f 2)" -gt 0 ]; }

# Four pings through the tunnel, once there is a handshake; ping's own words in pings.
four_pings()
{
	until_ok shaken || broken 'no handshake'
	echo 'handshake complete'
	$near ping -n -c 4 -i 0.3 -W 1 10.7.0.2 >pings
	tail -n 3 pings | sed '/^$/d'
}

"$WGDIAG" engine -f story-far &
set_up '' story-far 10.7.0.2/24 far.conf

say '2. by hand: that engine with near.conf, and 4 pings'
$near "$WGDIAG" engine -f --fault family-header story-near &
engine=$!
set_up '-n near' story-near 10.7.0.1/24 near.conf
four_pings
grep -q '^4 packets transmitted, 0 received' pings || broken 'the faulty engine lets pings through'
ip -n near link delete story-near && wait $engine || broken 'the faulty engine does not end'

# --- 3. another engine, the same configuration ------------------------------------

say '3. wireguard-go in its place, the same near.conf by wg setconf, and 4 pings'
$near env LOG_LEVEL=error WG_PROCESS_FOREGROUND=1 wireguard-go -f story-near &
set_up '-n near' story-near 10.7.0.1/24 near.conf
four_pings
grep -q '^4 packets transmitted, 4 received, 0% packet loss' pings ||
	broken 'wireguard-go does not bring 4 of 4 pings through'
grep -q 'min/avg/max' pings || broken 'no round trip times'

say 'The story holds: the engine was at fault, and nothing else had to be changed.'
