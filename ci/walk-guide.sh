#!/usr/bin/env bash
# Walks docs/deployment.md and docs/operations.md: takes every command out of the pages and runs it as far
# as this machine allows. MLflow, PostgreSQL, training, promotion, the API and kubectl are real. A
# cluster and a container engine are not needed: stand-ins answer for them where a command needs one, and
# the line says so. A block of the pages that is not walked is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/walk-guide.sh [--without-proofs] [--no-build] [--keep] [--help]

Prints a line for each step of the guide, `ok` or `not here: <reason>`, and a table at the end.
Exit code 1 where a step fails or is missing.

  --without-proofs   leave out the longer proofs (ci/prove-*.sh), which take most of the time
  --no-build         take the programs and the image that are there, whatever commit they are of
  --keep             leave the work folder behind, and say where it is
TEXT
}

proofs=yes keep=no build=yes as_built=()
for arg in "$@"; do
  case "$arg" in
    --without-proofs) proofs=no ;;
    --no-build) build=no as_built=(--no-build) ;;
    --keep) keep=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done

root="$PWD"
bin="$(cargo_target_dir)/release"
venv="$(realpath -m "${FORECAST_DEV_DIR:-.dev}")/venv"
PATH="$bin:$root/.dev/tools/bin:$PATH:/usr/sbin:/sbin"
# Settings of whoever runs this stay out of it.
for name in $(compgen -e PG || true) $(compgen -e MLFLOW_ || true) $(compgen -e FORECAST_ || true) $(compgen -e OTEL_ || true); do
  case "$name" in
    FORECAST_DEV_DIR | FORECAST_IMAGE_DIR) ;;
    *) unset "$name" ;;
  esac
done
export no_proxy='*' MLFLOW_DISABLE_TELEMETRY=true

# shellcheck source=ci/mlflow/checks.sh
. ci/mlflow/checks.sh
# shellcheck source=ci/mlflow/servers.sh
. ci/mlflow/servers.sh
# shellcheck source=ci/guide/report.sh
. ci/guide/report.sh
# shellcheck source=ci/guide/environment.sh
. ci/guide/environment.sh
# shellcheck source=ci/guide/steps.sh
. ci/guide/steps.sh

work="$(mktemp -d "${TMPDIR:-/tmp}/walk-guide.XXXXXX")"
chmod 755 "$work"
tree="$work/tree"
# PostgreSQL does not run as root.
pg_user=postgres as_user=()
id -u postgres >/dev/null 2>&1 || pg_user=nobody
if [ "$(id -u)" -eq 0 ]; then
  # shellcheck disable=SC2034 # For ci/mlflow/servers.sh.
  as_user=(setpriv "--reuid=$pg_user" "--regid=$(id -g "$pg_user")" --clear-groups)
fi
trap clean_up EXIT
trap 'exit 130' INT TERM

step 'Prepare' 'seconds where everything is built'
ci/setup-dev.sh
ci/setup-tools.sh
if [ "$build" = yes ]; then
  cargo build --release --locked --quiet -p forecast-train -p forecast-promote -p forecast-api
  cargo build --release --locked --quiet -p forecast-client --example smoke --example load
fi
mlflow_port="$(free_or 5000)" api_port="$(free_or 8080)"
prepare_tree
prepare_names
prepare_kubectl
make_sales "$tree/sales.csv"
start_service
for page in docs/deployment.md docs/operations.md; do
  extract "$page"
done
say "$(wc -l <"$work/steps.list") blocks of commands in the pages"

part 'MLflow Tracking Server' 'under a minute; the proof usually 3'
walk_mlflow
part 'Docker build and push' 'seconds; the proof usually 1 to 4 minutes'
walk_image
part 'Kubernetes deployment' 'under a minute'
walk_kubernetes
part 'CI/CD pipeline' 'under a minute'
walk_pipeline
part '.NET integration' 'seconds'
walk_dotnet
part 'Model training and promotion' 'seconds'
walk_model
part 'Monitoring' 'under a minute'
walk_monitoring
part 'Troubleshooting' 'seconds'
walk_troubleshooting
part 'Operations' 'seconds'
walk_operations
nothing_left_out
step_done

printf '\n%s==> The guide: %d ok, %d not here, %d failed%s\n' "$_bold" "$ok" "$elsewhere" "$failed" "$_plain"
summary
printf '\n'
steps_summary
[ "$failed" -eq 0 ]
