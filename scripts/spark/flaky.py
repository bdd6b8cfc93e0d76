#!/usr/bin/env python3
"""A canreach whose worker fails at random, for tests: it exits before it is
done, is killed in the middle of its output, or takes its parent with it.

CANREACH is the real program, CANREACH_FLAKY how often it fails, 0 to 1;
CANREACH_FLAKY_LOG is a file that gets a line for each failure.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys


def log(what: str) -> None:
    with open(os.environ["CANREACH_FLAKY_LOG"], "a", encoding="utf-8") as f:
        f.write(what + "\n")


def main() -> int:
    command = [os.environ["CANREACH"], *sys.argv[1:]]
    working = sys.argv[1:2] == ["worker"] and "plan" not in sys.argv
    if not working or random.random() >= float(os.environ["CANREACH_FLAKY"]):
        os.execv(command[0], command)
    kind = random.choice(["refused", "killed", "killed", "cut", "parent"])
    log(kind)
    if kind == "refused":
        return 1
    if kind == "parent":
        os.kill(os.getppid(), signal.SIGKILL)
        return 1
    with subprocess.Popen(command, stdout=subprocess.PIPE) as real:
        assert real.stdout is not None
        part = real.stdout.read(random.randrange(1, 200_000))
        sys.stdout.buffer.write(part)
        sys.stdout.flush()
        real.kill()
    if kind == "cut":
        return 137
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


if __name__ == "__main__":
    sys.exit(main())
