#!/usr/bin/env bash
# Proves the rules, alerts and dashboard of deploy/monitoring against the real
# thing: a real Prometheus scrapes a real forecast-api, and every expression is
# asked of it. The API starts without a registry, so that alerts have something to
# notice; then a model is trained and promoted, requests come in, and in the end
# the API goes.
#
#   ci/prove-monitoring.sh            --keep DIR leaves what it made in DIR
#
# What needs a cluster (kube-state-metrics, cAdvisor) is asked too, and may be
# empty. Takes under two minutes once the programs are built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

monitoring=deploy/monitoring
case "${1:-}" in
  '') out="$(mktemp -d)" && keep=no ;;
  --keep) out="${2:?--keep needs a folder}" && keep=yes && mkdir -p "$out" ;;
  -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0" && exit 0 ;;
  *) fail "unknown argument $1; use --keep DIR or nothing" 2 ;;
esac
out="$(realpath "$out")"
[ -z "$(ls -A "$out")" ] || fail "$out is not empty; choose another folder" 2

api_pid='' prometheus_pid=''

stop() {
  trap - EXIT INT TERM
  local pid
  for pid in $api_pid $prometheus_pid; do
    kill -TERM "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || true
  done
  [ "$keep" = yes ] || rm -rf "$out"
}
trap stop EXIT
trap 'stop; exit 130' INT TERM

# free_port: a loopback port that nothing listens on.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    port_is_busy "$port" || break
  done
  printf '%s\n' "$port"
}

# wait_for WHAT SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local what="$1" left=$(($2 * 5))
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "$what did not happen; see $out (run with --keep DIR to keep it)"
    sleep 0.2
  done
}

# In the development profile, which tests have built already.
build() {
  cargo build --quiet --locked -p forecast-api -p forecast-train -p forecast-promote -p forecast-testkit \
    --bin forecast-api --bin forecast-train --bin forecast-promote --bin forecast-sample
  bin="$(cargo_target_dir)/debug"
}

# A recorded run that nobody has promoted. The plainest model is enough: only its metrics are looked at.
train() {
  "$bin/forecast-sample" --out "$out" --boutiques 2 --products 3 --days 420 --horizon 14 >/dev/null
  MLFLOW_TRACKING_URI="sqlite:///$out/mlflow.db" "$bin/forecast-train" --data "$out/sales.csv" \
    --time date --target sales --series boutique,product --frequency daily --horizon 14 \
    --models seasonal-naive --windows 1 --register demand-forecast >"$out/train.out" 2>"$out/train.log" ||
    fail "training failed: $(tail -n 3 "$out/train.log")"
  # The sample's own request brings the prices that this plain model does not ask for.
  jq '{series}' "$out/request.json" >"$out/known.json"
  run_id="$(sed -n 's/.*forecast-promote --run-id \([0-9a-f]*\).*/\1/p' "$out/train.out" | tail -n 1)"
  [ -n "$run_id" ] || fail "forecast-train did not say which run it recorded; see $out/train.out"
}

promote() {
  MLFLOW_TRACKING_URI="sqlite:///$out/mlflow.db" "$bin/forecast-promote" --run-id "$run_id" >"$out/promote.out"
}

start_api() {
  api_port="$(free_port)"
  env -u OTEL_EXPORTER_OTLP_ENDPOINT MLFLOW_TRACKING_URI="sqlite:///$out/mlflow.db" \
    FORECAST_BIND="127.0.0.1:$api_port" FORECAST_CACHE_DIR="$out/cache" FORECAST_POLL_SECONDS=1 \
    FORECAST_DRAIN_DELAY_SECONDS=0 FORECAST_LOG_FORMAT=json FORECAST_MODEL=demand-forecast \
    FORECAST_ALIAS=production "$bin/forecast-api" 2>"$out/api.log" &
  api_pid=$!
  wait_for "the API's start" 30 get "$api_port" /health/live
}

get() { curl --noproxy '*' --silent --fail --max-time 5 "http://127.0.0.1:$1$2"; }

