#!/usr/bin/env bash
# Installs a release of canreach into $CANREACH_BIN, and checks its SHA-256.
# Reads CANREACH_VERSION (a tag), CANREACH_SHA256 (of the archive; empty: what the
# release's own checksums.txt says), CANREACH_OS and CANREACH_ARCH as GitHub
# Actions names them.
set -euo pipefail

case "$CANREACH_OS" in
Linux) os=linux ;;
macOS) os=darwin ;;
Windows) os=windows ;;
*) echo "error: no release for $CANREACH_OS" >&2; exit 2 ;;
esac
case "$CANREACH_ARCH" in
X64) arch=amd64 ;;
ARM64) arch=arm64 ;;
*) echo "error: no release for $CANREACH_ARCH" >&2; exit 2 ;;
esac
[[ "$CANREACH_VERSION" =~ ^v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.-]*$ ]] ||
	{ echo "error: version \"$CANREACH_VERSION\": want a tag such as v0.1.0" >&2; exit 2; }
[[ "${CANREACH_SHA256:-}" =~ ^([0-9a-f]{64})?$ ]] ||
	{ echo "error: sha256: want 64 hexadecimal digits, in lower case" >&2; exit 2; }

from=https://github.com/canreach/canreach/releases/download/$CANREACH_VERSION
archive=canreach_${os}_${arch}.tar.gz
mkdir -p "$CANREACH_BIN"
cd "$CANREACH_BIN"
curl --fail --silent --show-error --location --proto '=https' --retry 3 --remote-name-all "$from/$archive" "$from/checksums.txt"
if [ -n "${CANREACH_SHA256:-}" ]; then
	printf '%s  %s\n' "$CANREACH_SHA256" "$archive" >checksums.txt
fi
grep "  $archive\$" checksums.txt | { sha256sum --check - 2>/dev/null || shasum -a 256 --check -; }
tar -xzf "$archive"
if [ -n "${GITHUB_PATH:-}" ]; then
	echo "$CANREACH_BIN" >>"$GITHUB_PATH"
fi
