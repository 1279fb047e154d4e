"""bench_sweep.py - the search beside scikit-optimize: the best value after 50 trials, median over 20 seeds.

    python bench/bench_sweep.py PATH/TO/bench_sweep [--seeds 20] [--trials 50] [--peer FILE]

The program bench_sweep prints our lines; scikit-optimize (gp_minimize as it comes, expected improvement) runs here.
It takes ten minutes for all seeds, so --peer keeps its values in a file from which a later run goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import warnings
from pathlib import Path


def branin(x):
    b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
    return (x[1] - b * x[0] ** 2 + c * x[0] - 6) ** 2 + 10 * (1 - t) * math.cos(x[0]) + 10


HARTMANN_A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
HARTMANN_P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def hartmann(x):
    weights = (1.0, 1.2, 3.0, 3.2)
    return -sum(
        w * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(row, x, centre, strict=True)))
        for w, row, centre in zip(weights, HARTMANN_A, HARTMANN_P, strict=True)
    )


def rosenbrock(x):
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:], strict=False))


def ackley(x):
    """Its optimum lies at 4.2, not in the middle of the box, where a search may begin by chance."""
    moved = [v - 4.2 for v in x]
    squares, cosines = sum(v * v for v in moved), sum(math.cos(2 * math.pi * v) for v in moved)
    return -20 * math.exp(-0.2 * math.sqrt(squares / len(x))) - math.exp(cosines / len(x)) + 20 + math.e


MIXED = {"sgd": (0.2, 0.8, 4, 0.9), "adam": (0.7, 0.3, 13, 0.0), "rmsprop": (0.5, 0.5, 9, 0.4), "lion": (0.9, 0.1, 17, 0.2)}


def mixed(x):
    """A categorical, an integer, and two numbers whose best place depends on both."""
    kind, layers, a, b = x
    at, bt, best_layers, base = MIXED[kind]
    bowl = 3 * (a - at) ** 2 + 3 * (b - bt) ** 2 + 0.2 * (1 - math.cos(6 * math.pi * (a - at)))
    return base + bowl + 0.5 * ((layers - best_layers) / 5) ** 2


FUNCTIONS = {
    "branin": (branin, [(-5.0, 10.0), (0.0, 15.0)]),
    "hartmann6": (hartmann, [(0.0, 1.0)] * 6),
    "rosenbrock4": (rosenbrock, [(-2.048, 2.048)] * 4),
    "mixed": (mixed, [tuple(MIXED), (1, 20), (0.0, 1.0), (0.0, 1.0)]),
    "ackley10": (ackley, [(-32.768, 32.768)] * 10),
}


def run_peer(file: Path, seeds: int, trials: int) -> dict:
    """The best value of each seed; what the file has already is not run again."""
    from skopt import gp_minimize

    found = json.loads(file.read_text()) if file.exists() else {}
    warnings.simplefilter("ignore")
    for seed in range(seeds):
        for name, (function, space) in FUNCTIONS.items():
            key = f"{name}:{trials}:{seed}"
            if key in found:
                continue
            categories = [list(each) if isinstance(each[0], str) else each for each in space]
            result = gp_minimize(function, categories, n_calls=trials, random_state=seed, acq_func="EI")
            found[key] = float(result.fun)
            file.write_text(json.dumps(found))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--peer", type=Path, default=Path("build/results/sweep_peer.json"))
    arguments = parser.parse_args()
    arguments.peer.parent.mkdir(parents=True, exist_ok=True)
    peer = run_peer(arguments.peer, arguments.seeds, arguments.trials)
    command = [arguments.program, str(arguments.seeds), str(arguments.trials)]
    ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"median of the best value, {arguments.seeds} seeds, {arguments.trials} trials")
    print(f"{'':12} {'random':>10} {'skopt':>10} {'ours':>10}")
    for name in FUNCTIONS:
        theirs = statistics.median(peer[f"{name}:{arguments.trials}:{seed}"] for seed in range(arguments.seeds))
        row = [statistics.median(ours[name]["random"]), theirs, statistics.median(ours[name]["bayes"])]
        print(f"{name:12} " + " ".join(f"{value:10.4f}" for value in row))
    took, processor = ours["suggestion_after_1000_ms"], ours["of_which_processor_ms"]
    print(f"one suggestion after 1,000 finished runs: {took:.1f} ms, {processor:.1f} ms of the processor")


if __name__ == "__main__":
    main()
