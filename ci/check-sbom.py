#!/usr/bin/env python3
"""Checks the CycloneDX document of the image: `check-sbom.py FILE VERSION`.

Against the schema of CycloneDX 1.6, and for what the schema cannot know: that it names this version, the
three programs and the C library, and that every foreign crate has a checksum and a licence.
"""

import json
import pathlib
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

EXPECTED = {"forecast-api", "forecast-train", "forecast-promote", "libc6-dev", "ca-certificates", "sqlite", "rust-std"}


def problems(text: str, version: str) -> list[str]:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is not None:
        return [f"the schema refuses it: {error.data}"]
    document = json.loads(text)
    components = document["components"]
    found = []
    named = document["metadata"]["component"]["version"]
    if named != version:
        found.append(f"it names version {named} instead of {version}")
    if missing := EXPECTED - {component["name"] for component in components}:
        found.append(f"it does not name {', '.join(sorted(missing))}")
    for component in components:
        name = f"{component['name']} {component['version']}"
        if not component.get("licenses"):
            found.append(f"{name} has no licence")
        ours = not component.get("externalReferences") and component["purl"].startswith("pkg:cargo/forecast-")
        foreign = component["purl"].startswith("pkg:cargo/") and not ours and component["name"] != "mlflow-client"
        if foreign and not component.get("hashes"):
            found.append(f"{name} has no checksum")
    return found


def main() -> None:
    path, version = sys.argv[1:]
    found = problems(pathlib.Path(path).read_text(), version)
    for problem in found:
        print(f"{path}: {problem}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
