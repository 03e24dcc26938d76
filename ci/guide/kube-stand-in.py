#!/usr/bin/env python3
"""Stands in for the API of a Kubernetes cluster, so that the guide's kubectl commands
can be run as they are where there is no cluster: the real kubectl finds resources,
stores, reads and patches objects, and waits for rollouts.

It keeps what it is sent and plays the controller of Deployments: every new template
makes a ReplicaSet and a pod that is ready at once. It runs no container, checks no
schema (ci/check-k8s.sh does), and knows no logins: loopback only.

    kube-stand-in.py KUBECONFIG LOG    writes KUBECONFIG, answers `kubectl logs` with LOG
"""

import copy
import hashlib
import http.server
import json
import sys
import threading
import time
import urllib.parse

# group/version: {resource: (kind, namespaced, short names)}
RESOURCES = {
    "v1": {
        "namespaces": ("Namespace", False, ["ns"]),
        "pods": ("Pod", True, ["po"]),
        "services": ("Service", True, ["svc"]),
        "secrets": ("Secret", True, []),
        "configmaps": ("ConfigMap", True, ["cm"]),
        "serviceaccounts": ("ServiceAccount", True, ["sa"]),
        "persistentvolumeclaims": ("PersistentVolumeClaim", True, ["pvc"]),
        "events": ("Event", True, ["ev"]),
    },
    "apps/v1": {
        "deployments": ("Deployment", True, ["deploy"]),
        "replicasets": ("ReplicaSet", True, ["rs"]),
        "statefulsets": ("StatefulSet", True, ["sts"]),
    },
    "autoscaling/v2": {"horizontalpodautoscalers": ("HorizontalPodAutoscaler", True, ["hpa"])},
    "batch/v1": {"jobs": ("Job", True, []), "cronjobs": ("CronJob", True, ["cj"])},
    "networking.k8s.io/v1": {
        "ingresses": ("Ingress", True, ["ing"]),
        "networkpolicies": ("NetworkPolicy", True, ["netpol"]),
    },
    "policy/v1": {"poddisruptionbudgets": ("PodDisruptionBudget", True, ["pdb"])},
    "rbac.authorization.k8s.io/v1": {
        "roles": ("Role", True, []),
        "rolebindings": ("RoleBinding", True, []),
        "clusterroles": ("ClusterRole", False, []),
        "clusterrolebindings": ("ClusterRoleBinding", False, []),
    },
    "discovery.k8s.io/v1": {"endpointslices": ("EndpointSlice", True, [])},
}
VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
REVISION = "deployment.kubernetes.io/revision"
LOG_FILE = ""
WATCH = -1

lock = threading.RLock()
objects = {}  # (resource, namespace, name): object
counter = 0


class Refused(Exception):
    def __init__(self, status, reason, message):
        super().__init__(message)
        self.status, self.reason = status, reason


def merged(old, patch):
    """A strategic merge, as far as kubectl's patches for these manifests need one."""
    if isinstance(patch, dict) and isinstance(old, dict):
        result = dict(old)
        for key, value in patch.items():
            if key.startswith("$"):
                continue
            if value is None:
                result.pop(key, None)
            else:
                result[key] = merged(result.get(key), value)
        return result
    if isinstance(patch, list) and isinstance(old, list) and patch and isinstance(patch[0], dict):
        keys = ("name", "containerPort", "port", "mountPath", "topologyKey", "type")
        key = next((key for key in keys if all(key in item for item in patch + old)), None)
        if key is None:
            return patch
        result = {item[key]: item for item in old}
        for item in patch:
            if item.get("$patch") == "delete":
                result.pop(item[key], None)
            else:
                result[item[key]] = merged(result.get(item[key], {}), item)
        return list(result.values())
    if isinstance(patch, dict):
        return {key: value for key, value in patch.items() if not key.startswith("$")}
    return patch


def from_protobuf(body, kind):
    """Name and namespace of an object that `kubectl create` sends as protobuf; nothing else is kept."""

    def fields(data):
        at, found = 0, {}
        while at < len(data):
            numbers = []
            for _ in range(2):  # The key, then a length or a number.
                value, shift = 0, 0
                while True:
                    byte = data[at]
                    value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
                    if byte < 0x80:
                        break
                numbers.append(value)
            key, length = numbers
            if key & 7 == 2:
                found.setdefault(key >> 3, data[at:at + length])
                at += length
        return found

    meta = fields(fields(fields(body[4:])[2])[1])
    return {"kind": kind, "metadata": {"name": meta[1].decode(), "namespace": meta[3].decode()}}


