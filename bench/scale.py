"""scale.py - replays a year of runs, from one laptop's to 100,000 at once and 10^12 points a day, against what this machine measured.

    build/venv/bin/python bench/scale.py [--days 365] [--seed 1] [--tier NAME] [--set NAME=VALUE ...]

Every run of the year is drawn (begin, length, rate, project), its requests, points, segments and rows of the catalogue follow from
the rules of the code, and each part of a deployment gets the work of every minute: its use, and the queue before it, are reckoned
minute by minute, with databases that fail over, servers that die and a bucket that stands still. docs/scale.md explains the result.
Constants: bench/scale_constants.json, which bench/scale_constants.py measures. All else is in ASSUMED and TIERS, and can be set.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

# Rules of the code: server/history/history.h, server/history/worker.c, bench/bench_live_runs.c.
SEAL_ROWS, FACTOR, FILE_ROWS, PERIOD_S = 1 << 16, 8, 1 << 20, 15
TURNS = "row of the busiest project"

ASSUMED = {
    "median_hours": 1.0, "mean_hours": 4.0,  # of a run: most are short, a few train for weeks
    "keys": 10,  # of a row
    "peak": 1.6, "weekend": 0.6,  # of the mean rate of arrivals: working hours, Saturdays and Sundays
    "zipf": 0.9,  # how unequal projects are; five live runs a project
    "files_a_run": 5, "file_mb_a_run": 2.0,  # configuration, console, requirements; checkpoints come on top
    "reads_a_run": 60, "read_kb": 40.0, "cold": 0.1,  # charts of a run that are drawn, their size, and how many miss the cache
    "failover_s": 60, "failover_days": 30,  # the database stands still
    "death_s": 600, "death_days": 7,  # a server is missing
    "stall_s": 60, "stall_days": 1,  # the bucket answers nothing
    "trip_ms": 0.3,  # to the database and back, in one data centre
    "log_mb_s": 500.0,  # a disk, for a write-ahead log
    "bucket_puts_s": 3500.0,  # what Amazon says of one prefix
    "price_tb_month": 23.0, "price_million_puts": 5.0, "price_million_gets": 0.4, "price_egress_tb": 90.0, "outside": 0.05,
    "price_core_hour": 0.04, "price_disk_tb_month": 80.0,
}  # fmt: skip


@dataclass
class Tier:
    name: str
    live: float  # runs at once, the mean
    points_a_day: float
    servers: int
    cores: int
    databases: int = 0  # 0: SQLite in the folder
    database_cores: int = 0
    workers: int = 1  # how many share sealing and compaction
    cells: int = 1  # of servers that share one database


TIERS = [
    Tier("laptop", 2, 1e7, 1, 4),
    Tier("group", 30, 1e9, 1, 8),
    Tier("company", 1000, 1e10, 3, 8, 1, 16),
    Tier("large", 10_000, 1e11, 6, 16, 1, 32),
    Tier("largest", 100_000, 1e12, 24, 16, 1, 64),
    Tier("largest, in eight cells", 100_000, 1e12, 48, 8, 8, 16, 8, 8),
]


@dataclass
class Year:
    """What comes in, a number for each minute."""

    live: np.ndarray
    points_s: np.ndarray
    begun: np.ndarray
    hottest: np.ndarray  # live runs of the busiest project
    written_points: np.ndarray
    puts: np.ndarray
    totals: dict[str, float] = field(default_factory=dict)


# ---- what comes in ----


def shape_of_time(minutes: int) -> np.ndarray:
    """The rate of arrivals by its mean: more in working hours, less at the weekend."""
    at = np.arange(minutes) / 1440
    hour, weekday = (at % 1) * 24, at.astype(int) % 7
    day = 1 + (ASSUMED["peak"] - 1) * np.sin((hour - 8) / 24 * 2 * math.pi)
    return day * np.where(weekday >= 5, ASSUMED["weekend"], (7 - 2 * ASSUMED["weekend"]) / 5)


def segments_of(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Files that are written for a run, files that stay, and how often a row of it is written: as worker.c does it."""
    sealed = np.ceil(rows / SEAL_ROWS)
    merged = np.floor(rows / SEAL_ROWS / FACTOR)
    # At the end neighbours become as few files as fit; one file alone stays as it is.
    before_end = merged + sealed - merged * FACTOR
    kept = np.ceil(rows / FILE_ROWS)
    last = np.where(before_end > 1, kept, 0)
    times = 1 + merged * FACTOR * SEAL_ROWS / np.maximum(rows, 1) + (before_end > 1)
    return sealed + merged + last, kept, times


