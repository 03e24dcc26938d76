"""Checks who may push, deploy and promote in the pipelines, against the tables below.

    .dev/tools/bin/python ci/pipeline_rules.py

A pull request never pushes and never deploys, develop never deploys, a model changes only from main after an
approval, and nothing is deployed that was not built and tested. The files are parsed: each condition, dependency,
environment and permission has to be the text of the table, and each step that can change something has to be in
it. Whoever changes a pipeline on purpose changes the table as well, where a reviewer sees it.
Exit code 1 where something differs: file, place, what is there and what should be.
"""

import sys
from pathlib import Path

from ruamel.yaml import YAML

AZURE = "ci/azure-pipelines.yml"
WORKFLOWS = ".github/workflows"

# What changes something outside of the machine that runs it: a part of a script, or a task or action.
DRY_PROMOTION = 'promote.sh --run-id "$RUN_ID" --dry-run'
SENSITIVE = (
    "push.sh", "deploy.sh", DRY_PROMOTION, "promote.sh", "docker push", "docker login", "podman ", "buildah ", "az ",
    "kubectl ", "helm ", "skopeo ", "gh release", "gh api", "git push", "Docker@", "Kubernetes@", "KubernetesManifest@",
    "HelmDeploy@", "AzureCLI@", "azure/login@", "azure/aks-set-context@",
    "azure/", "docker/login-action", "docker/build-push-action",
)  # fmt: skip
# Steps that decide whether anything goes on; they must be there, and run always.
GATES = ("ci/test.sh", "ci/scan-image.sh", "deploy/docker/build.sh", "ManualValidation@")

NO_RUN = "eq('${{ parameters.promoteRunId }}', 'none')"
A_RUN = "ne('${{ parameters.promoteRunId }}', 'none')"
ON_MAIN = "eq(variables['Build.SourceBranch'], 'refs/heads/main')"
NO_REQUEST = "ne(variables['Build.Reason'], 'PullRequest')"
PUSH = f"and(succeeded(), {NO_REQUEST})"
CLUSTER = [("Kubernetes@", None), ("Kubernetes@", "always()")]

AZURE_TOP = {"trigger": ["main", "develop"], "pr": ["main", "develop"]}
# Stage: what its keys are; then its jobs, each with its keys and its steps that can change something.
AZURE_STAGES = {
    "Build": {
        "keys": {"condition": NO_RUN, "dependsOn": [], "lockBehavior": None},
        "jobs": {"Image": {"keys": {"kind": "job"}, "steps": [
            ("deploy/docker/build.sh", None), ("ci/scan-image.sh", None), ("Docker@", PUSH), ("push.sh", PUSH),
            ("Docker@", f"and(always(), {NO_REQUEST})"),
        ]}},
    },
    "Test": {
        "keys": {"condition": NO_RUN, "dependsOn": [], "lockBehavior": None},
        "jobs": {"Checks": {"keys": {"kind": "job"}, "steps": [("ci/test.sh", None)]}},
    },
    "Deploy": {
        "keys": {
            "condition": f"and(succeeded(), {ON_MAIN}, {NO_REQUEST}, {NO_RUN})",
            "dependsOn": ["Build", "Test"], "lockBehavior": "sequential",
        },
        "jobs": {"Rollout": {
            "keys": {"kind": "deployment", "environment": "forecast-production"},
            "steps": [CLUSTER[0], ("deploy.sh", None), CLUSTER[1]],
        }},
    },
    "Promote": {
        "keys": {
            "condition": f"and(succeeded(), {A_RUN}, {ON_MAIN}, {NO_REQUEST})",
            "dependsOn": [], "lockBehavior": "sequential",
        },
        "jobs": {
            "Plan": {"keys": {"kind": "job"}, "steps": [CLUSTER[0], (DRY_PROMOTION, None), CLUSTER[1]]},
            "Approve": {
                "keys": {"kind": "job", "dependsOn": "Plan", "pool": "server"},
                "steps": [("ManualValidation@", None)],
            },
            "Promote": {
                "keys": {"kind": "deployment", "dependsOn": "Approve", "environment": "forecast-model"},
                "steps": [CLUSTER[0], ("promote.sh", None), CLUSTER[1]],
            },
        },
    },
}  # fmt: skip
APPROVAL = {"allowApproversToApproveTheirOwnRuns": "false", "onTimeout": "reject"}

