#!/usr/bin/env bash
# Proves what ci/deploy.sh and ci/promote.sh do when something fails: the scripts as they are,
# the real kubectl for rendering, and ci/fake-kubectl.sh for the cluster, because pods that
# do not start and undos that fail cannot be had here on demand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

case "${1:-}" in
  '') ;;
  *)
    printf 'Usage: ci/prove-deploy.sh\n\nRuns ci/deploy.sh and ci/promote.sh through every way of failing; takes seconds.\n'
    exit "$([ "$1" = --help ] && echo 0 || echo 2)"
    ;;
esac

repository=luxuryhouse.azurecr.io/luxuryhouse/forecast-service
old="$repository:1.0.0" new="$repository:1.0.1"
run_id=0123456789abcdef0123456789abcdef

REAL_KUBECTL="$(PATH="$PWD/.dev/tools/bin:$PATH" command -v kubectl)" ||
  fail 'kubectl not found: run ci/setup-tools.sh' 69
export REAL_KUBECTL
# The interpreter itself: a version manager's wrapper takes longer than the scripts.
PATH="$(dirname "$(python3 -c 'import sys; print(sys.executable)')"):$PATH"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# A copy of the tree's scripts and manifests, in which kubectl is the fake one.
mkdir -p "$work/tree/.dev/tools/bin" "$work/tree/deploy"
cp -r ci "$work/tree/"
cp -r deploy/k8s "$work/tree/deploy/"
cp ci/fake-kubectl.sh "$work/tree/.dev/tools/bin/kubectl"
# shellcheck disable=SC2016 # It is expanded when it runs.
printf '#!/bin/sh\nprintf "smoke %%s\\n" "$*" >>"$FAKE_CLUSTER/log"\n! grep -qsw smoke "$FAKE_CLUSTER/faults"\n' >"$work/smoke"
# shellcheck disable=SC2016 # So is this.
printf '#!/bin/sh\nprintf "curl %%s\n" "$*" >>"$FAKE_CLUSTER/log"\ncat "$FAKE_CLUSTER/answer"\n' >"$work/tree/.dev/tools/bin/curl"
chmod +x "$work/smoke" "$work/tree/.dev/tools/bin/curl"
export FORECAST_SMOKE="$work/smoke" FAKE_CLUSTER="$work/cluster"

# cluster REVISION [FAULT]...: a cluster at this revision of the old image (0: no deployment), with faults.
cluster() {
  rm -rf "$FAKE_CLUSTER"
  mkdir -p "$FAKE_CLUSTER"
  : >"$FAKE_CLUSTER/log"
  : >"$FAKE_CLUSTER/answer"
  printf '{"kind": "List", "items": []}' >"$FAKE_CLUSTER/objects.json"
  if [ "$1" -gt 0 ]; then
    cat >"$FAKE_CLUSTER/objects.json" <<'JSON'
{"kind": "List", "items": [
  {"kind": "Service", "metadata": {"name": "forecast-service", "namespace": "n", "resourceVersion": "1"}, "spec": {"port": 80}},
  {"kind": "ConfigMap", "metadata": {"name": "forecast-config", "namespace": "n", "resourceVersion": "1",
    "annotations": {"kubectl.kubernetes.io/last-applied-configuration":
      "{\"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"forecast-config\"}}"}}, "data": {"as": "before"}},
  {"kind": "Deployment", "metadata": {"name": "forecast-service", "namespace": "n", "resourceVersion": "1"},
   "spec": {"strategy": "before", "replicas": 4}}]}
JSON
    cp "$FAKE_CLUSTER/objects.json" "$work/before.json"
    printf '%s' "$1" >"$FAKE_CLUSTER/revision"
    printf '%s' "$old" | tee "$FAKE_CLUSTER/image" >"$FAKE_CLUSTER/image.$1"
  fi
  shift
  printf '%s\n' "$*" >"$FAKE_CLUSTER/faults"
}

failures=0

