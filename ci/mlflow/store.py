"""Fills, describes and compares MLflow servers over their HTTP interface, for ci/prove-mlflow.sh.

`fill` makes runs, versions and artifacts; `write` goes on doing so until told
to stop; `inventory` writes down everything a server holds, artifacts by their
SHA-256 as the server hands them out; `compare` says whether what one inventory
holds is in another.
"""

import argparse
import hashlib
import json
import os
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

MODELS = ["demand-forecast", "demand-forecast-weekly", "demand forecast (trial)"]


class Server:
    """An MLflow server; a session for each thread."""

    def __init__(self, url: str):
        self.url = url.rstrip("/")
        self.local = threading.local()

    def session(self) -> requests.Session:
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
            self.local.session.trust_env = False
            user, password = os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_PASSWORD")
            self.local.session.auth = (user, password) if user and password else None
            self.local.session.verify = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH", True)
        return self.local.session

    def call(self, method: str, path: str, **body) -> dict:
        where = {"params": body} if method == "GET" else {"json": body}
        answer = self.session().request(method, f"{self.url}/api/2.0/mlflow/{path}", timeout=120, **where)
        if answer.status_code != 200:
            raise SystemExit(f"store.py: {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def pages(self, method: str, path: str, key: str, **body):
        token = None
        while True:
            answer = self.call(method, path, **body, **({"page_token": token} if token else {}))
            yield from answer.get(key, [])
            token = answer.get("next_page_token")
            if not token:
                return

    def put(self, path: str, content: bytes) -> None:
        url = f"{self.url}/api/2.0/mlflow-artifacts/artifacts/{path}"
        answer = self.session().put(url, data=content, timeout=300)
        if answer.status_code != 200:
            raise SystemExit(f"store.py: PUT {path}: {answer.status_code} {answer.text[:300]}")

    def files(self, folder: str):
        """The path of every file below a folder of the artifact store."""
        url = f"{self.url}/api/2.0/mlflow-artifacts/artifacts"
        answer = self.session().get(url, params={"path": folder}, timeout=120)
        answer.raise_for_status()
        for entry in answer.json().get("files", []):
            path = f"{folder}/{entry['path']}"
            if entry.get("is_dir"):
                yield from self.files(path)
            else:
                yield path

    def sha256(self, path: str) -> str:
        digest = hashlib.sha256()
        url = f"{self.url}/api/2.0/mlflow-artifacts/artifacts/{requests.utils.quote(path)}"
        with self.session().get(url, stream=True, timeout=300) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_content(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()


def folder_of(uri: str) -> str:
    return uri.removeprefix("mlflow-artifacts:/").lstrip("/")


def make_run(server: Server, experiment: str, chance: random.Random, name: str) -> dict:
    now = int(time.time() * 1000)
    run = server.call("POST", "runs/create", experiment_id=experiment, start_time=now, run_name=name)["run"]
    run_id = run["info"]["run_id"]
    metrics = [
        {"key": key, "value": chance.random(), "timestamp": now + step, "step": step}
        for key in ("wape", "rmsse", "pinball/p90")
        for step in range(20)
    ]
    # What JSON has no number for goes over as a string.
    metrics.append({"key": "bias", "value": "NaN", "timestamp": now, "step": 0})
    params = [{"key": f"param_{i}", "value": f"{chance.random()} ÀÉ '\"\\ {'x' * i}"} for i in range(5)]
    tags = [{"key": "team", "value": "prévision"}, {"key": "seed", "value": str(chance.random())}]
    server.call("POST", "runs/log-batch", run_id=run_id, metrics=metrics, params=params, tags=tags)
    server.put(f"{folder_of(run['info']['artifact_uri'])}/report/report.html", chance.randbytes(8_000))
    return run["info"]


def finish(server: Server, run_id: str) -> None:
    server.call("POST", "runs/update", run_id=run_id, status="FINISHED", end_time=int(time.time() * 1000))


def make_version(server: Server, run: dict, model: str, content: bytes, description: str) -> str:
    """In the order of MLflow's own client: files, then ready, then registered."""
    created = server.call(
        "POST", "logged-models", experiment_id=run["experiment_id"], name="model", source_run_id=run["run_id"]
    )["model"]["info"]
    folder = folder_of(created["artifact_uri"])
    server.put(f"{folder}/MLmodel", f"flavors: {{}}\nmodel_id: {created['model_id']}\n".encode())
    server.put(f"{folder}/data/model.bin", content)
    server.call("PATCH", f"logged-models/{created['model_id']}", model_id=created["model_id"], status="LOGGED_MODEL_READY")
    return server.call(
        "POST",
        "model-versions/create",
        name=model,
        source=f"models:/{created['model_id']}",
        model_id=created["model_id"],
        run_id=run["run_id"],
        description=description,
        tags=[
            {"key": "sha256", "value": hashlib.sha256(content).hexdigest()},
            {"key": "file", "value": f"{folder}/data/model.bin"},
        ],
    )["model_version"]["version"]


def fill(arguments: argparse.Namespace) -> None:
    server = Server(arguments.url)
    experiments = [server.call("POST", "experiments/create", name=f"boutique {i}")["experiment_id"] for i in range(3)]
    for model in MODELS:
        server.call("POST", "registered-models/create", name=model, tags=[{"key": "owner", "value": "prévision"}])
    size = arguments.mebibytes * (1 << 20) // arguments.versions

    def one(i: int) -> None:
        chance = random.Random(i)
        run = make_run(server, experiments[i % 3], chance, f"run {i}")
        if i < arguments.versions:
            content = os.urandom(size)
            make_version(server, run, MODELS[i % 3], content, f"version of run {i}")
        finish(server, run["run_id"])
        if i % 50 == 49:
            server.call("POST", "runs/delete", run_id=run["run_id"])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, range(arguments.runs)))
    for model in MODELS:
        for alias, version in (("production", "1"), ("challenger", "2")):
            server.call("POST", "registered-models/alias", name=model, alias=alias, version=version)
    if arguments.versions > 5:
        server.call("DELETE", "model-versions/delete", name=MODELS[2], version="2")


