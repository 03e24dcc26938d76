#!/usr/bin/env bash
# Proves that a rolling update loses no request: two forecast-api processes with different
# models (and, where given, different programs) behind a real HAProxy that asks
# /health/ready as Kubernetes does, replaced by each other again and again while
# the load program asks over keep-alive connections, without a retry anywhere.
# Once the proxy hands on requests, as an ingress does, and once connections, as a
# Kubernetes Service does: there a caller leaves a pod only because the pod says so.
#
# Harder than Kubernetes: there is no preStop pause, and nobody takes a server off the
# proxy before its SIGTERM; only its own answer to /health/ready says that it goes.
# Two counter-examples show that the load program would see a lost request.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/prove-rollout.sh [--handovers N] [--connections N] [--old-api PROGRAM]
                            [--new-api PROGRAM] [--help]

  --handovers N        how often one version replaces the other, behind each kind of proxy
                       (default: 4: out, back, out, back)
  --connections N      connections of the load (default: 16)
  --old-api PROGRAM    an earlier forecast-api for the old side (default: the one that is built here)
  --new-api PROGRAM    such as the one from the image (default: the one that is built here)

Environment:
  FORECAST_PROFILE     cargo profile of the programs: release or dev (default: release)

Exit code 0: no request failed in the rollouts and in the promotion, both versions answered, and
both counter-examples lost requests. The figures are in target/ci/rollout/.
TEXT
}

handovers=4 connections=16 old_api='' new_api=''
while [ $# -gt 0 ]; do
  case "$1" in
    --handovers) handovers="${2:?--handovers needs a number}" && shift ;;
    --connections) connections="${2:?--connections needs a number}" && shift ;;
    --old-api) old_api="$(realpath "${2:?--old-api needs a program}")" && shift ;;
    --new-api) new_api="$(realpath "${2:?--new-api needs a program}")" && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
case "$handovers$connections" in
  *[!0-9]*) fail '--handovers and --connections are whole numbers' 2 ;;
esac

profile="${FORECAST_PROFILE:-release}"
case "$profile" in
  dev) bin="$(cargo_target_dir)/debug" ;;
  *) bin="$(cargo_target_dir)/$profile" ;;
esac
work="$(cargo_target_dir)/ci/rollout"
model=demand-forecast

# How long a pod goes on answering after SIGTERM: what the manifests say.
drain_delay="$(sed -n 's/^  FORECAST_DRAIN_DELAY_SECONDS: "\([0-9]*\)"$/\1/p' deploy/k8s/base/configmap.yaml)"
[ -n "$drain_delay" ] || fail 'deploy/k8s/base/configmap.yaml has no FORECAST_DRAIN_DELAY_SECONDS'

# --- processes -----------------------------------------------------------------

declare -A api_pid=([blue]='' [green]='') api_port=() api_alias=([blue]=production [green]=staging)
haproxy_pid='' load_pid=''

# Ends what is still running. Harmless where nothing is.
stop_all() {
  local pid
  trap - EXIT INT TERM
  for pid in "$load_pid" "${api_pid[@]}" "$haproxy_pid"; do
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
}
trap stop_all EXIT
trap 'stop_all; exit 130' INT TERM

free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)); do
    port_is_busy "$port" || break
  done
  printf '%s\n' "$port"
}

# wait_until SECONDS WHAT COMMAND...: polls until the command succeeds.
wait_until() {
  local give_up=$((SECONDS + $1)) what="$2"
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$give_up" ] || fail "$what did not happen in time; the logs are in $work"
    sleep 0.05
  done
}

# state_is SIDE STATE...: what HAProxy thinks of a server, from its statistics page.
state_is() {
  local side="$1" status
  shift
  status="$(curl --noproxy '*' --silent "http://127.0.0.1:$stats_port/stats;csv" |
    awk -F, -v side="$side" '$1 == "pods" && $2 == side { print $18 }')"
  case " $* " in
    *" ${status%% *} "*) return 0 ;;
    *) return 1 ;;
  esac
}

