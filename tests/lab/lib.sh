# For the tests in tests/lab: a machine of one's own, made of namespaces.
#
#   #!/bin/sh
#   # [ left ]---veth 10.x.y.0/24---[ right ]
#   . tests/lab/lib.sh
#   lab_init "$@"
#   ns_new left; ns_new right
#   veth left to-right right to-left
#   in_ns left ip addr add 10.1.2.1/24 dev to-right
#   ...
#   check 'right answers' in_ns left ping -c 1 -W 2 10.1.2.2
#   finish
#
# The script starts again inside new mount, network and pid namespaces. Whatever
# it starts, mounts or creates there is gone when it ends, however it ends: the
# kernel kills what is left in a pid namespace whose first process has died. So
# there is no clean-up to write, and none to forget.
#
# /run is empty and private, so /var/run/wireguard is the lab's own. Namespaces
# share it: two engines need two interface names.

: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${WGDIAG_BUILD:=$TOP/build}"
: "${WGDIAG:=$WGDIAG_BUILD/wgdiag}"
: "${TMPDIR:=/tmp}"
: "${SEED:=1}"
export TOP WGDIAG_BUILD WGDIAG TMPDIR SEED
. "$TOP/tests/lib/tap.sh"

lab_init()
{
	if [ -z "${LAB_INSIDE:-}" ]; then
		[ "$(id -u)" = 0 ] || skip_all 'needs root'
		lab_why=$(unshare -m -n -p -f --mount-proc true 2>&1) || skip_all "no namespaces here: $lab_why"
		trap - EXIT
		LAB_INSIDE=1 exec unshare -m -n -p -f --kill-child --mount-proc sh "$0" "$@"
	fi
	unset LAB_INSIDE
	# The first process of a pid namespace gets no signal it does not ask for.
	trap 'exit 143' TERM INT
	mount -t tmpfs -o mode=755 lab-run /run || exit 1
	# shellcheck disable=SC3013 # dash, ash and bash all have it
	[ /var/run -ef /run ] || mount --bind /run /var/run
	# As it was mounted before it shows the links of the machine outside.
	mount -t sysfs lab-sys /sys
	mkdir -p /run/netns /run/wireguard
	ip link set lo up
	rnd_state=$((SEED % 2147483647))
}

# --- network --------------------------------------------------------------

ns_new() { ip netns add "$1" && ip -n "$1" link set lo up; }

# in_ns NAME COMMAND...: in the background, $! is the command itself.
in_ns() { lab_ns=$1; shift; ip netns exec "$lab_ns" "$@"; }

# veth A IF-IN-A B IF-IN-B: a cable between two namespaces, up at both ends.
veth()
{
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" &&
		ip -n "$1" link set "$2" up && ip -n "$3" link set "$4" up
}

# addr NAMESPACE INTERFACE ADDRESS/LEN...; v6 is usable at once, since nobody else is there.
addr()
{
	lab_ns=$1 lab_if=$2
	shift 2
	for lab_a; do
		case $lab_a in
		*:*) ip -n "$lab_ns" addr add "$lab_a" dev "$lab_if" nodad ;;
		*) ip -n "$lab_ns" addr add "$lab_a" dev "$lab_if" ;;
		esac || return 1
	done
}

# --- time -----------------------------------------------------------------

# Hundredths of a second since boot, in lab_now; no process is needed for it.
now() { read -r lab_now _ </proc/uptime; lab_now=${lab_now%.*}${lab_now#*.}; }

# A moment between two looks at a condition. A shell has no shorter wait of its own.
pause() { timeout 0.03 tail -f /dev/null; return 0; }

# wait_for SECONDS 'CONDITION': looks until it holds; fails after SECONDS.
wait_for()
{
	now
	lab_until=$((lab_now + $1 * 100))
	until eval "$2" >/dev/null 2>&1; do
		now
		[ "$lab_now" -lt "$lab_until" ] || return 1
		pause
	done
}

# --- chance, repeated by SEED ---------------------------------------------
# Each sets a variable: rnd PORT 1024 65535. A command substitution would throw
# the state away, and give the same number twice.

rnd()
{
	# Park and Miller's generator: it fits the arithmetic of any shell.
	rnd_state=$((rnd_state % 2147483647))
	[ "$rnd_state" != 0 ] || rnd_state=1
	rnd_state=$((rnd_state * 48271 % 2147483647))
	eval "$1=$(($2 + rnd_state / 7 % ($3 - $2 + 1)))"
}

# rnd_new VAR LOW HIGH LIST: as rnd, and no number that LIST, a variable, has already: two networks
# or ports of one script that are the same by chance would be another case than the one it means.
rnd_new()
{
	while
		rnd "$1" "$2" "$3"
		eval "case \" \${$4-} \" in *\" \$$1 \"*) ;; *) $4=\"\${$4-} \$$1\"; false ;; esac"
	do :; done
}

rnd_port() { rnd_new "$1" 10000 32000 lab_ports; }

# rnd_net4 VAR: VAR.1, VAR.2 ... are the addresses of a /24; rnd_net6: ${VAR}1 ... of a /64.
rnd_net4() { rnd_new lab_r 0 65535 lab_nets; eval "$1=10.$((lab_r / 256)).$((lab_r % 256))"; }
rnd_net6() { rnd lab_r 1 65535; rnd lab_s 1 65535; eval "$1=$(printf 'fd%02x:%x:%x::' $((lab_r % 256)) "$lab_r" "$lab_s")"; }

# rnd_name VAR PREFIX: an interface name.
rnd_name() { rnd lab_r 0 1048575; eval "$1=$2$(printf '%05x' "$lab_r")"; }

# --- programs -------------------------------------------------------------

# need COMMAND...: the whole script skips where one is missing.
need()
{
	for lab_c; do
		command -v "$lab_c" >/dev/null 2>&1 || skip_all "no $lab_c here"
	done
}

# ends PID: waits for a background job; 0 if it ended within 10 s, its code in ends_rc.
ends()
{
	wait_for 10 "! kill -0 $1" || return 1
	wait "$1"
	ends_rc=$?
}