# expect WHAT EXIT_CODE COMMAND...: runs it in the copy and compares the exit code.
expect() {
  local what="$1" wanted="$2" status=0
  shift 2
  (cd "$work/tree" && "$@") >"$work/out" 2>&1 || status=$?
  if [ "$status" -eq "$wanted" ]; then
    say "ok    $what"
  else
    say "FAIL  $what: exit code $status instead of $wanted"
    sed 's/^/            /' "$work/out"
    failures=$((failures + 1))
  fi
}

# check WHAT COMMAND...: fails the proof where the command does.
check() {
  local what="$1"
  shift
  if "$@"; then
    say "ok      $what"
  else
    say "FAIL    $what; the log of changes:"
    sed 's/^/            /' "$FAKE_CLUSTER/log"
    failures=$((failures + 1))
  fi
}

logged() { grep -q "$1" "$FAKE_CLUSTER/log"; }
not_logged() { ! logged "$1"; }
serves() { [ "$(cat "$FAKE_CLUSTER/image")" = "$1" ]; }
said() { grep -q -- "$1" "$work/out"; }
# Every object is what it was, in the words of ci/cluster_state.py.
as_it_was() {
  local what
  for what in changed deployment created applied; do
    [ -z "$(python3 ci/cluster_state.py "$what" "$work/before.json" "$FAKE_CLUSTER/objects.json")" ] || return 1
  done
}

# cancel AFTER SIGNAL...: runs ci/deploy.sh, waits for this line of the log, then sends the signals as an
# agent does, which waits for nobody; leaves the exit code in $code and the seconds it took in $took.
cancel() {
  local after="$1" signal pid give_up=$((SECONDS + 15))
  shift
  code=0
  # A job of its own, so that it hears an INT.
  set -m
  (cd "$work/tree" && exec ci/deploy.sh --image "$new") >"$work/out" 2>&1 &
  pid=$!
  set +m
  until logged "$after" || [ "$SECONDS" -gt "$give_up" ]; do sleep 0.05; done
  took=$SECONDS
  for signal in "$@"; do
    kill -"$signal" "$pid" 2>/dev/null || true
    sleep 0.2
  done
  wait "$pid" || code=$?
  took=$((SECONDS - took))
}

step 'ci/deploy.sh' 'seconds'

cluster 7
expect 'a rollout that goes well' 0 ci/deploy.sh --image "$new"
check 'the new image serves' serves "$new"
check 'both new pods were tested, and the Service' test "$(grep -c '^smoke http' "$FAKE_CLUSTER/log")" -eq 3
check 'the Service was asked at its own port' logged '^forward service/forecast-service :80$'
check 'nothing was undone' not_logged 'rollout undo'
check 'no Secret was applied' not_logged SECRET

cluster 7
expect 'an overlay that has Secrets' 0 ci/deploy.sh --image "$new" --overlay dev
check 'no Secret was applied' not_logged SECRET

cluster 7 rollout
expect 'pods that never become ready' 1 ci/deploy.sh --image "$new"
check 'revision 7 was restored by its number' logged '^rollout undo 7$'
check 'the old image serves' serves "$old"
check 'every object is as it was' as_it_was
check 'settings first, then the revision' test "$(grep -oE '^(replace|rollout undo)' "$FAKE_CLUSTER/log" | head -n 2 | tr -s ' \n' ' ')" = 'replace rollout undo '
check 'no pod was tested' not_logged '^smoke'
check 'it says what failed' said 'the new pods are not ready within 900 s; the cluster is back at revision 7'

cluster 7 smoke
expect 'a smoke test that fails' 1 ci/deploy.sh --image "$new"
check 'revision 7 was restored' logged '^rollout undo 7$'
check 'the old image serves' serves "$old"
check 'one failure was enough' test "$(grep -c '^smoke http' "$FAKE_CLUSTER/log")" -eq 1

cluster 7 forward
expect 'a pod that cannot be reached' 1 ci/deploy.sh --image "$new"
check 'the old image serves' serves "$old"

cluster 7 service
expect 'a Service that leads nowhere' 1 ci/deploy.sh --image "$new"
check 'the old image serves' serves "$old"
check 'the Service is as it was' as_it_was