def replay(tier: Tier, days: int, random: np.random.Generator) -> Year:
    """A day at a time. What a run does evenly while it lives is two steps, up and down, that are summed at the end."""
    minutes = days * 1440
    steps = {name: np.zeros(minutes + 1) for name in ("live", "points", "hottest", "written", "puts")}
    begun = np.zeros(minutes)
    mean_min, sigma = ASSUMED["mean_hours"] * 60, math.sqrt(2 * math.log(ASSUMED["mean_hours"] / ASSUMED["median_hours"]))
    rate = tier.live / mean_min * shape_of_time(minutes)
    points_s = tier.points_a_day / 86400 / tier.live
    weights = np.arange(1, max(2, int(tier.live / 5)) + 1) ** -ASSUMED["zipf"]
    hottest_share = weights[0] / weights.sum()
    totals = dict.fromkeys(("runs", "points", "segments", "kept", "gets"), 0.0)

    def add(name: str, first: np.ndarray, last: np.ndarray, rates: np.ndarray) -> None:
        steps[name] += np.bincount(first, rates, minutes + 1) - np.bincount(last, rates, minutes + 1)

    # Runs that were there before the year began: it starts full.
    for begin in range(-7 * 1440, minutes, 1440):
        today = rate[max(begin, 0) : max(begin, 0) + 1440] if begin >= 0 else rate[np.arange(1440) % minutes]
        arrivals = random.poisson(today)
        first = begin + np.repeat(np.arange(len(today)), arrivals)
        length = np.maximum(random.lognormal(math.log(ASSUMED["median_hours"] * 60), sigma, len(first)), 1 / 6)
        own = random.lognormal(-0.5, 1.0, len(first)) * points_s  # a tenth of the runs log half of the points
        rows = own * length * 60 / ASSUMED["keys"]
        written, kept, times = segments_of(rows)
        last = np.minimum(first + np.ceil(length).astype(np.int64), minutes)
        is_in = last > 0
        start, end = np.maximum(first[is_in], 0), last[is_in]
        lasted_s = np.ceil(length[is_in]) * 60
        add("live", start, end, np.ones(len(start)))
        add("points", start, end, own[is_in] * length[is_in] * 60 / lasted_s)
        add("hottest", start, end, (random.random(len(start)) < hottest_share).astype(float))
        add("written", start, end, (rows * ASSUMED["keys"] * times)[is_in] / lasted_s)
        add("puts", start, end, (written[is_in] + ASSUMED["files_a_run"]) / lasted_s)
        if begin >= 0:
            begun[begin : begin + len(today)] += arrivals
            totals["runs"] += len(first)
            totals["points"] += float(rows.sum()) * ASSUMED["keys"]
            totals["segments"] += float(written.sum())
            totals["kept"] += float(kept.sum())
    sums = {name: np.maximum(np.cumsum(values)[:-1], 0) for name, values in steps.items()}
    totals["puts"] = float(sums["puts"].sum() * 60)
    return Year(sums["live"], sums["points"], begun / 60, sums["hottest"], sums["written"], sums["puts"], totals)


# ---- what it asks of a deployment ----


