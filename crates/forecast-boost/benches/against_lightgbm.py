#!/usr/bin/env python3
"""Beside LightGBM on the same rows, in turn: fits and predictions, several quantiles in one model, one-side
sampling, and explanations.

usage: against_lightgbm.py fit TRAIN TEST ENGINE          four objectives, medians of three runs, as Markdown
       against_lightgbm.py quantiles TRAIN TEST ENGINE    seven levels, one LightGBM model for each
       against_lightgbm.py goss TRAIN TEST ENGINE         four objectives, data_sample_strategy=goss
       against_lightgbm.py shap TRAIN TEST ENGINE         one LightGBM model, pred_contrib of 2,000 rows
TRAIN and TEST are Parquet files of 32-bit floats whose label column is y; ENGINE is the example fit_tabular,
for shap explain_rows, built in release mode. Memory is what a process holds at most while it fits, and how
much of that is more than before the fit. needs an idle machine, and: pip install lightgbm==4.7.0 polars numpy
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import lightgbm
import numpy as np
import polars as pl

LEVELS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
OBJECTIVES = ["regression", "poisson", "tweedie", "quantile:0.9"]
TOP, OTHER = 0.2, 0.1
THREADS = 2
ENGINE = ["--trees", "300", "--leaves", "63", "--learning-rate", "0.05", "--min-data", "50", "--max-bin", "255"]
LIGHTGBM = dict(num_leaves=63, learning_rate=0.05, min_data_in_leaf=50, max_bin=255, num_threads=THREADS, verbose=-1)
TREES = 300
EXPLAINED_ROWS = 2_000
SINGLE_ROWS = 300
REPEATS = 3


def pinball(level, y, p):
    return np.mean(np.maximum(level * (y - p), (level - 1) * (y - p)))


def loss(objective, y, p):
    if objective.startswith("quantile"):
        return pinball(float(objective.split(":")[1]), y, p)
    if objective == "poisson":
        return np.mean(p - y * np.log(np.maximum(p, 1e-9)))
    if objective == "tweedie":
        p = np.maximum(p, 1e-9)
        return np.mean(2 * np.sqrt(p) + 2 * y / np.sqrt(p))
    return np.sqrt(np.mean((y - p) ** 2))


class Table:
    def __init__(self, train, test):
        self.files = [train, test]
        self.paths = ["--train", train, "--test", test, "--label", "y"]
        train, test = pl.read_parquet(train), pl.read_parquet(test)
        self.x, self.y = train.drop("y").to_numpy(), train["y"].to_numpy()
        self.x_test, self.y_test = test.drop("y").to_numpy(), test["y"].to_numpy().astype(float)

    def lightgbm(self, objective, **more):
        """Predictions, and seconds to fit."""
        name, *number = objective.split(":")
        params = LIGHTGBM | dict(objective=name) | more
        if name == "quantile":
            params["alpha"] = float(number[0])
        if name == "tweedie":
            params["tweedie_variance_power"] = 1.5
        start = time.perf_counter()
        booster = lightgbm.train(params, lightgbm.Dataset(self.x, self.y), TREES)
        seconds = time.perf_counter() - start
        return booster.predict(self.x_test), seconds

    def ours(self, engine, objective, *more):
        with tempfile.NamedTemporaryFile(suffix=".parquet") as out:
            command = [engine, *self.paths, *ENGINE, "--threads", str(THREADS), "--objective", objective]
            command += [*more, "--out", out.name, "--json"]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            return pl.read_parquet(out.name), told


def memory_mb(what):
    status = pathlib.Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(what))


def lightgbm_alone(table, objective):
    """One fit of LightGBM in a process of its own, told in the form of our side."""
    name, *number = objective.split(":")
    params = LIGHTGBM | dict(objective=name) | (dict(alpha=float(number[0])) if number else {})
    data_mb = memory_mb("VmRSS")
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    start = time.perf_counter()
    booster = lightgbm.train(params, lightgbm.Dataset(table.x, table.y), TREES)
    told = dict(fit_s=time.perf_counter() - start, data_mb=data_mb, peak_mb=memory_mb("VmHWM"))
    start = time.perf_counter()
    predictions = booster.predict(table.x_test)
    told["predict_us_per_row"] = (time.perf_counter() - start) * 1e6 / len(predictions)
    start = time.perf_counter()
    for row in range(SINGLE_ROWS):
        booster.predict(table.x_test[row : row + 1])
    told["single_row_us"] = (time.perf_counter() - start) * 1e6 / SINGLE_ROWS
    told["loss"] = loss(objective, table.y_test, predictions)
    print(json.dumps(told))


def fit(table, engine):
    print("| | fit | many rows, each | one row | loss | memory |\n|---|---|---|---|---|---|")
    for objective in OBJECTIVES:
        runs = []
        for _ in range(REPEATS):
            rows, ours = table.ours(engine, objective)
            ours["loss"] = loss(objective, table.y_test, rows["prediction"].to_numpy())
            command = [sys.executable, __file__, "lightgbm_alone", *table.files, objective]
            theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            runs.append((ours, theirs))
        sides = [{key: float(np.median([run[side][key] for run in runs])) for key in theirs} for side in (0, 1)]
        cells = []
        for key, unit in (("fit_s", "s"), ("predict_us_per_row", "µs"), ("single_row_us", "µs")):
            a, b = (side[key] for side in sides)
            cells.append(f"{a:.3g} {unit}, {b:.3g} {unit}: {a / b:.2f}×")
        cells.append(f"{sides[0]['loss'] / sides[1]['loss']:.4f}×")
        memory = ", ".join(f"{side['peak_mb']:.0f} MB (+{side['peak_mb'] - side['data_mb']:.0f})" for side in sides)
        cells.append(f"{memory}: {sides[0]['peak_mb'] / sides[1]['peak_mb']:.2f}×")
        print(f"| {objective} | " + " | ".join(cells) + " |", flush=True)


def quantiles(table, engine):
    ours, told = table.ours(engine, "quantiles:" + ",".join(map(str, LEVELS)))
    rows, total = ours.to_numpy(), 0.0
    print(f"crossing rows: {int((np.diff(rows, axis=1) < 0).any(axis=1).sum())} of {len(rows)}")
    lightgbm_rows = []
    for place, level in enumerate(LEVELS):
        theirs, took = table.lightgbm(f"quantile:{level}")
        total += took
        lightgbm_rows.append(theirs)
        a, b = pinball(level, table.y_test, rows[:, place]), pinball(level, table.y_test, theirs)
        print(f"level {level:<5} ours {a:.5f}  LightGBM {b:.5f}  ratio {a / b:.4f}", flush=True)
    crossing = (np.diff(np.stack(lightgbm_rows, 1), axis=1) < 0).any(axis=1).sum()
    print(f"LightGBM's models cross in {crossing} rows; fit {told['fit_s']:.1f} s, LightGBM {total:.1f} s")


def goss(table, engine):
    for objective in OBJECTIVES:
        ours, told = table.ours(engine, objective, "--goss", f"{TOP},{OTHER}")
        all_rows, all_told = table.ours(engine, objective)
        theirs, took = table.lightgbm(objective, data_sample_strategy="goss", top_rate=TOP, other_rate=OTHER)
        predictions = (ours["prediction"].to_numpy(), theirs, all_rows["prediction"].to_numpy())
        a, b, c = (loss(objective, table.y_test, p) for p in predictions)
        print(f"{objective:13} ours {a:.5f} in {told['fit_s']:.1f} s  LightGBM {b:.5f} in {took:.1f} s  ratio {a / b:.4f}  "
              f"ours on all rows {c:.5f} in {all_told['fit_s']:.1f} s", flush=True)


def shap(table, engine):
    """LightGBM explains twice, before and after: the machine may be busy, and the faster one counts."""
    model = lightgbm.train(LIGHTGBM | dict(objective="regression"), lightgbm.Dataset(table.x, table.y), TREES)
    rows = np.ascontiguousarray(table.x_test[:EXPLAINED_ROWS])

    def lightgbm_says():
        start = time.perf_counter()
        said = model.predict(rows, pred_contrib=True, num_threads=THREADS)
        return said, (time.perf_counter() - start) / len(rows) * 1e6

    with tempfile.TemporaryDirectory() as folder:
        text, values, out = (pathlib.Path(folder, name) for name in ("model.txt", "rows.f32", "out.f64"))
        model.save_model(text)
        rows.T.astype("<f4").tofile(values)
        command = [engine, "--model", text, "--rows", values, "--out", out, "--threads", str(THREADS)]
        theirs, first = lightgbm_says()
        told = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(3)]
        second = lightgbm_says()[1]
        ours = np.fromfile(out, "<f8").reshape(theirs.shape)
    us, lightgbm_us = min(one["us_per_row"] for one in told), min(first, second)
    off = np.abs(ours - theirs).max()
    off_sum = np.abs(ours.sum(axis=1) - model.predict(rows, raw_score=True)).max()
    print(f"{len(rows)} rows, {TREES} trees: ours {us:.0f} us/row  LightGBM {lightgbm_us:.0f}  ratio {us / lightgbm_us:.4f}")
    print(f"contributions differ by {off:.1e} at most, their sums from the prediction by {off_sum:.1e}")


if __name__ == "__main__":
    task, train, test, engine = sys.argv[1:]
    tasks = {"fit": fit, "quantiles": quantiles, "goss": goss, "shap": shap, "lightgbm_alone": lightgbm_alone}
    tasks[task](Table(train, test), engine)
