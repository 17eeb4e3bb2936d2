# What is missing on this machine, and its installation.
#
#   mk/deps.sh check KIND...     one line that says what is missing, if anything is
#   mk/deps.sh install KIND...   installs it; needs no network and no root when all is there
#
# Kinds and packages are the rows of mk/needs. Packages are installed without
# what they merely recommend: wireguard-tools recommends a whole kernel.

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH
here=${0%/*}
CC=${CC:-cc}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}
what=$1
shift
kinds=" $* "
[ "$(uname -s)" != Linux ] || kinds="$kinds$(printf '%s' "$kinds" | sed -n 's/ build / build-linux /p')"

has_cmd() { command -v "$1" >/dev/null 2>&1; }

# A compiler without the C library's headers is found in the wild, so it is tried.
has_cc()
{
	# shellcheck disable=SC2086 # CC may hold words
	printf '#include <stdio.h>\n' | $CC -fsyntax-only -xc - 2>/dev/null
}

has_fuzzer()
{
	t=$(mktemp) || return 1
	printf 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return p && !n; }\n' |
		clang -fsanitize=fuzzer,address -xc - -o "$t" 2>/dev/null
	rc=$?
	rm -f "$t"
	return $rc
}

present()
{
	case $1 in
	cc) has_cc ;;
	pkg-config) has_cmd "$PKG_CONFIG" ;;
	lib:*) has_cmd "$PKG_CONFIG" && "$PKG_CONFIG" --exists "${1#lib:}" 2>/dev/null ;;
	cmd:*) has_cmd "${1#cmd:}" ;;
	fuzzer) has_fuzzer ;;
	esac
}

# Rows of the asked kinds whose check fails: "check packages-column-words..."
missing()
{
	grep -v '^#' "$here/needs" | while read -r kind check packages; do
		case $kinds in *" $kind "*) ;; *) continue ;; esac
		present "$check" || echo "$check $packages"
	done
}

word_for()
{
	case $1 in
	cc) echo "a C compiler that works ($CC)" ;;
	pkg-config) echo "$PKG_CONFIG" ;;
	fuzzer) echo "clang's libFuzzer" ;;
	*) echo "${1#*:}" ;;
	esac
}

list_missing()
{
	missing | { list=
	while read -r check _; do
		# Without pkg-config nobody knows whether the libraries are there.
		case $check in lib:*) has_cmd "$PKG_CONFIG" || continue ;; esac
		list="$list${list:+, }$(word_for "$check")"
	done
	echo "$list"; }
}

if [ "$what" = check ]; then
	list=$(list_missing)
	[ -z "$list" ] || echo "missing here: $list. To install: make deps"
	exit 0
fi

# --- install ----------------------------------------------------------------

rows=$(missing)
[ -n "$rows" ] || exit 0

column=0
for pm in apt-get:2 dnf:3 pacman:4 zypper:5 apk:6 brew:7; do
	if has_cmd "${pm%:*}"; then
		column=${pm#*:} pm=${pm%:*}
		break
	fi
done
if [ "$column" = 0 ]; then
	echo "wgdiag: missing: $(list_missing); and no apt-get, dnf, pacman, zypper, apk or brew to install it" >&2
	exit 1
fi

packages=$(echo "$rows" | awk -v c="$column" '$c != "-" { print $c }' | tr , '\n' | sort -u | tr '\n' ' ')
case "$CC" in *clang*) [ "$pm" = brew ] || has_cmd "$CC" || packages="$packages clang" ;; esac
# A library of the sanitizers is named after the clang it belongs to, so clang comes first.
case $packages in
*@V*)
	if has_cmd clang; then
		packages=$(echo "$packages" | sed "s/@V/$(clang -dumpversion | cut -d. -f1)/")
	else
		later=1
		packages=$(echo "$packages" | sed 's/[^ ]*@V[^ ]*//')
	fi ;;
esac

sudo=
if [ "$(id -u)" != 0 ] && [ "$pm" != brew ]; then
	if has_cmd sudo; then
		sudo=sudo
	elif has_cmd doas; then
		sudo=doas
	else
		echo "wgdiag: installing $packages needs root, and there is neither sudo nor doas" >&2
		exit 1
	fi
fi

apt() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"; }

# A new machine has no package lists at all, an old one has lists of files that
# are gone from the server: lists are fetched first, or at the second try.
install_apt()
{
	for p; do
		if [ -z "$(apt-cache show "$p" 2>/dev/null)" ]; then
			apt update
			break
		fi
	done
	apt install -y --no-install-recommends "$@" ||
		{ apt update && apt install -y --no-install-recommends "$@"; }
}

install_all()
{
	case $pm in
	apt-get) install_apt "$@" ;;
	dnf) $sudo dnf -y --setopt=install_weak_deps=False install "$@" ;;
	pacman) $sudo pacman -Sy --needed --noconfirm "$@" ;;
	zypper) $sudo zypper --non-interactive install --no-recommends "$@" ;;
	apk) $sudo apk add --no-cache "$@" ;;
	brew) brew install "$@" ;;
	esac
}

echo "wgdiag: installing $packages"
# shellcheck disable=SC2086 # a list of words
if [ -n "${packages# }" ] && ! install_all $packages; then
	# One name that this distribution lacks must not keep the others away.
	for p in $packages; do
		install_all "$p" || echo "wgdiag: could not install $p" >&2
	done
fi
[ -z "$later" ] || exec sh "$0" install "$@"

# What only some tests use may be lacking: they skip, and say why.
left=$(list_missing)
kinds=$(printf '%s' "$kinds" | sed 's/ test / /')
must=$(list_missing)
if [ -n "$must" ]; then
	echo "wgdiag: still missing: $must" >&2
	exit 1
fi
[ -z "$left" ] || echo "wgdiag: not to be had here: $left (the tests that need it will skip)" >&2
exit 0
