#!/usr/bin/env bash
# Proves the image, without a container engine: builds it with buildah, looks at what it is, then runs its
# three programs as a cluster would (user 65532, read-only root, two writable volumes, cluster-like name
# service) against a real MLflow server: train, promote, serve, ask, stop. Prints each check with ok or
# FAIL and its figures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/image-lib.sh
. ci/image-lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/prove-image.sh [--full | --no-build] [--version VERSION]

Builds luxuryhouse/forecast-service:VERSION with buildah, runs it and checks it.

  --full      then build it again without any cache and compare the digests (about 10 minutes more)
  --no-build  takes the image that is there, whatever commit it was built from
  --version   the image's version (default: that of Cargo.toml)

Environment:
  FORECAST_IMAGE_DIR   where the images and their parts are kept (default: .dev/image)
  FORECAST_DEV_DIR     where the MLflow environment is (default: .dev)
TEXT
}

full=no build=yes
version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)"
while [ $# -gt 0 ]; do
  case "$1" in
    --full) full=yes ;;
    --no-build) build=no ;;
    --version) version="${2:?--version needs a version}" && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

image="luxuryhouse/forecast-service:$version"
work="$image_dir/proof"
root="$work/root"
report="target/image/proof.txt"
# What the bars of the project are.
largest_megabytes=40
longest_start_ms=1000
# A loopback address of its own, so that port 53 is free on it.
name_server=127.0.53.1

commit="$(git rev-parse HEAD)"
failures=0
# ok WHAT, bad WHAT: one line of the report.
ok() { printf '    ok    %s\n' "$*" | tee -a "$report"; }
bad() {
  printf '    FAIL  %s\n' "$*" | tee -a "$report"
  failures=$((failures + 1))
}
# check WHAT COMMAND...: ok where the command succeeds.
check() {
  local what="$1"
  shift
  if "$@"; then ok "$what"; else bad "$what"; fi
}
# equals WHAT EXPECTED ACTUAL
equals() {
  if [ "$2" = "$3" ]; then ok "$1: $3"; else bad "$1: expected $2, found $3"; fi
}

pids=()
clean_up() {
  local pid
  for pid in "${pids[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  wait "${pids[@]}" 2>/dev/null || true
}
trap clean_up EXIT

prepare() {
  ci/setup-deploy.sh
  ci/setup-tools.sh
  ci/setup-dev.sh
  ci/local-bases.sh
  cargo fetch --locked --quiet --target "$(rustc --print host-tuple)"
  mkdir -p target/image "$work"
  : >"$report"
}

# build_image CACHE [ENGINE_OPTION...]: from this machine's crates, so that the network does not matter;
# buildah keeps its cache mounts under TMPDIR.
build_image() {
  local cache="$1"
  shift
  mkdir -p "$cache"
  TMPDIR="$cache" FORECAST_CONTAINER_ENGINE=buildah deploy/docker/build.sh "$version" -- \
    --volume "${CARGO_HOME:-$HOME/.cargo}/registry:/usr/local/cargo/registry:ro" \
    --build-arg CARGO_NET_OFFLINE=true "$@" >"$work/build.log" 2>&1 ||
    { tail -n 30 "$work/build.log" >&2 && fail "the image cannot be built; the whole log is $work/build.log"; }
}

# An image of this very commit is not built once more.
build_once() {
  if [ "$build" = no ]; then
    image_exists "$image" || fail "there is no image $image; leave out --no-build" 66
  elif image_exists "$image" && [ -z "$(git status --porcelain)" ] &&
    [ "$(image_label "$image" org.opencontainers.image.revision)" = "$(git rev-parse HEAD)" ]; then
    say "reusing $image, which was built from this commit"
  else
    build_image "$image_dir/tmp"
  fi
}

# export_image FOLDER: as an OCI layout, which is what a registry would get.
export_image() {
  rm -rf "$1"
  buildah push --quiet --format oci "$image" "oci:$1:$version" >/dev/null
}

image_id() { image_fact '{{.FromImageID}}' "$image"; }

# manifest_digest FOLDER: the digest by which a registry would know the image.
manifest_digest() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1] + "/index.json"))["manifests"][0]["digest"])' "$1"; }

