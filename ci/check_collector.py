#!/usr/bin/env python3
"""Checks an OpenTelemetry Collector configuration by its structure.

For machines without the collector, whose own `validate` would say more: every component is of a
known type with known settings, everything that is defined is used and the other way about, pipelines
take what their signal can take, and the ports are those that the manifests open.

The table of settings is from the READMEs and schemas of the components in versions 0.139 to 0.145:
https://github.com/open-telemetry/opentelemetry-collector{,-contrib}. A setting that is missing here
may exist; add it once its documentation has been read.

Usage: check_collector.py CONFIG.yaml [--manifest DEPLOYMENT.yaml] [--self-test]
"""

import sys

import yaml

# Settings of each component that this project may use, and the signals that it takes.
SIGNALS = {"traces", "metrics", "logs"}
KNOWN = {
    "receivers": {"otlp": ({"protocols"}, SIGNALS)},
    "processors": {
        "memory_limiter": (
            {"check_interval", "limit_mib", "limit_percentage", "spike_limit_mib", "spike_limit_percentage"},
            SIGNALS,
        ),
        "batch": ({"timeout", "send_batch_size", "send_batch_max_size"}, SIGNALS),
        "resource": ({"attributes"}, SIGNALS),
        "attributes": ({"actions", "include", "exclude"}, SIGNALS),
        "filter": ({"error_mode", "traces", "metrics", "logs"}, SIGNALS),
    },
    "exporters": {
        "azuremonitor": (
            {
                "connection_string",
                "maxbatchsize",
                "maxbatchinterval",
                "spaneventsenabled",
                "shutdown_timeout",
                "sending_queue",
            },
            SIGNALS,
        ),
        "prometheus": (
            {"endpoint", "namespace", "const_labels", "send_timestamps", "metric_expiration", "enable_open_metrics"},
            {"metrics"},
        ),
    },
    "extensions": {"health_check": ({"endpoint", "path"}, set())},
}
ACTIONS = {"insert", "update", "upsert", "delete", "hash", "extract", "convert"}


def listening(config):
    """The ports that the configuration listens on."""
    protocols = config.get("receivers", {}).get("otlp", {}).get("protocols", {})
    health = config.get("extensions", {}).get("health_check")
    places = [*protocols.values(), health, config.get("exporters", {}).get("prometheus")]
    endpoints = [place["endpoint"] for place in places if place and "endpoint" in place]
    return {int(endpoint.rsplit(":", 1)[1]): endpoint.rsplit(":", 1)[0] for endpoint in endpoints}


def components(config):
    """Faults of single components."""
    for section, kinds in KNOWN.items():
        for name, settings in (config.get(section) or {}).items():
            kind = name.split("/", 1)[0]
            if kind not in kinds:
                yield f"{section}.{name}: no known component; known: {', '.join(sorted(kinds))}"
                continue
            for setting in (settings or {}).keys() - kinds[kind][0]:
                yield f"{section}.{name}.{setting}: no known setting; known: {', '.join(sorted(kinds[kind][0]))}"
            for action in [*(settings or {}).get("attributes", []), *(settings or {}).get("actions", [])]:
                if action.get("action") not in ACTIONS or "key" not in action:
                    yield f"{section}.{name}: {action} needs a key and an action of {', '.join(sorted(ACTIONS))}"
                elif action["action"] in {"insert", "upsert"} and not {"value", "from_attribute"} & action.keys():
                    yield f"{section}.{name}: {action} has neither value nor from_attribute"


def pipelines(config):
    """Faults of how components are put together."""
    service = config.get("service") or {}
    used = {section: set() for section in KNOWN}
    used["extensions"] = set(service.get("extensions") or [])
    for name, pipeline in (service.get("pipelines") or {}).items():
        signal = name.split("/", 1)[0]
        if signal not in SIGNALS:
            yield f"service.pipelines.{name}: no signal; use traces, metrics or logs"
        for section in ("receivers", "processors", "exporters"):
            members = pipeline.get(section) or []
            used[section].update(members)
            if not members and section != "processors":
                yield f"service.pipelines.{name}: has no {section}"
            for member in members:
                kind = member.split("/", 1)[0]
                if kind in KNOWN[section] and signal not in KNOWN[section][kind][1]:
                    yield f"service.pipelines.{name}: {member} does not take {signal}"
        order = pipeline.get("processors") or []
        if order[:1] != ["memory_limiter"]:
            yield f"service.pipelines.{name}: memory_limiter must be the first processor"
        if order[-1:] != ["batch"]:
            yield f"service.pipelines.{name}: batch must be the last processor"
    for section in KNOWN:
        defined = set(config.get(section) or {})
        for name in sorted(used[section] - defined):
            yield f"service: {name} is used and not defined under {section}"
        for name in sorted(defined - used[section]):
            yield f"{section}.{name}: is defined and not used; the collector ignores it"


