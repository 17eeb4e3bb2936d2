#!/bin/sh
# timeout: 500
# A kernel without veth, for real: a Debian cloud kernel in a virtual machine, where veth is a
# module that is not there. `wgdiag check` refuses in one line, exit 3, and leaves nothing. Then
# the module is loaded, and in the same machine the same command measures.
. "${TOP:-.}/tests/lab/lib.sh"
lab_init "$@"
. tests/lib/lab/vm.sh
vm_need

vm_add "$WGDIAG" && vm_module tun veth && vm_put "$TOP/tests/lib/remains.sh" || exit 1
setpriv=$(command -v setpriv) && vm_add "$setpriv"
# A sanitized one would look for leaks with a child, and a user who has entered namespaces that ended can have none.
nobody="env ASAN_OPTIONS=detect_leaks=0 $setpriv --reuid=65534 --regid=65534 --clear-groups"

now; from=$lab_now
vm_run 400 <<END
. '$TOP/tests/lib/remains.sh'
remains_start
load tun
chmod 666 /dev/net/tun
run before remains
run refused '$WGDIAG' check
run json '$WGDIAG' check --json
[ -z '$setpriv' ] || run user $nobody '$WGDIAG' check
run after remains
mkfifo /tmp/hold
unshare -n cat /tmp/hold &
exec 8>/tmp/hold
run planted remains
exec 8>&-
wait
load veth
run loaded '$WGDIAG' check
run end remains
END
rc=$?
now
echo "# the machine took $((lab_now - from))/100 s"
if [ $rc != 0 ]; then
	not_ok 'the machine came to its end' "$(vm_story)"
	finish
fi
ok 'the machine came to its end'

refusal='wgdiag: create veth NAME: Operation not supported (this kernel has no veth (CONFIG_VETH): modprobe veth, as root)'

# refused ANSWER NAME
refused()
{
	is "$2: exit" "$(vm_said "$1.rc")" 3
	is "$2: one line, what to do" "$(vm_said "$1.err" | sed 's/veth wg[0-9a-z]*:/veth NAME:/')" "$refusal"
	clean "$2: nothing on stdout" "$(vm_said "$1.out")"
}

refused refused 'no veth'
refused json 'no veth, as JSON'
if [ -n "$setpriv" ]; then
	refused user 'no veth, an ordinary user'
else
	skip 'no veth, an ordinary user' 'no setpriv here'
fi
is 'nothing is left behind' "$(vm_said after.out)" "$(vm_said before.out)"
is 'a namespace left would have been seen' \
	"$(vm_said before.out | grep -c '^net:') $(vm_said planted.out | grep -c '^net:')" '1 2'

is 'veth loaded: exit' "$(vm_said loaded.rc)" 0
clean 'veth loaded: nothing on stderr' "$(vm_said loaded.err)"
case $(vm_said loaded.out) in
*'Verdict: PASS'*) ok 'veth loaded: the verdict' ;;
*) not_ok 'veth loaded: the verdict' "$(vm_said loaded.out)" ;;
esac
is 'veth loaded: nothing is left behind' "$(vm_said end.out)" "$(vm_said before.out)"
finish
