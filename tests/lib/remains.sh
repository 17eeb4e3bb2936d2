# What a run could leave behind, for tests in tests/lab: compared before and after.
#
#   remains_start; remains >"$TMPDIR/before"; ...; remains >"$TMPDIR/after"
#
# Inside a lab all processes, links, mounts and /run are the lab's own.

remains_start()
{
	mount -t tmpfs -o mode=1777 lab-shm /dev/shm || exit 1
	mkdir -p "$TMPDIR/tmp"
}

remains()
{
	echo '# links'
	ip -o link show | sed 's/^[0-9]*: //; s/[:@].*//' | sort
	echo '# addresses and routes'
	ip -o addr show | awk '{ print $2, $4 }' | sort
	ip route show table all | sort
	echo '# namespaces'
	for remains_n in /proc/[0-9]*/ns/net /proc/[0-9]*/ns/pid /proc/[0-9]*/ns/mnt; do
		readlink "$remains_n"
	done 2>/dev/null | sort -u
	echo '# named namespaces'
	ls /run/netns 2>/dev/null
	echo '# processes'
	for remains_p in /proc/[0-9]*/comm; do
		cat "$remains_p"
	done 2>/dev/null | grep -E 'wgdiag|wireguard' | sort
	echo '# files'
	find /run /dev/shm "$TMPDIR/tmp" | sort
	find /tmp -maxdepth 1 -name '*wgd[0-9a-f][0-9a-f]*' | sort
	echo '# mounts'
	awk '{ print $5, $9 }' /proc/self/mountinfo | sort
}
