#!/usr/bin/env bash
# Builds the program from two copies of what is committed, in two places, as a
# release does, and compares the files: the hash of the program in an evidence
# folder is one that anybody can come to. The second build takes from the cache
# what does not depend on where it is built; whatever does differs here.
#
#   scripts/reproducible.sh
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CGO_ENABLED=${CGO_ENABLED-0} GOFLAGS=
for place in a elsewhere/b; do
	mkdir -p "$work/$place"
	git -C "$top" archive HEAD | tar x -C "$work/$place"
	(cd "$work/$place" && go build -trimpath -buildvcs=false -ldflags "-s -w -X github.com/canreach/canreach/internal/cli.Version=1.2.3" -o canreach ./cmd/canreach)
done
cmp "$work/a/canreach" "$work/elsewhere/b/canreach"
if grep -q "$work" "$work/a/canreach"; then
	echo "error: the program names the place where it was built" >&2
	exit 1
fi
"$work/a/canreach" version | grep -q '^canreach 1.2.3 '
echo "reproducible: $(sha256sum <"$work/a/canreach" | cut -d' ' -f1) from two places"
