# shellcheck shell=bash
# What ci/deploy.sh and ci/promote.sh share: names in the cluster, its pods, and what
# is asked of them through a port-forward. Sourced after ci/lib.sh, never run.

# Read by the scripts that source this.
# shellcheck disable=SC2034
namespace=ml-forecast
deployment=forecast-service
container=forecast-api
pod_selector='app.kubernetes.io/name=forecast-service,app.kubernetes.io/component=api'
pod_port=8080
service_port=80

# require_kubectl: the pinned one of ci/setup-tools.sh comes first.
require_kubectl() {
  PATH="$PWD/.dev/tools/bin:$PATH"
  have kubectl || fail 'kubectl not found: run ci/setup-tools.sh' 69
}

# require_value FLAG COUNT VALUE: refuses a flag that is the last word or followed by another flag.
require_value() {
  case "${3:-}" in
    '' | -*) usage >&2 && fail "$1 needs a value" 2 ;;
  esac
}

# Looking takes no longer than this; what waits on purpose has a limit of its own.
kube() {
  case "$1" in
    get) kubectl --namespace "$namespace" --request-timeout=20s "$@" ;;
    *) kubectl --namespace "$namespace" "$@" ;;
  esac
}

_attended_pid=''

# attended COMMAND...: runs a program (no function) so that a signal is heard at once: bash keeps a
# trap waiting for as long as a command runs in the foreground.
attended() {
  local status=0
  "$@" &
  _attended_pid=$!
  wait "$_attended_pid" || status=$?
  _attended_pid=''
  return "$status"
}

# stop_attended: ends what is being attended, if anything is.
stop_attended() {
  [ -n "$_attended_pid" ] || return 0
  kill "$_attended_pid" 2>/dev/null || true
  wait "$_attended_pid" 2>/dev/null || true
  _attended_pid=''
}

# deployed_image: the image that the Deployment asks for; nothing where there is no Deployment.
deployed_image() {
  kube get deployment "$deployment" --ignore-not-found \
    --output "jsonpath={.spec.template.spec.containers[?(@.name==\"$container\")].image}"
}

# pods_with IMAGE [any]: names of the pods that run it, take requests and are not being deleted; with
# `any`, also of those that run and are not ready. Pods that are Pending or Evicted answer nobody.
pods_with() {
  local image="$1" which="${2:-ready}" name deleted phase ready its_image
  kube get pods --selector "$pod_selector" --output "jsonpath={range .items[*]}{.metadata.name}{\"|\"}{.metadata.deletionTimestamp}{\"|\"}{.status.phase}{\"|\"}{.status.conditions[?(@.type==\"Ready\")].status}{\"|\"}{.spec.containers[?(@.name==\"$container\")].image}{\"\n\"}{end}" |
    while IFS='|' read -r name deleted phase ready its_image; do
      if [ -z "$deleted" ] && [ "$phase" = Running ] && [ "$its_image" = "$image" ] &&
        { [ "$which" = any ] || [ "$ready" = True ]; }; then
        printf '%s\n' "$name"
      fi
    done
}

# has_left POD: is it gone, or on its way out?
has_left() {
  local known
  known="$(kube get pod "$1" --ignore-not-found \
    --output 'jsonpath={.metadata.name}{"|"}{.metadata.deletionTimestamp}{"|"}{.status.phase}')" || return 1
  case "$known" in
    *'||Running') return 1 ;;
    *) return 0 ;;
  esac
}

_forward_pid='' _forward_log='' forwarded=''

# stop_forward: ends the port-forward, if there is one.
stop_forward() {
  [ -n "$_forward_pid" ] || return 0
  kill "$_forward_pid" 2>/dev/null || true
  wait "$_forward_pid" 2>/dev/null || true
  rm -f "$_forward_log"
  _forward_pid=''
}

# forward TARGET PORT: begins a port-forward and puts its local address into $forwarded.
forward() {
  local port='' give_up=$((SECONDS + 20))
  _forward_log="$(mktemp)"
  kubectl --namespace "$namespace" port-forward "$1" ":$2" >"$_forward_log" 2>&1 &
  _forward_pid=$!
  while [ -z "$port" ] && [ "$SECONDS" -lt "$give_up" ] && kill -0 "$_forward_pid" 2>/dev/null; do
    sleep 0.1
    port="$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\) .*/\1/p' "$_forward_log")"
  done
  if [ -z "$port" ]; then
    say "$1 cannot be reached: $(tail -n 1 "$_forward_log")"
    stop_forward
    return 1
  fi
  forwarded="http://127.0.0.1:$port"
}

# ask TARGET PORT COMMAND [ARGUMENT]...: runs the command with the target's address and the arguments.
ask() {
  local target="$1" port="$2" command="$3" status=0
  shift 3
  forward "$target" "$port" || return 1
  say "$target"
  attended "$command" "$forwarded" "$@" || status=1
  stop_forward
  return "$status"
}

# ask_pods IMAGE COMMAND [ARGUMENT]...: asks every ready pod with this image; one that has left meanwhile
# does not count, and no pod at all is a failure.
ask_pods() {
  local image="$1" pods pod asked=0
  shift
  pods="$(pods_with "$image")" || return 1
  # The list is read before the loop: the commands in it read from standard input as well.
  for pod in $pods; do
    if ask "pod/$pod" "$pod_port" "$@"; then
      asked=$((asked + 1))
    elif has_left "$pod"; then
      say "pod/$pod has left meanwhile"
    else
      return 1
    fi
  done
  if [ "$asked" -eq 0 ]; then
    say "no pod with $image is ready"
    return 1
  fi
}

# require_smoke: builds the smoke program where FORECAST_SMOKE names none, before anything is changed.
require_smoke() {
  if [ -z "${FORECAST_SMOKE:-}" ]; then
    have cargo ||
      fail 'nothing was touched: FORECAST_SMOKE names no smoke program, and there is no cargo to build it with' 69
    say 'building the smoke program (once, some minutes)'
    cargo build --quiet --release --locked -p forecast-client --example smoke ||
      fail 'nothing was touched: the smoke program cannot be built' 69
    FORECAST_SMOKE="$(cargo_target_dir)/release/examples/smoke"
    export FORECAST_SMOKE
  fi
  [ -f "$FORECAST_SMOKE" ] && [ -x "$FORECAST_SMOKE" ] ||
    fail "nothing was touched: FORECAST_SMOKE=$FORECAST_SMOKE is no program" 64
}
