#!/usr/bin/env bash
# The hooks of .pre-commit-hooks.yaml under the real pre-commit, in a repository
# that keeps assertions and policies: several files at once, good ones and bad ones.
# What is committed here is what is tried.
#
#   scripts/pre-commit-check.sh
#
# Installs pre-commit, pinned, into .venv-pre-commit.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
fail() { cat "$work/log"; echo "error: $*" >&2; exit 1; }

venv=$top/.venv-pre-commit
[ -x "$venv/bin/pre-commit" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet pre-commit==4.7.0; }
# The hook is built by pre-commit with a GOPATH of its own; what was downloaded
# and built already is not fetched and built again.
GOMODCACHE=$(go env GOMODCACHE)
GOCACHE=$(go env GOCACHE)
export GOMODCACHE GOCACHE GOFLAGS=${GOFLAGS:--trimpath} PRE_COMMIT_HOME=$work/home

git clone --quiet "$top" "$work/hooks"
example=$top/testdata/examples/neo-compile
mkdir "$work/user" && cd "$work/user"
git init --quiet . && git config user.email test@example.com && git config user.name test
cp "$example/snapshot.json" "$example/job.json" .
mkdir tests policies
cp "$example/uses/tests.yaml" tests/reach.canreach.yaml
sed '/stolen/,$d' "$example/uses/invariants.yaml" >tests/never.canreach.yaml # the last one fails, as it is meant to
cp "$example/policies/bucket.json" policies/bucket.policy.json
cp "$example/policies/role.json" policies/role.policy.json
cat >.pre-commit-config.yaml <<END
repos:
  - repo: $work/hooks
    rev: $(git -C "$work/hooks" rev-parse HEAD)
    hooks:
      - id: canreach-test
      - id: canreach-policy-lint
END
git add . && git commit --quiet -m test

"$venv/bin/pre-commit" run --all-files --verbose >"$work/log" 2>&1 || fail "good files fail"
[ "$(grep -c 'Passed' "$work/log")" = 2 ] || fail "expected 2 hooks to pass"

# A bad file among good ones is named, and fails the commit.
sed 's/s3:GetObject/s3:GetObjct/' "$example/policies/role.json" >policies/typo.policy.json
sed 's/expect: REACHABLE/expect: BLOCKED/' "$example/uses/tests.yaml" >tests/wrong.canreach.yaml
git add .
if "$venv/bin/pre-commit" run --verbose >"$work/log" 2>&1; then fail "bad files pass"; fi
grep -q 'typo.policy.json.*GetObjct\|GetObjct.*GetObject' "$work/log" || fail "the typo is not named"
grep -q 'wrong.canreach.yaml' "$work/log" || fail "the failed assertion's file is not named"
echo "pre-commit: both hooks pass on good files, and name the bad ones"