look_at_image() {
  local compressed
  equals 'user' 65532:65532 "$(image_fact '{{.OCIv1.Config.User}}' "$image")"
  equals 'entrypoint, without a shell' '[/usr/local/bin/forecast-api]' "$(image_fact '{{.OCIv1.Config.Entrypoint}}' "$image")"
  equals 'stop signal' SIGTERM "$(image_fact '{{.OCIv1.Config.StopSignal}}' "$image")"
  equals 'port' 'map[8080/tcp:{}]' "$(image_fact '{{.OCIv1.Config.ExposedPorts}}' "$image")"
  equals 'volumes' 'map[/tmp:{} /var/cache/forecast:{}]' "$(image_fact '{{.OCIv1.Config.Volumes}}' "$image")"
  equals 'label version' "$version" "$(image_label "$image" org.opencontainers.image.version)"
  equals 'label licenses' Apache-2.0 "$(image_label "$image" org.opencontainers.image.licenses)"
  local revision
  revision="$(image_label "$image" org.opencontainers.image.revision)"
  [ "$build" = no ] || equals 'label revision' "$commit" "${revision%-dirty}"
  equals 'label created, the date of that commit' \
    "$(date -u -d "@$(git log -1 --format=%ct "${revision%-dirty}")" +%Y-%m-%dT%H:%M:%SZ)" \
    "$(image_label "$image" org.opencontainers.image.created)"
  check 'label source is there' test -n "$(image_label "$image" org.opencontainers.image.source)"

  export_image "$work/oci"
  compressed="$(find "$work/oci/blobs" -type f -size +100k -printf '%s\n' | awk '{s += $1} END {printf "%.1f", s / 1e6}')"
  check "compressed layers: $compressed MB (at most $largest_megabytes MB, the base is empty)" \
    awk "BEGIN {exit !($compressed <= $largest_megabytes)}"
  ok "manifest $(manifest_digest "$work/oci")"
}

unpack() {
  local container mounted
  mapfile -t environment < <(image_fact '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' "$image" | sed '/^$/d')
  rm -rf "$root"
  container="$(buildah from --pull-never "$image")"
  # As buildah itself runs a container, with the image's user.
  equals 'buildah run … forecast-api --version' "forecast-api $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)" \
    "$(buildah run "$container" -- /usr/local/bin/forecast-api --version)"
  mounted="$(buildah mount "$container")"
  cp -a "$mounted" "$root"
  buildah rm "$container" >/dev/null
  check 'no shell, no library, no interpreter inside' \
    test -z "$(find "$root" \( -name '*.so*' -o -name sh -o -name bash -o -name busybox \) -print -quit)"
  check 'nothing is writable but the volumes' \
    test -z "$(find "$root" ! -type l \( -perm /022 -o -user 65532 \) ! -path "$root/tmp" ! -path "$root/var/cache/forecast" ! -path "$root/proc*" ! -path "$root/dev*" -print -quit)"
  check 'the list of what is inside follows the CycloneDX 1.6 schema' .dev/tools/bin/python ci/check-sbom.py \
    "$root/usr/share/sbom/forecast-service.cdx.json" "$version"
}

# 600 days of sales that any model can learn: weekly rhythm, two shops, five products.
make_sales() {
  python3 - "$1" <<'PYTHON'
import datetime, sys
rhythm, start = [20, 22, 25, 24, 30, 45, 12], datetime.date(2024, 1, 1)
with open(sys.argv[1], "w") as out:
    out.write("date,store,item,sales\n")
    for day in range(600):
        for store in range(2):
            for item in range(5):
                value = rhythm[day % 7] * (item + 1) + 5 * store + (day * 7 + item * 3 + store) % 5
                out.write(f"{start + datetime.timedelta(day)},{store},{item},{value}\n")
PYTHON
}

# free_port: a port that nothing listens on now.
free_port() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start_mlflow() {
  local waited=0
  mlflow_port="$(free_port)"
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false "$dev/venv/bin/mlflow" server --host 127.0.0.1 --port "$mlflow_port" \
    --workers 1 --backend-store-uri "sqlite:///$work/mlflow.db" --artifacts-destination "$work/artifacts" \
    --allowed-hosts 'mlflow-server:*,localhost:*,127.0.0.1:*' >"$work/mlflow.log" 2>&1 &
  pids+=($!)
  until curl --noproxy '*' -sf -o /dev/null "http://127.0.0.1:$mlflow_port/health"; do
    waited=$((waited + 1))
    [ "$waited" -lt 300 ] || fail "MLflow does not answer after 60 s; its log is $work/mlflow.log"
    sleep 0.2
  done
}