def write(arguments: argparse.Namespace) -> None:
    """Until the file `stop` is there, or its folder is gone."""
    server = Server(arguments.url)
    experiment = server.call("GET", "experiments/get-by-name", experiment_name="boutique 1")["experiment"]
    chance = random.Random(os.getpid())
    # An alias each: MLflow answers 400 to one of two callers that make the same alias at the same moment.
    alias = f"candidate-{os.getpid()}"
    written = 0
    while arguments.stop.parent.exists() and not arguments.stop.exists():
        run = make_run(server, experiment["experiment_id"], chance, f"written meanwhile {written}")
        version = make_version(server, run, MODELS[0], chance.randbytes(500_000), "written meanwhile")
        server.call("POST", "registered-models/alias", name=MODELS[0], alias=alias, version=version)
        finish(server, run["run_id"])
        written += 1
        arguments.count.write_text(str(written), encoding="utf-8")


def histories(server: Server, run: dict) -> dict:
    result = {}
    for metric in run["data"].get("metrics", []):
        points = server.pages(
            "GET", "metrics/get-history", "metrics",
            run_id=run["info"]["run_id"], metric_key=metric["key"], max_results=25_000,
        )
        result[metric["key"]] = sorted([p["timestamp"], p.get("step", 0), str(p["value"])] for p in points)
    return result


def inventory(arguments: argparse.Namespace) -> None:
    server = Server(arguments.url)
    experiments = list(server.pages("GET", "experiments/search", "experiments", max_results=1000, view_type="ALL"))
    ids = [experiment["experiment_id"] for experiment in experiments]
    found = list(server.pages("POST", "runs/search", "runs", experiment_ids=ids, max_results=1000, run_view_type="ALL"))
    models = list(server.pages("GET", "registered-models/search", "registered_models", max_results=1000))
    versions = list(server.pages("GET", "model-versions/search", "model_versions", max_results=10_000))
    folders = [folder_of(e["artifact_location"]) for e in experiments]
    with ThreadPoolExecutor(3) as pool:
        paths = [path for paths in pool.map(lambda folder: list(server.files(folder)), folders) for path in paths]
        hashes = dict(zip(paths, pool.map(server.sha256, paths)))
        metrics = dict(zip((r["info"]["run_id"] for r in found), pool.map(lambda r: histories(server, r), found)))
    pairs = lambda entries: {entry["key"]: entry["value"] for entry in entries}  # noqa: E731
    result = {
        "experiments": {e["experiment_id"]: {"name": e["name"], "stage": e["lifecycle_stage"]} for e in experiments},
        "runs": {
            r["info"]["run_id"]: {
                "info": r["info"],
                "params": pairs(r["data"].get("params", [])),
                "tags": pairs(r["data"].get("tags", [])),
                "metrics": metrics[r["info"]["run_id"]],
            }
            for r in found
        },
        "versions": {
            f"{v['name']}/{v['version']}": {
                "source": v["source"], "run": v.get("run_id"), "status": v["status"], "stage": v["current_stage"],
                "description": v.get("description"), "tags": pairs(v.get("tags", [])), "created": v["creation_timestamp"],
            }
            for v in versions
        },
        "models": {m["name"]: pairs(m.get("tags", [])) for m in models},
        "aliases": {f"{m['name']}@{a['alias']}": a["version"] for m in models for a in m.get("aliases", [])},
        "artifacts": hashes,
    }
    arguments.out.write_text(json.dumps(result, sort_keys=True), encoding="utf-8")
    print(summary(result))


