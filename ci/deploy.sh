#!/usr/bin/env bash
# Rolls an image out to the cluster, as the pipeline does: applies the manifests, waits for
# the rollout, asks every new pod for a forecast, and puts everything back as it was where one
# of these fails or somebody cancels it. Uses the cluster that kubectl points to.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/cluster-lib.sh
. ci/cluster-lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/deploy.sh --image IMAGE:TAG [--overlay NAME] [--timeout SECONDS] [--dry-run]

  --image IMAGE:TAG    what to roll out, such as
                       luxuryhouse.azurecr.io/luxuryhouse/forecast-service:1.0.1,
                       or by digest: luxuryhouse.azurecr.io/luxuryhouse/forecast-service@sha256:...
  --overlay NAME       folder under deploy/k8s/overlays (default: prod)
  --timeout SECONDS    how long the rollout may take (default: 900)
  --dry-run            print what would be applied; asks no cluster

Exit codes:
  0       rolled out and tested
  1       failed or cancelled, and every object that was applied is as it was: the Deployment's revision
          and settings; ConfigMap, Service, NetworkPolicies, autoscaler and the rest; what was new is
          deleted. Left alone: volume claims, and what belongs to no namespace (the namespace itself)
  70      failed, and going back failed too: somebody has to look
  75      rolled out, but no model is in production yet, so that no pod can become ready; nothing was
          taken back. Promote one with ci/promote.sh; the pods then become ready by themselves
  2, 64   nothing was touched: the command line or the files are wrong
  69      nothing was touched: a program is missing, or the cluster does not answer

Environment:
  FORECAST_SMOKE   the smoke program, where it has been built already (see ci/smoke.sh)
TEXT
}

image='' overlay=prod timeout=900 dry_run=no
while [ $# -gt 0 ]; do
  case "$1" in
    --image) require_value "$1" $# "${2:-}" && image="$2" && shift ;;
    --overlay) require_value "$1" $# "${2:-}" && overlay="$2" && shift ;;
    --timeout) require_value "$1" $# "${2:-}" && timeout="$2" && shift ;;
    --dry-run) dry_run=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
[ -n "$image" ] || { usage >&2 && exit 2; }
path='[a-z0-9]+([._-]+[a-z0-9]+)*'
name="[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/$path)+"
if [[ "$image" =~ ^($name):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$ ]]; then
  image_name="${BASH_REMATCH[1]}" image_version="newTag: \"${image#"${BASH_REMATCH[1]}:"}\""
  case "${image##*:}" in
    [Ll][Aa][Tt][Ee][Ss][Tt]) fail "--image $image: name a tag that never changes, such as :1.0.1" 64 ;;
  esac
elif [[ "$image" =~ ^($name)@(sha256:[0-9a-f]{64})$ ]]; then
  image_name="${BASH_REMATCH[1]}" image_version="digest: ${image#*@}"
else
  fail "--image $image is not REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:DIGEST (one of the two)" 64
fi
[[ "$timeout" =~ ^[1-9][0-9]{0,4}$ ]] ||
  fail "--timeout $timeout is no number of seconds from 1 to 99999" 64
[[ "$overlay" =~ ^[a-z0-9]+(-[a-z0-9]+)*$ ]] && [ -f "deploy/k8s/overlays/$overlay/kustomization.yaml" ] ||
  fail "there is no deploy/k8s/overlays/$overlay; choose one of: $(cd deploy/k8s/overlays && echo *)" 64

# The development overlay lives in a namespace of its own.
named="$(sed -n 's/^namespace: *//p' "deploy/k8s/overlays/$overlay/kustomization.yaml")"
namespace="${named:-$namespace}"

