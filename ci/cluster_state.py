"""Says what has to be done to bring objects in the cluster back to what they were.

    ci/cluster_state.py changed BEFORE.json NOW.json     everything but Deployments, for `kubectl replace`
    ci/cluster_state.py deployment BEFORE.json NOW.json  Deployments, for `kubectl replace`
    ci/cluster_state.py created BEFORE.json NOW.json     what was not there before, for `kubectl delete`
    ci/cluster_state.py applied BEFORE.json NOW.json     what was applied last, for `kubectl apply set-last-applied`

Both files are what `kubectl get --output json` printed; an empty one is a cluster without any of the objects.
Prints a List, or nothing where there is nothing to do. Both apply and replace would note the live object as the
manifest that was applied last, with every default that the cluster filled in, and the next apply would take those
away (the number of pods, for one). So objects are replaced without that note, and it is set by itself.
"""

import json
import sys
from pathlib import Path

# Set by the cluster, and refused or meaningless when given back.
SERVER_SIDE = ("resourceVersion", "uid", "generation", "managedFields", "creationTimestamp", "selfLink")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
REVISION = "deployment.kubernetes.io/revision"

Object = dict
Key = tuple[str, str, str]


def objects(text: str) -> dict[Key, Object]:
    """The objects of an answer by kind, namespace and name.

    >>> objects("")
    {}
    >>> list(objects('{"kind": "Service", "metadata": {"name": "a", "namespace": "n"}}'))
    [('Service', 'n', 'a')]
    """
    if not text.strip():
        return {}
    answer = json.loads(text)
    items = answer["items"] if answer["kind"] == "List" else [answer]
    return {(item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]): item for item in items}


def cleaned(item: Object) -> Object:
    """The object without what the cluster and kubectl set by themselves.

    >>> cleaned({"kind": "A", "metadata": {"name": "a", "uid": "1"}, "status": {}})
    {'kind': 'A', 'metadata': {'name': 'a'}}
    """
    item = {key: value for key, value in item.items() if key != "status"}
    item["metadata"] = {key: value for key, value in item["metadata"].items() if key not in SERVER_SIDE}
    if "annotations" in item["metadata"]:
        annotations = item["metadata"]["annotations"].items()
        item["metadata"]["annotations"] = {key: value for key, value in annotations if key != LAST_APPLIED}
    return item


def is_left(key: Key) -> bool:
    """Is it left to a person? With a claim goes data, and what is in no namespace is not this service's alone.

    >>> is_left(("Namespace", "", "n")), is_left(("PersistentVolumeClaim", "n", "a")), is_left(("Service", "n", "a"))
    (True, True, False)
    """
    return not key[1] or key[0] == "PersistentVolumeClaim"


def is_scaled(item: Object, before: dict) -> bool:
    """Does an autoscaler decide how many pods this Deployment has?"""
    targets = (other["spec"]["scaleTargetRef"] for (kind, _, _), other in before.items() if kind == "HorizontalPodAutoscaler")
    return any((target["kind"], target["name"]) == (item["kind"], item["metadata"]["name"]) for target in targets)


def wanted(before_item: Object, now_item: Object, before: dict) -> Object:
    """What to give back: as before, except for what controllers decided in between.

    >>> old = {"kind": "Deployment", "metadata": {"name": "a", "annotations": {REVISION: "1"}}, "spec": {"replicas": 2}}
    >>> new = {"kind": "Deployment", "metadata": {"name": "a", "annotations": {REVISION: "3"}}, "spec": {"replicas": 9}}
    >>> wanted(old, new, {})["metadata"]["annotations"][REVISION], wanted(old, new, {})["spec"]["replicas"]
    ('3', 2)
    >>> scaler = {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "a"}}}
    >>> wanted(old, new, {("HorizontalPodAutoscaler", "", "a"): scaler})["spec"]["replicas"]
    9
    """
    item = json.loads(json.dumps(cleaned(before_item)))
    if item["kind"] == "Deployment":
        revision = now_item["metadata"].get("annotations", {}).get(REVISION)
        if revision is not None:
            item["metadata"].setdefault("annotations", {})[REVISION] = revision
        if is_scaled(item, before) and "replicas" in now_item["spec"]:
            item["spec"]["replicas"] = now_item["spec"]["replicas"]
    return item


def restored(before: dict, now: dict, deployments: bool) -> list[Object]:
    """The objects that differ from what they were, as they were."""
    found = []
    for key, before_item in before.items():
        if is_left(key) or (key[0] == "Deployment") != deployments or key not in now:
            continue
        item = wanted(before_item, now[key], before)
        if item != cleaned(now[key]):
            found.append(item)
    return found


def created(before: dict, now: dict) -> list[Object]:
    """The objects that were not there before, without those that nobody deletes by script."""
    fresh = [key for key in now if key not in before]
    for kind, _, name in filter(is_left, fresh):
        print(f"    left in place, and was not there before: {kind} {name}", file=sys.stderr)
    return [cleaned(now[key]) for key in fresh if not is_left(key)]


def applied(before: dict, now: dict) -> list[Object]:
    """The manifests that had been applied before, where another one has been since.

    >>> old = {"kind": "A", "metadata": {"annotations": {LAST_APPLIED: '{"kind": "A"}'}}}
    >>> new = {"kind": "A", "metadata": {}}
    >>> applied({("A", "n", "a"): old}, {("A", "n", "a"): new}), applied({("A", "n", "a"): old}, {("A", "n", "a"): old})
    ([{'kind': 'A'}], [])
    """
    found = []
    for key, item in before.items():
        note = item["metadata"].get("annotations", {}).get(LAST_APPLIED)
        if note is None or key not in now or is_left(key):
            continue
        if now[key]["metadata"].get("annotations", {}).get(LAST_APPLIED) != note:
            found.append(json.loads(note))
    return found


COMMANDS = {
    "changed": lambda before, now: restored(before, now, False),
    "deployment": lambda before, now: restored(before, now, True),
    "created": created,
    "applied": applied,
}


def main(arguments: list[str]) -> int:
    """The command line."""
    if len(arguments) != 3 or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return 2
    before, now = (objects(Path(path).read_text(encoding="utf-8")) for path in arguments[1:])
    found = COMMANDS[arguments[0]](before, now)
    if found:
        print(json.dumps({"apiVersion": "v1", "kind": "List", "items": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
