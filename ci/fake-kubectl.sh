#!/usr/bin/env bash
# Stands in for kubectl where there is no cluster, so that ci/deploy.sh and
# ci/promote.sh can be run into faults that no test cluster has on demand; see
# ci/prove-deploy.sh. It keeps what it was told in the folder FAKE_CLUSTER and
# refuses what it does not know. Rendering and --local go to the real kubectl.
#
#   FAKE_CLUSTER/image, revision   what the Deployment has now
#   FAKE_CLUSTER/image.N           what it had at revision N
#   FAKE_CLUSTER/log               every command that would have changed something
#   FAKE_CLUSTER/faults            words: apply rollout undo forward job
set -euo pipefail

cluster="${FAKE_CLUSTER:?}"
arguments=" $* "

fault() { grep -qsw "$1" "$cluster/faults"; }
noted() { printf '%s\n' "$*" >>"$cluster/log"; }
now() { cat "$cluster/$1" 2>/dev/null || true; }

# next_revision IMAGE: the Deployment's controller, as far as anybody here looks.
next_revision() {
  local next=$(($(now revision) + 1))
  printf '%s' "$next" >"$cluster/revision"
  printf '%s' "$1" | tee "$cluster/image" >"$cluster/image.$next"
}

file_argument() { sed -n 's/.* \(--filename\|-f\) \([^ ]*\) .*/\2/p' <<<"$arguments"; }

case "$arguments" in
  *' --local '* | ' kustomize '*) exec "${REAL_KUBECTL:?}" "$@" ;;
  *' apply '*)
    file="$(file_argument)"
    if [ "$file" = - ]; then
      noted "apply $(cat)"
      exit 0
    fi
    image="$(sed -n 's/^ *image: \(.*forecast-service:.*\)/\1/p' "$file")"
    noted "apply $image"
    grep -q '^kind: Secret' "$file" && noted 'apply SECRET'
    fault apply && exit 1
    [ "$image" = "$(now image)" ] || next_revision "$image"
    ;;
  *' rollout status '*)
    noted 'rollout status'
    # The old revision is always fine.
    [ -e "$cluster/undone" ] || ! fault rollout
    ;;
  *' rollout undo '*)
    to="$(sed -n 's/.*--to-revision=\([0-9]*\).*/\1/p' <<<"$arguments")"
    noted "rollout undo $to"
    fault undo && exit 1
    touch "$cluster/undone"
    next_revision "$(now "image.$to")"
    ;;
  *' get deployment '*revision*) now revision ;;
  *' get deployment '*containers*) now image ;;
  *' get deployment '*) printf 'forecast-service   %s\n' "$(now image)" ;;
  *' get configmap '*) [ -z "$(now revision)" ] || printf '{"kind":"ConfigMap","data":{"as":"before"}}' ;;
  *' get pods '*terminated*) now exit-code ;;
  *' get pods '*jsonpath*)
    # The last pod of the revision before is on its way out.
    printf 'pod-old|2026-01-01T00:00:00Z|%s\npod-a||%s\npod-b||%s\n' "$(now image)" "$(now image)" "$(now image)"
    ;;
  *' get serviceaccount '*) ! fault account ;;
  *' get job.batch/'*) if fault job; then printf 'Failed'; else printf 'Complete'; fi ;;
  *' get pods '* | *' get events '* | *' logs '*) printf 'fake %s\n' "$*" ;;
  *' create '*)
    noted "create $(grep -A1 -E 'name: RUN_ID|--dry-run' | tr -s ' \n' ' ')"
    printf 'job.batch/forecast-promote-abcde\n'
    ;;
  *' port-forward '*)
    fault forward && echo 'error: unable to forward' >&2 && exit 1
    printf 'Forwarding from 127.0.0.1:9 -> 8080\n'
    exec sleep 60
    ;;
  *)
    printf 'fake-kubectl: not known: %s\n' "$*" >&2
    exit 64
    ;;
esac
