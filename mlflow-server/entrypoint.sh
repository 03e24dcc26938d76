#!/bin/sh
# Starts the MLflow server in its container. Reads secrets from files where
# NAME_FILE says so (docker and Kubernetes secrets), and refuses to start with
# a reason where a setting is missing, rather than failing somewhere inside.
set -eu

refuse() {
  printf 'mlflow-entrypoint: %s\n' "$1" >&2
  exit 64
}

# from_file NAME: sets NAME to the content of the file that NAME_FILE names.
from_file() {
  eval "file=\${$1_FILE:-}"
  # shellcheck disable=SC2154 # Set by the eval above.
  [ -n "$file" ] || return 0
  eval "value=\${$1:-}"
  # shellcheck disable=SC2154
  [ -z "$value" ] || refuse "both $1 and $1_FILE are set; keep one"
  [ -r "$file" ] || refuse "cannot read $file, which $1_FILE names; mount it readable for user $(id -u)"
  value="$(cat "$file")"
  [ -n "$value" ] || refuse "$file, which $1_FILE names, is empty"
  export "$1=$value"
  unset "$1_FILE"
}

for name in PGPASSWORD MLFLOW_AUTH_ADMIN_PASSWORD MLFLOW_FLASK_SERVER_SECRET_KEY \
  AWS_SECRET_ACCESS_KEY AZURE_STORAGE_CONNECTION_STRING AZURE_STORAGE_ACCESS_KEY; do
  from_file "$name"
done

case "${1:-} ${2:-}" in
  'mlflow server') ;;
  *) exec "$@" ;; # A shell, or `mlflow db upgrade`.
esac

[ -n "${MLFLOW_BACKEND_STORE_URI:-}" ] ||
  refuse 'MLFLOW_BACKEND_STORE_URI is not set; for example postgresql+psycopg:// with PGHOST, PGDATABASE, PGUSER and PGPASSWORD'
case "$*" in
  *'--app-name basic-auth'* | *--app-name=basic-auth*)
    [ -n "${MLFLOW_FLASK_SERVER_SECRET_KEY:-}" ] ||
      refuse 'basic auth needs MLFLOW_FLASK_SERVER_SECRET_KEY; make one with: openssl rand -hex 32'
    ;;
  *)
    [ -z "${MLFLOW_PUBLIC_HOST:-}" ] ||
      refuse "the server has a public name, MLFLOW_PUBLIC_HOST=$MLFLOW_PUBLIC_HOST, and nobody would have to log in; run ./setup.sh --public-host $MLFLOW_PUBLIC_HOST, which puts docker-compose.prod.yml into .env, and docker-compose up -d again"
    ;;
esac
case "${MLFLOW_ARTIFACTS_DESTINATION:-}" in
  /* | file:///*)
    [ -w "${MLFLOW_ARTIFACTS_DESTINATION#file://}" ] ||
      refuse "user $(id -u) cannot write to $MLFLOW_ARTIFACTS_DESTINATION; on the host run: chown -R $(id -u):$(id -g) mlartifacts (or set MLFLOW_UID and MLFLOW_GID to the folder's owner)"
    ;;
  wasbs://* | abfss://* | s3://* | gs://* | '') ;;
  *) refuse "MLFLOW_ARTIFACTS_DESTINATION=$MLFLOW_ARTIFACTS_DESTINATION: give a folder, or an address in wasbs://, abfss://, s3:// or gs://" ;;
esac
exec "$@"
