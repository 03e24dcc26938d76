# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Its variables are shared with ci/prove-mlflow.sh, which sources this.
# Proves that a restored server serves the project's own programs: a model
# trained and promoted before the backup forecasts from the restored one.

# find_programs: copies them, release or debug, whichever is there; another build may replace them meanwhile.
find_programs() {
  local kind program
  for kind in release debug; do
    programs="$(cargo_target_dir)/$kind"
    for program in forecast-sample forecast-train forecast-promote forecast-api; do
      [ -x "$programs/$program" ] || continue 2
    done
    mkdir "$work/programs"
    cp "$programs"/forecast-{sample,train,promote,api} "$work/programs/"
    programs="$work/programs"
    return 0
  done
  programs=''
}

prove_training() {
  find_programs
  if [ -z "$programs" ]; then
    skipped 'the forecast programs are not built; cargo build --bins --release, to have them tried too'
    return
  fi
  check 'forecast-train records and registers a model there' train_model
  check 'forecast-promote puts it into production' promote_model
}

train_model() {
  "$programs/forecast-sample" --out "$work/sample" --boutiques 2 --products 3 --days 400
  MLFLOW_TRACKING_URI="$url_a" "$programs/forecast-train" --data "$work/sample/sales.csv" \
    --time date --target sales --series boutique,product \
    --static country,family --known-future price,promotion,holiday --available in_stock \
    --frequency daily --horizon 28 --future "$work/sample/future.csv" \
    --register restored-forecast | tee "$work/train.out"
}

promote_model() {
  local run_id
  run_id="$(sed -n 's/.*forecast-promote --run-id \([0-9a-f]*\).*/\1/p' "$work/train.out" | tail -n 1)"
  MLFLOW_TRACKING_URI="$url_a" "$programs/forecast-promote" --run-id "$run_id" --name restored-forecast
}

prove_forecast() {
  [ -n "$programs" ] || return 0
  check 'forecast-api serves the model of the restored server' forecast
}

forecast() {
  local port api code=0
  port="$(free_port)"
  MLFLOW_TRACKING_URI="$url_b" FORECAST_MODEL=restored-forecast FORECAST_ALIAS=production \
    FORECAST_BIND="127.0.0.1:$port" FORECAST_CACHE_DIR="$work/cache" FORECAST_DRAIN_DELAY_SECONDS=0 \
    "$programs/forecast-api" >"$work/api.log" 2>&1 &
  api=$!
  wait_for 60 status 200 "http://127.0.0.1:$port/health/ready" &&
    status 200 -H 'content-type: application/json' -d "@$work/sample/request.json" "http://127.0.0.1:$port/forecast" &&
    head -c 200 "$work/answer" || code=$?
  stop "$api" TERM
  [ "$code" -eq 0 ] || tail -n 20 "$work/api.log"
  return "$code"
}