IS_PUSH = "github.event_name == 'push'"
IS_MAIN = "github.ref == 'refs/heads/main'"
READ = {"contents": "read"}
IDENTITY = {"contents": "read", "id-token": "write"}
KUBELOGIN = ("az ", "vars.AKS_USE_KUBELOGIN == 'true'")
LOGIN = [("azure/login@", None), KUBELOGIN, ("azure/aks-set-context@", None)]
GITHUB = {
    "ci.yml": {
        "on": {"push": {"branches": ["main", "develop"]}, "pull_request": {"branches": ["main", "develop"]}},
        "permissions": READ,
        "concurrency": {"group": "ci-${{ github.ref }}", "cancel-in-progress": "${{ github.event_name == 'pull_request' }}"},
        "jobs": {
            "image": {
                "keys": {
                    "permissions": IDENTITY,
                    "environment": "${{ github.event_name == 'push' && 'registry' || '' }}",
                },
                "steps": [
                    ("deploy/docker/build.sh", None), ("ci/scan-image.sh", None), ("azure/login@", IS_PUSH),
                    ("push.sh", IS_PUSH),
                ],
            },
            "test": {"keys": {}, "steps": [("ci/test.sh", None)]},
            "deploy": {
                "keys": {
                    "needs": ["image", "test"], "if": f"{IS_PUSH} && {IS_MAIN}", "environment": "production",
                    "permissions": IDENTITY, "concurrency": {"group": "production", "cancel-in-progress": False},
                },
                "steps": [*LOGIN, ("deploy.sh", None)],
            },
        },
    },
    "promote.yml": {
        "on": {"workflow_dispatch": None},
        "permissions": IDENTITY,
        "concurrency": {"group": "model", "cancel-in-progress": False},
        "jobs": {
            "plan": {
                "keys": {"if": IS_MAIN, "environment": "production"},
                "steps": [*LOGIN, (DRY_PROMOTION, None)],
            },
            "promote": {
                "keys": {"needs": "plan", "if": IS_MAIN, "environment": "model"},
                "steps": [*LOGIN, ("promote.sh", None)],
            },
        },
    },
    "release.yml": {
        "on": {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+*"]}},
        "permissions": READ,
        "concurrency": {"group": "release-${{ github.ref }}", "cancel-in-progress": False},
        "jobs": {
            "test": {"keys": {}, "steps": [("ci/test.sh", None)]},
            "image": {
                "keys": {
                    "needs": "test", "environment": "registry",
                    "permissions": {"contents": "write", "id-token": "write"},
                },
                "steps": [
                    ("deploy/docker/build.sh", None), ("ci/scan-image.sh", None), ("azure/login@", None),
                    ("push.sh", None), ("gh release", None),
                ],
            },
        },
    },
}  # fmt: skip

# Keys that would bring in something nobody here looks at, or let a failure pass.
REFUSED = ("template", "extends", "resources", "secrets", "schedules", "enabled")
PASSES = ("continueOnError", "continue-on-error")


def plain(value: object) -> object:
    """A text in one line with single blanks, as both pipelines read a condition.

    >>> plain("and(succeeded(),\\n    eq(a, b))")
    'and(succeeded(), eq(a, b))'
    """
    if isinstance(value, str):
        return " ".join(value.split())
    return str(value).lower() if isinstance(value, bool) else value


def same(found: object, wanted: object) -> bool:
    """Do they say the same?

    >>> same(None, None), same(["a"], "a"), same({"a": True}, {"a": "true"}), same("a", None)
    (True, False, True, False)
    """
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in wanted)
    return plain(found) == plain(wanted)


def differing(place: str, found: dict, wanted: dict, keys: tuple[str, ...]) -> list[str]:
    """Which of these keys are not what the table says.

    >>> differing("job a", {"if": "x"}, {}, ("if",))
    ["job a: if is 'x', and should be left out"]
    """
    faults = []
    for key in keys:
        if not same(found.get(key), wanted.get(key)):
            should = "left out" if wanted.get(key) is None else repr(wanted[key])
            faults.append(f"{place}: {key} is {plain(found.get(key))!r}, and should be {should}")
    return faults


def marks(step: dict) -> list[str]:
    """What in a step can change something, or decides whether anything goes on.

    >>> marks({"run": "ci/promote.sh --run-id \\"$RUN_ID\\" --dry-run"}), marks({"uses": "azure/login@1"})
    (['promote.sh --run-id "$RUN_ID" --dry-run'], ['azure/login@'])
    >>> marks({"bash": "ci/setup-tools.sh"}), marks({"bash": "ci/deploy.sh; kubectl get pods"})
    ([], ['deploy.sh', 'kubectl '])
    """
    text = "\n".join(str(step.get(key, "")) for key in ("bash", "script", "pwsh", "powershell", "run", "task", "uses"))
    found = []
    for mark in (*SENSITIVE, *GATES):
        if mark in text:
            found.append(mark)
            text = text.replace(mark, "")
    return found


def compared_steps(place: str, steps: list, wanted: list) -> list[str]:
    """Are the steps that count those of the table, in its order, each with its condition?"""
    found = [(mark, plain(step.get("condition", step.get("if")))) for step in steps for mark in marks(step)]
    if [mark for mark, _ in found] != [mark for mark, _ in wanted]:
        names = [[mark for mark, _ in which] for which in (found, wanted)]
        return [f"{place}: its steps that count are {names[0]}, and should be {names[1]}"]
    return [
        f"{place}: the condition of {mark} is {condition!r}, and should be {plain(should)!r}"
        for (mark, condition), (_, should) in zip(found, wanted, strict=True)
        if condition != plain(should)
    ]


