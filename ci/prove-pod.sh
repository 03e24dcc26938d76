#!/usr/bin/env bash
# Proves that the manifests fit the programs: runs forecast-api with the very
# environment that overlays/prod and overlays/dev give it, asks its probes as the
# kubelet would and ends it as the kubelet would; and gives forecast-train the
# command, environment and settings file of the weekly training. No cluster, no
# container: what a container adds is proven by ci/prove-image.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/prove-pod.sh [--programs DIR] [--help]

  --programs DIR   programs that are built already (default: build them)

Environment:
  FORECAST_PROFILE   cargo profile of what is built: release or dev (default: dev)
TEXT
}

programs=''
while [ $# -gt 0 ]; do
  case "$1" in
    --programs) programs="$(realpath "${2:?--programs needs a folder}")" && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

work="$(cargo_target_dir)/ci/pod"
rm -rf "$work" && mkdir -p "$work"
store="sqlite:///$work/mlflow.db"
ci/setup-tools.sh
python=.dev/tools/bin/python

if [ -z "$programs" ]; then
  step 'Build the programs' 'minutes the first time'
  profile="${FORECAST_PROFILE:-dev}"
  programs="$(cargo_target_dir)/$([ "$profile" = dev ] && echo debug || echo "$profile")"
  cargo build --quiet --locked --profile "$profile" -p forecast-api -p forecast-train -p forecast-promote \
    -p forecast-testkit --bin forecast-api --bin forecast-train --bin forecast-promote --bin forecast-sample
fi

step 'Make a model' 'seconds'
"$programs/forecast-sample" --out "$work" --boutiques 2 --products 2 --days 400 --horizon 7 >"$work/sample.log" 2>&1
"$programs/forecast-train" --tracking-uri "$store" --data "$work/sales.csv" --time date --target sales \
  --series boutique,product --frequency daily --horizon 7 --models seasonal-naive --register demand-forecast --json \
  >"$work/train.json" 2>"$work/train.log" || fail "forecast-train failed; see $work/train.log"
run_id="$(tail -n 1 "$work/train.json" | "$python" -c 'import json, sys; print(json.load(sys.stdin)["run_id"])')"
for target in staging production; do
  "$programs/forecast-promote" --tracking-uri "$store" --run-id "$run_id" --to "$target" \
    >"$work/promote.log" 2>&1 || fail "forecast-promote failed; see $work/promote.log"
done

ci/check-k8s.sh --out "$work/manifests" >/dev/null

for overlay in prod dev; do
  step "Run the API as overlays/$overlay says" 'seconds'
  # overlays/prod leaves the Secret to be made once, from this file.
  "$python" ci/prove-pod.py serve "$work/manifests/overlays-$overlay.yaml,deploy/k8s/base/secret.yaml" \
    "$programs/forecast-api" "$store" "$work/cache-$overlay"
done
step 'Run it where no model was promoted yet' 'seconds'
"$python" ci/prove-pod.py serve "$work/manifests/base.yaml" "$programs/forecast-api" \
  "sqlite:///$work/empty.db" "$work/cache-empty" --without-model
step 'Give forecast-train what the weekly job says' 'seconds'
"$python" ci/prove-pod.py train \
  "$work/manifests/base-with-retraining.yaml,deploy/k8s/components/retraining/secret.yaml" \
  "$programs/forecast-train" "sqlite:///$work/training.db" "$work/training"
steps_summary
