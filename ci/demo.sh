#!/usr/bin/env bash
# From a fresh clone to forecasts in a browser: builds the programs, makes a
# luxury retailer's sample sales, trains, promotes and serves the model. Needs
# a Rust toolchain and curl, nothing else; everything it makes is in demo/
# and cargo's target directory. A second run reuses what is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/demo.sh [--fresh] [--once] [--help]

Builds, trains on a generated sample, promotes and serves on localhost.
Ctrl-C stops everything.

  --fresh   start over: delete what an earlier run made (sample, store, model)
  --once    stop the server and exit after its first forecast

Environment:
  FORECAST_DEMO_PORT   port to serve on (default: 8080)
  FORECAST_DEMO_DIR    folder for everything the demo makes (default: demo)
  CARGO_TARGET_DIR     where cargo builds (default: target)
TEXT
}

port="${FORECAST_DEMO_PORT:-8080}"
case "$port" in
  *[!0-9]*) fail "FORECAST_DEMO_PORT=$port is no port number; for example FORECAST_DEMO_PORT=8090" 64 ;;
esac
base_url="http://localhost:$port"
demo="${FORECAST_DEMO_DIR:-demo}"
model=demand-forecast
once=no
fresh=no
for arg in "$@"; do
  case "$arg" in
    --fresh) fresh=yes ;;
    --once) once=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done

require_free_port() {
  if port_is_busy "$port"; then
    fail "port $port is in use; stop what listens there, or choose another: FORECAST_DEMO_PORT=8090 ci/demo.sh" 64
  fi
}

# The settings of the demo alone: whatever MLflow server this shell knows is left untouched.
use_demo_store() {
  local name
  for name in $(compgen -e MLFLOW_ || true) $(compgen -e FORECAST_ || true); do
    case "$name" in
      FORECAST_LOG | FORECAST_LOG_FORMAT) ;; # How much to say is for whoever watches to choose.
      *) unset "$name" ;;
    esac
  done
  export MLFLOW_TRACKING_URI="sqlite:///$demo/mlflow.db"
  export FORECAST_MODEL="$model" FORECAST_ALIAS=production
  export FORECAST_BIND="127.0.0.1:$port" FORECAST_CACHE_DIR="$demo/cache"
  export FORECAST_DRAIN_DELAY_SECONDS=0 # No load balancer has to notice that it stops.
  export FORECAST_LOG_FORMAT="${FORECAST_LOG_FORMAT:-human}" # Its log is for the person who looks into it.
}

# By name rather than the whole folder: FORECAST_DEMO_DIR may hold a person's own files too.
remove_earlier_run() {
  rm -rf "$demo"/{sales.csv,future.csv,request.json,train.out,run-id,answer.json,api.log} \
    "$demo"/{mlflow.db,mlflow.db-shm,mlflow.db-wal,mlartifacts,cache}
}

build() {
  cargo build --release --locked \
    -p forecast-train -p forecast-promote -p forecast-api \
    -p forecast-testkit --bin forecast-train --bin forecast-promote --bin forecast-api --bin forecast-sample
}

sample() {
  if [ -f "$demo/request.json" ]; then
    say "reusing $demo/sales.csv"
    return
  fi
  "$bin/forecast-sample" --out "$demo"
}

# Leaves the id of the run in $demo/run-id, which is written last: a run cut short is trained again.
train() {
  if [ -f "$demo/run-id" ] && [ -f "$demo/mlflow.db" ]; then
    say "reusing run $(cat "$demo/run-id"); --fresh trains again"
    return
  fi
  local run_id
  "$bin/forecast-train" --data "$demo/sales.csv" \
    --time date --target sales --series boutique,product \
    --static country,family --known-future price,promotion,holiday --available in_stock \
    --frequency daily --horizon 28 --future "$demo/future.csv" \
    --register "$model" | tee -i "$demo/train.out"
  # The last thing it says is the command to go on with.
  run_id="$(sed -n 's/.*forecast-promote --run-id \([0-9a-f]*\).*/\1/p' "$demo/train.out" | tail -n 1)"
  [ -n "$run_id" ] || fail "forecast-train did not say which run it recorded; see $demo/train.out"
  printf '%s\n' "$run_id" >"$demo/run-id"
}