# The settings of the repository, but for who finds the pods: the labels that Kubernetes would give stand
# beside the address, so that the relabelling is tried too. And everything happens every second.
start_prometheus() {
  prometheus_port="$(free_port)"
  mkdir -p "$out/prometheus"
  sed 's/^\( *\)interval: 30s/\1interval: 1s/' "$monitoring/rules.yaml" >"$out/prometheus/rules.yaml"
  awk -v target="127.0.0.1:$api_port" '
    /kubernetes_sd_configs:/ {
      print "    static_configs:"
      print "      - targets: [\"" target "\"]"
      print "        labels:"
      print "          __meta_kubernetes_pod_label_app_kubernetes_io_name: forecast-service"
      print "          __meta_kubernetes_pod_label_app_kubernetes_io_component: api"
      print "          __meta_kubernetes_pod_container_port_name: http"
      print "          __meta_kubernetes_pod_phase: Running"
      print "          __meta_kubernetes_namespace: ml-forecast"
      print "          __meta_kubernetes_pod_name: forecast-service-a"
      skip = 1; next
    }
    /relabel_configs:/ { skip = 0 }
    /job_name: otel-collector/ { exit }
    !skip
  ' "$monitoring/prometheus.yaml" |
    sed 's/_interval: [0-9]*s/_interval: 1s/; s/scrape_timeout: 5s/scrape_timeout: 1s/' >"$out/prometheus/prometheus.yaml"
  promtool check config "$out/prometheus/prometheus.yaml" >"$out/promtool.out" 2>&1 ||
    fail "prometheus.yaml is not usable: $(cat "$out/promtool.out")"
  prometheus --config.file="$out/prometheus/prometheus.yaml" --storage.tsdb.path="$out/prometheus/data" \
    --web.listen-address="127.0.0.1:$prometheus_port" --log.level=warn >"$out/prometheus.log" 2>&1 &
  prometheus_pid=$!
  wait_for "Prometheus' start" 30 get "$prometheus_port" /-/ready
}

# query EXPRESSION: the answer of Prometheus as JSON, also where it is an error.
query() {
  curl --noproxy '*' --silent --max-time 10 --data-urlencode "query=$1" \
    "http://127.0.0.1:$prometheus_port/api/v1/query"
}

# is_true EXPRESSION: has it a result?
is_true() { query "$1" | jq --exit-status '.data.result | length > 0' >/dev/null; }

# expect WHAT EXPRESSION: waits until it has a result, and says so.
expect() {
  wait_for "$1 ($2)" 30 is_true "$2"
  say "ok  $1"
}

post_forecast() {
  curl --noproxy '*' --silent --output /dev/null --max-time 10 --header 'content-type: application/json' \
    --data "@$1" "http://127.0.0.1:$api_port/forecast" || true
}

# Requests of every kind: right, wrong, for nothing, and one whose caller hangs up.
load() {
  local round
  printf '{"series":[{"boutique":"Nowhere","product":"Nothing"}]}' >"$out/unknown.json"
  for round in $(seq 12); do
    post_forecast "$out/known.json"
    post_forecast "$out/known.json"
    post_forecast "$out/unknown.json"
    get "$api_port" /model/info >/dev/null
    get "$api_port" "/nowhere/$round" >/dev/null || true
    sleep 0.3
  done
}

