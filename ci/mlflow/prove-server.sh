# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Its variables are shared with ci/prove-mlflow.sh, which sources this.
# Proves that the files are sound and that the plain profile serves.

prove_files() {
  check 'the compose files follow the compose specification' \
    check-jsonschema --builtin-schema vendor.compose-spec "$server"/docker-compose*.yml
  check 'the Dockerfile passes hadolint' hadolint "$server/Dockerfile"
  if have docker-compose; then
    check 'docker-compose up without .env says to run setup.sh' \
      refuses 'Run ./setup.sh' docker-compose --file "$compose" config
  fi
  check 'setup.sh writes secrets that only their owner can read' make_env
  check 'setup.sh run again changes none of them' same_env
  if have docker-compose; then
    check 'docker-compose takes the plain profile' docker-compose --file "$compose" config --quiet
    check 'docker-compose takes the production profile' \
      docker-compose --file "$compose" --file "$prod" config --quiet
    check 'docker-compose takes the replication profile' \
      env MLFLOW_PG_BIND=10.0.0.11 docker-compose --file "$compose" --file "$server/docker-compose.replication.yml" config --quiet
    check 'docker-compose takes the standby' \
      env PRIMARY_HOST=10.0.0.11 REPLICATION_PASSWORD=x docker-compose --file "$standby" config --quiet
  else
    skipped 'docker-compose is not installed; the files were checked against its specification'
  fi
}

make_env() {
  "$server/setup.sh" --public-host mlflow.example.com --self-signed
  [ "$(stat --format=%a "$server/.env")" = 600 ]
  grep -q '^POSTGRES_PASSWORD=[0-9a-f]\{64\}$' "$server/.env"
  # As many workers as this machine's share allows; everything else as it comes.
  printf 'MLFLOW_WORKERS=1\nMLFLOW_PUBLIC_PORT=%s\nREPLICATION_PASSWORD=%s\n' "$port_tls" "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" >>"$server/.env"
}

same_env() {
  local before
  before="$(sha256sum "$server/.env")"
  "$server/setup.sh" --public-host mlflow.example.com
  [ "$before" = "$(sha256sum "$server/.env")" ]
}

prove_server() {
  local health
  check_here 'PostgreSQL starts as the compose file says' start_postgres primary "$port_primary"
  pid_primary="$pid"
  check_here 'MLflow starts as the compose file says, and makes its tables' \
    start_mlflow mlflow-a "$port_a" "$port_primary,$port_standby" "$compose"
  pid_a="$pid"
  setting_words health health mlflow-server "$compose"
  check 'the health check of the compose file finds it well' \
    "$venv/bin/python" "${health[@]:1:${#health[@]}-2}" "${health[-1]//5000/$port_a}"
  check 'the health check notices when it is not there' refuses 'refused' \
    "$venv/bin/python" "${health[@]:1:${#health[@]}-2}" "${health[-1]//5000/1}"
  local host
  for host in localhost "localhost:$port_a" "127.0.0.1:$port_a" mlflow-server mlflow-server:5000 mlflow.example.com "mlflow.example.com:$port_tls"; do
    check "it answers to the name $host" status 200 -H "Host: $host" "$url_a/api/2.0/mlflow/experiments/get?experiment_id=0"
  done
  check 'it answers 403 to any other name' status 403 -H 'Host: attacker.example' "$url_a/api/2.0/mlflow/experiments/get?experiment_id=0"
  check 'a frame of another site may not hold it' grep_header 'x-frame-options: deny' "$url_a/"
  check "$runs runs, $versions versions, $mebibytes MiB of artifacts" \
    store fill "$url_a" --runs "$runs" --versions "$versions" --mebibytes "$mebibytes"
  check 'the artifacts are in ./mlartifacts' find_artifact
}

grep_header() { curl --silent --dump-header - --output /dev/null --max-time 10 "$2" | grep -qi "^$1"; }

find_artifact() { [ -n "$(find "$server/mlartifacts" -name MLmodel -print -quit)" ]; }