cluster 7 crowd vanish
expect 'pods that start, were evicted or leave' 0 ci/deploy.sh --image "$new"
check 'only ready pods and the Service were tested' test "$(grep -c '^smoke http' "$FAKE_CLUSTER/log")" -eq 3
check 'it names the one that left' said 'pod/pod-gone has left meanwhile'

cluster 7 nopod
expect 'no pod to ask' 1 ci/deploy.sh --image "$new"

for signals in TERM HUP 'INT TERM TERM'; do
  cluster 7 hang
  # shellcheck disable=SC2086 # Words.
  cancel '^rollout status' $signals
  check "cancelled by $signals in the midst of the rollout: exit code 1" test "$code" -eq 1
  check 'it did not wait for the rollout to end' test "$took" -lt 8
  check 'revision 7 was restored by its number' logged '^rollout undo 7$'
  check 'every object is as it was' as_it_was
  check 'undone before anything was looked at' test "$(grep -n 'fake .*wide' "$work/out" | cut -d: -f1)" -gt \
    "$(grep -n 'going back to revision' "$work/out" | cut -d: -f1)"
done

cluster 7 apply
expect 'manifests that are refused' 1 ci/deploy.sh --image "$new"
check 'every object is as it was' as_it_was
check 'revision 7 was asked for again' logged '^rollout undo 7$'

cluster 7 rollout undo
expect 'an undo that fails too needs somebody' 70 ci/deploy.sh --image "$new"
check 'it says how to look' said 'kubectl rollout history deployment/forecast-service -n ml-forecast'

cluster 7 rollout replace
expect 'settings that cannot be restored need somebody' 70 ci/deploy.sh --image "$new"
check 'revision 7 was restored all the same' logged '^rollout undo 7$'

cluster 0 rollout
printf 'no version has the alias production of model demand-forecast' >"$FAKE_CLUSTER/answer"
expect 'a first deployment before the first promotion' 75 ci/deploy.sh --image "$new"
check 'it says what to do' said 'Promote one: ci/promote.sh --run-id RUN_ID'
check 'nothing was undone' not_logged 'rollout undo'
cluster 7 rollout unready
printf 'there is no registered model demand-forecast' >"$FAKE_CLUSTER/answer"
expect 'a second one before the first promotion' 75 ci/deploy.sh --image "$new"
cluster 7 rollout
printf 'no version has the alias production of model demand-forecast' >"$FAKE_CLUSTER/answer"
expect 'an alias that is lost while pods serve is a fault' 1 ci/deploy.sh --image "$new"
check 'the old image serves' serves "$old"

cluster 0 rollout
expect 'a first deployment that fails has nothing to go back to' 70 ci/deploy.sh --image "$new"
check 'nothing was undone' not_logged 'rollout undo'

cluster 7
expect 'a dry run asks no cluster' 0 ci/deploy.sh --image "$new" --dry-run
check 'nothing was changed' test ! -s "$FAKE_CLUSTER/log"
check 'it shows the image' said "image: $new"
digest="$repository@sha256:$(printf '%064d' 1)"
expect 'a digest is an image as well' 0 ci/deploy.sh --image "$digest" --dry-run
check 'it shows the digest' said "image: $digest"
for bad in "$repository:latest" "$repository:LATEST" "$repository:" "$repository" "$repository@sha256:12" \
  "$old@sha256:$(printf '%064d' 1)" 'forecast:1' "$repository:1.0 1"; do
  expect "the image '$bad' is refused" 64 ci/deploy.sh --image "$bad"
done
expect 'an image whose name only begins alike is refused' 64 ci/deploy.sh --image "${repository%e}:1.0.1"
for bad in 0 00 1s 999999; do
  expect "the timeout $bad is refused" 64 ci/deploy.sh --image "$new" --timeout "$bad"
done
for bad in ../base . prod/; do
  expect "the overlay $bad is refused" 64 ci/deploy.sh --image "$new" --overlay "$bad"
