# A virtual machine with another kernel; read after tests/lab/lib.sh and lab_init.
#
#   vm_need                       the script skips where no machine can be made
#   vm_add "$WGDIAG" /bin/x       programs, with their libraries, at the same paths
#   vm_module tun wireguard       modules and what they depend on, put where the machine finds them
#   vm_run 60 <<'END'             what it does; 0 if it came to its end within 60 s
#   load tun
#   run answer uname -r
#   END
#   vm_said answer.out            also answer.err and answer.rc
#
# The kernel and busybox are those of `make peers`, qemu's own processor runs them (no KVM,
# which a machine that is virtual itself seldom has). There is no disk and no network: the
# machine's root is what was added, and its words come back over a serial line. What the
# kernel and the script itself print is in $vm_console, for people.

vm_kernel=$WGDIAG_BUILD/peers/kernel
vm_dir=$TMPDIR/vm
vm_root=$vm_dir/root
vm_console=$vm_dir/console
vm_said=$vm_dir/said

vm_need()
{
	command -v qemu-system-x86_64 >/dev/null 2>&1 ||
		skip_all 'no qemu-system-x86_64 here (apt-get install --no-install-recommends qemu-system-x86; make peers)'
	[ -f "$vm_kernel/vmlinuz" ] && [ -x "$vm_kernel/busybox" ] || skip_all "no kernel $vm_kernel (make peers)"
	need ldd
	mkdir -p "$vm_root/bin" "$vm_root/modules" "$vm_root/dev" "$vm_root/proc" "$vm_root/sys" "$vm_root/tmp" \
		"$vm_root/run/netns" "$vm_root/var" && chmod 1777 "$vm_root/tmp" && ln -s /run "$vm_root/var/run" || exit 1
	cp "$vm_kernel/busybox" "$vm_root/bin/busybox" || exit 1
	for vm_c in $("$vm_kernel/busybox" --list); do
		[ -e "$vm_root/bin/$vm_c" ] || ln -s busybox "$vm_root/bin/$vm_c"
	done
}

# vm_put FILE: at the same path.
vm_put() { mkdir -p "$vm_root${1%/*}" && rm -f "$vm_root$1" && cp -L "$1" "$vm_root$1"; }

vm_add()
{
	for vm_p; do
		vm_put "$vm_p" || return 1
		for vm_l in $(ldd "$vm_p" | grep -o '/[^ ]*'); do
			[ -e "$vm_root$vm_l" ] || vm_put "$vm_l" || return 1
		done
	done
}

# /modules/NAME.order is for `load`: the module itself, after those it needs.
vm_module()
{
	for vm_m; do
		vm_list=
		vm_need_module "$vm_m" && echo "$vm_list" >"$vm_root/modules/$vm_m.order" || return 1
	done
}

# A package has no modules.dep: that is made where it is installed. But each module says what it needs.
vm_need_module()
{
	case " $vm_list " in *" $1 "*) return ;; esac
	vm_ko=$(find "$vm_kernel/modules" -name "$(echo "$1" | sed 's/[-_]/[-_]/g').ko*")
	case $vm_ko in
	*.ko) cat "$vm_ko" ;;
	*.ko.xz) "$vm_kernel/busybox" xzcat "$vm_ko" ;;
	*) echo "no module $1 in $vm_kernel, or packed in an unknown way: $vm_ko" >&2; return 1 ;;
	esac >"$vm_root/modules/$1.ko" && [ -s "$vm_root/modules/$1.ko" ] || return 1
	for vm_d in $(tr '\0' '\n' <"$vm_root/modules/$1.ko" | sed -n 's/^depends=//p' | tr , ' '); do
		vm_need_module "$vm_d" || return 1
	done
	vm_list="$vm_list $1"
}

# The first process of the machine, before the script from vm_run.
vm_first()
{
	cat <<'END'
#!/bin/sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/ TMPDIR=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir /dev/shm
mount -t tmpfs -o mode=1777 shm /dev/shm
ip link set lo up
stty raw -echo </dev/ttyS1
exec 9>/dev/ttyS1

# load MODULE...: with what it needs.
load()
{
	for module; do
		for m in $(cat "/modules/$module.order"); do
			grep -q "^$(echo "$m" | tr - _) " /proc/modules || insmod "/modules/$m.ko" || return 1
		done
	done
}

# run NAME COMMAND...: what it prints and its exit code are told as NAME.out, NAME.err, NAME.rc.
run()
{
	name=$1
	shift
	"$@" >"/tmp/run.out" 2>"/tmp/run.err" 9>&-
	echo "$name.rc|$?" >&9
	awk -v n="$name.out|" '{ print n $0 }' /tmp/run.out >&9
	awk -v n="$name.err|" '{ print n $0 }' /tmp/run.err >&9
	rm -f /tmp/run.out /tmp/run.err
}

(
END
	cat
	cat <<'END'
)
echo 'end|' >&9
poweroff -f
END
}

# vm_run SECONDS: its script comes from stdin.
vm_run()
{
	vm_first >"$vm_root/init" && chmod 755 "$vm_root/init" || return 1
	(cd "$vm_root" && find . | "$vm_kernel/busybox" cpio -o -H newc 2>/dev/null) >"$vm_dir/initramfs" || return 1
	rm -f "$vm_console" "$vm_said"
	timeout -k 5 "$1" qemu-system-x86_64 -M pc -accel tcg -cpu max -smp 2 -m "${VM_MB:-512}" \
		-nodefaults -display none -no-reboot -kernel "$vm_kernel/vmlinuz" -initrd "$vm_dir/initramfs" \
		-append 'console=ttyS0 quiet panic=-1 random.trust_cpu=on no_timer_check' \
		-serial "file:$vm_console" -serial "file:$vm_said" </dev/null >"$vm_dir/qemu" 2>&1
	echo "qemu: exit $? (124: no end within $1 s)" >>"$vm_dir/qemu"
	grep -qs '^end|' "$vm_said"
}

# vm_said NAME.out
vm_said() { tr -d '\r' <"$vm_said" | sed -n "s/^$1|//p"; }

# Everything that may tell why it did not work.
vm_story() { cat "$vm_dir/qemu" "$vm_console" "$vm_said" 2>/dev/null | tr -d '\r' | tail -n 60; }
