"""Tests of what organization.py does without Spark."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import unittest

from organization import Worker, WorkerFailed, batches, split


def done(shard: str, rows: int) -> str:
    return json.dumps({"kind": "done", "shard": shard, "rows": rows}, separators=(",", ":")) + "\n"


class Output(unittest.TestCase):
    def test_rows_go_to_their_shard(self) -> None:
        text = '{"a":1}\n' + done("x", 1) + done("y", 0) + '{"b":1}\n{"c":1}\n' + done("z", 2)
        self.assertEqual(split(text, ["x", "y", "z"]), [("x", '{"a":1}\n'), ("y", ""), ("z", '{"b":1}\n{"c":1}\n')])

    def test_output_that_is_cut_is_refused(self) -> None:
        for text in ['{"a":1}\n', '{"a":1}\n' + done("x", 2), done("x", 0) + '{"b":1}\n', "", done("y", 0)]:
            with self.assertRaises(ValueError):
                split(text, ["x"])

    def test_batches(self) -> None:
        self.assertEqual(list(batches("abcde", 2)), [["a", "b"], ["c", "d"], ["e"]])


class Retries(unittest.TestCase):
    def worker(self, body: str, attempts: int) -> Worker:
        self.dir = tempfile.mkdtemp()
        path = os.path.join(self.dir, "canreach")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\ncd {self.dir}\necho >>calls\n{body}\n")
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return Worker(path, "index.json", attempts=attempts)

    def calls(self) -> int:
        with open(os.path.join(self.dir, "calls"), encoding="utf-8") as f:
            return len(f.readlines())

    def test_of_a_process_that_fails_nothing_is_taken(self) -> None:
        w = self.worker("""[ $(wc -l <calls) -gt 1 ] || { echo '{"half":1}'; exit 1; }
echo '{"a":1}'; echo '{"kind":"done","shard":"x","rows":1}'""", 3)
        self.assertEqual(w.work(['{"id":"x"}'], ""), [("x", '{"a":1}\n')])
        self.assertEqual(self.calls(), 2)

    def test_it_gives_up_and_says_why(self) -> None:
        w = self.worker("echo no such file >&2; exit 2", 2)
        with self.assertRaisesRegex(WorkerFailed, "no such file"):
            w.work(['{"id":"x"}'], "")
        self.assertEqual(self.calls(), 2)


if __name__ == "__main__":
    unittest.main()