# The name service of a cluster: the short name is found through the search list, after as many dots.
start_names() {
  rm -f "$work/names.log"
  python3 ci/image-servers.py dns "$name_server" "$work/names.log" \
    mlflow-server.ml-forecast.svc.cluster.local=127.0.0.1 2>"$work/names.err" &
  pids+=($!)
  until [ -e "$work/names.log" ]; do
    kill -0 "${pids[-1]}" 2>/dev/null || fail "the name server did not start: $(tail -n 1 "$work/names.err")"
    sleep 0.05
  done
  printf 'search ml-forecast.svc.cluster.local svc.cluster.local cluster.local\nnameserver %s\noptions ndots:5\n' \
    "$name_server" >"$work/resolv.conf"
  printf '127.0.0.1\tlocalhost\n' >"$work/hosts"
}

# in_image [OPTION...] -- PROGRAM [ARGUMENT...]: with the image's own environment and what `with` holds.
environment=() with=()
in_image() {
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  exec env -i "PATH=$PATH" "${environment[@]}" "${with[@]}" ci/enter-image.sh \
    --read-only "$work/resolv.conf:/etc/resolv.conf" --read-only "$work/hosts:/etc/hosts" \
    "${options[@]}" "$root" "$@"
}

train_and_promote() {
  local run
  with=("MLFLOW_TRACKING_URI=http://mlflow-server:$mlflow_port" FORECAST_LOG_FORMAT=human)
  (in_image --tmpfs /tmp --read-only "$work/sales.csv:/tmp/sales.csv" -- /usr/local/bin/forecast-train \
    --data /tmp/sales.csv --time date --target sales --series store,item --frequency daily --horizon 14 \
    --models seasonal-naive,ridge --register demand-forecast --json) >"$work/train.json" 2>"$work/train.log" ||
    { tail -n 5 "$work/train.log" >&2 && fail "forecast-train failed in the image; its log is $work/train.log"; }
  run="$(tail -n 1 "$work/train.json" | python3 -c 'import json, sys; print(json.load(sys.stdin)["run_id"])')"
  ok "forecast-train trained run $run in the image"
  check 'forecast-promote promoted it' promote "$run"
  check 'the short name was found through the search list' \
    grep -q '^mlflow-server.ml-forecast.svc.cluster.local A 127.0.0.1' "$work/names.log"
}

promote() {
  (in_image --tmpfs /tmp -- /usr/local/bin/forecast-promote --run-id "$1") >"$work/promote.log" 2>&1
}

# The authorities are those of the system: with one more in the file, a server that it signed is trusted.
try_tls() {
  local port
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/ca.key" -out "$work/ca.pem" -days 2 \
    -subj '/CN=Authority of the proof' -addext basicConstraints=critical,CA:TRUE 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -keyout "$work/tls.key" -out "$work/tls.csr" -subj /CN=mlflow-server 2>/dev/null
  openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
    -extfile <(printf 'subjectAltName=DNS:mlflow-server') -out "$work/tls.pem" 2>/dev/null
  cat "$root/etc/ssl/certs/ca-certificates.crt" "$work/ca.pem" >"$work/authorities.crt"
  rm -f "$work/tls.port"
  python3 ci/image-servers.py tls "$work/tls.pem" "$work/tls.key" "$mlflow_port" >"$work/tls.port" &
  pids+=($!)
  until [ -s "$work/tls.port" ]; do sleep 0.05; done
  port="$(cat "$work/tls.port")"
  with=("MLFLOW_TRACKING_URI=https://mlflow-server:$port" FORECAST_LOG_FORMAT=human)
  check 'TLS to a server whose authority is in /etc/ssl/certs' list_models \
    --read-only "$work/authorities.crt:/etc/ssl/certs/ca-certificates.crt"
  if list_models --tmpfs /var/cache/forecast; then
    bad 'TLS to a server of an unknown authority was not refused'
  else
    check 'TLS to a server of an unknown authority is refused' grep -qi 'certificate' "$work/list.log"
  fi
}

list_models() {
  (in_image --tmpfs /tmp "$@" -- /usr/local/bin/forecast-promote --list) >"$work/list.log" 2>&1
}

