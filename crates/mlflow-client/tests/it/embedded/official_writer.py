"""Reads our version's files with MLflow's own client, then writes a run, a model and a version.

usage: official_writer.py TRACKING_URI RUN_ID REGISTERED_MODEL
Prints one JSON object as its last line.
"""

import json
import os
import pathlib
import sys
import tempfile

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param, RunTag

tracking_uri, run_id, name = sys.argv[1:]
mlflow.set_tracking_uri(tracking_uri)
client = mlflow.MlflowClient()

folder = pathlib.Path(mlflow.artifacts.download_artifacts(f"models:/{name}/1"))
downloaded = {
    path.relative_to(folder).as_posix(): path.read_bytes().hex()
    for path in folder.rglob("*")
    if path.is_file() and path.name != "registered_model_meta"
}

experiment_id = client.get_run(run_id).info.experiment_id
theirs = client.create_run(experiment_id, run_name="théirs").info.run_id
dataset = Dataset("sales", "abc123", "local", '{"uri":"sales.csv"}')
client.log_inputs(theirs, [DatasetInput(dataset, [InputTag("mlflow.data.context", "validation")])])
values = [0.5, float("inf"), float("nan")]
client.log_batch(
    theirs,
    metrics=[Metric("loss", value, (step + 1) * 1000, step) for step, value in enumerate(values)],
    params=[Param("depth", "3")],
    tags=[RunTag("note", "from MLflow")],
)
model = client.create_logged_model(experiment_id, "their-model", source_run_id=theirs)
client.log_outputs(theirs, [LoggedModelOutput(model.model_id, 0)])
client.log_batch(theirs, metrics=[Metric("val", 0.5, 1, 0, model_id=model.model_id)])
with tempfile.TemporaryDirectory() as scratch:
    weights = pathlib.Path(scratch) / "weights.bin"
    weights.write_bytes(os.urandom(4096))
    uploaded = weights.read_bytes().hex()
    client.log_model_artifacts(model.model_id, scratch)
client.finalize_logged_model(model.model_id, "READY")
version = client.create_model_version(
    name, f"models:/{model.model_id}", run_id=theirs, model_id=model.model_id
).version
client.set_registered_model_alias(name, "production", version)
client.transition_model_version_stage(name, version, "Production", archive_existing_versions=True)
client.set_registered_model_tag(name, "team", "paris")
client.set_terminated(theirs, "FAILED")
print(
    json.dumps(
        {
            "downloaded": downloaded,
            "run_id": theirs,
            "model_id": model.model_id,
            "version": int(version),
            "uploaded": uploaded,
        }
    )
)
