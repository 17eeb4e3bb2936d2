#!/bin/sh
# Called by fresh.sh in new mount, pid and uts namespaces: makes FOLDER the
# root of everything, and runs COMMAND there. inside.sh FOLDER COMMAND
set -eu
root=$1 command=$2

hostname fresh
mount --make-rprivate /
# pivot_root wants a mount point.
mount --bind "$root" "$root"
cd "$root"
mkdir -p proc sys dev run tmp old-root

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 fresh-dev dev
for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
	# shellcheck disable=SC2086 # name, major, minor
	set -- $node
	mknod -m 666 "dev/$1" c "$2" "$3"
done
mkdir dev/pts dev/shm dev/net
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 fresh-shm dev/shm
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
if [ -c /dev/net/tun ]; then
	: >dev/net/tun
	mount --bind /dev/net/tun dev/net/tun
fi
mount -t tmpfs -o mode=755 fresh-run run

pivot_root . old-root
umount -l /old-root
rmdir /old-root
export HOME=/root
exec sh -c "$command"