start_haproxy() {
  ingress_port="$(free_port)" service_port="$(free_port)" stats_port="$(free_port)"
  api_port[blue]="$(free_port)" api_port[green]="$(free_port)"
  # No retry and no second server for a request that failed: the proof is about the API.
  cat >"$work/haproxy.cfg" <<CFG
global
  maxconn 4096
defaults
  mode http
  retries 0
  no option redispatch
  timeout connect 1s
  timeout client 60s
  timeout server 60s
frontend ingress
  bind 127.0.0.1:$ingress_port
  default_backend pods
frontend service
  mode tcp
  bind 127.0.0.1:$service_port
  default_backend connections
frontend statistics
  bind 127.0.0.1:$stats_port
  stats enable
  stats uri /stats
backend pods
  balance roundrobin
  option httpchk GET /health/ready
  http-check expect status 200
  default-server check inter 500ms fall 1 rise 1
  server blue 127.0.0.1:${api_port[blue]}
  server green 127.0.0.1:${api_port[green]}
backend connections
  mode tcp
  balance roundrobin
  server blue 127.0.0.1:${api_port[blue]} track pods/blue
  server green 127.0.0.1:${api_port[green]} track pods/green
CFG
  haproxy -db -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1 &
  haproxy_pid=$!
  # It takes a server for ready until the first check says otherwise.
  wait_until 10 'that HAProxy finds both servers down' state_is blue DOWN
  wait_until 10 'that HAProxy finds both servers down' state_is green DOWN
}

# start_api SIDE [DRAIN_DELAY]: starts a side and waits until HAProxy sends it requests.
start_api() {
  local side="$1"
  MLFLOW_TRACKING_URI="$store" FORECAST_MODEL="$model" FORECAST_ALIAS="${api_alias[$side]}" \
    FORECAST_BIND="127.0.0.1:${api_port[$side]}" FORECAST_CACHE_DIR="$work/cache-$side" \
    FORECAST_DRAIN_DELAY_SECONDS="${2:-$drain_delay}" FORECAST_DRAIN_SECONDS=30 \
    FORECAST_POLL_SECONDS=1 FORECAST_LOG=warn FORECAST_LOG_FORMAT=json \
    "$work/bin/api-$side" >>"$work/api-$side.log" 2>&1 &
  api_pid[$side]=$!
  wait_until 60 "that the $side side is ready" state_is "$side" UP
}

# stop_api SIDE SIGNAL: sends the signal, and waits until the process has ended and HAProxy knows.
stop_api() {
  local side="$1" status=0
  kill "-$2" "${api_pid[$side]}"
  wait "${api_pid[$side]}" 2>/dev/null || status=$?
  api_pid[$side]=''
  if [ "$2" = TERM ] && [ "$status" -ne 0 ]; then
    fail "the $side side ended with exit code $status after SIGTERM; see $work/api-$side.log"
  fi
  wait_until 10 "that HAProxy finds the $side side down" state_is "$side" DOWN
}

# start_load NAME [PORT]: asks until stop_load; a pause between requests leaves the machine room for the rollout.
start_load() {
  load_name="$1"
  "$bin/examples/load" "http://127.0.0.1:${2:-$ingress_port}" --connections "$connections" --pause-ms 4 \
    --seconds 600 --request "$work/question.json" --json "$work/$1.json" >"$work/$1.txt" 2>&1 &
  load_pid=$!
}

# Prints its table; leaves its exit code in load_status.
stop_load() {
  kill -TERM "$load_pid"
  load_status=0
  wait "$load_pid" || load_status=$?
  load_pid=''
  sed 's/^/    /' "$work/$load_name.txt"
}

# both_versions NAME: fails unless versions 1 and 2 both answered under this load.
both_versions() {
  grep -q '^models .*1: [0-9]*, 2: [0-9]' "$work/$1.txt" ||
    fail "not both versions of the model answered; see $work/$1.txt"
}

# --- steps ---------------------------------------------------------------------

build() {
  cargo build --profile "$profile" --locked -p forecast-api -p forecast-train -p forecast-promote \
    -p forecast-testkit --bin forecast-api --bin forecast-train --bin forecast-promote --bin forecast-sample
  cargo build --profile "$profile" --locked -p forecast-client --example load --example smoke
  mkdir -p "$work/bin"
  cp "${new_api:-$bin/forecast-api}" "$work/bin/api-green"
  cp "${old_api:-$bin/forecast-api}" "$work/bin/api-blue"
  say "old: $("$work/bin/api-blue" --version), sha256 $(sha256sum "$work/bin/api-blue" | cut -c 1-12)"
  say "new: $("$work/bin/api-green" --version), sha256 $(sha256sum "$work/bin/api-green" | cut -c 1-12)"
}

