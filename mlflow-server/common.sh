# shellcheck shell=bash
# What backup.sh, restore.sh and replication/*.sh share: messages, and how
# PostgreSQL is reached. Sourced, never run; expects bash with `set -euo pipefail`
# and `here` set to this folder.

# The layout of a backup. restore.sh refuses a newer one.
# shellcheck disable=SC2034 # For the scripts that source this.
backup_format=1

# Exit codes, documented in README.md: wrong usage, bad data, unreachable, missing tool, cannot write, not permitted.
# shellcheck disable=SC2034
EX_USAGE=64 EX_DATAERR=65 EX_UNAVAILABLE=69 EX_SOFTWARE=70 EX_CANTCREAT=73 EX_TEMPFAIL=75 EX_NOPERM=77

say() { printf '%s\n' "$*" >&2; }

# fail MESSAGE [EXIT_CODE]: says what went wrong and what to do, then ends the script.
fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

have() { command -v "$1" >/dev/null 2>&1; }

# need TOOL PACKAGE: ends the script where a tool is missing.
need() {
  have "$1" || fail "$1 not found; install it, for example with: apt-get install $2" "$EX_UNAVAILABLE"
}

# setting NAME: from the environment, else from .env, read as docker-compose reads it: a value may stand in
# quotes, and " #" begins a comment behind one that does not. Empty where unset.
setting() {
  local value
  if [ -n "${!1:-}" ]; then
    printf '%s\n' "${!1}"
  elif [ -r "${here:?}/.env" ]; then
    value="$(sed -n "s/^\(export \)\{0,1\}$1=//p" "$here/.env" | tail -n 1)"
    case "$value" in
      *$'\r') fail ".env has the line ends of Windows; mend it with: sed -i 's/\\r\$//' $here/.env" "$EX_USAGE" ;;
      \"*\"*) value="${value#\"}" && value="${value%%\"*}" ;;
      \'*\'*) value="${value#\'}" && value="${value%%\'*}" ;;
      *) value="${value%%[ $'\t']#*}" && value="${value%"${value##*[![:space:]]}"}" ;;
    esac
    printf '%s\n' "$value"
  fi
}

mode='' compose=()
# The file and the service that PostgreSQL is; promote.sh means others.
compose_file=docker-compose.yml compose_service=postgres

# choose_mode [this-machine]: straight to PGHOST where that is set, or MLFLOW_PGHOST in .env;
# through docker-compose where not. For this-machine, .env does not count.
choose_mode() {
  local elsewhere=''
  [ "${1:-}" = this-machine ] || elsewhere="$(setting MLFLOW_PGHOST)"
  if [ -z "${PGHOST:-}${PGSERVICE:-}" ] && [ -n "$elsewhere" ] && [ "$elsewhere" != postgres ]; then
    # Of a primary and its standbys, the one that can be written to.
    export PGHOST="$elsewhere" PGTARGETSESSIONATTRS=read-write
    PGPORT="$(setting MLFLOW_PGPORT)" PGPASSWORD="$(setting POSTGRES_PASSWORD)"
    export PGPORT="${PGPORT:-5432}" PGPASSWORD
  fi
  if [ -n "${PGHOST:-}${PGSERVICE:-}" ]; then
    mode=direct
    export PGDATABASE="${PGDATABASE:-mlflow}" PGUSER="${PGUSER:-mlflow}"
    need psql postgresql-client
    need pg_dump postgresql-client
    need pg_restore postgresql-client
    return
  fi
  mode=compose
  if have docker-compose; then
    compose=(docker-compose)
  elif have docker && docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
  else
    fail 'neither docker-compose nor docker compose found; install one, or set PGHOST, PGUSER, PGDATABASE and PGPASSWORD to reach the database directly' "$EX_UNAVAILABLE"
  fi
  # shellcheck disable=SC2154 # Set by whoever sources this.
  compose+=(--project-directory "$here" --file "$here/$compose_file")
}