def demands(tier: Tier, year: Year, known: dict) -> dict[str, tuple[np.ndarray, float]]:
    """Work of each minute, by the capacity it has: 1 is all there is. And what of it is missing when one dies."""
    is_sqlite = tier.databases == 0
    cost = known["embedded" if is_sqlite else "postgresql"]
    requests = year.live / PERIOD_S
    server_s = requests * cost["server_s_a_request"] + year.points_s * known["server_s_a_point_of_large_requests"] + year.begun * cost["server_s_a_run"]
    # The worker is one of the threads of the servers, so its time counts there as well.
    worker_s = year.written_points * known["compact_s_a_written_point"]
    found = {
        "servers' cores": ((server_s + worker_s) / (tier.servers * tier.cores), 1 / tier.servers),
        "sealing and compaction": (worker_s / tier.workers, 1 / tier.workers if tier.workers > 1 else 0),
        "connections": (year.live / (tier.servers * 20_000), 1 / tier.servers),
    }
    if is_sqlite:
        written = requests * cost["disk_bytes_a_request"] + year.points_s * cost["disk_bytes_a_point"] + year.written_points * known["segment_bytes_a_point"]
        found["disk's writes"] = (written / 1e6 / ASSUMED["log_mb_s"], 0)
        return found
    database_s = requests * cost["database_s_a_request"] + year.points_s * cost["database_s_a_point"] + year.begun * cost["database_s_a_run"]
    log = requests * cost["log_bytes_a_request"] + year.points_s * cost["log_bytes_a_point"] + year.begun * cost["log_bytes_a_run"]
    # A work waits for its questions' answers. Then those who change one project take turns: its row is taken right before the
    # commit, by each server for all that waited there, so that more work makes larger turns and not more of them.
    waits_s = cost["trips_a_request"] * ASSUMED["trip_ms"] / 1e3
    turns = year.hottest / PERIOD_S * (2 * ASSUMED["trip_ms"] / 1e3 + cost["commit_s"])
    found |= {
        "database's cores": (database_s / (tier.databases * tier.database_cores), 0),
        "one writer of each server": ((database_s + requests * waits_s) / tier.servers, 1 / tier.servers),
        TURNS: (turns / (1 + turns), 0),
        "database's log": (log / 1e6 / (tier.databases * ASSUMED["log_mb_s"]), 0),
        "bucket's puts": (year.puts / (ASSUMED["bucket_puts_s"] * tier.cells), 0),
    }
    return found


def outages(minutes: int, every_days: float, lasts_s: float, random: np.random.Generator) -> np.ndarray:
    """The part of each minute that is lost."""
    lost = np.zeros(minutes)
    for begin in random.integers(0, minutes, int(minutes / 1440 / every_days)):
        whole = max(1, round(lasts_s / 60))
        lost[begin : begin + whole] = min(1.0, lasts_s / 60)
    return lost


