"""Decides who reaches which bucket in an organization, on Spark.

    spark-submit organization.py --canreach canreach --index org/index.json --out results

canreach lists the shards and works on them; Spark spreads them over executors
and writes the rows as Parquet, partitioned by account and Region. Every
executor must find canreach and the organization's files by the same paths.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator

from pyspark import RDD, Broadcast, SparkContext
from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, BooleanType, LongType, MapType, StringType, StructField, StructType

TEXTS = ArrayType(StringType())


def _schema(**columns: object) -> StructType:
    return StructType([StructField(name, kind) for name, kind in columns.items()])  # type: ignore[arg-type]


# The tables by the kind of their rows, as canreach writes them.
TABLES = {
    "access": _schema(
        account=StringType(), region=StringType(), resource=StringType(), action=StringType(),
        roleAccount=StringType(), role=StringType(), source=StringType(), sourceAccount=StringType(),
        sourceRegion=StringType(), vpc=StringType(), subnet=StringType(), groups=TEXTS, public=BooleanType(),
        interface=StringType(), verdict=StringType(), objects=StringType(), via=TEXTS, missing=TEXTS),
    "interfaces": _schema(
        account=StringType(), region=StringType(), vpc=StringType(), subnet=StringType(), groups=TEXTS,
        public=BooleanType(), count=LongType(), interface=StringType(), users=TEXTS,
        network=MapType(StringType(), StringType())),
    "buckets": _schema(
        account=StringType(), region=StringType(), bucket=StringType(), **{"class": StringType()}, lets=TEXTS, keys=TEXTS),
    "roles": _schema(account=StringType(), **{"class": StringType()}, roles=TEXTS),
}


class WorkerFailed(Exception):
    """The worker failed on a batch of shards as often as it may."""


@dataclass(frozen=True)
class Worker:
    """How to run canreach worker."""

    canreach: str
    index: str
    actions: tuple[str, ...] = ()
    rows: str = ""  # a directory that every executor shares; empty: none
    attempts: int = 5
    timeout: float = 3600.0

    def flags(self, rows: str) -> list[str]:
        out = ["--index", self.index]
        for action in self.actions:
            out += ["--action", action]
        return out + (["--rows", rows] if rows else [])

    def plan(self, phase: int, rows: str) -> list[str]:
        """The shards of a phase, one JSON text each."""
        command = [self.canreach, "worker", "plan", "--phase", str(phase), *self.flags(rows)]
        done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True)
        return lines_of(done.stdout)

    def work(self, shards: list[str], rows: str) -> list[tuple[str, str]]:
        """The rows of each shard, by its id.

        Of a process that fails nothing is taken: the next one says the same.
        """
        cause = ""
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(min(0.1 * 2**attempt, 10))
            try:
                done = subprocess.run(
                    [self.canreach, "worker", *self.flags(rows)], input="\n".join(shards) + "\n",
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=self.timeout)
            except subprocess.TimeoutExpired as expired:
                cause = str(expired)
                continue
            if done.returncode == 0:
                try:
                    return split(done.stdout, [json.loads(s)["id"] for s in shards])
                except ValueError as bad:
                    cause = str(bad)
                    continue
            cause = f"exit status {done.returncode}: {done.stderr[-2000:]}"
        raise WorkerFailed(f"{len(shards)} shards, {self.attempts} attempts, the last: {cause}")


def lines_of(text: str) -> list[str]:
    """Lines as JSON lines has them: str.splitlines knows more ends of lines."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def split(output: str, ids: list[str]) -> list[tuple[str, str]]:
    """Takes a worker's output apart by its lines of the kind "done"."""
    out: list[tuple[str, str]] = []
    rows: list[str] = []
    for line in lines_of(output):
        if not line.startswith('{"kind":"done",'):
            rows.append(line)
            continue
        done = json.loads(line)
        if done["rows"] != len(rows):
            raise ValueError(f"shard {done['shard']}: {len(rows)} rows of {done['rows']}")
        out.append((done["shard"], "".join(r + "\n" for r in rows)))
        rows = []
    if rows or [shard for shard, _ in out] != ids:
        raise ValueError(f"rows of {len(out)} shards of {len(ids)}, {len(rows)} lines besides")
    return out


