# Every task of the project. `just` lists them; CI calls the same recipes.
# Install just itself with `ci/setup-tools.sh` (it lands in .dev/tools/bin) or your package manager.

set shell := ["bash", "-euo", "pipefail", "-c"]

# The checking tools that ci/setup-tools.sh installs come first.
export PATH := justfile_directory() / ".dev/tools/bin:" + env("PATH")

# List the tasks.
default:
    @just --list --unsorted

# From nothing to forecasts over HTTP: build, sample data, train, promote, serve.
demo *args:
    ci/demo.sh {{ args }}

# Everything CI runs, installs included.
ci:
    ci/test.sh

# Format all Rust code.
fmt:
    cargo fmt --all

# Every static check: formatting, clippy, docs, shell scripts, dependency rules.
lint: fmt-check clippy doc shellcheck deny image-lint check-pipelines check-monitoring

# Fail where code is not formatted.
fmt-check:
    cargo fmt --all --check

# Clippy over every target, warnings refused.
clippy:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Build the API documentation; a broken link is an error.
doc:
    RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --locked

# Check the shell scripts.
shellcheck:
    shellcheck --external-sources ci/*.sh ci/guide/*.sh ci/mlflow/*.sh .ci/run mlflow-server/*.sh mlflow-server/replication/*.sh mlflow-server/proxy/*.sh deploy/docker/*.sh

# Licences, bans, sources and, where the advisory database can be reached, advisories.
deny:
    ci/deny.sh

# Check manifests, compose files, pipelines and monitoring against the programs (docs/deploy-checks.md).
check-deploy:
    cargo run --quiet --locked -p forecast-deploy --example check_deploy
    ci/check-k8s.sh

# All tests, or those of one crate: `just test -p forecast-core`.
test *args="--workspace":
    cargo test --locked {{ args }}

# Compare explanations with LightGBM's `pred_contrib` on 100,000 rows, of which `just test` takes few.
test-explanations:
    FORECAST_BOOST_ALL_ROWS=1 cargo test --release --locked -p forecast-boost --test it explain::lightgbm

# Give hostile bytes to the readers of stored models: `just fuzz 1800` for half an hour each.
fuzz *args:
    ci/fuzz.sh {{ args }}

# Set up the Python environment with the real MLflow server that tests start.
setup:
    ci/setup-dev.sh
    ci/setup-tools.sh

# Write a seeded sample of a retailer's sales: `just sample --out /tmp/sample --seed 3`.
sample *args:
    cargo run --release --locked -p forecast-testkit --bin forecast-sample -- {{ args }}

# A real MLflow server on PostgreSQL to try things against, until Enter is pressed.
mlflow:
    cargo run --locked -p forecast-testkit --example mlflow_server

# The whole job on the public data sets in a folder: `just real-data ../data m5`.
real-data *args:
    ci/real-data.sh {{ args }}

# Build everything under deploy/k8s and validate it for several Kubernetes versions.
check-k8s *args:
    ci/check-k8s.sh {{ args }}

# Run the programs as the manifests say: environment, probes, grace period.
prove-pod *args:
    ci/prove-pod.sh {{ args }}

# Check the Dockerfile and the scripts beside it.
image-lint:
    hadolint deploy/docker/Dockerfile
    .dev/tools/bin/python ci/check-powershell.py deploy/docker/build.ps1
    ci/check-image-scripts.sh

# Build the image with docker, podman or buildah: `just image 1.0.0`.
image version:
    deploy/docker/build.sh {{ version }}

# Build the image without a container engine, run it against a real MLflow and check it; --full builds it twice.
prove-image *args:
    ci/prove-image.sh {{ args }}

# mlflow-server/ with the real programs: backup, restore, TLS, logins, failover; `--full` for 2 GB.
prove-mlflow *args:
    ci/prove-mlflow.sh {{ args }}

# Run the commands of docs/deployment.md and docs/operations.md as far as this machine allows.
walk-guide *args:
    ci/walk-guide.sh {{ args }}

# Check the Azure and GitHub pipelines, and run what they deploy with into every failure.
check-pipelines:
    ci/check-pipelines.sh

# Replace running servers under load behind HAProxy: no request may fail; `--handovers 20` for longer.
prove-rollout *args:
    ci/prove-rollout.sh {{ args }}

# Ask a running service everything that a caller depends on: `just smoke http://localhost:8080`.
smoke *args:
    ci/smoke.sh {{ args }}

# Ask a running service for forecasts over many connections: `just load http://localhost:8080 --seconds 30`.
load *args:
    cargo run --quiet --release --locked -p forecast-client --example load -- {{ args }}

# Check rules, alerts, dashboard, collector and log queries without running them.
check-monitoring *args:
    ci/check-monitoring.sh {{ args }}

# Ask a real Prometheus, which scrapes a real forecast-api, every expression of the alerts and the dashboard.
prove-monitoring *args:
    ci/prove-monitoring.sh {{ args }}