def queue_s(use: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Seconds of work that wait at the end of each minute (Lindley): what came, less what could be done."""
    left = np.cumsum((use - capacity) * 60)
    return left - np.minimum(np.minimum.accumulate(left), 0)


def judge(tier: Tier, year: Year, known: dict, random: np.random.Generator) -> list[tuple[str, float, float, float, float]]:
    """For each part: mean, 99th percentile and most of its use, and the longest queue in seconds."""
    minutes = len(year.live)
    down = {
        "database": outages(minutes, ASSUMED["failover_days"], ASSUMED["failover_s"], random) if tier.databases else np.zeros(minutes),
        "server": outages(minutes, ASSUMED["death_days"], ASSUMED["death_s"], random),
        "bucket": outages(minutes, ASSUMED["stall_days"], ASSUMED["stall_s"], random) if tier.databases else np.zeros(minutes),
    }
    rows = []
    for name, (use, share) in demands(tier, year, known).items():
        lost = down["server"] * share
        if name in ("database's cores", "one writer of each server", TURNS, "database's log"):
            lost = np.maximum(lost, down["database"])
        if name in ("bucket's puts", "sealing and compaction"):
            lost = np.maximum(lost, down["bucket"])
        queue = queue_s(use, 1 - lost)
        rows.append((name, float(use.mean()), float(np.percentile(use, 99)), float(use.max()), float(queue.max())))
    return rows


# ---- what it holds, and what it costs ----


def holdings(tier: Tier, year: Year, known: dict, days: int) -> dict[str, float]:
    totals = year.totals
    segments_tb = totals["points"] * known["segment_bytes_a_point"] / 1e12
    return {
        "runs": totals["runs"], "points": totals["points"], "segment files written": totals["segments"], "segment files kept": totals["kept"],
        "written by kept": year.written_points.sum() / year.points_s.sum(),
        "histories, TB": segments_tb, "files, TB": totals["runs"] * ASSUMED["file_mb_a_run"] / 1e6,
        "catalogue, rows": totals["runs"] * known["catalogue_rows_a_run"],
        "catalogue, GB": (totals["runs"] * known["catalogue_bytes_a_run"] + totals["kept"] * known["directory_bytes_a_segment"]) / 1e9,
    }  # fmt: skip


def cost_of(tier: Tier, year: Year, held: dict[str, float], days: int) -> dict[str, float]:
    """In dollars, of these days. What is kept grows from nothing, so half of it was kept on the mean."""
    months = days / 30.4
    reads = held["runs"] * ASSUMED["reads_a_run"]
    if tier.databases == 0:
        return {"disk": (held["histories, TB"] + held["files, TB"]) / 2 * months * ASSUMED["price_disk_tb_month"]}
    stored = held["histories, TB"] + held["files, TB"]
    return {
        "bucket: storage": stored / 2 * months * ASSUMED["price_tb_month"],
        "bucket: puts": year.totals["puts"] / 1e6 * ASSUMED["price_million_puts"],
        "bucket: gets": reads * ASSUMED["cold"] / 1e6 * ASSUMED["price_million_gets"],
        "egress": reads * ASSUMED["read_kb"] / 1e9 * ASSUMED["outside"] * ASSUMED["price_egress_tb"] + stored * ASSUMED["outside"] * ASSUMED["price_egress_tb"],
        "servers": tier.servers * tier.cores * days * 24 * ASSUMED["price_core_hour"],
        "databases": 2 * tier.databases * (tier.database_cores * days * 24 * ASSUMED["price_core_hour"] + max(held["catalogue, GB"] / 1e3 / tier.databases, 0.1) * months * ASSUMED["price_disk_tb_month"]),
    }  # fmt: skip


def show(tier: Tier, year: Year, known: dict, days: int, random: np.random.Generator) -> None:
    what = "SQLite" if tier.databases == 0 else f"{tier.databases} x PostgreSQL of {tier.database_cores} cores, {tier.workers} worker(s)"
    print(f"\n== {tier.name}: {tier.live:,.0f} live runs, {tier.points_a_day:.0e} points a day; {tier.servers} servers of {tier.cores} cores, {what}")
    print(f"{'':32} {'mean':>8} {'p99':>8} {'most':>8} {'longest queue':>14}  full at")
    rows = judge(tier, year, known, random)
    first = max((row for row in rows if row[0] != TURNS), key=lambda row: row[2])[0]
    for name, mean, p99, most, queue in rows:
        waits = f"{queue:,.0f} s" if queue < 86400 else "without end" if mean >= 1 else f"{queue / 3600:,.0f} h"
        full = f"never: turns of {tier.servers / tier.cells:.0f} servers" if name == TURNS else f"{tier.live / p99:,.0f} live runs" if p99 > 0 else ""
        print(f"{name:32} {mean:8.1%} {p99:8.1%} {most:8.1%} {waits:>14}  {full}{'   <- first' if name == first else ''}")
    held = holdings(tier, year, known, days)
    print("holds: " + ", ".join(f"{name} {value:,.4g}" if value < 1e4 else f"{name} {value:.2e}" for name, value in held.items()))
    costs = cost_of(tier, year, held, days)
    print("costs: " + ", ".join(f"{name} {value:,.0f}" for name, value in costs.items()) + f"; together {sum(costs.values()):,.0f} dollars")


def load_constants() -> dict:
    known = json.loads(Path(__file__).with_name("scale_constants.json").read_text())
    # Measured over one long run; a point of it was written so often as its files are larger than what was kept.
    known["compact_s_a_written_point"] = known["compact_s_a_point"] / known["segment_amplification"]
    return known


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tier", help="only this one")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=f"one of {', '.join(ASSUMED)}")
    given = parser.parse_args()
    for text in given.set:
        name, _, value = text.partition("=")
        if name not in ASSUMED:
            parser.error(f"there is no '{name}'")
        ASSUMED[name] = float(value)
    known, begun = load_constants(), time.monotonic()
    for tier in TIERS:
        if given.tier in (None, tier.name):
            random = np.random.default_rng(given.seed)
            show(tier, replay(tier, given.days, random), known, given.days, random)
    print(f"\n{time.monotonic() - begun:.0f} s for {given.days} days")


if __name__ == "__main__":
    main()
