#!/usr/bin/env bash
# Synthesizes the stacks of testdata/cdk with the AWS CDK, pinned there, and
# runs the test that reads the templates. Installs the CDK from npm into
# testdata/cdk/node_modules, and Node.js with apt-get where it is missing (as
# root only).
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "error: Node.js is missing; install it" >&2; exit 2; }
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm >/dev/null
fi

want=$(cat testdata/cdk/package.json)
if [ "$(cat testdata/cdk/node_modules/installed 2>/dev/null)" != "$want" ]; then
	npm install --prefix testdata/cdk --ignore-scripts --no-package-lock --no-audit --no-fund --silent
	echo "$want" >testdata/cdk/node_modules/installed
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
node testdata/cdk/app.js "$work"
CANREACH_CDK="$work" go test -count 1 ./testdata/cdk "$@"
