"""Checks the shell scripts that stand inside pipeline files, which nothing else reads before they run.

    .dev/tools/bin/python ci/inline-scripts.py ci/azure-pipelines.yml .github/workflows/*.yml

Each must parse (bash -n), please shellcheck, take its values from `env:` (a value pasted in by the pipeline
can be a command), and name files that exist. Azure's steps go on after a failing command unless the script
says otherwise; GitHub's actions are pinned to a commit, since a tag can be moved.
Exit code 1 where something is wrong: file, line and what to change.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

# Keys of a step that hold a script: Azure's two and GitHub's.
SCRIPT_KEYS = ("bash", "script", "run")
NAMED = re.compile(r"(?<![\w./$-])(?:ci|deploy|mlflow-server)/[\w./-]+\.(?:sh|py|ps1)\b")
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")


def steps(node: object) -> Iterator[tuple[int, str, str]]:
    """Line, key and text of every script and every used action, in order.

    >>> document = YAML().load("steps:\\n  - run: echo a\\n  - uses: actions/checkout@v4\\n")
    >>> list(steps(document))
    [(2, 'run', 'echo a'), (3, 'uses', 'actions/checkout@v4')]
    >>> list(steps(YAML().load("defaults:\\n  run:\\n    shell: bash\\n")))
    []
    """
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            if key in (*SCRIPT_KEYS, "uses") and isinstance(value, str):
                yield node.lc.key(key)[0] + 1, key, value
            else:
                yield from steps(value)
    elif isinstance(node, CommentedSeq):
        for item in node:
            yield from steps(item)


def faults_of_script(key: str, text: str) -> list[str]:
    """What is wrong with an inline script.

    >>> faults_of_script("run", "ls ci")
    []
    >>> faults_of_script("run", "echo '${{ inputs.name }}'")
    ['has a ${{ … }} pasted in; give the value by env:, and write "$NAME"']
    >>> faults_of_script("bash", "ls ci\\nls deploy\\n")
    ['goes on after a failing command; begin it with: set -euo pipefail']
    >>> faults_of_script("run", "ci/nowhere.sh --now")
    ['names ci/nowhere.sh, which does not exist']
    >>> faults_of_script("run", "if true; then ls")[0].startswith('is no shell script: ')
    True
    >>> faults_of_script("run", "cat $HOME/file")[0].startswith('SC2086')
    True
    """
    faults = []
    if "${{" in text:
        faults.append('has a ${{ … }} pasted in; give the value by env:, and write "$NAME"')
    # GitHub's own `shell: bash` has -e and pipefail; a single command needs neither.
    if key != "run" and len(text.strip().splitlines()) > 1 and not text.startswith("set -euo pipefail\n"):
        faults.append("goes on after a failing command; begin it with: set -euo pipefail")
    for name in dict.fromkeys(NAMED.findall(text)):
        if not Path(name).is_file():
            faults.append(f"names {name}, which does not exist")
        elif name.endswith(".sh") and not os.access(name, os.X_OK):
            faults.append(f"names {name}, which cannot be executed; chmod +x it")
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(f"#!/usr/bin/env bash\n{text}\n")
        file.flush()
        parsed = subprocess.run(["bash", "-n", file.name], capture_output=True, text=True, check=False)
        if parsed.returncode != 0:
            return [*faults, f"is no shell script: {parsed.stderr.strip().splitlines()[-1]}"]
        command = ["shellcheck", "--format=gcc", "--exclude=SC2016", file.name]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        for line in checked.stdout.splitlines():
            match = re.match(r"[^:]+:(\d+):\d+: \w+: (.*) \[(SC\d+)\]", line)
            faults.append(f"{match[3]} in its line {int(match[1]) - 1}: {match[2]}" if match else line)
    return faults


def faults_of(path: str) -> list[str]:
    """Everything that is wrong in a pipeline file, with its line."""
    found = []
    document = YAML().load(Path(path).read_text(encoding="utf-8"))
    for line, key, text in steps(document):
        if key == "uses":
            ours = text.startswith("./")
            faults = [] if ours or PINNED.match(text) else ["is not pinned; write name@COMMIT # version"]
        else:
            faults = faults_of_script(key, text)
        found += [f"{path}:{line}: {key} {fault}" for fault in faults]
    return found


def main(paths: list[str]) -> int:
    """The command line."""
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    faults = [fault for path in paths for fault in faults_of(path)]
    print("\n".join(faults) or f"    no fault in the scripts of {len(paths)} pipeline files")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
