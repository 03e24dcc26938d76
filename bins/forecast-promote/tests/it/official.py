"""Reads a promotion with MLflow's own client, then trains a run with a model of its own.

usage: official.py TRACKING_URI RUN_ID REGISTERED_MODEL
Prints one JSON object as its last line.
"""

import json
import pathlib
import sys
import tempfile

import mlflow
from mlflow.entities import LoggedModelOutput

tracking_uri, run_id, name = sys.argv[1:]
mlflow.set_tracking_uri(tracking_uri)
client = mlflow.MlflowClient()

version = client.get_model_version_by_alias(name, "production")
seen = {
    "production": [int(version.version), version.current_stage, version.run_id],
    "tags": version.tags,
    "text": mlflow.artifacts.load_text(f"models:/{name}@production/MLmodel"),
}

experiment_id = client.get_run(run_id).info.experiment_id
theirs = client.create_run(experiment_id).info.run_id
client.log_metric(theirs, "wape", 0.2)
model = client.create_logged_model(experiment_id, "their-model", source_run_id=theirs)
client.log_outputs(theirs, [LoggedModelOutput(model.model_id, 0)])
with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "MLmodel").write_text("flavors: {}\n")
    client.log_model_artifacts(model.model_id, folder)
client.finalize_logged_model(model.model_id, "READY")
client.set_terminated(theirs, "FINISHED")
print(json.dumps(seen | {"their_run": theirs}))
