#!/usr/bin/env bash
# Runs canreach for action.yml. The arguments come one a line and are never
# read by a shell. "test" reports its failures as annotations.
set -uo pipefail

PATH="$CANREACH_BIN:$PATH"
read -r -a command <<<"$CANREACH_COMMAND"
args=()
while IFS= read -r line; do
	line=${line%$'\r'}
	[ -z "$line" ] || args+=("$line")
done <<<"$CANREACH_ARGS"
if [ "${command[*]}" = test ] && [[ " ${args[*]} " != *" -o"* && " ${args[*]} " != *" --output"* ]]; then
	args=(-o github "${args[@]}")
fi

if [ "${command[*]}" = review ]; then
	# Once as a comment and job summary, once as annotations.
	comment=$(mktemp)
	canreach review "${args[@]}" -o markdown --out "$comment"
	status=$?
	if [ "$status" != 2 ]; then
		[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$comment" >>"$GITHUB_STEP_SUMMARY"
		canreach review "${args[@]}" -o github || true
		[ "${CANREACH_COMMENT:-false}" != true ] || bash "$(dirname "$0")/comment.sh" "$comment" || status=2
	fi
	rm -f "$comment"
else
	canreach "${command[@]}" "${args[@]}"
	status=$?
fi
[ -z "${GITHUB_OUTPUT:-}" ] || echo "status=$status" >>"$GITHUB_OUTPUT"
if [ "$status" = 3 ] && [ "$CANREACH_FAIL_ON_UNKNOWN" != true ]; then
	echo "canreach: a fact is missing (status 3), which this step lets pass"
	exit 0
fi
exit "$status"
