# shellcheck shell=bash
# What ci/deploy.sh and ci/promote.sh share: names in the cluster, its pods, and the
# smoke test through a port-forward. Sourced after ci/lib.sh, never run.

# Read by the scripts that source this.
# shellcheck disable=SC2034
namespace=ml-forecast
deployment=forecast-service
container=forecast-api
pod_selector='app.kubernetes.io/name=forecast-service,app.kubernetes.io/component=api'
pod_port=8080

# require_kubectl: the pinned one of ci/setup-tools.sh comes first.
require_kubectl() {
  PATH="$PWD/.dev/tools/bin:$PATH"
  have kubectl || fail 'kubectl not found: run ci/setup-tools.sh' 69
}

kube() { kubectl --namespace "$namespace" "$@"; }

# deployed_image: the image that the Deployment asks for; nothing where there is no Deployment.
deployed_image() {
  kube get deployment "$deployment" --ignore-not-found \
    --output "jsonpath={.spec.template.spec.containers[?(@.name==\"$container\")].image}"
}

# pods_with IMAGE: names of the pods that run it and are not being deleted.
pods_with() {
  local name deleted image
  kube get pods --selector "$pod_selector" --output "jsonpath={range .items[*]}{.metadata.name}{\"|\"}{.metadata.deletionTimestamp}{\"|\"}{.spec.containers[?(@.name==\"$container\")].image}{\"\n\"}{end}" |
    while IFS='|' read -r name deleted image; do
      if [ -z "$deleted" ] && [ "$image" = "$1" ]; then
        printf '%s\n' "$name"
      fi
    done
}

_forward_pid=''

# stop_forward: ends the port-forward, if there is one.
stop_forward() {
  [ -n "$_forward_pid" ] || return 0
  kill "$_forward_pid" 2>/dev/null || true
  wait "$_forward_pid" 2>/dev/null || true
  _forward_pid=''
}

# smoke_pod POD [OPTION]...: the smoke test against one pod, past Service and ingress.
smoke_pod() {
  local pod="$1" log port='' give_up=$((SECONDS + 20)) status=0
  shift
  log="$(mktemp)"
  kube port-forward "pod/$pod" ":$pod_port" >"$log" 2>&1 &
  _forward_pid=$!
  while [ -z "$port" ] && [ "$SECONDS" -lt "$give_up" ] && kill -0 "$_forward_pid" 2>/dev/null; do
    sleep 0.1
    port="$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\) .*/\1/p' "$log")"
  done
  if [ -n "$port" ]; then
    say "pod $pod"
    ci/smoke.sh "http://127.0.0.1:$port" "$@" || status=1
  else
    say "pod $pod cannot be reached: $(tail -n 1 "$log")"
    status=1
  fi
  stop_forward
  rm -f "$log"
  return "$status"
}

# smoke_pods IMAGE [OPTION]...: the smoke test against every pod with this image; no pod is a failure.
smoke_pods() {
  local image="$1" pods pod
  shift
  pods="$(pods_with "$image")"
  if [ -z "$pods" ]; then
    say "no pod runs $image"
    return 1
  fi
  # The list is read before the loop: the commands in it read from standard input as well.
  for pod in $pods; do
    smoke_pod "$pod" "$@" || return 1
  done
}
