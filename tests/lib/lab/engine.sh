# For the lab tests of the engine; read after tests/lab/lib.sh and lab_init.

tool=$TMPDIR/engine_tool
${CC:-cc} -O1 -o "$tool" "$TOP/tests/lib/lab/engine_tool.c" || exit 1

umask 077

# engine NAMESPACE IFNAME [ARGUMENT...]: in the foreground as a job; its pid in engine_pid.
# Not as a command of `check`: that runs it in a subshell, whose jobs are not ours.
engine()
{
	engine_ns=$1 engine_if=$2
	shift 2
	ip netns exec "$engine_ns" "$WGDIAG" engine -f -v "$@" "$engine_if" >"$TMPDIR/$engine_if.log" 2>&1 &
	engine_pid=$!
	wait_for 5 "[ -S /run/wireguard/$engine_if.sock ] && ip -n $engine_ns link show $engine_if" &&
		return
	not_ok "an engine $engine_if starts" "$(cat "$TMPDIR/$engine_if.log")"
	finish
}

# ended NAME PID: the job ends, with 0.
ended()
{
	ends_rc='still runs'
	ends "$2"
	is "$1" "$ends_rc" 0
}

# said IFNAME WORDS: is that in its log?
said() { grep -q -- "$2" "$TMPDIR/$1.log"; }

uapi() { "$tool" uapi "$1"; }
# value IFNAME KEY: of the device, or of the first peer that has it.
value() { printf 'get=1\n\n' | uapi "$1" | sed -n "s/^$2=//p" | head -n 1; }
# drops IFNAME: all reasons that are not zero, of the device: "in_mac1=3 out_no_peer=1".
drops() { printf 'get=1\n\n' | uapi "$1" | sed '/^public_key/,$d' | sed -n '/=0$/d; s/^drop_//p' | sort | tr '\n' ' ' | sed 's/ $//'; }

# key VAR: VAR is a private key, VAR_pub its public one, VAR_file a file with it.
key()
{
	eval "$1=\$(wg genkey)"
	eval "$1_pub=\$(printf %s \"\$$1\" | wg pubkey)"
	eval "$1_file=\$TMPDIR/$1.key"
	(umask 077 && eval "printf %s \"\$$1\"" >"$TMPDIR/$1.key")
}

# pings NAMESPACE COUNT ADDRESS [ARGUMENT...]: all of them come back.
pings() { pings_ns=$1 pings_n=$2; shift 2; in_ns "$pings_ns" ping -q -i 0.02 -c "$pings_n" -W 2 "$@"; }