def apply_json_patch(document, operations):
    for operation in operations:
        *path, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        target = document
        for part in path:
            target = target[int(part)] if isinstance(target, list) else target.setdefault(part, {})
        if operation["op"] == "remove":
            target.pop(last, None)
        else:
            target[last] = operation["value"]
    return document


def store(gv, resource, obj):
    """Keeps an object; a Deployment gets what its controller would give it."""
    global counter
    with lock:
        counter += 1
        meta = obj.setdefault("metadata", {})
        if "generateName" in meta and "name" not in meta:
            meta["name"] = f"{meta['generateName']}{counter:05d}"
        meta.setdefault("uid", f"00000000-0000-4000-8000-{counter:012d}")
        meta.setdefault("creationTimestamp", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        meta["resourceVersion"] = str(counter)
        kind = RESOURCES[gv][resource][0]
        obj["apiVersion"], obj["kind"] = gv, kind
        if kind == "Namespace":
            obj["status"] = {"phase": "Active"}
        if kind == "Deployment":
            roll_out(obj)
        objects[(resource, meta.get("namespace", ""), meta["name"])] = obj
        return obj


def roll_out(deployment):
    meta, spec = deployment["metadata"], deployment["spec"]
    meta["generation"] = meta.get("generation", 0) + 1
    text = json.dumps(spec["template"], sort_keys=True).encode()
    digest = hashlib.sha256(text).hexdigest()[:9]
    owner = [{"apiVersion": "apps/v1", "kind": "Deployment", "name": meta["name"], "uid": meta["uid"], "controller": True}]
    owned = [
        obj for (resource, namespace, _), obj in objects.items()
        if resource == "replicasets" and namespace == meta["namespace"]
        and obj["metadata"]["ownerReferences"][0]["uid"] == meta["uid"]
    ]
    revision = 1 + max([int(obj["metadata"]["annotations"][REVISION]) for obj in owned], default=0)
    name = f"{meta['name']}-{digest}"
    current = next((obj for obj in owned if obj["metadata"]["name"] == name), None)
    if current is None or current["spec"]["replicas"] == 0:
        for obj in owned:
            obj["spec"]["replicas"] = 0
            objects.pop(("pods", meta["namespace"], obj["metadata"]["name"] + "-pod"), None)
        labels = dict(spec["template"]["metadata"].get("labels", {}), **{"pod-template-hash": digest})
        template = copy.deepcopy(spec["template"])
        template["metadata"]["labels"] = labels
        store("apps/v1", "replicasets", {
            "metadata": {"name": name, "namespace": meta["namespace"], "labels": labels, "ownerReferences": owner,
                         "annotations": {REVISION: str(revision)}},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
            "status": {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1},
        })
        containers = template["spec"]["containers"]
        store("v1", "pods", {
            "metadata": {"name": name + "-pod", "namespace": meta["namespace"], "labels": labels},
            "spec": template["spec"],
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [
                    {"name": c["name"], "image": c["image"], "imageID": "", "ready": True, "restartCount": 0,
                     "state": {"running": {"startedAt": meta["creationTimestamp"]}}} for c in containers
                ],
            },
        })
        meta.setdefault("annotations", {})[REVISION] = str(revision)
    spec.setdefault("replicas", 1)
    deployment["status"] = {
        "observedGeneration": meta["generation"], "replicas": spec["replicas"],
        "updatedReplicas": spec["replicas"], "readyReplicas": spec["replicas"],
        "availableReplicas": spec["replicas"],
        "conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}],
    }


def selects(obj, query):
    labels = obj["metadata"].get("labels", {})
    for part in filter(None, query.get("labelSelector", [""])[0].split(",")):
        key, _, value = part.replace("==", "=").partition("=")
        if labels.get(key) != value:
            return False
    for part in filter(None, query.get("fieldSelector", [""])[0].split(",")):
        key, _, value = part.partition("=")
        if key == "metadata.name" and obj["metadata"]["name"] != value:
            return False
    return True


