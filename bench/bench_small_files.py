"""bench_small_files.py - how much longer the unmodified official client takes to log small files because of our server.

    build/venv/bin/python bench/bench_small_files.py BINARY NULL_TARGET OFFICIAL_PYTHON [FILES [PAIRS [FOLDER]]]

In turns the same client logs the same artifact to a server, and to one with NULL_TARGET (bench_upload_null) before it, which
receives what is put to it, throws it away and answers at once, makes the addresses for uploads itself and commits nothing: the
client's own speed. What the first takes longer is the server's share of what a user waits for. FILES is 15,000, PAIRS 5.
Of the server's processor time the busiest threads are told, too.

Each has a data folder of its own that stays until the end, in FOLDER.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.bench_artifacts import Bench, client_cpu, make_many  # noqa: E402
from tests.support.server import Server  # noqa: E402


@dataclass
class Target:
    """What a client is told to log to."""

    base_url: str
    admin_key: str
    process: subprocess.Popen


@dataclass
class Took:
    seconds: float
    target_cpu: float
    client_cpu: float


def busiest_threads(pid: int, count: int = 3) -> list[float]:
    """Their seconds of the processor so far."""
    paths = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sorted((int(path.read_text().split()[0]) / 1e9 for path in paths), reverse=True)[:count]


def log(target: Target, python: str, folder: Path, folders: list[Path]) -> Took:
    bench = Bench(target, python, folder)
    of_target, of_client = bench.cpu(), client_cpu()
    bench.log_many(folders, len(folders))
    return Took(bench.logged_s, bench.cpu() - of_target, client_cpu() - of_client)


def log_to_server(binary: Path, python: str, folder: Path, folders: list[Path], data: Path) -> Took:
    server = Server(binary, data).start()
    try:
        took = log(server, python, folder, folders)
        print("busiest threads:", ", ".join(f"{seconds:.2f} s" for seconds in busiest_threads(server.process.pid)))
        return took
    finally:
        server.stop()


def log_to_nothing(binary: Path, null_target: str, python: str, folder: Path, folders: list[Path], data: Path) -> Took:
    server = Server(binary, data).start()
    front = subprocess.Popen([null_target, server.base_url.rsplit(":", 1)[1]], stdout=subprocess.PIPE, text=True)
    try:
        return log(Target(front.stdout.readline().split()[-1], server.admin_key, front), python, folder, folders)
    finally:
        front.kill()
        front.wait()
        server.stop()


def say(what: str, took: Took) -> None:
    print(
        f"{what}: {took.seconds:.2f} s; processor: target {took.target_cpu:.2f} s, client {took.client_cpu:.2f} s; load {os.getloadavg()[0]:.0f}",
        flush=True,
    )


def median(all_took: list[Took]) -> Took:
    return Took(*(statistics.median(getattr(took, name) for took in all_took) for name in ("seconds", "target_cpu", "client_cpu")))


def main() -> None:
    binary, null_target, python = Path(sys.argv[1]), sys.argv[2], str(Path(sys.argv[3]).absolute())
    count, pairs = (int(sys.argv[i]) if len(sys.argv) > i else otherwise for i, otherwise in ((4, 15_000), (5, 5)))
    with tempfile.TemporaryDirectory(dir=sys.argv[6] if len(sys.argv) > 6 else None) as name:
        folder = Path(name)
        folders = make_many(folder / "many", count)
        ours, nothing = [], []
        for number in range(pairs):
            ours.append(log_to_server(binary, python, folder, folders, folder / f"data-{number}"))
            say(f"{count:,} files to the server", ours[-1])
            nothing.append(log_to_nothing(binary, null_target, python, folder, folders, folder / f"data-{number}-null"))
            say(f"{count:,} files to nothing", nothing[-1])
    server, null = median(ours), median(nothing)
    say("medians, the server", server)
    say("medians, nothing", null)
    shares = sorted(1 - one.seconds / other.seconds for one, other in zip(nothing, ours))
    print(
        f"the server's share of what the client waits for: {100 * (1 - null.seconds / server.seconds):.0f}% by the medians,"
        f" {100 * statistics.median(shares):.0f}% the median of the pairs ({100 * shares[0]:.0f} to {100 * shares[-1]:.0f}%);"
        f" of the processor's time {100 * server.target_cpu / (server.target_cpu + server.client_cpu):.0f}%; all spend"
        f" {100 * (1 - (null.target_cpu + null.client_cpu) / (server.target_cpu + server.client_cpu)):.0f}% of theirs because of it"
    )


if __name__ == "__main__":
    main()
