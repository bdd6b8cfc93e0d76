#!/usr/bin/env bash
# Decides a made-up organization on one machine, with the bare worker, and on
# Spark with workers that fail at random, and compares the rows byte by byte.
# Installs PySpark and DuckDB into .venv-org; needs Java 17.
#   ORG_ACCOUNTS, ORG_REGIONS: the size; ORG_FLAKY: how often a worker fails.
set -euo pipefail
cd "$(dirname "$0")/.."
pyspark=4.3.0 duckdb=2.0.1 mypy=2.4.1
accounts=${ORG_ACCOUNTS:-50} regions=${ORG_REGIONS:-4} flaky=${ORG_FLAKY:-0.25}

command -v java >/dev/null || { echo "no java: apt-get install openjdk-17-jre-headless" >&2; exit 1; }
if [ "$(cat .venv-org/versions 2>/dev/null)" != "$pyspark $duckdb $mypy" ]; then
	python3 -m venv .venv-org
	.venv-org/bin/pip install --quiet --disable-pip-version-check "pyspark==$pyspark" "duckdb==$duckdb" "mypy==$mypy"
	echo "$pyspark $duckdb $mypy" >.venv-org/versions
fi
bin=$PWD/.venv-org/bin here=$PWD
(cd scripts/spark && "$bin/mypy" --strict organization.py flaky.py check.py test_organization.py && "$bin/python" -m unittest -q test_organization)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
go build -o "$work/canreach" ./cmd/canreach
go run ./testdata/gen -organization "$work/org" -accounts "$accounts" -regions "$regions"
index=$work/org/index.json

# measured NAME COMMAND…: runs it, and keeps its seconds on the clock and of processors
measured() {
	local name=$1 TIMEFORMAT='%R %U %S'
	shift
	{ time "$@" 2>"$work/$name.err" || { cat "$work/$name.err" >&2; return 1; }; } 2>"$work/$name.time"
}
# took NAME: "N s, N s of processors, N rows/s of a processor"
took() {
	awk -v n="$rows" '{ c = $2 + $3; printf "%.1f s, %.1f s of processors, %d rows a second of a processor", $1, c, n / c }' "$work/$1.time"
}

alone() { "$work/canreach" matrix --index "$index" --rows "$work/rows" >"$1"; }
measured first alone "$work/alone.jsonl"
measured second alone "$work/again.jsonl"
cmp "$work/alone.jsonl" "$work/again.jsonl"

bare() {
	for phase in 1 2; do
		"$work/canreach" worker plan --index "$index" --rows "$work/bare" --phase $phase |
			"$work/canreach" worker --index "$index" --rows "$work/bare" >"$work/phase$phase.jsonl"
	done
}
measured bare bare
grep -v '^{"kind":"done"' "$work/phase2.jsonl" | LC_ALL=C sort >"$work/bare.jsonl"
LC_ALL=C sort "$work/alone.jsonl" | cmp - "$work/bare.jsonl"

export CANREACH=$work/canreach CANREACH_FLAKY_LOG=$work/failures PYSPARK_PYTHON=$bin/python SPARK_LOCAL_IP=127.0.0.1
# spark RATE OUT: a run whose workers fail at the rate
spark() {
	CANREACH_FLAKY=$1 "$bin/spark-submit" --master 'local[2,8]' --conf spark.ui.enabled=false --conf spark.log.level=OFF \
		"$here/scripts/spark/organization.py" --canreach "$here/scripts/spark/flaky.py" --index "$index" --out "$2" --batch 8 --attempts 8 >"$work/parts"
}
check() { "$bin/python" scripts/spark/check.py "$work/alone.jsonl" "$1" scripts/sql; }
: >"$work/failures"
measured calm spark 0 "$work/calm"
parts=$(cat "$work/parts")
check "$work/calm"
measured troubled spark "$flaky" "$work/troubled"
check "$work/troubled"
echo "workers that failed: $(sort "$work/failures" | uniq -c | tr -s ' ' | paste -sd, -)"
[ -s "$work/failures" ] || { echo "no worker failed: raise ORG_FLAKY" >&2; exit 1; }

rows=$(wc -l <"$work/alone.jsonl")
echo "$accounts accounts, $regions Regions: $rows rows"
echo "one machine, in process:    $(took first)"
echo "  again, nothing changed:   $(took second)"
echo "bare worker, one process:   $(took bare)"
echo "Spark local[2]:             $(took calm)"
echo "  of which, on the clock:   $parts"
echo "  with workers that fail:   $(took troubled)"
paste -d' ' "$work/calm.time" "$work/bare.time" | awk '{ printf "Spark over the bare worker: %+.1f s, %+.1f s of processors\n", $1 - $4, $2 + $3 - $5 - $6 }'