# train_run FAMILY: trains one small model, and prints its run.
train_run() {
  "$bin/forecast-train" --data "$work/sales.csv" --time date --target sales --series boutique,product \
    --frequency daily --horizon 14 --models "$1" --windows 1 --register "$model" --tracking-uri "$store" \
    --json 2>"$work/train-$1.log" | tail -n 1 | sed -n 's/.*"run_id": *"\([0-9a-f]*\)".*/\1/p'
}

# Version 1 is in production, version 2 in staging: each side follows one of the two.
train() {
  local run_old
  "$bin/forecast-sample" --out "$work" --boutiques 2 --products 3 --days 420 --horizon 14 >/dev/null
  run_old="$(train_run seasonal-naive)" && run_new="$(train_run ridge)"
  [ -n "$run_old" ] && [ -n "$run_new" ] || fail "training failed; see $work/train-*.log"
  "$bin/forecast-promote" --tracking-uri "$store" --name "$model" --run-id "$run_old" --to production
  "$bin/forecast-promote" --tracking-uri "$store" --name "$model" --run-id "$run_new" --to staging
}

other() { case "$1" in blue) echo green ;; green) echo blue ;; esac; }

# The first version alone, and the one question that the load asks: the first series, which both know.
serve() {
  start_haproxy
  start_api blue
  serving=blue
  "$bin/examples/smoke" "http://127.0.0.1:$ingress_port" --expect-version 1
  curl --noproxy '*' --silent --fail "http://127.0.0.1:$ingress_port/series?limit=1" |
    sed 's/.*\("series":\[[^]]*\]\).*/{\1}/' >"$work/question.json"
}

# roll NAME PORT: one side replaces the other, again and again, while requests come in by this port.
roll() {
  local next count
  start_load "$1" "$2"
  sleep 1
  for ((count = 1; count <= handovers; count++)); do
    next="$(other "$serving")"
    start_api "$next"
    sleep 1 # Both answer for a while, as in a rollout of several pods.
    stop_api "$serving" TERM
    say "handover $count: $serving -> $next"
    serving="$next"
  done
  sleep 1
  stop_load
  [ "$load_status" -eq 0 ] || fail "requests failed in the rolling update; see $work/$1.json"
  both_versions "$1"
}

# The served model changes in place: the alias moves, the process stays.
promote_under_load() {
  if [ "$serving" != blue ]; then
    start_api blue
    stop_api green TERM
  fi
  start_load promotion
  sleep 1
  "$bin/forecast-promote" --tracking-uri "$store" --name "$model" --run-id "$run_new"
  "$bin/examples/smoke" "http://127.0.0.1:$ingress_port" --expect-run "$run_new" --wait 30
  sleep 1
  stop_load
  [ "$load_status" -eq 0 ] || fail "requests failed in the promotion; see $work/promotion.json"
  both_versions promotion
}

# counter_example NAME SIGNAL: the same handover as in roll, done wrongly, has to lose requests.
counter_example() {
  start_load "$1"
  sleep 1
  start_api green
  sleep 1
  stop_api blue "$2"
  sleep 1
  stop_load
  [ "$load_status" -eq 1 ] || fail "$1 lost no request: this proof cannot see lost requests; see $work/$1.json"
  # As it was.
  start_api blue "${3:-$drain_delay}"
  stop_api green TERM
}

PATH="$PATH:/usr/sbin"
have haproxy || ci/setup-deploy.sh
have haproxy || fail 'haproxy not found: install it' 69
have curl || fail 'curl not found: install it' 69
require_cargo
rm -rf "$work"
mkdir -p "$work"
store="sqlite:///$work/mlflow.db"

step 'Build the programs' 'usually 8 to 12 minutes the first time on two cores, seconds after'
build
step 'Train two models' 'seconds'
train
step 'Serve version 1' 'seconds'
serve
step "Rolling update behind an ingress, $handovers handovers" "usually $((handovers * (drain_delay + 2) + 2)) s"
roll ingress "$ingress_port"
step "Rolling update behind a Service, $handovers handovers" "usually $((handovers * (drain_delay + 2) + 2)) s"
roll service "$service_port"
step 'Promotion under load' 'usually 5 s'
promote_under_load
step 'Counter-example: the old side is killed' 'usually 15 s'
counter_example killed KILL 0
step 'Counter-example: the old side leaves without a drain delay' 'usually 15 s'
counter_example undrained TERM
step_done
printf '\n%s==> No request was lost%s\n' "$_bold" "$_plain"
steps_summary
