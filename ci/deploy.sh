#!/usr/bin/env bash
# Rolls an image out to the cluster, as the pipeline does: applies the manifests, waits for
# the rollout, asks every new pod for a forecast, and goes back to the revision and the
# settings before where one of these fails. Uses the cluster that kubectl points to.
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
                       luxuryhouse.azurecr.io/luxuryhouse/forecast-service:1.0.1
  --overlay NAME       folder under deploy/k8s/overlays (default: prod)
  --timeout SECONDS    how long the rollout may take (default: 900)
  --dry-run            print what would be applied; asks no cluster

Exit code 0: rolled out and tested. 1: failed, and the cluster is as it was. 70: failed, and going
back failed too: somebody has to look. 2, 64: nothing was touched, the command line or the files are wrong.

Environment:
  FORECAST_SMOKE   the smoke program, where it has been built already (see ci/smoke.sh)
TEXT
}

image='' overlay=prod timeout=900 dry_run=no
while [ $# -gt 0 ]; do
  case "$1" in
    --image) image="${2:?--image needs a value}" && shift ;;
    --overlay) overlay="${2:?--overlay needs a value}" && shift ;;
    --timeout) timeout="${2:?--timeout needs a value}" && shift ;;
    --dry-run) dry_run=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
case "$image" in
  '') usage >&2 && exit 2 ;;
  *:latest | *[!a-zA-Z0-9./:@_-]*) fail "--image $image: name a tag that never changes, such as :1.0.1" 64 ;;
  */*:*) ;;
  *) fail "--image $image has no tag or no registry" 64 ;;
esac
case "$timeout" in *[!0-9]*) fail "--timeout $timeout is no number of seconds" 64 ;; esac
[ -f "deploy/k8s/overlays/$overlay/kustomization.yaml" ] ||
  fail "there is no deploy/k8s/overlays/$overlay; choose one of: $(ls deploy/k8s/overlays)" 64

# The development overlay lives in a namespace of its own.
named="$(sed -n 's/^namespace: *//p' "deploy/k8s/overlays/$overlay/kustomization.yaml")"
namespace="${named:-$namespace}"

work=''
cleanup() {
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
  - name: ${image%:*}
    newTag: "${image##*:}"
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
  grep -qF "image: $image" "$work/all.yaml" ||
    fail "no container of overlay $overlay has the image ${image%:*}; nothing was applied" 64
}

# What the cluster has now, to go back to.
remember() {
  revision_before="$(kube get deployment "$deployment" --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')"
  config_before="$(kube get configmap forecast-config --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}')"
  if [ -n "$revision_before" ]; then
    say "in the cluster: revision $revision_before, $(deployed_image)"
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

# go_back REASON: says what failed, restores settings and revision, and ends the script.
go_back() {
  trap - INT TERM
  stop_forward
  printf '\n%s==> FAILED: %s%s\n' "$_bold" "$1" "$_plain" >&2
  diagnose >&2
  if [ -z "$revision_before" ]; then
    fail 'this was the first deployment: there is no revision to go back to; see above' 70
  fi
  say "going back to revision $revision_before" >&2
  # The settings first: the pods that the undo starts read them.
  if [ -n "$config_before" ]; then
    printf '%s' "$config_before" | kube apply --filename - >&2 || say 'forecast-config could not be restored' >&2
  fi
  # By number: without one, a rollout that changed nothing would be undone into the one before it.
  if kube rollout undo "deployment/$deployment" --to-revision="$revision_before" >&2 &&
    kube rollout status "deployment/$deployment" --timeout="${timeout}s" >&2; then
    fail "$1; the cluster is back at revision $revision_before"
  fi
  fail "$1; going back to revision $revision_before failed as well: kubectl rollout history deployment/$deployment -n $namespace" 70
}

require_kubectl
work="$(mktemp -d)"
step "Overlay $overlay with $image" 'seconds'
render
if [ "$dry_run" = yes ]; then
  cat "$work/all.yaml"
  exit 0
fi
remember

step 'Apply' 'seconds'
trap 'go_back interrupted' INT TERM
kubectl apply --filename "$work/all.yaml" || go_back 'the manifests could not be applied'

step 'Roll out' 'usually 1 to 3 minutes'
kube rollout status "deployment/$deployment" --timeout="${timeout}s" ||
  go_back "the new pods are not ready within $timeout s"

step 'Ask every new pod for a forecast' 'seconds'
smoke_pods "$image" || go_back 'the smoke test failed'
trap - INT TERM

step_done
printf '\n%s==> %s serves%s\n' "$_bold" "$image" "$_plain"
kube get deployment "$deployment"
