# Fetches the newest foreign engines, to test against: mk/peers.sh FOLDER
#
# Never fails: a machine without a new Go, or without a network, has fewer peers,
# and the tests that want the missing one skip by name.
dir=${1:?}
bin=$dir/wireguard-go-latest

cannot() { echo "peers: wireguard-go-latest cannot be had: $1"; exit 0; }

[ ! -x "$bin" ] || exit 0
command -v go >/dev/null 2>&1 || cannot 'no Go here (it needs 1.23 or newer)'

# GOTOOLCHAIN=local: an old Go would otherwise fetch itself a new one.
version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)
minor=$(echo "$version" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
[ "${minor:-0}" -ge 23 ] || cannot "Go is ${version:-unknown}, it needs 1.23 or newer"

mkdir -p "$dir"
tmp=$(mktemp -d) || exit 0
trap 'rm -rf "$tmp"' EXIT
limit=
if command -v timeout >/dev/null 2>&1; then limit='timeout 240'; fi
export GOTOOLCHAIN=local GOBIN="$tmp" CGO_ENABLED=0
if $limit go install golang.zx2c4.com/wireguard@latest >"$tmp/log" 2>&1 && [ -x "$tmp/wireguard" ]; then
	mv "$tmp/wireguard" "$bin"
	echo "peers: $bin"
else
	cannot "$(tail -n 1 "$tmp/log")"
fi
