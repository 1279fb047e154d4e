#!/usr/bin/env python3
"""Runs the steps of `make test` one after the other and counts their tests. Usage: test.py STEP...

Each step is a target of the Makefile; its output is shown, and kept in build/results/STEP.log. All steps are run
even when one fails. What the runners say at their end is added up; a step that fails without a failed test counts as
one, and so does a step that ran no test at all. The last line is the sum.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

RESULTS = pathlib.Path("build/results")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# What each runner says at its end; the group is a number of tests.
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
LINES = [
    # meson
    (PASSED, re.compile(r"^(?:Ok|Expected Fail): +(\d+)")),
    (FAILED, re.compile(r"^(?:Fail|Unexpected Pass|Timeout): +(\d+)")),
    (SKIPPED, re.compile(r"^Skipped: +(\d+)")),
    # node
    (PASSED, re.compile(r"^(?:#|ℹ) pass (\d+)")),
    (FAILED, re.compile(r"^(?:#|ℹ) (?:fail|cancelled) (\d+)")),
    (SKIPPED, re.compile(r"^(?:#|ℹ) (?:skipped|todo) (\d+)")),
    # check
    (PASSED, re.compile(r"^(\d+) checks? passed")),
]
# The closing lines of pytest and vitest name several numbers.
PYTEST = re.compile(r"^=*\s*(?=.* in \d)((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s")
VITEST = re.compile(r"^\s+Tests +(.*)")
NUMBER = re.compile(r"(\d+) ([a-z]+)")
WORDS = {"passed": PASSED, "xfailed": PASSED, "failed": FAILED, "error": FAILED, "errors": FAILED, "xpassed": FAILED,
         "skipped": SKIPPED, "todo": SKIPPED}


def count(text):
    counts = dict.fromkeys((PASSED, FAILED, SKIPPED), 0)
    for line in COLOUR.sub("", text).splitlines():
        for what, pattern in LINES:
            if match := pattern.match(line):
                counts[what] += int(match.group(1))
        if match := PYTEST.match(line) or VITEST.match(line):
            for number, word in NUMBER.findall(match.group(1)):
                if word in WORDS:
                    counts[WORDS[word]] += int(number)
    return counts


def run(step):
    """The step's output, shown while it comes, and its exit status."""
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", step]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    text = "".join(lines)
    (RESULTS / f"{step}.log").write_text(text)
    return text, process.returncode


def main():
    # Started in the background we would hand on that interrupts are ignored, and some tests interrupt programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    RESULTS.mkdir(parents=True, exist_ok=True)
    total = dict.fromkeys((PASSED, FAILED, SKIPPED), 0)
    table = []
    for step in sys.argv[1:]:
        print(f"\n==> {step}", flush=True)
        begin = time.monotonic()
        text, status = run(step)
        counts = count(text)
        if counts[FAILED] == 0 and (status != 0 or sum(counts.values()) == 0):
            counts[FAILED] = 1
        table.append((step, counts, time.monotonic() - begin))
        for what, number in counts.items():
            total[what] += number
    print(f"\n{'step':16}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for step, counts, seconds in table:
        print(f"{step:16}{counts[PASSED]:8}{counts[FAILED]:8}{counts[SKIPPED]:9}{seconds:9.0f}")
    print(f"\n{total[PASSED]} passed, {total[FAILED]} failed, {total[SKIPPED]} skipped", flush=True)
    return 1 if total[FAILED] > 0 or total[PASSED] == 0 else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
