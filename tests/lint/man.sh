#!/bin/sh
# The man pages are good mdoc.
: "${TOP:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$TOP/tests/lint/lib.sh"
command -v mandoc >/dev/null 2>&1 || skip_all 'no mandoc here'
cd "$TREE" || exit 1

for page in man/*.1; do
	[ -f "$page" ] || skip_all 'no page in man/'
	# A page of this project is not in mandoc's list of known pages, nor need it be.
	clean "$page" "$(mandoc -Tlint -W warning "$page" 2>&1 | grep -v 'referenced manual not found')"
done
finish
