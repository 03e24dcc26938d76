"""Reads what a service of a compose file is run with, for ci/prove-mlflow.sh.

The proof runs the real programs with the settings that the compose files hold,
rather than with a copy of them that could drift. Understands as much of the
compose format as mlflow-server/ uses and refuses the rest: ${NAME}, ${NAME:-default}
and ${NAME:?message}; later files win over earlier ones.
"""

import argparse
import re
import sys
from pathlib import Path

import yaml

VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?:(:-|:\?)([^}]*))?\}")


def read_env_file(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def interpolate(value: str, variables: dict[str, str]) -> str:
    def replace(match: re.Match[str]) -> str:
        name, operator, argument = match.groups()
        if variables.get(name):
            return variables[name]
        if operator == ":-":
            return argument
        raise SystemExit(f"settings.py: {name} {argument or 'is not set'}")

    result = VARIABLE.sub(replace, value)
    if "$" in result:
        raise SystemExit(f"settings.py: cannot read {value!r}")
    return result


def merged(files: list[Path], service: str) -> dict:
    """The service as compose merges it: mappings by key, everything else replaced."""
    result: dict = {}
    for path in files:
        parsed = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, value in parsed["services"].get(service, {}).items():
            if isinstance(value, dict) and isinstance(result.get(key), dict):
                result[key] = {**result[key], **value}
            else:
                result[key] = value
    if not result:
        raise SystemExit(f"settings.py: no service {service} in {', '.join(map(str, files))}")
    return result


def mapped(value: str, volumes: list[str], folder: Path) -> str:
    """Paths inside the container as those on this machine that are mounted there."""
    for volume in volumes:
        source, target, *_ = volume.split(":")
        if source.startswith("."):
            value = re.sub(rf"(?<![\w/]){re.escape(target)}(?=/|$)", str((folder / source).resolve()), value)
    return value


def compare(here: dict, elsewhere: dict) -> None:
    """Refuses any difference that is not about a database in the same project or elsewhere."""
    for service in (here, elsewhere):
        for name in ("PGHOST", "PGPASSWORD"):
            del service["environment"][name]
    for key in ("depends_on", "networks"):
        del here[key]
    keys = sorted(here.keys() | elsewhere.keys())
    different = [key for key in keys if here.get(key) != elsewhere.get(key)]
    if different:
        raise SystemExit(f"settings.py: they differ in {', '.join(different)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["env", "command", "entrypoint", "image", "health", "compare"])
    parser.add_argument("service")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--env-file", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="wins over the file")
    arguments = parser.parse_args()

    if arguments.what == "compare":
        compare(*(merged([path], arguments.service) for path in arguments.files))
        return
    variables = read_env_file(arguments.env_file) | dict(pair.split("=", 1) for pair in arguments.set)
    service = merged(arguments.files, arguments.service)
    volumes = service.get("volumes", [])
    folder = arguments.files[0].resolve().parent

    def value(raw: object) -> str:
        return mapped(interpolate(str(raw), variables), volumes, folder)

    if arguments.what == "env":
        given = ((k, variables.get(k) if v is None else value(v)) for k, v in service["environment"].items())
        words = [f"{name}={text}" for name, text in given if text is not None]
    elif arguments.what == "image":
        words = [interpolate(service["image"], variables)]
    elif arguments.what == "health":
        words = [value(word) for word in service["healthcheck"]["test"][1:]]
    else:
        words = [value(word) for word in service[arguments.what]]
    # Ended by NUL: values may hold anything else.
    sys.stdout.write("".join(f"{word}\0" for word in words))


if __name__ == "__main__":
    main()
