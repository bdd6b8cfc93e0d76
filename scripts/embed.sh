#!/usr/bin/env bash
# Builds and runs the programs of testdata/embed, which are modules of their own,
# against this checkout: the public packages have to suffice.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
example=$root/testdata/examples/neo-compile
for program in ask gate; do
  cp -r "$root/testdata/embed/$program" "$work/"
  cp "$root/go.sum" "$work/$program/"
  (cd "$work/$program" && go mod edit -replace "github.com/canreach/canreach=$root" && GOFLAGS="${GOFLAGS:-} -mod=mod" go vet ./...)
done
cd "$work/ask"
export GOFLAGS="${GOFLAGS:-} -mod=mod"
go run . "$example/snapshot.json" "$example/job.json" | grep -qx REACHABLE
go run . "$example/broken/sg-without-egress.json" "$example/job.json" "$root/testdata/embed/ask/open-https.yaml" >out
grep -qx BLOCKED out && grep -q 'ENI_SG_RULES_MISMATCH sg-0e9f1a2b3c4d5e6f7' out && tail -1 out | grep -qx REACHABLE
cd "$work/gate"
CANREACH_EXAMPLE=$example go test ./...
echo "embed: both programs build against the public packages"
