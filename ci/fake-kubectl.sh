#!/usr/bin/env bash
# Stands in for kubectl where there is no cluster, so that ci/deploy.sh and
# ci/promote.sh can be run into faults that no test cluster has on demand; see
# ci/prove-deploy.sh. It keeps what it was told in the folder FAKE_CLUSTER and
# refuses what it does not know. Rendering and --local go to the real kubectl.
#
#   FAKE_CLUSTER/image, revision   what the Deployment has now
#   FAKE_CLUSTER/image.N           what it had at revision N
#   FAKE_CLUSTER/log               every command that would have changed something
#   FAKE_CLUSTER/objects.json      what it has besides: a Service, a ConfigMap, a NetworkPolicy once applied
#   FAKE_CLUSTER/faults            words: apply rollout undo replace forward service job account secret forbidden stuck
#                                  hang (a rollout that does not end), crowd (pods that do not answer),
#                                  vanish (a pod that leaves), nopod, unready (nothing was ready before)
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

# change VERB [FILE]: the objects after an apply, or after a replace or a delete of the list in the file.
change() {
  python3 - "$cluster/objects.json" "$1" "${2:-}" <<'PY'
import json, sys
path, verb, file = sys.argv[1:]
note = "kubectl.kubernetes.io/last-applied-configuration"
key = lambda item: (item["kind"], item["metadata"]["name"])
objects = {key(item): item for item in json.load(open(path))["items"]}
if verb == "apply" and ("Deployment", "forecast-service") in objects:
    objects["Service", "forecast-service"]["spec"]["port"] = 8000
    objects["ConfigMap", "forecast-config"]["data"]["as"] = "after"
    objects["ConfigMap", "forecast-config"]["metadata"]["annotations"] = {note: "{}"}
    objects["Deployment", "forecast-service"]["spec"].update(strategy="after", replicas=7)
    new = {"kind": "NetworkPolicy", "metadata": {"name": "new", "namespace": "n"}, "spec": {}}
    objects[key(new)] = new
for item in json.load(open(file))["items"] if file else []:
    assert "resourceVersion" not in item["metadata"], "the cluster would refuse this"
    # kubectl would write the whole object into it.
    assert note not in item["metadata"].get("annotations", {}), "would be the wrong manifest"
    if verb == "set-last-applied":
        objects["ConfigMap", item["metadata"]["name"]]["metadata"]["annotations"] = {note: json.dumps(item)}
    if verb == "replace":
        objects[key(item)] = {**item, "metadata": {**item["metadata"], "resourceVersion": "2"}}
    if verb == "delete":
        del objects[key(item)]
json.dump({"kind": "List", "items": list(objects.values())}, open(path, "w"))
PY
}

case "$arguments" in
  *' --local '*) exec "${REAL_KUBECTL:?}" "$@" ;;
  ' kustomize '*)
    # Once for each text: most runs of a proof render the same.
    rendered="$cluster.rendered.$(cksum <"$2/kustomization.yaml" | cut -d ' ' -f 1)"
    [ -s "$rendered" ] || "${REAL_KUBECTL:?}" "$@" >"$rendered"
    cat "$rendered"
    ;;
  *' set-last-applied '*) change set-last-applied "$(file_argument)" ;;
  *' apply '*)
    file="$(file_argument)"
    image="$(sed -n 's/^ *image: \(.*forecast-service:.*\)/\1/p' "$file")"
    noted "apply $image"
    grep -q '^kind: Secret' "$file" && noted 'apply SECRET'
    change apply
    fault apply && exit 1
    [ "$image" = "$(now image)" ] || next_revision "$image"
    ;;
  *' rollout status '*)
    noted 'rollout status'
    [ -e "$cluster/undone" ] || ! fault hang || exec sleep 30
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
  *' delete job.batch/'*) noted 'delete job' ;;
  *' replace '* | *' delete '*)
    verb="$(grep -owm1 -e replace -e delete <<<"$arguments" | head -n 1)"
    noted "$verb $(cat "$(file_argument)")"
    fault "$verb" && exit 1
    change "$verb" "$(file_argument)"
    ;;
  *' get '*' --filename '*) now objects.json ;;
  *' get deployment '*readyReplicas*) [ -z "$(now revision)" ] || fault unready || printf 2 ;;
  *' get deployment '*revision*) now revision ;;
  *' get deployment '*containers*) now image ;;
  *' get deployment '*) printf 'forecast-service   %s\n' "$(now image)" ;;
  *' get pod pod-gone '*) ;;
  *' get pod '*) printf 'pod||Running' ;;
  *' get pods '*waiting*) ! fault stuck || printf 'CreateContainerConfigError: secret "a" not found\n' ;;
  *' get pods '*terminated*) now exit-code ;;
  *' get pods '*jsonpath*)
    image="$(now image)"
    # The last pod of the revision before is on its way out.
    printf 'pod-old|2026-01-01T00:00:00Z|Running|True|%s\n' "$image"
    # A pod of a scale-up, and one that its node threw out.
    ! fault crowd || printf 'pod-pending||Pending||%s\npod-evicted||Failed|False|%s\npod-starting||Running|False|%s\n' "$image" "$image" "$image"
    ! fault vanish || printf 'pod-gone||Running|True|%s\n' "$image"
    ready=True
    ! fault rollout || ready=False
    fault nopod || printf 'pod-a||Running|%s|%s\npod-b||Running|%s|%s\n' "$ready" "$image" "$ready" "$image"
    ;;
  *' get serviceaccount '*) fault account || printf 'serviceaccount/any' ;;
  *' get secret '*)
    fault forbidden && echo 'Error from server (Forbidden)' >&2 && exit 1
    fault secret || printf 'secret/any'
    ;;
  *' get job.batch/'*) if fault stuck; then :; elif fault job; then printf 'Failed'; else printf 'Complete'; fi ;;
  *' get pods '* | *' get events '* | *' logs '*) printf 'fake %s\n' "$*" ;;
  *' create '*)
    noted "create $(grep -A1 -E 'name: RUN_ID|--dry-run' | tr -s ' \n' ' ')"
    printf 'job.batch/forecast-promote-abcde\n'
    ;;
  *' port-forward '*)
    fault forward && echo 'error: unable to forward' >&2 && exit 1
    case "$arguments" in
      *' pod/pod-gone '*) echo 'error: pods "pod-gone" not found' >&2 && exit 1 ;;
      *' service/'*) fault service && echo 'error: Service does not have port 80' >&2 && exit 1 ;;
    esac
    noted "forward $(grep -oE '(pod|service)/[a-z-]+ :[0-9]+' <<<"$arguments")"
    printf 'Forwarding from 127.0.0.1:9 -> 8080\n'
    exec sleep 60
    ;;
  *)
    printf 'fake-kubectl: not known: %s\n' "$*" >&2
    exit 64
    ;;
esac