def summary(what: dict) -> str:
    points = sum(len(history) for run in what["runs"].values() for history in run["metrics"].values())
    return (
        f"{len(what['runs'])} runs, {points} metric points, {len(what['versions'])} versions, "
        f"{len(what['aliases'])} aliases, {len(what['artifacts'])} artifacts"
    )


def settled_artifacts(of: dict) -> set[str]:
    """Those of finished runs and of registered versions: nobody was still writing them."""
    owners = {run_id for run_id, run in of["runs"].items() if run["info"]["status"] != "RUNNING"}
    owners |= {version["source"].removeprefix("models:/") for version in of["versions"].values()}
    return {path for path in of["artifacts"] if owners.intersection(path.split("/"))}


def compare(arguments: argparse.Namespace) -> None:
    """All of `before` is in `after`; every version of `after` has its file, unchanged."""
    before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (arguments.before, arguments.after))
    wrong: list[str] = []
    compared = 0
    settled = settled_artifacts(before)
    for kind in ("experiments", "runs", "versions", "models", "aliases", "artifacts"):
        for key, value in before[kind].items():
            if kind == "runs" and value["info"]["status"] == "RUNNING" and key in after[kind]:
                continue  # It has gone on since.
            if "@candidate-" in key or (kind == "artifacts" and key not in settled):
                continue  # Likewise.
            compared += 1
            if key not in after[kind]:
                wrong.append(f"{kind}: {key} is missing")
            elif after[kind][key] != value:
                wrong.append(f"{kind}: {key} differs: {json.dumps(value)[:200]} -> {json.dumps(after[kind][key])[:200]}")
    for key, version in after["versions"].items():
        tags = version["tags"]
        if "sha256" in tags and after["artifacts"].get(tags["file"]) != tags["sha256"]:
            wrong.append(f"versions: the file of {key} is not the one that was registered")
    for alias, version in after["aliases"].items():
        if f"{alias.split('@')[0]}/{version}" not in after["versions"]:
            wrong.append(f"aliases: {alias} names version {version}, which is not there")
    if arguments.exactly and sum(map(len, before.values())) != sum(map(len, after.values())):
        wrong.append(f"more is there than was: {summary(before)} -> {summary(after)}")
    if wrong:
        print("\n".join(wrong[:20]), file=sys.stderr)
        raise SystemExit(f"store.py: {len(wrong)} differences")
    more = len(after["versions"]) - len(before["versions"])
    print(f"{compared} things compared, {len(after['versions'])} versions with their files ({more} written meanwhile)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("fill")
    command.add_argument("url")
    command.add_argument("--runs", type=int, required=True)
    command.add_argument("--versions", type=int, required=True)
    command.add_argument("--mebibytes", type=int, required=True)
    command.set_defaults(do=fill)
    command = commands.add_parser("write")
    command.add_argument("url")
    command.add_argument("--stop", type=Path, required=True)
    command.add_argument("--count", type=Path, required=True)
    command.set_defaults(do=write)
    command = commands.add_parser("inventory")
    command.add_argument("url")
    command.add_argument("out", type=Path)
    command.set_defaults(do=inventory)
    command = commands.add_parser("compare")
    command.add_argument("before", type=Path)
    command.add_argument("after", type=Path)
    command.add_argument("--exactly", action="store_true")
    command.set_defaults(do=compare)
    arguments = parser.parse_args()
    arguments.do(arguments)


if __name__ == "__main__":
    main()