# pg TOOL ARGUMENT...: runs one of PostgreSQL's programs against MLflow's database.
# In the compose setup it is the container's own, so that its version always fits.
pg() {
  if [ "$mode" = direct ]; then
    "$@"
    return
  fi
  # shellcheck disable=SC2016 # Expanded in the container.
  "${compose[@]}" exec -T "$compose_service" sh -c \
    'PGHOST=/var/run/postgresql PGUSER="$POSTGRES_USER" PGDATABASE="$POSTGRES_DB" PGPASSWORD="$POSTGRES_PASSWORD"
     export PGHOST PGUSER PGDATABASE PGPASSWORD; exec "$@"' sh "$@"
}

# query SQL: the answer, one row a line, columns separated by tabs.
query() {
  pg psql --no-password --no-psqlrc --quiet --tuples-only --no-align --field-separator=$'\t' \
    --set=ON_ERROR_STOP=1 --command="$1" </dev/null
}

# require_server: ends the script, saying why, where PostgreSQL does not let us in.
require_server() {
  local problem
  if problem="$(query 'select 1' 2>&1)"; then
    return
  fi
  case "$problem" in
    *'password authentication failed'* | *'no password supplied'*)
      fail "PostgreSQL refused the password of user ${PGUSER:-mlflow}; set PGPASSWORD (or ~/.pgpass) to the one in mlflow-server/.env. It said: ${problem##*: }" "$EX_NOPERM"
      ;;
    *'does not exist'*)
      fail "PostgreSQL has no such database or user; create it, or set PGDATABASE and PGUSER. It said: $problem" "$EX_UNAVAILABLE"
      ;;
  esac
  if [ "$mode" = compose ]; then
    case "$problem" in
      *'Error while fetching server API version'* | *'connect to the Docker daemon'* | *'docker daemon'*)
        fail "Docker does not answer; start it (systemctl start docker) and see that you may use it, or set PGHOST, PGUSER, PGDATABASE and PGPASSWORD to reach the database directly" "$EX_UNAVAILABLE"
        ;;
    esac
    # A failure of docker-compose's own ends in its reason.
    fail "cannot reach PostgreSQL in the container; start it with: docker-compose up -d $compose_service. It said: ${problem##*$'\n'}" "$EX_UNAVAILABLE"
  fi
  fail "cannot reach PostgreSQL at ${PGHOST:-service $PGSERVICE}:${PGPORT:-5432}; is it running, are PGHOST and PGPORT right? It said: $problem" "$EX_UNAVAILABLE"
}

# server_major: 18 for any 18.x.
server_major() { echo $(($(query 'show server_version_num') / 10000)); }

# client_major TOOL: likewise, of a program.
client_major() {
  local version
  version="$(pg "$1" --version </dev/null)"
  version="${version##*) }"
  version="${version%% *}"
  printf '%s\n' "${version%%.*}"
}

# require_client TOOL MAJOR: an older pg_dump or pg_restore does not know newer servers and dumps.
require_client() {
  local major
  major="$(client_major "$1")"
  [ "$major" -ge "$2" ] ||
    fail "$1 is version $major and PostgreSQL (or the dump) is version $2; install postgresql-client-$2 and put it first on the PATH" "$EX_UNAVAILABLE"
}

# free_kib DIR: what may still be written there.
free_kib() { df --output=avail -k "$1" | tail -n 1 | tr -d ' '; }

# require_space DIR KIB WHAT
require_space() {
  local free
  free="$(free_kib "$1")"
  [ "$free" -ge "$2" ] ||
    fail "$3 needs about $(($2 / 1024 + 1)) MiB in $1 and $((free / 1024)) MiB are free; free some, or choose another disk" "$EX_CANTCREAT"
}

