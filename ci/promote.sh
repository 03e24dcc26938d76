#!/usr/bin/env bash
# Promotes the model of a run in the cluster, as the pipeline's gated stage does: runs
# forecast-promote from the deployed image as a Job beside MLflow, then waits until every
# pod of the service answers with that run's model. Uses the cluster that kubectl points to.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/cluster-lib.sh
. ci/cluster-lib.sh

job_file=deploy/k8s/components/retraining/promotion-job.yaml

usage() {
  cat <<'TEXT'
Usage: ci/promote.sh --run-id ID [--dry-run]

  --run-id ID   the training run whose model is to serve; to go back, the run that served before
  --dry-run     check every gate and say what would change; change nothing

Exit code 0: done, every pod serves it. 10: refused by a gate, the log says which. 1: failed.
2, 64: nothing was touched, the command line or the cluster is not ready for it.

Environment:
  FORECAST_SMOKE   the smoke program, where it has been built already (see ci/smoke.sh)
TEXT
}

run_id='' dry_run=no
while [ $# -gt 0 ]; do
  case "$1" in
    --run-id) run_id="${2:?--run-id needs a value}" && shift ;;
    --dry-run) dry_run=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
[ -n "$run_id" ] || { usage >&2 && exit 2; }
# It comes from whoever starts the pipeline.
case "$run_id" in
  *[!0-9a-f]*) fail "--run-id $run_id is no run: MLflow's run ids are hexadecimal" 64 ;;
esac

trap stop_forward EXIT
require_kubectl

# job IMAGE: the Job's manifest for this run. One patch: `kubectl set image` prints nothing at all
# where the image stays the same.
job() {
  local at=/spec/template/spec/containers/0 flag=''
  [ "$dry_run" = no ] || flag=", {\"op\": \"add\", \"path\": \"$at/args/-\", \"value\": \"--dry-run\"}"
  kubectl patch --local --filename "$job_file" --output yaml --type json --patch "[
    {\"op\": \"test\", \"path\": \"$at/env/0/name\", \"value\": \"RUN_ID\"},
    {\"op\": \"replace\", \"path\": \"$at/env/0/value\", \"value\": \"$run_id\"},
    {\"op\": \"replace\", \"path\": \"$at/image\", \"value\": \"$1\"}$flag]"
}

# Until the Job has ended one way or the other; its own deadline is ten minutes.
wait_for_job() {
  local give_up=$((SECONDS + 660)) ended=''
  while [ -z "$ended" ] && [ "$SECONDS" -lt "$give_up" ]; do
    ended="$(kube get "$1" --output \
      'jsonpath={.status.conditions[?(@.status=="True")].type}' | grep -ow -e Complete -e Failed || true)"
    [ -n "$ended" ] || sleep 2
  done
  printf '%s\n' "${ended:-Late}"
}

step "Run forecast-promote for run $run_id" 'usually under a minute'
image="$(deployed_image)"
[ -n "$image" ] || fail "there is no deployment/$deployment in $namespace; deploy it first: ci/deploy.sh" 64
kube get serviceaccount forecast-train >/dev/null ||
  fail 'the account forecast-train is missing; add deploy/k8s/components/retraining to the overlay' 64
name="$(job "$image" | kubectl create --filename - --output name)"
say "$name with $image"
ended="$(wait_for_job "$name")"
kube logs "$name" --all-containers --tail=200 || true
if [ "$ended" != Complete ]; then
  code="$(kube get pods --selector "job-name=${name#*/}" \
    --output 'jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}')"
  fail "the promotion ended as $ended, exit code ${code:-unknown}; its log is above" "$([ "$code" = 10 ] && echo 10 || echo 1)"
fi
if [ "$dry_run" = yes ]; then
  exit 0
fi

step 'Wait until every pod serves it' 'usually under half a minute'
smoke_pods "$image" --expect-run "$run_id" --wait 120 ||
  fail "promoted, but not every pod serves run $run_id; /health of the pod above says why"
step_done
printf '\n%s==> Run %s serves%s\n' "$_bold" "$run_id" "$_plain"
