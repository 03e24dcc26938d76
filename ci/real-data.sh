#!/usr/bin/env bash
# The whole job on real sales: train, promote, serve, ask. For the two public data
# sets that README's figures are about; no test, since the data are not ours to ship.
# Ends with a table, and fails where the best global model does not beat the seasonal
# naive forecast in every backtest window.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/real-data.sh DATA_DIR [store-item|m5]...

Trains on, promotes, serves and asks for forecasts of
  DATA_DIR/store-item/train.csv.gz   columns date, store, item, sales: 90 days ahead
  DATA_DIR/m5/sales_train.parquet    M5 unit sales, with m5/future.parquet: 28 days ahead

Environment:
  MLFLOW_TRACKING_URI    the registry to use (default: a new SQLite store in the work folder)
  REAL_DATA_WORK         the work folder (default: a new one under the temporary folder)
  REAL_DATA_PORT         where forecasts are served meanwhile (default: 18099)
TEXT
}

case "${1:-}" in
  '' | -h | --help) usage && exit "$([ $# -gt 0 ] && echo 0 || echo 2)" ;;
esac
[ -d "$1" ] || fail "there is no folder $1; see --help" 2
data="$(cd "$1" && pwd)"
shift
[ $# -gt 0 ] || set -- store-item m5

work="${REAL_DATA_WORK:-$(mktemp -d)}"
port="${REAL_DATA_PORT:-18099}"
mkdir -p "$work"
bin="$(cargo_target_dir)/release"
export MLFLOW_TRACKING_URI="${MLFLOW_TRACKING_URI:-sqlite:///$work/mlflow.db}"

# train SET: the command line of a data set, over its files.
train() {
  case "$1" in
    store-item)
      "$bin/forecast-train" --data "$data/store-item/train.csv.gz" --time date --target sales \
        --series store,item --frequency daily --horizon 90 --seed 7 --register "real-$1" --json
      ;;
    m5)
      "$bin/forecast-train" --data "$data/m5/sales_train.parquet" --future "$data/m5/future.parquet" \
        --time date --target sales --series item_id,store_id --static dept_id,cat_id,state_id \
        --known-future event_name,event_type,sell_price,snap --frequency daily --horizon 28 \
        --seed 7 --register "real-$1" --json
      ;;
    *) fail "there is no data set $1: store-item or m5" 2 ;;
  esac
}

question() {
  case "$1" in
    store-item) printf '{"series":[{"store":"1","item":"7"}],"horizon":90,"quantiles":[0.1,0.5,0.9]}' ;;
    m5) printf '{"series":[{"item_id":"FOODS_3_090","store_id":"CA_3"}],"horizon":28,"quantiles":[0.1,0.5,0.9]}' ;;
  esac
}

# Prints the leaderboard of train's JSON; fails unless a global model beats the naive one everywhere.
judge() {
  python3 - "$1" <<'PYTHON'
import json, sys
rows = json.loads(open(sys.argv[1]).read().splitlines()[-1])["leaderboard"]
for row in rows:
    windows = " ".join(f"{value:7.4f}" for value in row["wape_by_window"])
    print(f"    {row['model']:16} WAPE {row['wape']:.4f}   by window {windows}   bias {row['bias']:+.3f}   {row['fit_seconds']:6.1f} s")
local = {"naive", "seasonal-naive", "moving-average", "drift"}
naive = next(row for row in rows if row["model"] == "seasonal-naive")
best = next(row for row in rows if row["model"] not in local)
pairs = list(zip(best["wape_by_window"], naive["wape_by_window"]))
if not all(ours < theirs for ours, theirs in pairs):
    sys.exit(f"{best['model']} does not beat seasonal-naive in every window: {pairs}")
print(f"    {best['model']} beats seasonal-naive in all {len(pairs)} windows")
PYTHON
}

# Asks the same from 32 connections for six seconds; fails where an answer is not a 200.
load() {
  python3 - "$1" "$2" <<'PYTHON'
import http.client, multiprocessing, sys, time
address, body = sys.argv[1].removeprefix("http://"), open(sys.argv[2]).read()
def ask(results):
    connection, times, failed, end = http.client.HTTPConnection(address), [], 0, time.time() + 6
    while time.time() < end:
        started = time.perf_counter()
        connection.request("POST", "/forecast", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        failed += answer.status != 200
        times.append(time.perf_counter() - started)
    results.put((len(times), sorted(times)[len(times) // 2], failed))
results = multiprocessing.Queue()
for _ in range(32):
    multiprocessing.Process(target=ask, args=(results,)).start()
counts, medians, failures = zip(*(results.get() for _ in range(32)))
print(f"    32 connections: {sum(counts) / 6:.0f} requests/s, median {1000 * sorted(medians)[16]:.1f} ms")
sys.exit(f"{sum(failures)} of {sum(counts)} requests failed" if any(failures) else 0)
PYTHON
}

api_pid=''
stop_api() {
  [ -z "$api_pid" ] || kill -TERM "$api_pid" 2>/dev/null || true
  [ -z "$api_pid" ] || wait "$api_pid" 2>/dev/null || true
  api_pid=''
}
trap stop_api EXIT

serve_and_ask() {
  local base="http://127.0.0.1:$port" started=$SECONDS
  FORECAST_BIND="127.0.0.1:$port" FORECAST_MODEL="real-$1" FORECAST_CACHE_DIR="$work/cache-$1" \
    FORECAST_DRAIN_DELAY_SECONDS=0 "$bin/forecast-api" >"$work/api-$1.log" 2>&1 &
  api_pid=$!
  until curl --noproxy '*' -sf -o /dev/null "$base/health/ready"; do
    kill -0 "$api_pid" 2>/dev/null || fail "forecast-api ended; see $work/api-$1.log"
    [ $((SECONDS - started)) -lt 60 ] || fail "forecast-api is not ready after 60 s; see $work/api-$1.log"
    sleep 0.2
  done
  question "$1" | curl --noproxy '*' -sS --fail-with-body -H 'content-type: application/json' \
    --data @- -o "$work/answer-$1.json" -w '    asked: HTTP %{http_code} in %{time_total} s\n' "$base/forecast"
  python3 - "$work/answer-$1.json" <<'PYTHON'
import json, sys
forecast = json.load(open(sys.argv[1]))["forecasts"][0]
print("   ", forecast["series"], "from", forecast["start"], "mean", [round(v, 2) for v in forecast["mean"][:7]], "…")
PYTHON
  question "$1" >"$work/question-$1.json"
  load "$base" "$work/question-$1.json"
  printf '    memory of the server: %s MB\n' "$(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$api_pid/status")"
  stop_api
}

step 'Build' 'usually 8 to 12 minutes the first time on two cores'
cargo build --release --locked -p forecast-train -p forecast-promote -p forecast-api
say "registry: ${MLFLOW_TRACKING_URI%%\?*}"
for set in "$@"; do
  step "Train on $set" 'one to six minutes'
  train "$set" >"$work/train-$set.json"
  judge "$work/train-$set.json"
  step "Promote and serve $set" 'seconds'
  run="$(tail -n 1 "$work/train-$set.json" | python3 -c 'import json, sys; print(json.load(sys.stdin)["run_id"])')"
  "$bin/forecast-promote" --run-id "$run" --name "real-$set"
  serve_and_ask "$set"
done
printf '\n    Steps:\n'
steps_summary
