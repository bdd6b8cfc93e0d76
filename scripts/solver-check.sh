#!/bin/sh
# Compares the symbolic engine with an SMT solver on random pairs of policies,
# and prints how much time either takes. SOLVER=z3 takes z3 instead of cvc5.
# cvc5 is the newest of PyPI, asked in process by rules/policy/symbolic/testdata/solver.py;
# another solver that is missing is installed with apt-get.
set -eu
cd "$(dirname "$0")/.."
solver=${SOLVER:-cvc5}
if [ "$solver" = cvc5 ]; then
	venv=${VENV:-.venv}
	[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
	"$venv/bin/pip" install -q --disable-pip-version-check --upgrade cvc5
	SOLVER_PYTHON=$(cd "$venv" && pwd)/bin/python
	export SOLVER_PYTHON
elif ! command -v "$solver" >/dev/null 2>&1; then
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get update -q >/dev/null
	$sudo apt-get install -y -q --no-install-recommends "$solver" >/dev/null
fi
SOLVER=$solver exec go test -tags solver -count=1 -timeout 20m -run '^TestSolver' -v ./rules/policy/symbolic