def discovery(path):
    if path == "/version":
        return {"major": "1", "minor": "33", "gitVersion": "v1.33.0"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = []
        for gv in RESOURCES:
            if "/" in gv:
                version = {"groupVersion": gv, "version": gv.split("/")[1]}
                groups.append({"name": gv.split("/")[0], "versions": [version], "preferredVersion": version})
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    prefix = next((prefix for prefix in ("/apis/", "/api/") if path.startswith(prefix)), None)
    gv = path[len(prefix):] if prefix else ""
    if gv in RESOURCES:
        resources = [
            {"name": name, "singularName": kind.lower(), "kind": kind, "namespaced": namespaced, "verbs": VERBS,
             "shortNames": short}
            for name, (kind, namespaced, short) in RESOURCES[gv].items()
        ]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": gv, "resources": resources}
    if path == "/openapi/v3":
        paths = {("apis/" if "/" in gv else "api/") + gv: {"serverRelativeURL": f"/openapi/v3/{gv}"} for gv in RESOURCES}
        return {"paths": paths}
    if path.startswith("/openapi/v3/"):
        return schema(path.removeprefix("/openapi/v3/"))
    return None


def schema(gv):
    """Just enough for kubectl to leave the checking of fields to the server."""
    group, _, version = gv.rpartition("/")
    operation = {"parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}], "responses": {}}
    paths = {
        f"/{name}": {"patch": dict(operation, **{
            "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind}
        })}
        for name, (kind, _, _) in RESOURCES.get(gv, {}).items()
    }
    return {"openapi": "3.0.0", "info": {"title": "stand-in", "version": "1"}, "paths": paths, "components": {"schemas": {}}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(body, bytes) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        try:
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # A watch that nobody waits for any more.

    def stream(self, events):
        """A watch: what there is, and then nothing, since nothing changes by itself here."""
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for event in events:
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.flush()
            time.sleep(30)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # Nobody waits for it any more.
        self.close_connection = True

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        url = urllib.parse.urlparse(self.path)
        try:
            known = discovery(url.path) if self.command == "GET" else None
            if known is not None:
                self.answer(200, known)
                return
            with lock:
                status, answer = self.act(url.path, urllib.parse.parse_qs(url.query), body)
            if status == WATCH:
                self.stream(answer)
            else:
                self.answer(status, answer)
        except Refused as refused:
            self.answer(refused.status, {
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": refused.reason,
                "message": str(refused), "code": refused.status,
            })

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def act(self, path, query, body):
        parts = path.strip("/").split("/")
        gv, rest = ("v1", parts[2:]) if parts[0] == "api" else ("/".join(parts[1:3]), parts[3:])
        namespace = ""
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        resource, name, sub = (rest + ["", "", ""])[:3]
        if resource not in RESOURCES.get(gv, {}):
            raise Refused(404, "NotFound", f"the stand-in has no resource {path}")
        if sub == "log":
            with open(LOG_FILE, "rb") as log:
                return 200, log.read() or b"\n"
        key = (resource, namespace, name)
        if self.command == "POST":
            is_protobuf = body.startswith(b"k8s\0")
            obj = from_protobuf(body, RESOURCES[gv][resource][0]) if is_protobuf else json.loads(body)
            if RESOURCES[gv][resource][1]:
                obj["metadata"]["namespace"] = namespace
                if ("namespaces", "", namespace) not in objects:
                    raise Refused(404, "NotFound", f'namespaces "{namespace}" not found')
            if (resource, namespace, obj["metadata"].get("name")) in objects:
                raise Refused(409, "AlreadyExists", f'{resource} "{obj["metadata"]["name"]}" already exists')
            if resource == "secrets" and "stringData" in obj:
                obj.pop("stringData")
            return 201, store(gv, resource, obj)
        if not name:
            items = [obj for (r, ns, _), obj in objects.items()
                     if r == resource and namespace in ("", ns) and selects(obj, query)]
            kind = RESOURCES[gv][resource][0]
            if query.get("watch"):
                events = []
                if query.get("sendInitialEvents"):
                    end = {"resourceVersion": str(counter), "annotations": {"k8s.io/initial-events-end": "true"}}
                    events = [{"type": "ADDED", "object": obj} for obj in items]
                    events.append({"type": "BOOKMARK", "object": {"kind": kind, "apiVersion": gv, "metadata": end}})
                return WATCH, events
            return 200, {"kind": kind + "List", "apiVersion": gv, "metadata": {"resourceVersion": str(counter)}, "items": items}
        if key not in objects:
            raise Refused(404, "NotFound", f'{resource} "{name}" not found')
        if self.command == "DELETE":
            objects.pop(key)
            return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        if self.command == "PATCH":
            old, patch = copy.deepcopy(objects[key]), json.loads(body)
            new = apply_json_patch(old, patch) if "json-patch" in self.headers["Content-Type"] else merged(old, patch)
            return 200, store(gv, resource, new)
        if self.command == "PUT":
            return 200, store(gv, resource, json.loads(body))
        return 200, objects[key]


def main():
    global LOG_FILE
    kubeconfig, LOG_FILE = sys.argv[1:3]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    store("v1", "namespaces", {"metadata": {"name": "default"}})
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "stand-in",
        "clusters": [{"name": "stand-in", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "contexts": [{"name": "stand-in", "context": {"cluster": "stand-in", "user": "nobody"}}],
        "users": [{"name": "nobody", "user": {}}],
    }
    with open(kubeconfig, "w", encoding="utf-8") as out:
        json.dump(config, out)
    server.serve_forever()


if __name__ == "__main__":
    main()
