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
  check 'it adds to an .env whose last line has no end' env_without_end
  check 'and says what it replaces; refuses line ends of Windows and what is no host' env_refusals
  check 'it takes in a certificate with its key, and refuses one of another key' certificate_in
  check 'it lets containers read what they mount, in a clone under umask 077' mounts_readable
  check 'docker-compose.mlflow.yml is docker-compose.yml without PostgreSQL' same_service
  if have docker-compose; then
    check 'docker-compose takes the plain profile' docker-compose --file "$compose" config --quiet
    check 'docker-compose takes the production profile' \
      docker-compose --file "$compose" --file "$prod" config --quiet
    check 'docker-compose takes the replication profile' \
      env MLFLOW_PG_BIND=10.0.0.11 docker-compose --file "$compose" --file "$server/docker-compose.replication.yml" config --quiet
    check 'docker-compose takes the standby' \
      env PRIMARY_HOST=10.0.0.11 REPLICATION_PASSWORD=x docker-compose --file "$standby" config --quiet
    check '.env alone makes docker-compose up -d the production profile' production_by_default
    check 'a proxy elsewhere reaches MLflow at MLFLOW_BIND' bound_elsewhere
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

# a_folder: another clone, with no .env; prints where.
a_folder() {
  local folder
  folder="$(mktemp -d "$work/clone.XXXXXX")"
  cp -r "$server"/*.sh "$server/proxy" "$server/replication" "$folder"
  printf '%s\n' "$folder"
}

env_without_end() {
  local folder
  folder="$(a_folder)"
  printf 'POSTGRES_PASSWORD=mine' >"$folder/.env"
  "$folder/setup.sh"
  [ "$(head -n 1 "$folder/.env")" = POSTGRES_PASSWORD=mine ] && grep -q '^MLFLOW_UID=[0-9]*$' "$folder/.env"
}

env_refusals() {
  local folder name
  folder="$(a_folder)"
  for name in .. -x a..b a.-b https://a; do
    refuses "host's name alone" "$folder/setup.sh" --public-host "$name"
  done
  "$folder/setup.sh" --public-host old.example
  "$folder/setup.sh" --public-host new.example | grep 'new.example in place of old.example'
  [ "$(grep -c '^MLFLOW_PUBLIC_HOST=' "$folder/.env")" -eq 1 ] && grep -q '^MLFLOW_PUBLIC_HOST=new.example$' "$folder/.env"
  printf 'A=b\r\n' >>"$folder/.env"
  refuses 'line ends of Windows' "$folder/setup.sh"
}

certificate_in() {
  local folder name
  folder="$(a_folder)"
  for name in one other; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=a.example \
      -keyout "$folder/$name.key" -out "$folder/$name.pem" 2>/dev/null
  done
  chmod 600 "$folder/one.key"
  refuses 'is not the key of' "$folder/setup.sh" --public-host a.example --certificate "$folder/one.pem" --key "$folder/other.key"
  "$folder/setup.sh" --public-host a.example --certificate "$folder/one.pem" --key "$folder/one.key"
  cmp "$folder/one.key" "$folder/tls/server.key"
  [ "$(stat --format=%a:%g "$folder/tls/server.key")" = "640:$(sed -n 's/^MLFLOW_GID=//p' "$folder/.env")" ]
}

mounts_readable() {
  local folder
  folder="$(a_folder)"
  chmod -R go= "$folder"
  "$folder/setup.sh"
  [ -z "$(find "$folder/proxy" "$folder/replication" ! -perm -a+r)" ]
}

same_service() { "$venv/bin/python" ci/mlflow/settings.py compare mlflow-server "$compose" "$server/docker-compose.mlflow.yml" --env-file "$server/.env"; }

production_by_default() {
  (cd "$server" && docker-compose config) >"$work/config"
  grep -q 'basic-auth' "$work/config" && grep -q 'nginx:' "$work/config"
}

bound_elsewhere() {
  (cd "$server" && MLFLOW_BIND=10.0.0.12 MLFLOW_PGHOST=10.0.0.11 COMPOSE_FILE=docker-compose.mlflow.yml:docker-compose.prod.yml docker-compose config) >"$work/config"
  grep -q '10.0.0.12:5000:5000' "$work/config" && ! grep -q 'postgres:18' "$work/config"
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
