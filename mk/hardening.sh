# Prints which hardening flags this compiler takes: hardening.sh CC compile|link
# Asked each time rather than remembered: a compiler is updated behind our back.
cc=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
echo 'int main(void) { return 0; }' >"$dir/t.c"

# All at once is the common case; one by one only when some is refused.
accepted()
{
	# shellcheck disable=SC2086 # CC may hold words
	$cc -Werror -fPIE "$@" -o "$dir/t" "$dir/t.c" 2>/dev/null
}
case $2 in
compile) set -- -fstack-protector-strong -fstack-clash-protection -fcf-protection ;;
link) set -- -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack ;;
esac
if accepted "$@"; then
	echo "$@"
	exit 0
fi
for f; do
	if accepted "$f"; then echo "$f"; fi
done
