#!/usr/bin/env bash
# Captures from a real AWS API server: installs moto into .venv, starts it on a
# free port of the loopback, runs the integration tests, and stops it again.
set -euo pipefail
cd "$(dirname "$0")/.."
moto=5.2.5 # pinned: what it lacks is listed in testdata/integration/proxy_test.go
aws=1.46.3

if [ "$(cat .venv/moto-version 2>/dev/null)" != "$moto $aws" ]; then
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check "moto[server]==$moto" "awscli==$aws"
	echo "$moto $aws" >.venv/moto-version
fi

work=$(mktemp -d)
server=
cleanup() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

.venv/bin/python scripts/stepfunctions/run.py
go build -o "$work/canreach" ./cmd/canreach

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
.venv/bin/moto_server -H 127.0.0.1 -p "$port" >"$work/moto.log" 2>&1 &
server=$!
url=http://127.0.0.1:$port
for _ in $(seq 100); do
	kill -0 "$server" 2>/dev/null || { echo "moto did not start:" >&2; cat "$work/moto.log" >&2; exit 1; }
	curl -fs -o /dev/null "$url/moto-api/data.json" && break
	sleep 0.2
done

CANREACH="$work/canreach" CANREACH_AWS="$PWD/.venv/bin/aws" CANREACH_API_SERVER="$url" \
	go test -tags integration -count 1 -timeout 10m ./testdata/integration "$@"
