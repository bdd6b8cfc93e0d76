#!/usr/bin/env bash
# Posts a file as one comment on a pull request, or updates the comment that an
# earlier run posted. It uses gh, which GitHub's runners have.
set -euo pipefail

marker='<!-- canreach review -->'
number=${CANREACH_PULL_REQUEST:-}
if ! [[ $number =~ ^[0-9]+$ ]]; then
	echo "canreach: no pull request to comment on" >&2
	exit 0
fi
body=$(mktemp)
trap 'rm -f "$body"' EXIT
{ echo "$marker"; cat "$1"; } >"$body"

repo=$GITHUB_REPOSITORY
id=$(gh api --paginate "repos/$repo/issues/$number/comments" --jq ".[] | select(.body | startswith(\"$marker\")) | .id" | head -n 1)
if [ -n "$id" ]; then
	gh api --method PATCH "repos/$repo/issues/comments/$id" -F body=@"$body" >/dev/null
else
	gh api --method POST "repos/$repo/issues/$number/comments" -F body=@"$body" >/dev/null
fi
