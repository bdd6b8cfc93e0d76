#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each. A package
# without targets is skipped by listing first, as fuzzing it would pass and
# fuzz nothing.
set -euo pipefail
time=${1:-10s}
found=0
for pkg in $(go list ./...); do
	for target in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true); do
		found=$((found + 1))
		echo "fuzz $pkg $target"
		go test -run '^$' -fuzz "^${target}\$" -fuzztime "$time" "$pkg"
	done
done
test "$found" -gt 0 || { echo "no fuzz target found"; exit 1; }
echo "fuzzed $found targets"
