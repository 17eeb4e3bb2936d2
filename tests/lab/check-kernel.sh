#!/bin/sh
# timeout: 500
# The self-test with the kernel's engine as its near end, in a virtual machine: before the module is
# there a line says so; with it the tunnel is healthy, and no link of it is left. (That
# kernel has no firewall.)
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
. tests/lib/lab/vm.sh
vm_need
need ip jq
vm_add "$WGDIAG" "$(command -v ip)" && vm_module tun veth wireguard || exit 1
vm_run 400 <<END
load tun veth
run absent '$WGDIAG' check --engine kernel
load wireguard
run before $(command -v ip) -o link
run text '$WGDIAG' check --engine kernel -W 5 --seed $SEED
run json '$WGDIAG' check --engine kernel -W 5 --json
run after $(command -v ip) -o link
run engines '$WGDIAG' engines
END
if [ $? != 0 ]; then
	not_ok 'the machine came to its end' "$(vm_story)"
	finish
fi
ok 'the machine came to its end'
is 'without the module: exit' "$(vm_said absent.rc)" 2
is 'without the module: what is said' "$(vm_said absent.err)" \
	'wgdiag check: engine kernel: the kernel here has no WireGuard (modprobe wireguard)'
is 'healthy: exit' "$(vm_said text.rc)" 0
clean 'healthy: nothing on stderr' "$(vm_said text.err)"
clean 'healthy: each row PASS or NA' "$(vm_said text.out | grep -E ' (FAIL|UNSURE|WARN|ERROR|SKIP) ')"
is 'JSON: exit' "$(vm_said json.rc)" 0
vm_said json.out >"$TMPDIR/json"
is 'JSON: the engine' "$(jq -r '.target | [.kind, .engine] | join(" ")' "$TMPDIR/json")" 'self-test kernel'
is 'nothing is left' "$(vm_said after.out)" "$(vm_said before.out)"
check 'engines: it is here' sh -c "echo '$(vm_said engines.out | grep ^kernel)' | grep -q 'in the kernel'"
finish