def manifest(config, documents):
    """Faults of the Deployment that runs the configuration."""
    for document in documents:
        if (document or {}).get("kind") != "Deployment":
            continue
        container = document["spec"]["template"]["spec"]["containers"][0]
        opened = {port["containerPort"] for port in container["ports"]}
        for port in sorted(opened ^ set(listening(config))):
            yield f"port {port}: the configuration and the Deployment's container ports differ"
        given = {variable["name"] for variable in container.get("env", [])}
        for word in str(config).split("${env:")[1:]:
            name = word.split("}")[0]
            if name not in given:
                yield f"{name}: the configuration reads it and the Deployment does not set it"


def faults(config, documents=()):
    """Every fault, in words."""
    for section in config.keys() - KNOWN.keys() - {"service"}:
        yield f"{section}: no section of a collector's configuration that is known here"
    yield from components(config)
    yield from pipelines(config)
    for port, host in listening(config).items():
        if host in {"localhost", "127.0.0.1"}:
            yield f"port {port}: listens on {host}, where no other pod reaches it; use 0.0.0.0"
    yield from manifest(config, documents)


def self_test(path, manifest_path):
    """Breaks the real configuration in every way that is checked; each has to be found."""
    text = open(path, encoding="utf-8").read()
    documents = list(yaml.safe_load_all(open(manifest_path, encoding="utf-8")))
    breakages = [
        ("otlp:\n    protocols", "oltp:\n    protocols", "no known component"),
        ("limit_percentage: 80", "limit_procentage: 80", "no known setting"),
        ("action: upsert", "action: upset", "needs a key and an action"),
        ("from_attribute: k8s.pod.name", "note: k8s.pod.name", "neither value nor from_attribute"),
        ("exporters: [prometheus]", "exporters: [promtheus]", "is used and not defined"),
        ("      exporters: [prometheus]", "      exporters: [azuremonitor]", "is defined and not used"),
        ("    logs:\n      receivers", "    log:\n      receivers", "no signal"),
        ("attributes/http, resource/cloud_role, batch]\n      exporters: [azuremonitor]",
         "attributes/http, resource/cloud_role, batch]\n      exporters: [prometheus]", "does not take traces"),
        ("[memory_limiter, batch]", "[batch, memory_limiter]", "memory_limiter must be the first"),
        ("0.0.0.0:4318", "localhost:4318", "where no other pod reaches it"),
        ("0.0.0.0:13133", "0.0.0.0:13134", "container ports differ"),
        ("env:APPLICATIONINSIGHTS_CONNECTION_STRING", "env:APPINSIGHTS_KEY", "does not set it"),
        ("extensions: [health_check]", "extensions: []", "is defined and not used"),
    ]
    for old, new, word in breakages:
        assert old in text, f"the self test breaks {old!r}, which the file does not hold any more"
        found = list(faults(yaml.safe_load(text.replace(old, new)), documents))
        assert any(word in fault for fault in found), f"{new!r} was not found out: {found}"
    print(f"    ok  {len(breakages)} broken collector configurations are found out")


def main(arguments):
    """Prints every fault; the exit code says whether there is one."""
    path = arguments[0]
    manifest_path = arguments[arguments.index("--manifest") + 1] if "--manifest" in arguments else None
    if "--self-test" in arguments:
        self_test(path, manifest_path)
        return 0
    documents = list(yaml.safe_load_all(open(manifest_path, encoding="utf-8"))) if manifest_path else ()
    found = list(faults(yaml.safe_load(open(path, encoding="utf-8")), documents))
    for fault in found:
        print(f"{path}: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
