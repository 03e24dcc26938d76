# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Its variables are shared with ci/prove-mlflow.sh, which sources this.
# Proves the runbook for high availability: a standby that follows, two MLflow
# servers behind the proxy, the loss of a server, the loss of the primary, and
# the old primary's return as a standby.

prove_replication() {
  check 'prepare-primary.sh makes the login and the slot' prepare
  check 'and may run again' prepare
  check 'it refuses without a password' refuses 'REPLICATION_PASSWORD is not set' env REPLICATION_PASSWORD= \
    bash -c "mv '$server/.env' '$server/.env.aside'; '$server/replication/prepare-primary.sh'; code=\$?; mv '$server/.env.aside' '$server/.env'; exit \$code"
  check_here 'the standby copies the primary and follows it' start_standby "$port_standby" "$port_primary" standby
  pid_standby="$pid"
  check 'it is streaming' wait_for 30 streaming "$port_primary"
  check 'it does not take writes' refuses 'read-only' with_database "$port_standby" psql -c 'create table x (y int)'
  check_here 'a second MLflow server starts' start_mlflow mlflow-c "$port_b" "$port_primary,$port_standby" "$compose"
  pid_c="$pid"
  check_here 'nginx stands before both' start_proxy "$port_a" "$port_b"
  check 'a run is written through it' write_run before
  check 'it is on the standby' wait_for 30 run_is_on "$port_standby" before
  stop "$pid_c" KILL
  check 'one server is killed: 20 requests, none fails' twenty
  check 'promote.sh refuses while the primary answers' refuses 'still answers' promote
  # As a machine goes: no word to anybody.
  kill -KILL "$pid_primary" 2>/dev/null || true
  wait "$pid_primary" 2>/dev/null || true
  check 'the primary is killed; promote.sh makes the standby primary' wait_for 20 promote
  say "$(grep '^promoted' "$work/check.log" || true)"
  check 'the MLflow server goes on by itself' wait_for 60 write_run after
  check 'what was written before and after is there' both_runs
  check_here 'the old primary comes back as a standby of the new one' old_one_follows
  check 'a slot that was lost is made anew by prepare-primary.sh' lost_slot
}

# lost_slot: on a PostgreSQL that keeps next to nothing for a standby that stays away.
lost_slot() {
  local port lost_pid code=0
  port="$(free_port)"
  new_cluster keeps-little
  "${as_user[@]}" "$pg/postgres" -D "$data" -p "$port" -k "$work/keeps-little" -c listen_addresses=127.0.0.1 \
    -c max_slot_wal_keep_size=1MB >"$work/keeps-little/log" 2>&1 &
  lost_pid=$!
  pids+=("$lost_pid")
  wait_for 30 pg_isready --quiet --host=127.0.0.1 --port="$port"
  found_and_mended "$port" || code=$?
  stop "$lost_pid" INT
  return "$code"
}

# found_and_mended PORT
found_and_mended() {
  local slot="select wal_status from pg_replication_slots where slot_name = 'standby1'"
  on_postgres "$1" "$server/replication/prepare-primary.sh" standby1 || return 1
  for _ in $(seq 5); do
    on_postgres "$1" psql -qAtc "select pg_logical_emit_message(false, 'x', 'x')" -c 'select pg_switch_wal()' -c checkpoint || return 1
  done
  [ "$(on_postgres "$1" psql -qAtc "$slot")" = lost ] || return 1
  on_postgres "$1" "$server/replication/prepare-primary.sh" standby1 >"$work/lost.log" 2>&1 || return 1
  grep -q 'was lost and is made anew' "$work/lost.log" && [ "$(on_postgres "$1" psql -qAtc "$slot")" != lost ]
}

on_postgres() { PGHOST=127.0.0.1 PGPORT="$1" PGUSER=mlflow PGDATABASE=postgres PGPASSWORD="$password" "${@:2}"; }

prepare() { with_database "$port_primary" "$server/replication/prepare-primary.sh" standby1; }

# start_standby PORT PRIMARY-PORT NAME: with the compose file's entry point and command; sets $pid.
start_standby() {
  local entry command
  setting_words entry entrypoint standby "$standby"
  setting_words command command standby "$standby"
  mkdir -p "$work/$3"
  [ "$(id -u)" -ne 0 ] || chown "$pg_user" "$work/$3"
  "${as_user[@]}" env PATH="$pg:$PATH" PRIMARY_HOST=127.0.0.1 PRIMARY_PORT="$2" PGDATA="$work/$3/data" \
    REPLICATION_PASSWORD="$(prod_env REPLICATION_PASSWORD)" REPLICATION_SLOT=standby1 \
    "${entry[@]}" "${command[@]}" -p "$1" -k "$work/$3" -c listen_addresses=127.0.0.1 >>"$work/$3/log" 2>&1 &
  pid=$!
  pids+=("$pid")
  wait_for 60 pg_isready --quiet --host=127.0.0.1 --port="$1" || { cat "$work/$3/log" && return 1; }
}

streaming() {
  [ "$(with_database "$1" psql -qAtc "select state from pg_stat_replication where application_name = 'standby1'")" = streaming ]
}

promote() {
  PRIMARY_HOST=127.0.0.1 PRIMARY_PORT="$port_primary" with_database "$port_standby" "$server/replication/promote.sh" >>"$work/check.log" 2>&1 ||
    { cat "$work/check.log" && return 1; }
}

write_run() {
  public 200 -H "$json" -d "{\"experiment_id\": \"0\", \"run_name\": \"failover: $1\"}" /api/2.0/mlflow/runs/create
}

run_is_on() {
  [ "$(with_database "$1" psql -qAtc "select count(*) from runs where name = 'failover: $2'")" -ge 1 ]
}

both_runs() { run_is_on "$port_standby" before && run_is_on "$port_standby" after; }

twenty() {
  for _ in $(seq 20); do
    public 200 "$get" || return 1
  done
}

old_one_follows() {
  rm -rf "$work/primary/data"
  with_database "$port_standby" "$server/replication/prepare-primary.sh" standby1 || return 1
  start_standby "$port_primary" "$port_standby" primary || return 1
  wait_for 30 streaming "$port_standby" && write_run 'and back' && wait_for 30 run_is_on "$port_primary" 'and back'
}