# Every alert and recording rule, as Prometheus itself evaluated it.
check_rules() {
  local rules broken
  rules="$(get "$prometheus_port" /api/v1/rules)"
  broken="$(jq --raw-output '.data.groups[].rules[] | select(.health != "ok") | "\(.name): \(.lastError // .health)"' <<<"$rules")"
  [ -z "$broken" ] || fail "rules that Prometheus cannot evaluate: $broken"
  say "ok  $(jq '[.data.groups[].rules[] | select(.type == "alerting")] | length' <<<"$rules") alerts and" \
    "$(jq '[.data.groups[].rules[] | select(.type == "recording")] | length' <<<"$rules") recording rules evaluated without an error"
}

# Every family that an expression names is on the API's page, or is the cluster's to give.
check_names() {
  local name page missing=() known=0
  page="$(get "$api_port" /metrics)"
  while read -r name; do
    known=$((known + 1))
    grep -qE "^${name}( |\{)" <<<"$page" || missing+=("$name")
  done < <({ cat "$monitoring/rules.yaml"; jq --raw-output '.. | .expr? // empty' "$monitoring/grafana-dashboard.json"; } |
    grep -oE '\b(forecast|http_server|process)_[a-z_]+\{' | tr -d '{' | sort -u)
  # A process outside a container has no limit to report.
  for name in "${missing[@]}"; do
    [ "$name" = process_memory_limit_bytes ] || fail "an expression names $name, which the API does not export"
  done
  [ "$known" -ge 8 ] || fail "found only $known names in the expressions; is the pattern still right?"
  say "ok  $known metric names in rules and dashboard; not on the page outside a container: ${missing[*]:-none}"
}

# Every panel's expressions and the template variables, as Grafana would ask them.
check_dashboard() {
  local expression answer asked=0 filled=0 cluster=0 quiet=0
  while IFS= read -r expression; do
    answer="$(query "$expression")"
    [ "$(jq --raw-output .status <<<"$answer")" = success ] ||
      fail "a panel's expression fails: $expression: $(jq --raw-output .error <<<"$answer")"
    asked=$((asked + 1))
    if [ "$(jq '.data.result | length' <<<"$answer")" -gt 0 ]; then
      filled=$((filled + 1))
    elif [[ "$expression" =~ kube_|container_ ]]; then
      cluster=$((cluster + 1))
    elif [[ "$expression" == *process_memory_limit_bytes* ]]; then
      quiet=$((quiet + 1))
    else
      fail "a panel's expression has no result under load: $expression"
    fi
  done < <(jq --raw-output '
    .. | .expr? // empty
    # A note on the timeline, empty as long as no model is replaced.
    | select(contains("ForecastModelChanged") | not)
    | gsub("\\s+"; " ") | gsub("\\$__rate_interval"; "30s") | gsub("\\$(namespace|pod)"; ".*")
  ' "$monitoring/grafana-dashboard.json")
  say "ok  $asked expressions of the dashboard: $filled with results, $cluster need a cluster, $quiet need a memory limit"
  for expression in 'count by (namespace) (up{job="forecast-service"})' \
    'count by (pod) (up{job="forecast-service", namespace=~"ml-forecast"})'; do
    query "$expression" | jq --exit-status '.data.result[0].metric | length == 1' >/dev/null ||
      fail "a template variable has no values: $expression"
  done
  say 'ok  template variables namespace and pod have values'
}

{ have prometheus && have promtool && have jq; } || ci/setup-deploy.sh
have curl || fail 'curl not found: install it, for example with apt-get install curl' 69

step 'Build the programs' 'seconds where tests have run'
build
step 'There is no registry yet' 'seconds'
start_api
start_prometheus
expect 'the pod is scraped, with namespace and pod' \
  'up{job="forecast-service", namespace="ml-forecast", pod="forecast-service-a"} == 1'
expect 'forecast_ready is 0' 'forecast_ready{job="forecast-service"} == 0'
expect 'looks at the registry fail' 'forecast_registry_polls_total{outcome="unreachable"} > 0'
expect 'ForecastMlflowUnreachable is pending' 'ALERTS{alertname="ForecastMlflowUnreachable"}'

step 'A model is trained and not promoted' 'seconds'
train
for _ in 1 2 3; do post_forecast "$out/known.json"; sleep 1; done
expect 'the registry has nothing to serve' 'forecast_registry_polls_total{outcome="nothing_promoted"} > 0'
expect 'refusals are counted as no_model' 'forecast_refusals_total{code="no_model"} > 0'
expect 'ForecastNoReadyPod is pending' 'ALERTS{alertname="ForecastNoReadyPod"}'
expect 'ForecastNothingPromoted is pending' 'ALERTS{alertname="ForecastNothingPromoted"}'

step 'A model is promoted and asked' 'under a minute'
promote
expect 'forecast_ready is 1' 'forecast_ready{job="forecast-service"} == 1'
load
expect 'ForecastNoReadyPod is over' 'absent(ALERTS{alertname="ForecastNoReadyPod"})'
check_rules
check_names
check_dashboard

step 'The pod is gone' 'seconds'
kill -TERM "$api_pid" && wait "$api_pid" || true
api_pid=''
expect 'ForecastDown is pending' 'ALERTS{alertname="ForecastDown"}'

step_done
printf '\n%s==> Proved%s\n' "$_bold" "$_plain"
steps_summary
