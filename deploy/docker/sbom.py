#!/usr/bin/env python3
"""Writes what is inside the image as a CycloneDX 1.6 document in JSON.

Runs in the build stage of the Dockerfile, beside the sources and the compiler that were used, with
nothing but Python's own library. It lists

- every crate that the three programs are linked from, as cargo resolves them for this target and
  these features, with licence and checksum; those that only take part in compiling (build scripts,
  macros) are there with scope `excluded`,
- what is linked statically without being a crate: the C library, the compiler's runtime, Rust's
  standard library and SQLite,
- the certificate authorities.

The same inputs give the same bytes: the date is SOURCE_DATE_EPOCH, the serial number follows from the
content. A scanner finds nothing in an image without a package database; this document is what it reads.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid

PROGRAMS = ["forecast-api", "forecast-train", "forecast-promote"]
# As the Dockerfile builds them.
FEATURES = "forecast-train/cloud"
# Licences of what is no crate, as SPDX expressions.
DEBIAN = {
    "libc6-dev": "LGPL-2.1-or-later",
    "libgcc-12-dev": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "ca-certificates": "MPL-2.0",
}


def output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def crates_of(edges: str, target: str) -> set[tuple[str, str]]:
    """Names and versions of the crates that the programs reach along such edges."""
    packages = [part for program in PROGRAMS for part in ("--package", program)]
    lines = output(
        "cargo", "tree", "--locked", "--target", target, "--edges", edges, "--prefix", "none",
        "--format", "{p}", "--features", FEATURES, *packages,
    ).splitlines()  # fmt: skip
    words = [line.split() for line in lines if line.strip()]
    return {(name, version.removeprefix("v")) for name, version, *_ in words}


def licence(package: dict) -> list[dict]:
    expression = package.get("license")
    # `MIT/Apache-2.0` is how crates wrote it before SPDX expressions.
    return [{"expression": re.sub(r"\s*/\s*", " OR ", expression)}] if expression else []


def crate_ref(name: str, version: str) -> str:
    return f"pkg:cargo/{name}@{version}"


def crate(package: dict, checksums: dict, shipped: bool) -> dict:
    name, version = package["name"], package["version"]
    component = {
        "type": "application" if name in PROGRAMS else "library",
        "bom-ref": crate_ref(name, version),
        "name": name,
        "version": version,
        "scope": "required" if shipped else "excluded",
        "purl": crate_ref(name, version),
    }
    if package.get("description"):
        component["description"] = " ".join(package["description"].split())
    if licence(package):
        component["licenses"] = licence(package)
    if checksum := checksums.get((name, version)):
        component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if (repository := package.get("repository") or "").startswith("https://"):
        component["externalReferences"] = [{"type": "vcs", "url": repository}]
    return component


def library(name: str, version: str, purl: str, expression: str) -> dict:
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "scope": "required",
        "licenses": [{"expression": expression}], "purl": purl,
    }  # fmt: skip


def debian() -> list[dict]:
    found = []
    for name, expression in DEBIAN.items():
        version, machine = output("dpkg-query", "--show", "--showformat=${Version} ${Architecture}", name).split()
        purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={machine}&distro=debian-12"
        found.append(library(name, version, purl, expression))
    return found


def rust_std() -> dict:
    version = re.search(r"^release: (\S+)", output("rustc", "-vV"), re.MULTILINE)[1]
    return library("rust-std", version, f"pkg:generic/rust-std@{version}", "MIT OR Apache-2.0")


def sqlite(packages: list[dict]) -> dict:
    """SQLite, which a crate brings along as C source under a version of its own."""
    manifest = next(p["manifest_path"] for p in packages if p["name"] == "libsqlite3-sys")
    header = pathlib.Path(manifest).parent / "sqlite3" / "sqlite3.h"
    version = re.search(r'^#define SQLITE_VERSION\s+"([^"]+)"', header.read_text(), re.MULTILINE)[1]
    return library("sqlite", version, f"pkg:generic/sqlite@{version}", "blessing")


def document(version: str) -> dict:
    target = output("rustc", "--print", "host-tuple").strip()
    everything = crates_of("normal,build", target)
    shipped = crates_of("normal,no-proc-macro", target)
    metadata = json.loads(output(
        "cargo", "metadata", "--locked", "--format-version=1", "--filter-platform", target, "--features", FEATURES,
    ))  # fmt: skip
    lock = tomllib.loads(pathlib.Path("Cargo.lock").read_text())
    checksums = {(p["name"], p["version"]): p.get("checksum") for p in lock["package"]}
    packages = sorted(
        (p for p in metadata["packages"] if (p["name"], p["version"]) in everything),
        key=lambda p: (p["name"], p["version"]),
    )
    key = {p["id"]: (p["name"], p["version"]) for p in packages}

    foreign = [*debian(), rust_std(), sqlite(packages)]
    components = [crate(p, checksums, (p["name"], p["version"]) in shipped) for p in packages] + foreign

    edges = {}
    for node in metadata["resolve"]["nodes"]:
        if node["id"] in key:
            wanted = {
                key[edge["pkg"]]
                for edge in node["deps"]
                if edge["pkg"] in key and any(kind["kind"] != "dev" for kind in edge["dep_kinds"])
            }
            edges[crate_ref(*key[node["id"]])] = sorted(crate_ref(*other) for other in wanted)
    root = f"pkg:docker/luxuryhouse/forecast-service@{version}"
    tops = [crate_ref(*key[p["id"]]) for p in packages if p["name"] in PROGRAMS]
    edges[root] = sorted(tops + [component["bom-ref"] for component in foreign])

    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or 0)
    body = {
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(epoch, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lifecycles": [{"phase": "build"}],
            "component": {
                "type": "container", "bom-ref": root, "name": "luxuryhouse/forecast-service",
                "version": version, "purl": root, "licenses": [{"expression": "Apache-2.0"}],
            },
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": targets} for ref, targets in sorted(edges.items())],
    }  # fmt: skip
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    head = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1,
    }  # fmt: skip
    return head | body


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the image's CycloneDX document.")
    parser.add_argument("--version", required=True, help="version of the image")
    parser.add_argument("--output", required=True, type=pathlib.Path, help="file to write")
    arguments = parser.parse_args()
    try:
        text = json.dumps(document(arguments.version), indent=1, ensure_ascii=False) + "\n"
    except subprocess.CalledProcessError as error:
        sys.exit(f"sbom.py: `{' '.join(error.cmd)}` failed with exit code {error.returncode}")
    arguments.output.write_text(text)


if __name__ == "__main__":
    main()
