#!/usr/bin/env bash
# Proves mlflow-server/ with the real programs: PostgreSQL, MLflow and nginx run
# with the settings that the compose files hold (read from them, not repeated),
# the scripts of that folder run as they are, and what they promise is checked.
#
# What differs from the containers: ports, folders and the address of the
# database are this machine's, and MLflow comes from .dev/venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/prove-mlflow.sh [--full] [--keep] [--help]

Prints a line for each thing proven, ok or FAIL; exit code 0 means all ok.

  --full   1,000 runs, 50 versions, 2 GB of artifacts (usually 10 minutes)
           rather than 60, 6 and 24 MB (usually under 3)
  --keep   leave the work folder behind, and say where it is
TEXT
}

runs=60 versions=6 mebibytes=24 writers=1 keep=no full=no programs='' image=()
for arg in "$@"; do
  case "$arg" in
    --full) full=yes runs=1000 versions=50 mebibytes=2048 writers=2 ;;
    --keep) keep=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done

root="$PWD"
venv="${FORECAST_DEV_DIR:-$root/.dev}/venv"
PATH="$root/.dev/tools/bin:$PATH:/usr/sbin:/sbin"
# Settings of whoever runs this stay out of it.
for name in $(compgen -e PG || true) $(compgen -e MLFLOW_ || true) $(compgen -e POSTGRES_ || true); do
  unset "$name"
done
export no_proxy='*'

# shellcheck source=ci/mlflow/checks.sh
. ci/mlflow/checks.sh
# shellcheck source=ci/mlflow/servers.sh
. ci/mlflow/servers.sh
# shellcheck source=ci/mlflow/prove-server.sh
. ci/mlflow/prove-server.sh
# shellcheck source=ci/mlflow/prove-backup.sh
. ci/mlflow/prove-backup.sh
# shellcheck source=ci/mlflow/prove-forecast.sh
. ci/mlflow/prove-forecast.sh
# shellcheck source=ci/mlflow/prove-production.sh
. ci/mlflow/prove-production.sh
# shellcheck source=ci/mlflow/prove-replication.sh
. ci/mlflow/prove-replication.sh

work="$(mktemp -d "${TMPDIR:-/tmp}/prove-mlflow.XXXXXX")"
chmod 755 "$work"
trap clean_up EXIT
trap 'exit 130' INT TERM
# The folder as a clone has it: without anybody's .env, backups and artifacts.
server="$work/mlflow-server"
mkdir "$server"
git ls-files -z --cached --others --exclude-standard mlflow-server | tar --null --create --files-from=- | tar --extract -C "$work"
compose="$server/docker-compose.yml" prod="$server/docker-compose.prod.yml" standby="$server/docker-compose.standby.yml"
backups="$work/backups" restored_artifacts="$work/restored-artifacts"
port_primary="$(free_port)" port_standby="$(free_port)" port_restored="$(free_port)"
port_a="$(free_port)" port_b="$(free_port)" port_tls="$(free_port)" port_plain="$(free_port)"
url_a="http://127.0.0.1:$port_a" url_b="http://127.0.0.1:$port_b"
# PostgreSQL does not run as root. A prefix rather than a function: in the background
# the process id has to be PostgreSQL's own.
pg_user=postgres as_user=()
id -u postgres >/dev/null 2>&1 || pg_user=nobody
if [ "$(id -u)" -eq 0 ]; then
  as_user=(setpriv "--reuid=$pg_user" "--regid=$(id -g "$pg_user")" --clear-groups)
fi

step 'Install what the proof runs with' 'seconds, minutes the first time'
ci/setup-dev.sh
ci/setup-tools.sh
have rsync || apt_install rsync || fail 'the proof needs rsync; install it' 69
have nginx || apt_install nginx-light || fail 'the proof needs nginx; install it' 69

step 'The files of mlflow-server/' 'seconds'
prove_files
password="$(sed -n 's/^POSTGRES_PASSWORD=//p' "$server/.env")"
setting_words image image postgres "$compose"
version="${image[0]##*:}"
use_postgres "${version%%-*}"
say "the compose file names ${image[0]}; proven with $(postgres --version) and $("$venv/bin/mlflow" --version)"

step 'The plain profile' 'usually under a minute'
prove_server
enough

if [ "$full" = yes ]; then
  step 'A model of our own' 'usually a minute'
  prove_training
fi

step 'Backup while people write' 'seconds; with --full some minutes'
prove_backup
enough

step 'Restore into an empty server' 'usually half a minute'
prove_restore
enough

step 'What backup.sh and restore.sh refuse' 'usually half a minute'
prove_refusals

step 'The production profile: TLS, logins' 'usually half a minute'
prove_production

step 'Replication: standby, two servers, failover' 'usually half a minute'
prove_replication

step_done
printf '\n%s==> %d ok, %d failed%s\n' "$_bold" "$passed" "$failed" "$_plain"
steps_summary
[ "$failed" -eq 0 ]
