# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Its variables are shared with ci/prove-mlflow.sh, which sources this.
# Proves the production profile: nginx with the real configuration before an
# MLflow server with logins, on the database that was just restored.

# prod_env NAME: from .env.
prod_env() { sed -n "s/^$1=//p" "$server/.env"; }

# start_proxy PORT...: proxy/nginx.conf with this machine's ports and folder, before the servers at PORT...
start_proxy() {
  local dir="$work/proxy" port
  rm -rf "$dir"
  mkdir -p "$dir/tmp"
  cp -r "$server/tls" "$dir/tls"
  sed -e "s#/tmp/#$dir/tmp/#" -e "s#/dev/stdout#$dir/access.log#" -e "s/listen 8443/listen 127.0.0.1:$port_tls/" \
    -e "s/listen 8080/listen 127.0.0.1:$port_plain/" "$server/proxy/nginx.conf" >"$dir/nginx.conf"
  for port in "$@"; do
    sed -n "s/mlflow-server:5000/127.0.0.1:$port/p" "$server/proxy/upstream.conf"
  done >"$dir/upstream.conf"
  sed -e "s#/tmp/#$dir/tmp/#" -e "s#exec nginx#exec nginx -p $dir -c $dir/nginx.conf -e stderr#" \
    "$server/proxy/start.sh" >"$dir/start.sh"
  chmod -R a+rX "$dir"
  # Debian's nginx tries to open its own log before it has read where ours goes.
  MLFLOW_PUBLIC_PORT="$port_tls" sh "$dir/start.sh" >"$dir/log" 2>&1 &
  pid=$!
  pids+=("$pid")
  wait_for 10 status 200 --insecure "https://127.0.0.1:$port_tls/health" || { cat "$dir/log" && return 1; }
}

# public CURL-ARGUMENT... PATH: as a browser asks, by the public name, trusting the certificate alone.
public() {
  local arguments=("${@:1:$#-1}")
  status "${arguments[0]}" --cacert "$server/tls/server.crt" --resolve "$public_host:$port_tls:127.0.0.1" \
    "${arguments[@]:1}" "https://$public_host:$port_tls${*: -1}"
}

get='/api/2.0/mlflow/experiments/get?experiment_id=0'
json='content-type: application/json'

prove_production() {
  local admin
  public_host="$(prod_env MLFLOW_PUBLIC_HOST)"
  admin="admin:$(prod_env MLFLOW_AUTH_ADMIN_PASSWORD)"
  check 'without its secrets the server refuses to start, and says which is missing' \
    refuses 'MLFLOW_FLASK_SERVER_SECRET_KEY' env MLFLOW_BACKEND_STORE_URI=x "$server/entrypoint.sh" mlflow server --app-name basic-auth
  check 'with a public name and without logins it refuses to start' refuses 'nobody would have to log in' \
    env MLFLOW_BACKEND_STORE_URI=x MLFLOW_PUBLIC_HOST="$public_host" "$server/entrypoint.sh" mlflow server
  check 'and with artifacts at an address of an unknown kind' refuses 'give a folder, or' \
    env MLFLOW_BACKEND_STORE_URI=x MLFLOW_ARTIFACTS_DESTINATION=hdfs://x "$server/entrypoint.sh" mlflow server
  check 'a secret may come from a file' secret_from_file
  artifacts="$restored_artifacts" check_here 'MLflow starts with logins, on the restored database' \
    start_mlflow mlflow-prod "$port_b" "$port_restored" "$compose" "$prod"
  pid_b="$pid"
  check_here 'nginx takes its configuration and starts' start_proxy "$port_b"
  pid_proxy="$pid"
  check 'health needs no login' public 200 /health
  check 'without a login: 401' public 401 "$get"
  check 'with a wrong password: 401' public 401 --user admin:wrong "$get"
  check 'with the login of .env: 200' public 200 --user "$admin" "$get"
  check 'a checked login is remembered: 20 more requests' quick 20 --user "$admin"
  say "$(tail -n 1 "$work/check.log")"
  check 'logins are in PostgreSQL, beside the runs' users_in_postgres
  check 'the administrator makes a user' public 200 --user "$admin" -H "$json" \
    -d '{"username": "analyst", "password": "a-long-enough-password"}' /api/2.0/mlflow/users/create
  check 'who may read' public 200 --user analyst:a-long-enough-password "$get"
  check 'and may not write what is not theirs: 403' public 403 --user analyst:a-long-enough-password -H "$json" \
    -d '{"experiment_id": "1", "new_name": "mine"}' /api/2.0/mlflow/experiments/update
  check 'the page may post from its own origin' public 200 --user "$admin" -H "$json" \
    -H "Origin: https://$public_host:$port_tls" -d '{"max_results": 1}' /ajax-api/2.0/mlflow/experiments/search
  check 'a page of another site may not: 403' public 403 --user "$admin" -H "$json" \
    -H 'Origin: https://attacker.example' -d '{"max_results": 1}' /ajax-api/2.0/mlflow/experiments/search
  check 'by another name: 403' public 403 --user "$admin" -H 'Host: attacker.example' "$get"
  check 'plain HTTP is sent on to HTTPS' redirected
  check 'TLS 1.1 is refused' refuses 'alert\|error\|unsupported' tls_handshake -tls1_1
  check 'TLS 1.3 is spoken' tls_handshake -tls1_3
  check 'browsers are told to stay with HTTPS' public_header 'strict-transport-security'
  check 'an artifact of 64 MB goes up and comes back the same' round_trip "$admin"
  check 'the log has no query strings' refuses_grep 'experiment_id=' "$work/proxy/access.log"
  check 'no secret is in any log' no_secret_logged
  stop "$pid_proxy" QUIT
  stop "$pid_b" TERM
}