# Where a version's files are, relative to the artifact store; NULL for what is in object storage.
# A version names them itself, or through the run or the logged model that it was made from.
# shellcheck disable=SC2034
versions_sql="
  select v.name, v.version, regexp_replace(v.location, '^mlflow-artifacts:(//[^/]*)?/+', '')
  from (
    select m.name, m.version,
      case
        when coalesce(m.storage_location, m.source) like 'runs:/%'
          then r.artifact_uri || substring(coalesce(m.storage_location, m.source) from '^runs:/[^/]+(/.*)\$')
        when coalesce(m.storage_location, m.source) like 'models:/m-%' then l.artifact_location
        else coalesce(m.storage_location, m.source)
      end as location
    from model_versions m
    left join runs r on r.run_uuid = substring(coalesce(m.storage_location, m.source) from '^runs:/([^/]+)')
    left join logged_models l on l.model_id = substring(coalesce(m.storage_location, m.source) from '^models:/(m-[^/]+)')
    where m.current_stage is distinct from 'Deleted_Internal'
  ) v
  where v.location like 'mlflow-artifacts:%'
  order by v.name collate \"C\", v.version"

# versions_without_files VERSIONS_TSV ARTIFACTS: each version whose files are not there, as name/version.
versions_without_files() {
  local name version path
  while IFS=$'\t' read -r name version path; do
    if [ ! -f "$2/$path" ] && [ -z "$(find "$2/$path" -type f -print -quit 2>/dev/null)" ]; then
      printf '%s/%s (%s)\n' "$name" "$version" "$path"
    fi
  done <"$1"
}

# manifest_value BACKUP NAME
manifest_value() { sed -n "s/^$2=//p" "$1/MANIFEST"; }

# is_object_storage LOCATION: is it an address in one of the stores that README.md names?
is_object_storage() {
  case "$1" in
    wasbs://?* | abfss://?* | s3://?* | gs://?*) return 0 ;;
    *) return 1 ;;
  esac
}

# artifact_location LOCATION: prints the address of the object store, or the folder on this machine that
# LOCATION is; empty means what MLFLOW_ARTIFACTS_DESTINATION says, a path in the container where
# docker-compose.yml mounts ./mlartifacts.
artifact_location() {
  local location="$1" configured=no
  if [ -z "$location" ]; then
    configured=yes
    location="$(setting MLFLOW_ARTIFACTS_DESTINATION)" || return
  fi
  if is_object_storage "$location"; then
    printf '%s\n' "$location"
    return
  fi
  case "$location" in
    file://localhost/*) location="${location#file://localhost}" ;;
    file:///*) location="${location#file://}" ;;
    *:/*) fail "$location is no place for artifacts that is known here; give a folder, or an address in wasbs://, abfss://, s3:// or gs://" "$EX_USAGE" ;;
  esac
  if [ "$configured" = yes ]; then
    case "$location" in
      '' | /mlartifacts | /mlartifacts/) location="$here/mlartifacts" ;;
      /mlartifacts/*) location="$here${location%/}" ;;
    esac
  fi
  printf '%s\n' "$location"
}

# beside FOLDER: what the names of things begin with that are kept next to an artifact store, on its own
# disk, so that moving them takes a moment. Outside of it, where the server cannot see them; inside only
# where the store is a disk of its own.
beside() {
  local parent
  parent="$(dirname "$1")"
  if [ "$(stat --format=%d "$1")" = "$(stat --format=%d "$parent")" ] && [ -w "$parent" ]; then
    printf '%s.\n' "$1"
  else
    printf '%s/.\n' "$1"
  fi
}

# unfinished_restore FOLDER: the note of a restore into it that was cut short; empty where there is none.
unfinished_restore() {
  local note
  for note in "$1.restore-state" "$1/.restore-state"; do
    [ ! -e "$note" ] || printf '%s\n' "$note"
  done | head -n 1
}

# What is no artifact: hidden entries at the top, and what a disk of its own comes with.
# shellcheck disable=SC2034
no_artifacts=(--exclude='/.*' --exclude='/lost+found')