milliseconds() { date +%s%3N; }

# start_api LOG [OPTION...]: sets api_pid and started_ms, the time from the start to the first 200 of
# /health/ready, or to giving up after 15 s.
start_api() {
  local log="$1" began
  shift
  with=("MLFLOW_TRACKING_URI=http://mlflow-server:$mlflow_port" "FORECAST_BIND=127.0.0.1:$api_port"
    FORECAST_DRAIN_DELAY_SECONDS=0 FORECAST_LOG=warn)
  began="$(milliseconds)"
  (in_image "$@" -- /usr/local/bin/forecast-api) >"$log" 2>&1 &
  api_pid=$!
  pids+=("$api_pid")
  until curl --noproxy '*' -sf -o /dev/null "http://127.0.0.1:$api_port/health/ready"; do
    kill -0 "$api_pid" 2>/dev/null || fail "forecast-api ended; its log is $log"
    [ $(($(milliseconds) - began)) -lt 15000 ] || break
    sleep 0.01
  done
  started_ms=$(($(milliseconds) - began))
}

# stop_api: SIGTERM; sets stopped_with to the exit code.
stop_api() {
  kill -TERM "$api_pid"
  stopped_with=0
  wait "$api_pid" || stopped_with=$?
}

process_fact() { awk -v name="$1:" '$1 == name {$1 = ""; print substr($0, 2)}' "/proc/$api_pid/status"; }

# may_write PATH: can user 65532 make a file there, in the namespace of the server?
may_write() {
  setpriv --reuid 65532 --regid 65532 --clear-groups touch "/proc/$api_pid/root$1/probe" 2>"$work/probe.err"
}

look_at_process() {
  local writable
  equals 'user of the process' '65532 65532 65532 65532' "$(process_fact Uid)"
  equals 'group of the process' '65532 65532 65532 65532' "$(process_fact Gid)"
  equals 'capabilities of the process' 0000000000000000 "$(process_fact CapEff)"
  equals 'no new privileges' 1 "$(process_fact NoNewPrivs)"
  check 'the root file system is mounted read-only' \
    grep -qE '^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / ro' "/proc/$api_pid/mountinfo"
  if touch "/proc/$api_pid/root/etc/probe" 2>"$work/probe.err"; then
    bad 'even root can write to it'
  else
    check 'not even root can write to it' grep -q 'Read-only file system' "$work/probe.err"
  fi
  check 'the cache volume is writable' may_write /var/cache/forecast
  check '/tmp is writable' may_write /tmp
  writable="$(awk '$6 ~ /^rw/ && $5 !~ /^\/(proc|dev)/ {print $5}' "/proc/$api_pid/mountinfo" | sort | paste -sd ' ')"
  equals 'mounted writable' '/tmp /var/cache/forecast' "$writable"
}

ask() {
  local base="http://127.0.0.1:$api_port" answer="$work/answer.json"
  printf '{"series":[{"store":"1","item":"3"}],"horizon":14,"quantiles":[0.1,0.5,0.9]}' >"$work/question.json"
  equals '/health/ready' 200 "$(curl --noproxy '*' -s -o /dev/null -w '%{http_code}' "$base/health/ready")"
  equals '/forecast' 200 "$(curl --noproxy '*' -s -o "$answer" -w '%{http_code}' -H 'content-type: application/json' \
    --data "@$work/question.json" "$base/forecast")"
  equals 'days in the forecast' 14 "$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["forecasts"][0]["mean"]))' "$answer")"
  equals '/model/info' 200 "$(curl --noproxy '*' -s -o /dev/null -w '%{http_code}' "$base/model/info")"
  curl --noproxy '*' -s "$base/metrics" >"$work/metrics.txt"
  check "/metrics: $(grep -c '^forecast_' "$work/metrics.txt") samples of our own" grep -q '^forecast_' "$work/metrics.txt"
  ok "memory of the server: $(awk '/VmRSS/ {printf "%.0f MB", $2 / 1024}' "/proc/$api_pid/status")"
}