secret_from_file() {
  printf 'from-a-file\n' >"$work/secret"
  [ "$(MLFLOW_FLASK_SERVER_SECRET_KEY_FILE="$work/secret" "$server/entrypoint.sh" \
    printenv MLFLOW_FLASK_SERVER_SECRET_KEY)" = from-a-file ]
}

# quick COUNT CURL-ARGUMENT...: hashing the password each time would take seconds.
quick() {
  local count="$1" began took
  shift
  began="$(date +%s%N)"
  for _ in $(seq "$count"); do
    public 200 "$@" "$get" || return 1
  done
  took=$((($(date +%s%N) - began) / 1000000 / count))
  printf '%s ms each\n' "$took"
  [ "$took" -lt 400 ]
}

users_in_postgres() {
  [ "$(with_database "$port_restored" psql -qAtc "select username from users where is_admin")" = admin ]
}

redirected() {
  status 308 "http://127.0.0.1:$port_plain/x?y=1" -H "Host: $public_host"
  curl --silent --head "http://127.0.0.1:$port_plain/x?y=1" -H "Host: $public_host" |
    grep -qi "^location: https://$public_host:$port_tls/x?y=1"
}

tls_handshake() {
  openssl s_client -connect "127.0.0.1:$port_tls" -servername "$public_host" \
    -CAfile "$server/tls/server.crt" -verify_return_error "$1" </dev/null
}

public_header() {
  curl --silent --head --cacert "$server/tls/server.crt" --resolve "$public_host:$port_tls:127.0.0.1" \
    "https://$public_host:$port_tls/health" | grep -qi "^$1:"
}

# round_trip LOGIN
round_trip() {
  local path=/api/2.0/mlflow-artifacts/artifacts/0/proof/big.bin
  head -c 64M /dev/urandom >"$work/big.bin"
  public 200 --user "$1" --upload-file "$work/big.bin" "$path" || return 1
  public 200 --user "$1" "$path" && cmp "$work/big.bin" "$work/answer"
}

refuses_grep() { ! grep -- "$1" "$2"; }

no_secret_logged() {
  local name
  for name in POSTGRES_PASSWORD MLFLOW_AUTH_ADMIN_PASSWORD MLFLOW_FLASK_SERVER_SECRET_KEY; do
    ! grep -rlF -- "$(prod_env "$name")" "$work"/*/log || return 1
  done
}