def batches(shards: Iterable[str], size: int) -> Iterator[list[str]]:
    """Shards in groups that one process works on: what they share it reads once."""
    batch: list[str] = []
    for shard in shards:
        batch.append(shard)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def directory(rows: dict[str, str]) -> str:
    """Writes rows to a directory of this machine, for the workers of phase 2."""
    path = tempfile.mkdtemp(prefix="canreach-rows-")
    for shard, text in rows.items():
        with open(os.path.join(path, shard + ".jsonl"), "w", encoding="utf-8") as f:
            f.write(text)
    return path


_written: dict[int, str] = {}


@atexit.register
def _remove() -> None:
    for path in _written.values():
        shutil.rmtree(path, ignore_errors=True)


def task(worker: Worker, size: int, first: Broadcast[dict[str, str]] | None) -> Callable[[Iterable[str]], Iterable[tuple[str, str]]]:
    """What an executor does with its share of the shards."""

    def work(shards: Iterable[str]) -> Iterator[tuple[str, str]]:
        rows = worker.rows
        if first is not None and not rows:
            key = id(first.value)
            if key not in _written or not os.path.isdir(_written[key]):
                _written[key] = directory(first.value)
            rows = _written[key]
        for batch in batches(shards, size):
            yield from worker.work(batch, rows)

    return work


def write(spark: SparkSession, rows: RDD[tuple[str, str]], kind: str, out: str) -> None:
    """Writes the rows of one kind as a table."""
    partitions = ["account", "region"] if "region" in TABLES[kind].names else ["account"]
    lines = rows.flatMap(lambda item: item[1].split("\n")).filter(lambda line: line.startswith('{"kind":"' + kind + '"'))
    parallel = spark.sparkContext.defaultParallelism
    frame = spark.read.schema(TABLES[kind]).json(lines.coalesce(parallel))
    frame.write.mode("overwrite").partitionBy(*partitions).parquet(os.path.join(out, kind))


def run(spark: SparkSession, worker: Worker, out: str, size: int) -> dict[str, float]:
    """Both phases; how many seconds each part took."""
    sc: SparkContext = spark.sparkContext
    took: dict[str, float] = {}
    started = time.monotonic()

    def lap(name: str) -> None:
        nonlocal started
        took[name], started = time.monotonic() - started, time.monotonic()

    first = worker.plan(1, worker.rows)
    lap("plan 1")
    slices = max(1, min(len(first) // size, 4096))
    classes = sc.parallelize(first, slices).mapPartitions(task(worker, size, None)).cache()
    found = dict(classes.collect())
    lap("phase 1")
    here = worker.rows or directory(found)
    second = worker.plan(2, here)
    if not worker.rows:
        shutil.rmtree(here)
    lap("plan 2")
    shared = None if worker.rows else sc.broadcast(found)
    slices = max(1, min(len(second) // max(size // 4, 1), 4096))
    access = sc.parallelize(second, slices).mapPartitions(task(worker, max(size // 4, 1), shared)).cache()
    took["rows"] = float(access.map(lambda item: item[1].count("\n")).sum())
    lap("phase 2")
    for kind in TABLES:
        write(spark, access if kind == "access" else classes, kind, out)
    lap("parquet")
    return took


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--canreach", default="canreach", help="the program, by the same path on every executor")
    p.add_argument("--index", required=True, help="index.json of the organization's capture")
    p.add_argument("--out", required=True, help="where the tables go: a directory or s3://…")
    p.add_argument("--rows", default="", help="a directory that all executors share: rows of shards are kept there, and the next run does only what changed")
    p.add_argument("--action", action="append", default=[], help="S3 action, repeatable")
    p.add_argument("--batch", type=int, default=16, help="shards of phase 1 a process")
    p.add_argument("--attempts", type=int, default=5, help="of a worker on its batch, before Spark starts the task anew")
    a = p.parse_args()
    spark = SparkSession.builder.appName("canreach").getOrCreate()
    worker = Worker(a.canreach, a.index, tuple(a.action), a.rows, a.attempts)
    took = run(spark, worker, a.out, a.batch)
    print(json.dumps(took))
    spark.stop()


if __name__ == "__main__":
    main()