work=''
cleanup() {
  stop_attended
  stop_forward
  [ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT

# Writes everything that is to be applied to $work/all.yaml: the overlay with this image, so that one
# rollout happens and not two. Never a Secret: the file has placeholders where the cluster has credentials.
render() {
  local root="$PWD"
  # Kustomize wants relative paths; beside the overlays they are short.
  cat >"$work/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - $(realpath --relative-to "$work" "$root/deploy/k8s/overlays/$overlay")
images:
  - name: $image_name
    $image_version
patches:
  - target:
      kind: Secret
    patch: |
      \$patch: delete
      apiVersion: v1
      kind: Secret
      metadata:
        name: any
YAML
  kubectl kustomize "$work" >"$work/all.yaml"
  sed -nE 's/^ *(- )?image: *"?([^"]*)"?$/\2/p' "$work/all.yaml" | grep -qxF "$image" ||
    fail "no container of overlay $overlay has the image $image_name; nothing was applied" 64
}

# live: every object of what is applied, as it is in the cluster now.
live() { kubectl get --request-timeout=20s --filename "$work/all.yaml" --ignore-not-found --output json; }

# What the cluster has now, to go back to.
remember() {
  live >"$work/before.json" || fail 'nothing was touched: the cluster does not say what it has' 69
  revision_before="$(kube get deployment "$deployment" --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')"
  ready_before="$(kube get deployment "$deployment" --ignore-not-found --output 'jsonpath={.status.readyReplicas}')"
  if [ -n "$revision_before" ]; then
    say "in the cluster: revision $revision_before, $(deployed_image), ${ready_before:-0} pods ready"
  else
    say 'in the cluster: no deployment yet'
  fi
}

# What an operator would look at first.
diagnose() {
  kube get pods --selector "$pod_selector" --output wide || true
  kube get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 15 || true
  kube logs --selector "$pod_selector" --container "$container" --prefix --tail=15 || true
}

# put_back WHAT VERB [OPTION]...: what ci/cluster_state.py names as WHAT, given to kubectl VERB.
put_back() {
  local what="$1"
  shift
  live >"$work/now.json" && python3 ci/cluster_state.py "$what" "$work/before.json" "$work/now.json" >"$work/list.json" ||
    return 1
  [ ! -s "$work/list.json" ] || kubectl "$@" --filename "$work/list.json"
}

# restore: everything as it was. Settings come first, because the pods that the undo starts read them, and
# the undo before anything slow: who cancels a pipeline ends it for good ten seconds later.
restore() {
  local status=0
  # Without validation: it was valid, and kubectl would fetch every schema for it first.
  put_back changed replace --validate=ignore || status=1
  # By number: without one, a rollout that changed nothing would be undone into the one before it.
  kube rollout undo "deployment/$deployment" --to-revision="$revision_before" || status=1
  # What is not in a revision: strategy, labels, number of pods.
  put_back deployment replace --validate=ignore || status=1
  put_back created delete --ignore-not-found --wait=false || status=1
  put_back applied apply set-last-applied --create-annotation || status=1
  kube rollout status "deployment/$deployment" --timeout="${timeout}s" || status=1
  return "$status"
}

# go_back REASON: says what failed, puts everything back, and ends the script.
go_back() {
  # Whoever cancels sends more than one signal.
  trap '' INT TERM HUP
  stop_attended
  stop_forward
  printf '\n%s==> FAILED: %s%s\n' "$_bold" "$1" "$_plain" >&2
  if [ -z "$revision_before" ]; then
    diagnose >&2
    fail "$1; this was the first deployment: there is no revision to go back to; see above" 70
  fi
  say "going back to revision $revision_before" >&2
  if restore >&2; then
    diagnose >&2
    fail "$1; the cluster is back at revision $revision_before"
  fi
  diagnose >&2
  fail "$1; going back to revision $revision_before failed as well: kubectl rollout history deployment/$deployment -n $namespace" 70
}

# no_model_yet: do the new pods wait for the first promotion? Where some pod was ready before, a missing
# model is a fault like any other.
no_model_yet() {
  local pod answer
  [ "${ready_before:-0}" -eq 0 ] || return 1
  pod="$(pods_with "$image" any | head -n 1)"
  [ -n "$pod" ] && have curl && forward "pod/$pod" "$pod_port" || return 1
  answer="$(curl --silent --max-time 5 "$forwarded/health/ready" || true)"
  stop_forward
  grep -qE 'no version has the alias|there is no registered model' <<<"$answer"
}

# roll_out: waits for the new pods; ends the script where they can only wait for a model.
roll_out() {
  # Looks early: nobody wants to wait a quarter of an hour for a promotion that has not been made.
  if [ "${ready_before:-0}" -eq 0 ] && [ "$timeout" -gt 60 ]; then
    wait_for_rollout 60 && return 0
    ! no_model_yet || end_without_model
  fi
  wait_for_rollout "$timeout" && return 0
  ! no_model_yet || end_without_model
  return 1
}

end_without_model() {
  trap - INT TERM HUP
  fail "$image is rolled out, and its pods wait for a model: none is in production yet. Nothing was taken back. Promote one: ci/promote.sh --run-id RUN_ID" 75
}

wait_for_rollout() {
  attended kubectl --namespace "$namespace" rollout status "deployment/$deployment" --timeout="${1}s"
}

require_kubectl
work="$(mktemp -d)"
step "Overlay $overlay with $image" 'seconds'
render
if [ "$dry_run" = yes ]; then
  cat "$work/all.yaml"
  exit 0
fi
have python3 || fail 'python3 not found: install Python 3.9 or newer' 69
require_smoke
remember

step 'Apply' 'seconds'
trap 'go_back cancelled' INT TERM HUP
attended kubectl apply --filename "$work/all.yaml" || go_back 'the manifests could not be applied'

step 'Roll out' 'usually 1 to 3 minutes'
roll_out || go_back "the new pods are not ready within $timeout s"

step 'Ask every new pod for a forecast, and one through the Service' 'seconds'
ask_pods "$image" ci/smoke.sh || go_back 'the smoke test failed'
ask "service/$deployment" "$service_port" ci/smoke.sh || go_back 'the smoke test through the Service failed'
trap - INT TERM HUP

step_done
printf '\n%s==> %s serves%s\n' "$_bold" "$image" "$_plain"
kube get deployment "$deployment"
