#!/usr/bin/env python3
"""The booster beside LightGBM on the same rows, in turn, in one run: time and memory of a fit, time of
predictions, loss on rows that neither has seen. Prints a Markdown table.

usage: against_lightgbm.py TRAIN.parquet TEST.parquet [--objectives NAME,...] [--levels Q,...] [--repeat N]

All columns are 32-bit floats; the label is `y`. --levels compares one model of several quantiles with a
LightGBM model for each. Both have two threads, 300 trees of 63 leaves, 255 bins. Times and memory are the
medians of N (3) runs, each in a process of its own; the memory is what the process holds at most in the fit,
and in brackets what that is more than before it.

needs: pip install lightgbm==4.7.0 polars==1.44.2 numpy, and an idle machine
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
OBJECTIVES = ["regression", "poisson", "tweedie", "quantile:0.9"]
SINGLE_ROWS = 300
FIT = {"trees": 300, "leaves": 63, "learning-rate": 0.05, "min-data": 50, "max-bin": 255, "threads": 2}


def loss(objective, y, p):
    name, _, level = objective.partition(":")
    if name == "poisson":
        return np.mean(p - y * np.log(np.maximum(p, 1e-9)))
    if name == "tweedie":
        p = np.maximum(p, 1e-9)
        return np.mean(y / np.sqrt(p) + np.sqrt(p)) * 2
    if name == "quantile":
        level = float(level)
        return np.mean(np.maximum(level * (y - p), (level - 1) * (y - p)))
    return np.sqrt(np.mean((y - p) ** 2))


def memory_mb(line):
    status = Path("/proc/self/status").read_text()
    return next(int(row.split()[1]) / 1024 for row in status.splitlines() if row.startswith(line))


def lightgbm(train, test, objective, out):
    """Runs in a process of its own, as the other side does, and reports in the same form."""
    import lightgbm as lgb
    import polars as pl

    name, _, level = objective.partition(":")
    table = pl.read_parquet(train)
    x, y = table.drop("y").to_numpy(), table["y"].to_numpy()
    del table
    xt = pl.read_parquet(test).drop("y").to_numpy()
    params = {
        "objective": name, "num_leaves": FIT["leaves"], "learning_rate": FIT["learning-rate"],
        "min_data_in_leaf": FIT["min-data"], "max_bin": FIT["max-bin"], "num_threads": FIT["threads"],
        "verbose": -1,
    }
    if level:
        params["alpha"] = float(level)
    data_mb = memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    clock = time.perf_counter()
    booster = lgb.train(params, lgb.Dataset(x, y), FIT["trees"])
    fit_s = time.perf_counter() - clock
    peak_mb = memory_mb("VmHWM")
    clock = time.perf_counter()
    prediction = booster.predict(xt)
    batch = (time.perf_counter() - clock) * 1e6 / len(xt)
    clock = time.perf_counter()
    for row in range(SINGLE_ROWS):
        booster.predict(xt[row : row + 1])
    single = (time.perf_counter() - clock) * 1e6 / SINGLE_ROWS
    pl.DataFrame({"prediction": prediction}).write_parquet(out)
    print(json.dumps({"fit_s": fit_s, "predict_us_per_row": batch, "single_row_us": single,
                      "data_mb": data_mb, "peak_mb": peak_mb}))


def run(command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def sides(arguments, objective, out):
    """One run of each side: ours, then LightGBM."""
    ours = [ROOT / "target/release/examples/fit_tabular"] if arguments.engine is None else [arguments.engine]
    ours += ["--train", arguments.train, "--test", arguments.test, "--objective", objective, "--json"]
    ours += ["--out", out / "ours.parquet", *(part for k, v in FIT.items() for part in (f"--{k}", str(v)))]
    theirs = [sys.executable, __file__, arguments.train, arguments.test]
    return run(ours), lambda of: run([*theirs, "--lightgbm", of, out / f"{of}.parquet"])


def main():
    import polars as pl

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--objectives", type=lambda text: text.split(","), default=OBJECTIVES)
    parser.add_argument("--levels", help="compare these quantiles, as in 0.1,0.5,0.9")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--engine", type=Path, help="the program fit_tabular; default: that of this checkout")
    parser.add_argument("--lightgbm", nargs=2, metavar=("OBJECTIVE", "OUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.lightgbm:
        return lightgbm(arguments.train, arguments.test, *arguments.lightgbm)
    if arguments.engine is None:
        subprocess.run(["cargo", "build", "--release", "--quiet", "--package", "forecast-boost", "--example",
                        "fit_tabular"], check=True, cwd=ROOT)
    y = pl.read_parquet(arguments.test, columns=["y"])["y"].to_numpy().astype(float)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        predictions = lambda name: pl.read_parquet(out / f"{name}.parquet")
        if arguments.levels:
            return quantiles(arguments, y, out, predictions)
        print("| objective | fit | one of many rows | one row | loss | memory |")
        print("|---|---|---|---|---|---|")
        for objective in arguments.objectives:
            runs = []
            for _ in range(arguments.repeat):
                ours, theirs = sides(arguments, objective, out)
                runs.append((ours, theirs(objective)))
            row = []
            for what, unit in (("fit_s", "s"), ("predict_us_per_row", "µs"), ("single_row_us", "µs")):
                a, b = (float(np.median([pair[side][what] for pair in runs])) for side in (0, 1))
                row.append(f"{a:.3g} {unit}, {b:.3g} {unit}: **{a / b:.2f}×**")
            ours, theirs = (loss(objective, y, predictions(n)["prediction"].to_numpy()) for n in ("ours", objective))
            row.append(f"{ours / theirs:.4f}×")
            a, b = ([np.median([pair[side][k] for pair in runs]) for k in ("peak_mb", "data_mb")] for side in (0, 1))
            row.append(f"{a[0]:.0f} (+{a[0] - a[1]:.0f}) MB, {b[0]:.0f} (+{b[0] - b[1]:.0f}) MB: **{a[0] / b[0]:.2f}×**")
            print(f"| {objective} | " + " | ".join(row) + " |", flush=True)


def quantiles(arguments, y, out, predictions):
    ours, theirs = sides(arguments, f"quantiles:{arguments.levels}", out)
    print(f"All levels: fit {ours['fit_s']:.1f} s, prediction {ours['predict_us_per_row']:.2f} µs a row\n")
    print("| level | loss | fit of the LightGBM model |\n|---|---|---|")
    for place, level in enumerate(arguments.levels.split(",")):
        objective = f"quantile:{level}"
        took = theirs(objective)["fit_s"]
        a = loss(objective, y, predictions("ours").to_series(place).to_numpy())
        b = loss(objective, y, predictions(objective)["prediction"].to_numpy())
        print(f"| {level} | {a / b:.4f}× | {took:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
