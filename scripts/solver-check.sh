#!/bin/sh
# Compares the symbolic engine with an SMT solver on random pairs of policies,
# and prints how much time either takes. SOLVER=z3 takes z3 instead of cvc5.
# Where the solver is missing, it is installed with apt-get.
set -eu
cd "$(dirname "$0")/.."
solver=${SOLVER:-cvc5}
if ! command -v "$solver" >/dev/null 2>&1; then
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get update -q >/dev/null
	$sudo apt-get install -y -q --no-install-recommends "$solver" >/dev/null
fi
SOLVER=$solver exec go test -tags solver -count=1 -timeout 20m -run '^TestSolver' -v ./rules/policy/symbolic
