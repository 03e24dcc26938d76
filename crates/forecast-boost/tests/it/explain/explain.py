"""What Python's LightGBM says of models, for the tests of explanation.

    explain.py fit DIR                  fits the models below to DIR/features.f32 and DIR/label.f32, and
                                        saves each as DIR/NAME.txt
    explain.py explain DIR NAME:ROWS…   explains the last rows with DIR/NAME.txt into NAME.contributions,
                                        and writes the columns' importance to NAME.gain and NAME.split

Features are float32, one column after the other, of which the last two are categories. There are fewer
labels than rows, and models are fitted to the rows that have one. Results are float64, row after row.
"""

import pathlib
import sys

import lightgbm
import numpy

COLUMNS = 6

# Trees, and what is not LightGBM's default.
MODELS = {
    "many_rows": (20, {"objective": "tweedie", "num_leaves": 15}),
    "large": (300, {"objective": "regression", "num_leaves": 63, "learning_rate": 0.05}),
    "deep": (3, {"objective": "regression", "num_leaves": 1500, "min_data_in_leaf": 1}),
    "weighted": (20, {"objective": "poisson"}),
    "bagged": (20, {"objective": "regression_l1", "bagging_freq": 1, "bagging_fraction": 0.4}),
    "sampled": (20, {"objective": "quantile", "data_sample_strategy": "goss", "learning_rate": 0.5}),
    "zero_as_missing": (20, {"objective": "huber", "zero_as_missing": True}),
    "forest": (20, {"objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}),
    "constant": (5, {"objective": "regression", "min_data_in_leaf": 1_000_000}),
}


def fit(folder, features):
    label = numpy.fromfile(folder / "label.f32", dtype="<f4")
    for name, (trees, params) in MODELS.items():
        weight = 0.5 + numpy.arange(len(label)) % 5 if name == "weighted" else None
        data = lightgbm.Dataset(features[: len(label)], label, weight=weight,
                                categorical_feature=[COLUMNS - 2, COLUMNS - 1])
        params = {**params, "verbose": -1, "num_threads": 2, "seed": 1}
        lightgbm.train(params, data, num_boost_round=trees).save_model(folder / f"{name}.txt")


def explain(folder, features, name, rows):
    model = lightgbm.Booster(model_file=folder / f"{name}.txt")
    results = {
        "contributions": model.predict(features[-int(rows):], pred_contrib=True, num_threads=2),
        "gain": model.feature_importance("gain"),
        "split": model.feature_importance("split"),
    }
    for what, values in results.items():
        values.astype("<f8").tofile(folder / f"{name}.{what}")


def main(verb, folder, *models):
    folder = pathlib.Path(folder)
    features = numpy.fromfile(folder / "features.f32", dtype="<f4").reshape(COLUMNS, -1).T
    if verb == "fit":
        fit(folder, features)
    for model in models:
        explain(folder, features, *model.split(":"))


main(*sys.argv[1:])
