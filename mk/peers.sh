# Fetches what the tests run against and no package installs: mk/peers.sh FOLDER
#
#   wireguard-go-latest   the newest of the foreign engines
#   boringtun-cli, gotatun   those in Rust; built here, which takes some minutes
#   kernel/               vmlinuz, modules/ and busybox, for a virtual machine (tests/lib/lab/vm.sh)
#
# Never fails: a machine without a new Go or Rust, without apt or without a network has fewer
# of them, and the tests that want the missing one skip by name. What is there is kept.
dir=${1:?}
mkdir -p "$dir" || exit 0
dir=$(cd "$dir" && pwd)
tmp=$(mktemp -d) || exit 0
trap 'rm -rf "$tmp"' EXIT
limit='' long_limit=''
if command -v timeout >/dev/null 2>&1; then limit='timeout 240' long_limit='timeout 1200'; fi

cannot() { echo "peers: $1 cannot be had: $2"; }

wireguard_go()
{
	name=wireguard-go-latest
	[ ! -x "$dir/$name" ] || return
	command -v go >/dev/null 2>&1 || { cannot $name 'no Go here (it needs 1.23 or newer)'; return; }
	# GOTOOLCHAIN=local: an old Go would otherwise fetch itself a new one.
	version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)
	minor=$(echo "$version" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
	[ "${minor:-0}" -ge 23 ] || { cannot $name "Go is ${version:-unknown}, it needs 1.23 or newer"; return; }

	if GOTOOLCHAIN=local GOBIN="$tmp" CGO_ENABLED=0 \
		$limit go install golang.zx2c4.com/wireguard@latest >"$tmp/log" 2>&1 && [ -x "$tmp/wireguard" ]; then
		mv "$tmp/wireguard" "$dir/$name"
		echo "peers: $dir/$name"
	else
		cannot $name "$(tail -n 1 "$tmp/log")"
	fi
}

# rust PROGRAM CRATE. Debian's own cargo is too old; cargo-web is kept new for browsers.
rust()
{
	name=$1
	[ ! -x "$dir/$name" ] || return
	command -v cargo >/dev/null 2>&1 ||
		{ cannot "$name" 'no cargo here (apt-get install --no-install-recommends cargo-web rustc-web)'; return; }
	version=$(cargo --version 2>/dev/null)
	minor=$(echo "$version" | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
	[ "${minor:-0}" -ge 85 ] || { cannot "$name" "it needs cargo 1.85 or newer, this is ${version:-unknown}"; return; }

	# One job: it is no hurry, and a crate's compiler may take a gigabyte.
	if CARGO_TARGET_DIR="$tmp/target" nice -n 19 $long_limit cargo install --quiet --locked -j 1 \
		--no-track --root "$tmp/rust" "$2" >"$tmp/log" 2>&1 && [ -x "$tmp/rust/bin/$name" ]; then
		mv "$tmp/rust/bin/$name" "$dir/$name"
		echo "peers: $dir/$name"
	else
		cannot "$name" "$(grep '^error' "$tmp/log" | head -n 1 | grep . || tail -n 1 "$tmp/log" | grep . || echo 'no time left')"
	fi
}

# The packages of a kernel that these name: newer ones are of several parts.
kernel_parts()
{
	LC_ALL=C apt-cache depends "$@" 2>/dev/null | sed -nE 's/.*Depends: *(linux-(image|binary|modules)-[^ ]*).*/\1/p'
}

# Unpacked, not installed: nothing of this machine is changed, and no root is needed.
fetch_kernel()
{
	cd "$tmp" || return
	# A package that holds nothing but the name of the newest one.
	image=$(kernel_parts linux-image-cloud-amd64)
	[ -n "$image" ] || { echo 'apt knows no linux-image-cloud-amd64 here'; return 1; }
	# shellcheck disable=SC2046,SC2086 # lists of words
	LC_ALL=C $limit apt-get -q download $(printf '%s\n' $image $(kernel_parts $image) | sort -u) busybox-static || return
	mkdir files kernel
	for deb in ./*.deb; do
		dpkg-deb -x "$deb" files || return
	done
	# Where / and /usr are one, packages say usr/lib and usr/bin.
	for f in files/boot/vmlinuz-* files/lib/modules/* files/usr/lib/modules/* files/bin/busybox files/usr/bin/busybox; do
		case $f in
		*'*') ;;
		*/vmlinuz-*) mv "$f" kernel/vmlinuz ;;
		*/modules/*) mv "$f" kernel/modules ;;
		*) [ ! -x "$f" ] || mv "$f" kernel/busybox ;;
		esac
	done
	[ -f kernel/vmlinuz ] && [ -d kernel/modules ] && [ -x kernel/busybox ] ||
		{ echo "$image is packed in an unknown way"; return 1; }
	mv kernel "$dir/kernel"
}

kernel()
{
	[ ! -d "$dir/kernel" ] || return
	[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || { cannot kernel 'only known for x86_64'; return; }
	# Nobody needs it then, and it is large.
	command -v qemu-system-x86_64 >/dev/null 2>&1 ||
		{ cannot kernel 'no qemu-system-x86_64 here (apt-get install --no-install-recommends qemu-system-x86)'; return; }
	command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 ||
		{ cannot kernel 'it comes by apt-get, and there is none here'; return; }
	if (fetch_kernel) >"$tmp/log" 2>&1; then
		echo "peers: $dir/kernel"
	else
		cannot kernel "$(grep '^E: ' "$tmp/log" | head -n 1 | grep . || tail -n 1 "$tmp/log")"
	fi
}

wireguard_go
rust boringtun-cli boringtun-cli
rust gotatun gotatun-cli
kernel
exit 0
