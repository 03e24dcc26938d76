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
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# A copy of the tree's scripts and manifests, in which kubectl is the fake one.
mkdir -p "$work/tree/.dev/tools/bin" "$work/tree/deploy"
cp -r ci "$work/tree/"
cp -r deploy/k8s "$work/tree/deploy/"
cp ci/fake-kubectl.sh "$work/tree/.dev/tools/bin/kubectl"
# shellcheck disable=SC2016 # It is expanded when it runs.
printf '#!/bin/sh\nprintf "smoke %%s\\n" "$*" >>"$FAKE_CLUSTER/log"\n! grep -qsw smoke "$FAKE_CLUSTER/faults"\n' >"$work/smoke"
chmod +x "$work/smoke"
export FORECAST_SMOKE="$work/smoke" FAKE_CLUSTER="$work/cluster"

# cluster REVISION [FAULT]...: a cluster at this revision of the old image (0: no deployment), with faults.
cluster() {
  rm -rf "$FAKE_CLUSTER"
  mkdir -p "$FAKE_CLUSTER"
  : >"$FAKE_CLUSTER/log"
  if [ "$1" -gt 0 ]; then
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
said() { grep -q "$1" "$work/out"; }

step 'ci/deploy.sh' 'seconds'

cluster 7
expect 'a rollout that goes well' 0 ci/deploy.sh --image "$new"
check 'the new image serves' serves "$new"
check 'both new pods were tested' test "$(grep -c '^smoke http' "$FAKE_CLUSTER/log")" -eq 2
check 'nothing was undone' not_logged 'rollout undo'
check 'no Secret was applied' not_logged SECRET

cluster 7
expect 'an overlay that has Secrets' 0 ci/deploy.sh --image "$new" --overlay dev
check 'no Secret was applied' not_logged SECRET

cluster 7 rollout
expect 'pods that never become ready' 1 ci/deploy.sh --image "$new"
check 'revision 7 was restored by its number' logged '^rollout undo 7$'
check 'the old image serves' serves "$old"
check 'the settings before were restored' logged '"as":"before"'
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

cluster 7 apply
expect 'manifests that are refused' 1 ci/deploy.sh --image "$new"
check 'revision 7 was asked for again' logged '^rollout undo 7$'

cluster 7 rollout undo
expect 'an undo that fails too needs somebody' 70 ci/deploy.sh --image "$new"
check 'it says how to look' said 'kubectl rollout history deployment/forecast-service -n ml-forecast'

cluster 0 rollout
expect 'a first deployment that fails has nothing to go back to' 70 ci/deploy.sh --image "$new"
check 'nothing was undone' not_logged 'rollout undo'

cluster 7
expect 'a dry run asks no cluster' 0 ci/deploy.sh --image "$new" --dry-run
check 'nothing was changed' test ! -s "$FAKE_CLUSTER/log"
check 'it shows the image' said "image: $new"
expect 'latest is refused' 64 ci/deploy.sh --image "$repository:latest"
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

cluster 7 account
expect 'a cluster without the account for it' 64 ci/promote.sh --run-id "$run_id"
expect 'a run id that is a command' 64 ci/promote.sh --run-id 'abc; rm -rf /'
check 'nothing was changed' test ! -s "$FAKE_CLUSTER/log"

step_done
[ "$failures" -eq 0 ] || fail "$failures checks failed; see above"
printf '\n%s==> Every failure ends as it should%s\n' "$_bold" "$_plain"
