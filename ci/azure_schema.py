"""Checks ci/azure-pipelines.yml with Azure's published schema and says in one line what is wrong.

    .dev/tools/bin/python ci/azure_schema.py ci/azure-pipelines.yml

The schema knows only quoted booleans where Azure takes both, so they are quoted before the check; the inputs of
tasks have types of their own and stay as they are.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML


def quoted(node: object) -> object:
    """The document as Azure reads it, where a boolean is a text.

    >>> quoted({"continueOnError": True, "steps": [{"fetchDepth": 1}]})
    {'continueOnError': 'true', 'steps': [{'fetchDepth': 1}]}
    """
    if isinstance(node, dict):
        return {str(key): value if key == "inputs" else quoted(value) for key, value in node.items()}
    if isinstance(node, list):
        return [quoted(item) for item in node]
    if isinstance(node, bool):
        return str(node).lower()
    return node


def fault(report: dict) -> str:
    """The first error of check-jsonschema in one line.

    >>> fault({"errors": [{"path": "$", "message": "x", "best_deep_match": {"path": "$.a", "message": "no b\\n"}}]})
    '$.a: no b'
    """
    for error in [*report.get("errors", []), *report.get("parse_errors", [])]:
        if isinstance(error, str):
            return error
        best = error.get("best_deep_match") or error.get("best_match") or error
        text = " ".join(str(best.get("message", best)).split())
        return f"{best.get('path', '$')}: {text[:200]}"
    return "does not fit the schema"


def main(arguments: list[str]) -> int:
    """The command line."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    document = YAML(typ="safe").load(Path(arguments[0]).read_text(encoding="utf-8"))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(quoted(document), file)
        file.flush()
        # Azure's schema has a pattern that only the older regular expressions allow.
        command = ["check-jsonschema", "--regex-variant", "nonunicode", "--output-format", "json"]
        command += ["--builtin-schema", "vendor.azure-pipelines", file.name]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        try:
            print(f"{arguments[0]}: {fault(json.loads(checked.stdout))}")
        except json.JSONDecodeError:
            print(f"{arguments[0]}: {(checked.stderr or checked.stdout).strip()[:300]}")
        return 1
    print("    Azure's schema: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