done
expect 'a flag without its value' 2 ci/deploy.sh --image
expect 'a flag in place of a value' 2 ci/deploy.sh --image --dry-run
expect 'an empty value' 2 ci/deploy.sh --image ''
expect 'a smoke program that does not exist' 64 env FORECAST_SMOKE=/nowhere ci/deploy.sh --image "$new"
# Without cargo: a PATH of the few programs that the script needs until then.
mkdir -p "$work/few"
for program in bash sed dirname realpath mktemp rm cat grep cksum cut python3 env; do
  ln -sf "$(command -v "$program")" "$work/few/$program"
done
expect 'no smoke program and no cargo' 69 env -u FORECAST_SMOKE PATH="$work/few" ci/deploy.sh --image "$new"
expect 'an image of somebody else is refused' 64 ci/deploy.sh --image docker.io/else/forecast:1
expect 'an overlay that does not exist is refused' 64 ci/deploy.sh --image "$new" --overlay moon
check 'nothing was changed' test ! -s "$FAKE_CLUSTER/log"

step 'ci/promote.sh' 'seconds'

cluster 7
expect 'a promotion that goes well' 0 ci/promote.sh --run-id "$run_id"
check 'the Job names the run' logged "create .*name: RUN_ID value: \"*$run_id"
check 'every pod was asked for the run' test "$(grep -c -- "--expect-run $run_id" "$FAKE_CLUSTER/log")" -eq 2

cluster 7
expect 'a dry run' 0 ci/promote.sh --run-id "$run_id" --dry-run
check 'the Job was told so' logged 'create .*--dry-run'
check 'no pod was asked' not_logged '^smoke'

cluster 7 job
printf 10 >"$FAKE_CLUSTER/exit-code"
expect 'a promotion that is refused' 10 ci/promote.sh --run-id "$run_id"
check 'no pod was asked' not_logged '^smoke'

cluster 7 smoke
expect 'a pod that does not take the model' 1 ci/promote.sh --run-id "$run_id"

cluster 7 crowd vanish
expect 'a promotion while pods start, were evicted or leave' 0 ci/promote.sh --run-id "$run_id"
check 'only ready pods were asked' test "$(grep -c -- "--expect-run $run_id" "$FAKE_CLUSTER/log")" -eq 2

cluster 7
printf '{"run_id":"%s"}' "$run_id" >"$FAKE_CLUSTER/answer"
expect 'a promotion without a smoke program' 0 env -u FORECAST_SMOKE ci/promote.sh --run-id "$run_id"
check 'curl asked both pods' test "$(grep -c '^curl .*/model/info$' "$FAKE_CLUSTER/log")" -eq 2

cluster 7 forbidden
expect 'an account that may not read Secrets' 0 ci/promote.sh --run-id "$run_id"

cluster 7 stuck
expect 'a promotion whose pod cannot start' 1 ci/promote.sh --run-id "$run_id"
check 'it says why' said 'CreateContainerConfigError: secret "a" not found'
check 'the Job does not wait for the Secret' logged '^delete job'

cluster 7 account
expect 'a cluster without the account for it' 64 ci/promote.sh --run-id "$run_id"
check 'it says how to make it' said 'kubectl create serviceaccount .* --namespace ml-forecast'
check 'nothing was changed' test ! -s "$FAKE_CLUSTER/log"
cluster 7 secret
expect 'a cluster without the Secret for it' 64 ci/promote.sh --run-id "$run_id"
check 'it says how to make it' said 'kubectl create secret generic .* --namespace ml-forecast'
expect 'a flag without its value' 2 ci/promote.sh --run-id
expect 'a smoke program that does not exist' 64 env FORECAST_SMOKE=/nowhere ci/promote.sh --run-id "$run_id"
expect 'a run id that is a command' 64 ci/promote.sh --run-id 'abc; rm -rf /'
check 'nothing was changed' test ! -s "$FAKE_CLUSTER/log"

step_done
[ "$failures" -eq 0 ] || fail "$failures checks failed; see above"
printf '\n%s==> Every failure ends as it should%s\n' "$_bold" "$_plain"
