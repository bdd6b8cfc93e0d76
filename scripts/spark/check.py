"""Compares a Spark run with one machine, and runs the queries of scripts/sql.

    check.py ALONE.jsonl RESULTS SQL-DIRECTORY
"""

from __future__ import annotations

import os
import sys

import duckdb

# The rows again as canreach writes them, from the Parquet files.
ROWS = """
SELECT to_json({kind: 'access', account: account, region: region, resource: resource, action: action, roleAccount: roleAccount,
  role: role, source: source, sourceAccount: sourceAccount, sourceRegion: sourceRegion, vpc: vpc, subnet: subnet, "groups": "groups",
  public: public, interface: interface, verdict: verdict, objects: objects, via: via, missing: missing})::VARCHAR FROM access
"""


def text(path: str) -> str:
    with open(path, encoding="utf-8") as f:
        return f.read()


def main() -> int:
    alone, results, sql = sys.argv[1:4]
    db = duckdb.connect()
    db.execute("SET VARIABLE results = ?", [results])
    db.execute(text(os.path.join(sql, "views.sql")))
    spark = sorted(str(row[0]) for row in db.execute(ROWS).fetchall())
    machine = sorted(text(alone).split("\n")[:-1])
    if spark != machine:
        extra, missing = set(spark) - set(machine), set(machine) - set(spark)
        print(f"{len(spark)} rows of Spark, {len(machine)} of one machine; {len(extra)} only of Spark, {len(missing)} only of one machine")
        for row in [*sorted(extra)[:2], *sorted(missing)[:2]]:
            print(row)
        return 1
    print(f"{len(spark)} sorted rows are byte-equal")
    bucket = db.execute("SELECT min(resource) FROM access WHERE account <> roleAccount").fetchall()[0][0]
    db.execute("SET VARIABLE bucket = ?", [bucket])
    db.execute("SET VARIABLE before = ?", [results])
    db.execute("SET VARIABLE after = ?", [results])
    for query in ("who-can", "never", "matrix", "diff"):
        found = db.execute(text(os.path.join(sql, query + ".sql"))).fetchall()
        print(f"{query}.sql: {len(found)} rows")
        if (query == "diff") != (not found):
            print("expected rows of every query but the diff of a run with itself")
            return 1
    for table in ("interfaces", "buckets", "roles"):
        if not db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]:
            print(f"no row of {table}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