def refused(place: str, node: object) -> list[str]:
    """Keys that hide something from these tables."""
    faults = []
    if isinstance(node, dict):
        for key, value in node.items():
            here = f"{place}.{key}"
            if key in REFUSED or str(key).startswith("${{"):
                faults.append(f"{here}: nobody here can see what it does; write it out, or leave it out")
            elif key in PASSES and plain(value) != "false":
                faults.append(f"{here}: what comes after would run although this failed; leave it out")
            else:
                faults += refused(here, value)
    elif isinstance(node, list):
        for number, item in enumerate(node):
            faults += refused(f"{place}[{number}]", item)
    return faults


def faults_of_azure(document: dict) -> list[str]:
    """Everything in Azure's pipeline that differs from its table."""
    faults = refused("", document)
    for key, branches in AZURE_TOP.items():
        found = document.get(key)
        if not isinstance(found, dict) or found.get("branches") != {"include": branches}:
            faults.append(f"{key}: branches should be include: {branches}")
        elif extra := found.keys() - {"branches", "paths", "batch"}:
            faults.append(f"{key}: {', '.join(sorted(extra))} should be left out")
    stages = {stage.get("stage"): stage for stage in document.get("stages", [])}
    if list(stages) != list(AZURE_STAGES):
        return [*faults, f"the stages are {list(stages)}, and should be {list(AZURE_STAGES)}"]
    for name, wanted in AZURE_STAGES.items():
        stage = stages[name]
        faults += differing(f"stage {name}", stage, wanted["keys"], ("condition", "dependsOn", "lockBehavior"))
        jobs = {job.get("job", job.get("deployment")): job for job in stage.get("jobs", [])}
        if list(jobs) != list(wanted["jobs"]):
            faults.append(f"stage {name}: its jobs are {list(jobs)}, and should be {list(wanted['jobs'])}")
            continue
        for job_name, table in wanted["jobs"].items():
            job = jobs[job_name]
            place = f"stage {name}, job {job_name}"
            kind = "deployment" if "deployment" in job else "job"
            job = {**job, "kind": kind}
            keys = ("kind", "condition", "dependsOn", "environment")
            faults += differing(place, job, table["keys"], (*keys, "pool") if "pool" in table["keys"] else keys)
            if kind == "job":
                steps = job.get("steps", [])
            else:
                strategy = job.get("strategy", {})
                steps = strategy.get("runOnce", {}).get("deploy", {}).get("steps", [])
                if list(strategy) != ["runOnce"] or list(strategy["runOnce"]) != ["deploy"]:
                    faults.append(f"{place}: its strategy should be runOnce with deploy alone")
            faults += compared_steps(place, steps, table["steps"])
            for step in steps:
                if "ManualValidation" in str(step.get("task")):
                    faults += differing(f"{place}, approval", step.get("inputs", {}), APPROVAL, tuple(APPROVAL))
    return faults


def triggers(found: object) -> object:
    """Which events start a workflow, and from where; paths and inputs decide nothing."""
    if not isinstance(found, dict):
        return found
    return {
        event: {key: value for key, value in how.items() if key not in ("paths", "inputs")} or None
        if isinstance(how, dict) else how
        for event, how in found.items()
    }  # fmt: skip


def faults_of_workflow(document: dict, table: dict) -> list[str]:
    """Everything in a workflow of GitHub that differs from its table."""
    faults = refused("", document)
    faults += differing("workflow", {**document, "on": triggers(document.get("on"))}, table, ("on", "permissions", "concurrency"))
    jobs = document.get("jobs", {})
    if list(jobs) != list(table["jobs"]):
        return [*faults, f"the jobs are {list(jobs)}, and should be {list(table['jobs'])}"]
    for name, wanted in table["jobs"].items():
        keys = ("needs", "if", "environment", "permissions", "concurrency", "uses")
        faults += differing(f"job {name}", jobs[name], wanted["keys"], keys)
        faults += compared_steps(f"job {name}", jobs[name].get("steps", []), wanted["steps"])
    return faults


def faults_of(path: str, text: str) -> list[str]:
    """Everything that a pipeline file says otherwise than its table."""
    document = YAML(typ="safe").load(text)
    if path == AZURE:
        faults = faults_of_azure(document)
    elif Path(path).name in GITHUB:
        faults = faults_of_workflow(document, GITHUB[Path(path).name])
    else:
        faults = ["is a workflow without a table; add it to ci/pipeline_rules.py"]
    return [f"{path}: {fault}" for fault in faults]


def main() -> int:
    """The command line."""
    paths = [AZURE, *sorted(str(path) for path in Path(WORKFLOWS).iterdir())]
    missing = [f"{WORKFLOWS}/{name}: is missing" for name in GITHUB if f"{WORKFLOWS}/{name}" not in paths]
    faults = missing + [fault for path in paths for fault in faults_of(path, Path(path).read_text(encoding="utf-8"))]
    print("\n".join(faults) or f"    who may push, deploy and promote: as the tables say in {len(paths)} files")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
