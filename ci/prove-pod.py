"""Runs a container of a rendered manifest as the kubelet would, as a plain process.

The program gets the environment that the manifest says and nothing else: values
from ConfigMap and Secret, the downward API, $(NAME) put in. Then its probes are
asked with their own periods and limits, and it is ended with SIGTERM within its
grace period. Only what this machine does not have is replaced: port, folder of
the cache, and the address of MLflow.

    prove-pod.py serve MANIFESTS PROGRAM STORE CACHE [--without-model]
    prove-pod.py train MANIFESTS PROGRAM STORE WORK

MANIFESTS are files, separated by commas; where an object is in several, the first
counts. Exit code 1, with the reason, where the manifest does not hold what it says.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time

import yaml

API, TRAIN = "forecast-service", "forecast-train"


def fail(reason):
    sys.exit(f"prove-pod: {reason}")


def ok(fact):
    print(f"    ok  {fact}", flush=True)


def objects(manifests):
    found = {}
    for path in manifests.split(","):
        with open(path, encoding="utf-8") as file:
            for item in filter(None, yaml.safe_load_all(file)):
                found.setdefault((item["kind"], item["metadata"]["name"]), item)
    return found


def the(found, kind, name):
    return found.get((kind, name)) or fail(f"there is no {kind} {name}")


def environment(found, container):
    """The variables of a container, as the kubelet makes them: in order, each may use those before it."""
    made = {"metadata.name": "pod-0", "spec.nodeName": "node-0"}
    result = {}
    for entry in container.get("env", []):
        source = entry.get("valueFrom", {})
        if "configMapKeyRef" in source:
            ref = source["configMapKeyRef"]
            value = the(found, "ConfigMap", ref["name"])["data"].get(ref["key"])
        elif "secretKeyRef" in source:
            ref = source["secretKeyRef"]
            value = the(found, "Secret", ref["name"])["stringData"].get(ref["key"])
        elif "fieldRef" in source:
            value = made.get(source["fieldRef"]["fieldPath"])
        else:
            value = re.sub(r"\$\((\w+)\)", lambda use: result.get(use[1], use[0]), entry.get("value", ""))
        if value is None:
            fail(f"{entry['name']}: its source {source} has no such key")
        result[entry["name"]] = value
    return result


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Pod:
    def __init__(self, found, program, store, cache):
        self.spec = the(found, "Deployment", API)["spec"]["template"]["spec"]
        (self.container,) = self.spec["containers"]
        env = environment(found, self.container)
        (port,) = self.container["ports"]
        if int(env["FORECAST_BIND"].rsplit(":", 1)[1]) != port["containerPort"]:
            fail(f"the API listens on {env['FORECAST_BIND']}, the container's port is {port['containerPort']}")
        if env["FORECAST_CACHE_DIR"] not in [mount["mountPath"] for mount in self.container["volumeMounts"]]:
            fail(f"no volume is mounted at FORECAST_CACHE_DIR, {env['FORECAST_CACHE_DIR']}")
        self.port_name, self.port = port["name"], free_port()
        self.drain_delay = int(env["FORECAST_DRAIN_DELAY_SECONDS"])
        here = {
            "FORECAST_BIND": f"127.0.0.1:{self.port}",
            "FORECAST_CACHE_DIR": cache,
            "MLFLOW_TRACKING_URI": store,
        }
        self.log = open(os.path.join(cache, "log"), "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen([program], env=env | here, cwd=cache, stderr=self.log)

    def ask(self, path, timeout):
        """The status, or None where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def probe(self, name, wanted=200):
        """Asks a probe until it answers as wanted, as often and as long as it says itself."""
        probe = self.container[name]
        get = probe["httpGet"]
        if get["port"] != self.port_name:
            fail(f"{name} asks port {get['port']}, the container's is called {self.port_name}")
        for _ in range(probe["failureThreshold"]):
            begun = time.monotonic()
            while time.monotonic() - begun < probe["periodSeconds"]:
                status = self.ask(get["path"], probe["timeoutSeconds"])
                if status == wanted:
                    return time.monotonic() - self.started
                if self.process.poll() is not None:
                    fail(f"the program ended with {self.process.returncode}; its log is {self.log.name}")
                time.sleep(0.02)
        return fail(f"{name}: {get['path']} answered {status}, not {wanted}; the log is {self.log.name}")

    def end(self):
        """SIGTERM, and what callers see until the end."""
        pause = self.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        told = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        last = told
        while self.process.poll() is None:
            if self.ask("/health/live", 1) == 200:
                last = time.monotonic()
            if time.monotonic() - told > self.spec["terminationGracePeriodSeconds"] - pause:
                self.process.kill()
                fail(f"not ended {pause} s before the grace period was over")
            time.sleep(0.05)
        took = time.monotonic() - told
        if self.process.returncode != 0:
            fail(f"SIGTERM ended it with {self.process.returncode}; its log is {self.log.name}")
        if last - told < self.drain_delay - 0.5:
            fail(f"after SIGTERM it answered for {last - told:.1f} s only, not {self.drain_delay} s")
        ok(
            f"ends: answers for {last - told:.1f} s after SIGTERM, gone after {took:.1f} s; with preStop "
            f"{pause + took:.1f} s of {self.spec['terminationGracePeriodSeconds']} s"
        )


def serve(manifests, program, store, cache, with_model):
    os.makedirs(cache, exist_ok=True)
    pod = Pod(objects(manifests), program, store, cache)
    try:
        ok(f"startupProbe after {pod.probe('startupProbe'):.2f} s")
        if with_model:
            ok(f"readinessProbe after {pod.probe('readinessProbe'):.2f} s")
        else:
            pod.probe("readinessProbe", 503)
            ok("readinessProbe 503 without a model")
        pod.probe("livenessProbe")
        ok("livenessProbe 200" + ("" if with_model else " all the same: it is not restarted"))
        pod.end()
    finally:
        pod.process.kill()


def train(manifests, program, store, work):
    """The settings file is all right when the only thing missing is the data."""
    found = objects(manifests)
    template = the(found, "CronJob", TRAIN)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = template["containers"]
    (settings,) = [volume["configMap"]["name"] for volume in template["volumes"] if "configMap" in volume]
    (folder,) = [mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "settings"]
    os.makedirs(work, exist_ok=True)
    for name, text in the(found, "ConfigMap", settings)["data"].items():
        with open(os.path.join(work, name), "w", encoding="utf-8") as file:
            file.write(text)
    arguments = [argument.replace(folder, work) for argument in container["args"]]
    env = environment(found, container) | {"MLFLOW_TRACKING_URI": store}
    run = subprocess.run([program, *arguments], env=env, cwd=work, capture_output=True, text=True)
    if "cannot read `/data/" not in run.stderr:
        fail(f"forecast-train does not get as far as the data (exit code {run.returncode}):\n{run.stderr}")
    ok(f"forecast-train takes {' '.join(container['args'])} and its settings; only the data is not here")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", manifests, program, store, cache, *rest] if rest in ([], ["--without-model"]):
            serve(manifests, program, store, cache, not rest)
        case ["train", manifests, program, store, work]:
            train(manifests, program, store, work)
        case _:
            sys.exit(__doc__)
