#!/usr/bin/env bash
# Draws the sample answers, opens them in headless Chromium on a phone, on a
# desktop, in the dark and on paper, and checks there that they are inert (no
# script, nothing loaded) and that no text leaves its place. Then it walks
# through the explorer, by mouse and by keyboard, with axe-core on every page.
# The pictures stay in OUT to be looked at.
#
#   scripts/screenshots.sh [OUT]        default: dist/screenshots
#
# Installs Chromium with apt-get where it is missing (as root only).
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/dist/screenshots}
mkdir -p "$out"
out=$(cd "$out" && pwd)

browser=
for b in chromium chromium-browser google-chrome; do
	if command -v "$b" >/dev/null; then browser=$b; break; fi
done
if [ -z "$browser" ]; then
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "error: Chromium is missing; install it" >&2; exit 2; }
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium poppler-utils >/dev/null
	browser=chromium
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# chromium FLAGS…: one headless run with a profile of its own and no network.
chromium() {
	local profile
	profile=$(mktemp -d -p "$work")
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --disable-extensions --hide-scrollbars --host-resolver-rules='MAP * ~NOTFOUND' \
		--user-data-dir="$profile" "$@" 2>/dev/null
	rm -rf "$profile"
}

cd "$top"
go build -o "$work/canreach" ./cmd/canreach
cp scripts/browser/check.html "$work/check.html"
samples="reachable two twenty partial unknown hostile"
for s in $samples; do
	for f in svg html; do
		"$work/canreach" graph --answer "sim/report/testdata/$s.json" -o $f --out "$work/$s.$f"
	done
	"$work/canreach" graph --answer "sim/report/testdata/$s.json" --columns 1 --out "$work/$s-phone.svg"
	cp "$work/$s.svg" "$work/$s-phone.svg" "$work/$s.html" "$out/"
done

"$work/canreach" map -s testdata/examples/neo-compile/snapshot.json --out "$work/map.html"
MAP_OUT="$work" go test -count=1 -run TestMapOf500Subnets ./sim/report >/dev/null
cp "$work/map.html" "$work/map500.html" "$out/"

failed=0
check() { # FILE WIDTH [map]
	local result
	result=$(chromium --allow-file-access-from-files --virtual-time-budget=4000 --dump-dom "file://$work/check.html#$1,$2,${3:-}" |
		perl -0ne 'print $1 if m{<pre id="result">(.*?)</pre>}s')
	case "$result" in
	PASS*) echo "ok    $1 at $2 px: ${result#PASS }" ;;
	*) echo "FAIL  $1 at $2 px: ${result:-no result}"; failed=1 ;;
	esac
}
for s in $samples; do
	check "$s.html" 390
	check "$s.html" 1240
	check "$s-phone.svg" 390
	check "$s.svg" 1240
done

for s in map map500; do
	check "$s.html" 390 map
	check "$s.html" 1240 map
done

# The pictures, to be looked at. A headless window is at least 500 px wide, so
# the phone is a frame in it.
for s in two twenty hostile map map500; do
	printf '<!DOCTYPE html><body style="margin:0;background:#888"><iframe src="%s" style="width:390px;height:3400px;border:0;background:#fff"></iframe>' "$s.html" >"$work/frame.html"
	chromium --window-size=390,3400 --screenshot="$out/$s-phone.png" "file://$work/frame.html"
	chromium --window-size=1240,1700 --screenshot="$out/$s-desktop.png" "file://$work/$s.html"
	chromium --window-size=1240,1700 --blink-settings=preferredColorScheme=0 --screenshot="$out/$s-dark.png" "file://$work/$s.html"
	chromium --no-pdf-header-footer --print-to-pdf="$out/$s.pdf" "file://$work/$s.html"
	# No name, however long, spreads a table over pages of its own.
	if command -v pdfinfo >/dev/null; then
		pages=$(pdfinfo "$out/$s.pdf" | awk '/^Pages:/ {print $2}')
		[ "$pages" -le 12 ] || [ "$s" = map500 ] || { echo "FAIL  $s.pdf has $pages pages"; failed=1; }
	fi
	if command -v pdftoppm >/dev/null; then
		pdftoppm -r 60 -png "$out/$s.pdf" "$out/$s-print"
	fi
done

# An evidence page on A4 and on Letter: no text under 8 pt (a line of it is 9 pt
# high), and no page half blank but the last. The page forbids styles of others,
# so the size of the paper is set in a copy that allows them.
"$work/canreach" evidence -s testdata/examples/neo-compile/broken/sg-and-bucket-policy.json -j testdata/examples/neo-compile/job.json --out "$work/evidence" >/dev/null 2>&1
for size in A4 Letter; do
	sed "s|<meta http-equiv=\"Content-Security-Policy\"[^>]*>||; s|</style>|@page{size:$size}</style>|" "$work/evidence/index.html" >"$work/paper.html"
	chromium --no-pdf-header-footer --print-to-pdf="$out/evidence-$size.pdf" "file://$work/paper.html"
	command -v pdftotext >/dev/null || continue
	pdftotext -bbox "$out/evidence-$size.pdf" - | perl -0ne '
		my @pages = split /<page /; shift @pages;
		for my $i (0 .. $#pages) {
			my ($height) = $pages[$i] =~ /height="([\d.]+)"/; my ($end, $small) = (0, 99);
			while ($pages[$i] =~ /yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)"/g) { $end = $2 if $2 > $end; $small = $2 - $1 if $2 - $1 < $small }
			die sprintf("page %d: text %.1f pt high\n", $i + 1, $small) if $small < 9;
			die sprintf("page %d is half blank\n", $i + 1) if $i < $#pages && $end < $height / 2;
		}
		printf "%d pages\n", scalar @pages' >"$work/paper.txt" 2>&1 && echo "ok    evidence on $size: $(cat "$work/paper.txt")" || { echo "FAIL  evidence on $size: $(cat "$work/paper.txt")"; failed=1; }
done

# The explorer, in a browser that is driven: scripts/browser, a module of its own.
command -v npm >/dev/null || { echo "error: npm is missing: it brings axe-core, which checks that pages are accessible" >&2; exit 2; }
(cd "$work" && npm pack --silent axe-core@4.10.3 >/dev/null && tar xzf axe-core-*.tgz)
(cd scripts/browser && CANREACH="$work/canreach" AXE="$work/package/axe.min.js" BROWSER=$(command -v "$browser") OUT="$out" go test -count=1 .) || failed=1

echo "pictures are in $out"
exit $failed
