"""Python's LightGBM, for the tests of interchange.

    interchange.py fit DIR COLUMNS       fits models to DIR/features.f32 and DIR/label.f32, and saves
                                      each as NAME.txt with its predictions in NAME.f64
    interchange.py predict DIR COLUMNS   predicts with each DIR/NAME.txt into NAME.f64

Features are float32, one column after the other; there are fewer labels than rows, and models are
fitted to the rows that have one. The last two columns are categories.
"""

import pathlib
import sys

import lightgbm
import numpy

SMALL = {"num_leaves": 15, "learning_rate": 0.2, "min_data_in_leaf": 10}

# What is varied in each model, beside SMALL.
MODELS = {
    "regression": {"objective": "regression"},
    "regression_of_roots": {"objective": "regression", "reg_sqrt": True},
    "regression_l1": {"objective": "regression_l1"},
    "huber": {"objective": "huber", "alpha": 1.5},
    "fair": {"objective": "fair", "fair_c": 2.0},
    "poisson": {"objective": "poisson"},
    "quantile": {"objective": "quantile", "alpha": 0.8},
    "quantile_of_roots": {"objective": "quantile", "alpha": 0.3, "reg_sqrt": True},
    "mape": {"objective": "mape"},
    "gamma": {"objective": "gamma"},
    "tweedie": {"objective": "tweedie", "tweedie_variance_power": 1.3},
    "zero_as_missing": {"objective": "regression", "zero_as_missing": True},
    "without_missing": {"objective": "regression", "use_missing": False},
    "one_hot": {"objective": "poisson", "max_cat_to_onehot": 1000},
    "many_categories": {"objective": "regression", "max_cat_threshold": 512, "cat_smooth": 1, "cat_l2": 0,
                        "min_data_per_group": 1},
    "deep": {"objective": "regression", "num_leaves": 1500, "min_data_in_leaf": 1, "learning_rate": 1.0},
    "random_forest": {"objective": "tweedie", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    "dart": {"objective": "regression_l1", "boosting": "dart", "drop_rate": 0.5, "skip_drop": 0.0},
    "monotone": {"objective": "regression", "monotone_constraints": [1, 0, -1, 0, 0, 0]},
    "constant": {"objective": "poisson", "min_data_in_leaf": 1_000_000},
    "custom": {"objective": lambda scores, data: (scores - data.get_label(), numpy.ones_like(scores))},
}


def main(verb, folder, columns):
    folder, columns = pathlib.Path(folder), int(columns)
    features = numpy.fromfile(folder / "features.f32", dtype="<f4").reshape(columns, -1).T
    if verb == "fit":
        label = numpy.fromfile(folder / "label.f32", dtype="<f4")
        for name, params in MODELS.items():
            data = lightgbm.Dataset(features[: len(label)], label,
                                    categorical_feature=[columns - 2, columns - 1])
            params = {**SMALL, **params, "verbose": -1, "num_threads": 1, "seed": 1}
            lightgbm.train(params, data, num_boost_round=12).save_model(folder / f"{name}.txt")
    for path in folder.glob("*.txt"):
        model = lightgbm.Booster(model_file=path)
        model.predict(features, num_threads=1).astype("<f8").tofile(path.with_suffix(".f64"))


main(*sys.argv[1:])