# time_starts WHAT CACHE: three starts, of which the quickest counts: how busy this machine is with other
# things is not the image's. With WHAT `empty`, each has to fetch the model anew.
time_starts() {
  local what="$1" cache="$2" times=() quickest
  for _ in 1 2 3; do
    [ "$what" = filled ] || empty_cache "$cache"
    start_api "$work/api-$what.log" --tmpfs /tmp --volume "$cache:/var/cache/forecast"
    times+=("$started_ms")
    stop_api
    [ "$stopped_with" -eq 0 ] || bad "exit code after SIGTERM: expected 0, found $stopped_with"
  done
  quickest="$(printf '%s\n' "${times[@]}" | sort -n | head -n 1)"
  local said="from start to ready with $what cache: $quickest ms, at most $longest_start_ms (all three: ${times[*]})"
  # A busy machine must not fail a change that has nothing to do with it: the bar is held where it is measured.
  if [ "$full" = yes ]; then
    check "$said" test "$quickest" -le "$longest_start_ms"
  else
    ok "$said: measured, a bar with --full only"
  fi
}

empty_cache() {
  rm -rf "$1"
  install -d -o 65532 -g 65532 "$1"
}

serve() {
  local cache="$work/cache"
  api_port="$(free_port)"
  time_starts empty "$cache"
  time_starts filled "$cache"
  start_api "$work/api.log" --tmpfs /tmp --volume "$cache:/var/cache/forecast"
  look_at_process
  ask
  stop_api
  equals 'exit code after SIGTERM' 0 "$stopped_with"
}

# Without volumes nothing can be kept: it has to say so, and how to mend it.
serve_without_volumes() {
  local reason
  start_api "$work/api-no-volume.log"
  reason="$(curl --noproxy '*' -s "http://127.0.0.1:$api_port/health/ready")"
  check 'without a volume it is not ready, and names the remedy' \
    grep -q 'Read-only file system.*FORECAST_CACHE_DIR.*volume' <<<"$reason"
  stop_api
  equals 'exit code after SIGTERM, without a volume' 0 "$stopped_with"
}

# files_of ID FILE: the checksum, rights, owner and date of everything in an image.
files_of() {
  local container
  container="$(buildah from --pull-never "$1")"
  (cd "$(buildah mount "$container")" && find . -printf '%p %M %U:%G %T@ ' \( -type f -exec sha256sum {} \; -o -printf '\n' \)) |
    sort >"$2"
  buildah rm "$container" >/dev/null
}

# build_again ID: builds without layers and without cargo's cache, and says what differs, if anything.
build_again() {
  local first="$1"
  # An image carries its commit: of another one it has to differ.
  if [ "$(git rev-parse HEAD)" != "$commit" ]; then
    bad 'somebody committed meanwhile, so there is nothing to compare; run this in a clone of its own'
    return
  fi
  rm -rf "$image_dir/second"
  build_image "$image_dir/second" --no-cache
  export_image "$work/oci-second"
  rm -rf "$image_dir/second"
  if [ "$(image_id)" = "$first" ]; then
    ok "built twice from nothing to the same image $first"
  else
    bad "the second build made $(image_id), the first $first; the files that differ:"
    files_of "$first" "$work/files-first"
    files_of "$image" "$work/files-second"
    diff "$work/files-first" "$work/files-second" | tee -a "$report" || true
  fi
  equals 'digest of the manifest' "$(manifest_digest "$work/oci")" "$(manifest_digest "$work/oci-second")"
}

[ "$(id -u)" -eq 0 ] || fail 'building without an engine and giving up rights both need root; run as root' 77
dev="${FORECAST_DEV_DIR:-.dev}"

step 'Prepare: buildah, MLflow, a base image' 'usually 3 to 5 minutes the first time, seconds after'
prepare
step "Build $image" 'usually 8 to 12 minutes the first time, 3 after a change of code, seconds without'
build_once
step 'Look at the image' 'seconds'
look_at_image
unpack
step 'Train and promote in the image' 'usually half a minute'
rm -rf "$work"/{mlflow.db,artifacts}
make_sales "$work/sales.csv"
start_names
start_mlflow
train_and_promote
try_tls
step 'Serve from the image' 'seconds'
serve
serve_without_volumes
if [ "$full" = yes ]; then
  step 'Build it again from nothing' 'usually 8 to 12 minutes'
  build_again "$(image_id)"
fi

printf '\n    Steps:\n'
steps_summary
[ "$failures" -eq 0 ] || fail "$failures checks failed; see the lines with FAIL, also in $report"
printf '\n%s==> The image is proven%s (%s)\n' "$_bold" "$_plain" "$report"