api_pid=''

stop_api() {
  trap - EXIT INT TERM
  if [ -n "$api_pid" ] && kill -0 "$api_pid" 2>/dev/null; then
    kill -TERM "$api_pid"
    wait "$api_pid" 2>/dev/null || true
  fi
}

# The programs get Ctrl-C as well, and have ended by themselves when this runs.
interrupted() {
  printf '\n'
  stop_api
  say 'Stopped. Run ci/demo.sh again to go on from here, or with --fresh to start over.'
  exit 130
}

start_api() {
  local waited=0
  require_free_port
  "$bin/forecast-api" >"$demo/api.log" 2>&1 &
  api_pid=$!
  until curl --noproxy '*' --silent --fail --output /dev/null --max-time 2 "$base_url/health/ready"; do
    if ! kill -0 "$api_pid" 2>/dev/null; then
      tail -n 20 "$demo/api.log" >&2
      fail "forecast-api ended by itself; its log is $demo/api.log"
    fi
    if [ "$waited" -ge 60 ]; then
      curl --noproxy '*' --silent --max-time 2 "$base_url/health/ready" >&2 || true
      printf '\n' >&2
      fail "forecast-api is not ready after 60 s, for the reason above; its log is $demo/api.log. Start over with --fresh"
    fi
    waited=$((waited + 1))
    sleep 1
  done
}

# What people paste into another terminal works from any folder.
absolute_demo() { (cd "$demo" && pwd); }

# The request that the sample comes with: one series, its known future, 28 days.
forecast_command() {
  printf "curl -sS -H 'content-type: application/json' -d '@%s/request.json' %s/forecast" \
    "$(absolute_demo)" "$base_url"
}

print_urls() {
  local report
  report="$(find "$(absolute_demo)" -name report.html -path "*$(cat "$demo/run-id")*" | head -n 1)"
  cat <<TEXT

    Forecasts are being served. Try:

      $(forecast_command)

    Page         $base_url/
    API docs     $base_url/docs
    Model card   $base_url/model/info
    Report       ${report:+file://}${report:-not found under $demo/}
    Metrics      $base_url/metrics
    Server log   $demo/api.log
TEXT
}

# The first forecast, as the curl line asks for it; anything but a 200 fails the demo.
first_forecast() {
  local answer="$demo/answer.json"
  curl --noproxy '*' --silent --show-error --fail-with-body --max-time 30 --output "$answer" \
    --header 'content-type: application/json' --data "@$demo/request.json" "$base_url/forecast" ||
    { cat "$answer" >&2 || true; fail "the forecast request failed; the server's log is $demo/api.log"; }
  printf '\n    It answered (whole in %s):\n\n' "$answer"
  # A line for each part, cut at the edge of a terminal: this is for eyes.
  tr -d '\n' <"$answer" | sed 's/\(},\|\],\)/\1\n/g' | sed 's/^\(.\{90\}\).*/\1 …/; s/^/      /'
  printf '\n'
}

trap stop_api EXIT
trap interrupted INT TERM
require_cargo
have curl || fail 'curl not found: install it, for example with apt-get install curl' 69
have cc || fail 'no C compiler (cc) found: Rust needs one to link; install gcc or clang' 69
require_free_port

if [ "$fresh" = yes ]; then
  remove_earlier_run
fi
mkdir -p "$demo"
use_demo_store
bin="$(cargo_target_dir)/release"

step '1/5 Build the programs' 'usually 8 to 12 minutes the first time on two cores, seconds after'
build

step '2/5 Generate the sample: boutiques, products, daily sales' 'seconds'
sample

step '3/5 Train: backtest the model families, keep the best' 'usually under 2 minutes'
train

step '4/5 Promote the run to production' 'seconds'
"$bin/forecast-promote" --run-id "$(cat "$demo/run-id")" --name "$model"

step '5/5 Serve' 'seconds'
start_api
step_done
print_urls
first_forecast

if [ "$once" = yes ]; then
  exit 0
fi
printf '\n    Ctrl-C stops everything.\n'
wait "$api_pid" || fail "forecast-api ended by itself; its log is $demo/api.log"
