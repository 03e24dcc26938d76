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

It needs the Job's service account and its Secret, the MLflow account that may write; where one is missing
it says how to make it.

Environment:
  FORECAST_SMOKE   a smoke program (see ci/smoke.sh): then every pod is asked for a forecast as well.
                   Without one, curl asks every pod which run it serves; nothing is built
TEXT
}

run_id='' dry_run=no
while [ $# -gt 0 ]; do
  case "$1" in
    --run-id) require_value "$1" $# "${2:-}" && run_id="$2" && shift ;;
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

trap 'stop_attended; stop_forward' EXIT
require_kubectl
if [ -n "${FORECAST_SMOKE:-}" ]; then
  require_smoke
else
  have curl || fail 'nothing was touched: curl is not here to ask the pods with; install it, or let FORECAST_SMOKE name a smoke program' 69
fi

# named_after KEY: the names that stand after this key in the Job's manifest, each once.
named_after() { sed -n "/^ *$1:\$/{n;s/^ *name: *//p;}" "$job_file" | sort -u; }

# require_object KIND NAME REMEDY: is it in the cluster? Where nobody lets us look, the Job will say.
require_object() {
  local found
  if ! found="$(kube get "$1" "$2" --ignore-not-found --output name)"; then
    say "cannot look whether there is a $1 $2; going on"
  elif [ -z "$found" ]; then
    fail "nothing was touched: there is no $1 $2 in $namespace, which promotions run with; make it once: $3" 64
  fi
}

# serves_run BASE_URL: waits until the pod says that it serves the run.
serves_run() {
  local give_up=$((SECONDS + 120)) info=''
  while [ "$SECONDS" -lt "$give_up" ]; do
    info="$(curl --silent --max-time 5 "$1/model/info" || true)"
    if grep -qE "\"run_id\": *\"$run_id\"" <<<"$info"; then
      say "serves run $run_id"
      return 0
    fi
    sleep 1
  done
  say "does not serve run $run_id after two minutes; it says: ${info:-nothing}"
  return 1
}

# every_pod_serves_it: asks every ready pod; before the first promotion none was, so that it waits for one.
every_pod_serves_it() {
  local give_up=$((SECONDS + 120))
  until [ -n "$(pods_with "$image")" ] || [ "$SECONDS" -ge "$give_up" ]; do sleep 1; done
  if [ -n "${FORECAST_SMOKE:-}" ]; then
    ask_pods "$image" ci/smoke.sh --expect-run "$run_id" --wait 120
  else
    ask_pods "$image" serves_run
  fi
}

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

# Until the Job has ended one way or the other; its own deadline is ten minutes. A pod that cannot start, for
# want of a Secret or of the image, would wait as long and then promote when nobody looks any more.
wait_for_job() {
  local give_up=$((SECONDS + 660)) ended=''
  while [ -z "$ended" ] && [ "$SECONDS" -lt "$give_up" ]; do
    ended="$(kube get "$1" --output \
      'jsonpath={.status.conditions[?(@.status=="True")].type}' | grep -ow -e Complete -e Failed || true)"
    if [ -z "$ended" ] && [ -n "$(stuck "$1")" ]; then
      ended=Stuck
    fi
    [ -n "$ended" ] || sleep 2
  done
  printf '%s\n' "${ended:-Late}"
}

# stuck JOB: why its pod cannot start, if so.
stuck() {
  kube get pods --selector "job-name=${1#*/}" --output 'jsonpath={range .items[*].status.containerStatuses[*].state.waiting}{.reason}{": "}{.message}{"\n"}{end}' |
    grep -E '^(CreateContainer(Config)?Error|ImagePullBackOff|InvalidImageName):' | head -n 1 || true
}

step "Run forecast-promote for run $run_id" 'usually under a minute'
image="$(deployed_image)"
[ -n "$image" ] || fail "there is no deployment/$deployment in $namespace; deploy it first: ci/deploy.sh" 64
account="$(sed -n 's/^ *serviceAccountName: *//p' "$job_file")"
require_object serviceaccount "$account" "deploy again (ci/deploy.sh), or kubectl create serviceaccount $account --namespace $namespace"
for secret in $(named_after secretKeyRef); do
  require_object secret "$secret" "kubectl create secret generic $secret --namespace $namespace --from-literal=MLFLOW_TRACKING_USERNAME=... --from-literal=MLFLOW_TRACKING_PASSWORD=... (an MLflow account that may write)"
done
name="$(job "$image" | kubectl create --filename - --output name)"
say "$name with $image"
ended="$(wait_for_job "$name")"
if [ "$ended" = Stuck ]; then
  why="$(stuck "$name")"
  kube delete "$name" --wait=false || say "$name cannot be deleted: it ends by itself after ten minutes"
  fail "nothing was promoted, the pod cannot start: $why"
fi
kube logs "$name" --all-containers --tail=200 || true
if [ "$ended" != Complete ]; then
  # One for each attempt.
  codes="$(kube get pods --selector "job-name=${name#*/}" \
    --output 'jsonpath={.items[*].status.containerStatuses[0].state.terminated.exitCode}' || true)"
  fail "the promotion ended as $ended, exit code ${codes:-unknown}; its log is above" "$(grep -qw 10 <<<"$codes" && echo 10 || echo 1)"
fi
if [ "$dry_run" = yes ]; then
  exit 0
fi

step 'Wait until every pod serves it' 'usually under half a minute'
every_pod_serves_it ||
  fail "promoted, but not every pod serves run $run_id; /health of the pod above says why"
step_done
printf '\n%s==> Run %s serves%s\n' "$_bold" "$run_id" "$_plain"
