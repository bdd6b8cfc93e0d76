#!/usr/bin/env bash
# Installs a release of canreach into $CANREACH_BIN, and checks its SHA-256.
# Reads CANREACH_VERSION ("latest" or a tag), CANREACH_OS and CANREACH_ARCH as
# GitHub Actions names them.
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
[[ "$CANREACH_VERSION" == latest || "$CANREACH_VERSION" =~ ^v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.-]*$ ]] ||
	{ echo "error: version \"$CANREACH_VERSION\": want latest or a tag such as v0.1.0" >&2; exit 2; }

releases=https://github.com/canreach/canreach/releases
if [ "$CANREACH_VERSION" = latest ]; then
	from=$releases/latest/download
else
	from=$releases/download/$CANREACH_VERSION
fi
archive=canreach_${os}_${arch}.tar.gz
mkdir -p "$CANREACH_BIN"
cd "$CANREACH_BIN"
curl --fail --silent --show-error --location --proto '=https' --retry 3 --remote-name-all "$from/$archive" "$from/checksums.txt"
grep "  $archive\$" checksums.txt | { sha256sum --check - 2>/dev/null || shasum -a 256 --check -; }
tar -xzf "$archive"
if [ -n "${GITHUB_PATH:-}" ]; then
	echo "$CANREACH_BIN" >>"$GITHUB_PATH"
fi
