#!/usr/bin/env bash
# Copies the licence and notice of every module that the binary is made of to
# the directory $1, one file each.
set -euo pipefail
out=$1
rm -rf "$out"
mkdir -p "$out"
go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/canreach | sort -u |
	while read -r module dir; do
		found=
		for file in "$dir"/LICENSE* "$dir"/LICENCE* "$dir"/COPYING* "$dir"/NOTICE*; do
			test -f "$file" || continue
			found=1
			install -m 644 "$file" "$out/$(tr '/' '_' <<<"$module")-$(basename "$file")"
		done
		test -n "$found" || { echo "error: $module has no licence file" >&2; exit 1; }
	done
