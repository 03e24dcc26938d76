"""Reads a run, its datasets and models, and a version with MLflow's own client.

usage: official_client.py TRACKING_URI RUN_ID REGISTERED_MODEL ALIAS
Prints one JSON object.
"""

import json
import sys

import mlflow

tracking_uri, run_id, name, alias = sys.argv[1:]
mlflow.set_tracking_uri(tracking_uri)
client = mlflow.MlflowClient()
run = client.get_run(run_id)
version = client.get_model_version_by_alias(name, alias)
model = client.get_logged_model(version.source.removeprefix("models:/"))
files = mlflow.artifacts.list_artifacts(f"models:/{name}@{alias}")
print(
    json.dumps(
        {
            "status": run.info.status,
            "user": run.data.tags["mlflow.user"],
            "params": run.data.params,
            "metrics": run.data.metrics,
            "history": [(m.step, m.value) for m in client.get_metric_history(run_id, "wape")],
            "datasets": [
                (entry.dataset.name, entry.dataset.digest, {tag.key: tag.value for tag in entry.tags})
                for entry in run.inputs.dataset_inputs
            ],
            "outputs": [output.model_id == model.model_id for output in run.outputs.model_outputs],
            "model": [model.name, str(model.status), {m.key: m.value for m in model.metrics}],
            "version": [int(version.version), version.current_stage, list(version.aliases)],
            "files": sorted(file.path for file in files),
            "text": mlflow.artifacts.load_text(f"models:/{name}@{alias}/MLmodel"),
        }
    )
)
