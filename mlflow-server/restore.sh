#!/usr/bin/env bash
# Restores a backup that backup.sh made. Checks every file of it before it
# touches anything, refuses a target that holds data unless told to replace it,
# and compares the result with what the backup recorded.
#
# The database is replaced in one transaction that commits only when every
# table has the recorded number of rows; until then the artifacts can go back to
# where they were. So a restore that fails, at any point, leaves what was there.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=mlflow-server/common.sh
. "$here/common.sh"

usage() {
  cat <<'TEXT'
Usage: ./restore.sh [OPTION...] BACKUP

BACKUP is a folder that backup.sh made, for instance backups/mlflow-20261123T021500Z.
Stop the MLflow server first (docker-compose stop mlflow-server); PostgreSQL has to run.

  --check            only check the backup, file by file; nothing is restored
  --replace          the target may hold data: the database is replaced, the
                     artifacts that were there are kept in .before-restore-<time>
  --artifacts DIR    where the artifacts go (default: mlartifacts beside this script)
  --help

PostgreSQL is reached through docker-compose, or directly where PGHOST is set
(with PGPORT, PGUSER, PGDATABASE and PGPASSWORD or ~/.pgpass).

Exit code 0: restored and compared. Anything else: the reason is on standard error,
and unless that says otherwise nothing was changed.
TEXT
}

artifacts="$here/mlartifacts" backup='' only_check=no replace=no
while [ "$#" -gt 0 ]; do
  case "$1" in
    --check) only_check=yes && shift ;;
    --replace) replace=yes && shift ;;
    --artifacts)
      [ -n "${2:-}" ] || fail '--artifacts needs a folder' "$EX_USAGE"
      artifacts="$2"
      shift 2
      ;;
    -h | --help) usage && exit 0 ;;
    -*) usage >&2 && exit "$EX_USAGE" ;;
    *)
      [ -z "$backup" ] || fail "one backup at a time: $backup or $1?" "$EX_USAGE"
      backup="$1"
      shift
      ;;
  esac
done
[ -n "$backup" ] || { usage >&2 && exit "$EX_USAGE"; }

# damaged WHAT: the backup cannot be trusted.
damaged() { fail "$backup is damaged: $1. Nothing was touched; restore another backup" "$EX_DATAERR"; }

# check_backup: every file is there and unchanged, and none is there that is not listed.
check_backup() {
  local problems missing
  [ -f "$backup/MANIFEST" ] || fail "$backup is no backup: it has no MANIFEST" "$EX_USAGE"
  [ "$(manifest_value "$backup" format)" = "$backup_format" ] ||
    fail "$backup has format '$(manifest_value "$backup" format)' and this restore.sh knows $backup_format; use the one that came with the newer backup.sh" "$EX_DATAERR"
  problems="$(cd "$backup" && sha256sum --check --quiet --strict SHA256SUMS 2>&1)" || damaged "$problems"
  has_artifacts=no
  [ "$(manifest_value "$backup" artifacts)" = copied ] || return 0
  has_artifacts=yes
  if [ -s "$backup/artifacts.sha256" ]; then
    problems="$(cd "$backup/artifacts" && sha256sum --check --quiet --strict ../artifacts.sha256 2>&1)" || damaged "$problems"
  fi
  [ "$(find "$backup/artifacts" -type f | wc -l)" -eq "$(manifest_value "$backup" files)" ] ||
    damaged 'artifacts/ holds files that artifacts.sha256 does not list'
  missing="$(versions_without_files "$backup/versions.tsv" "$backup/artifacts")"
  if [ -n "$missing" ]; then
    say 'restore.sh: these versions had no files when the backup was made:'
    say "$missing"
  fi
}

# check_target: PostgreSQL is there, new enough, unused and empty (or may be replaced).
check_target() {
  local server wanted tables runs others
  require_server
  server="$(server_major)" wanted="$(manifest_value "$backup" postgres)"
  [ "$server" -ge "$wanted" ] ||
    fail "the backup is of PostgreSQL $wanted and the server is version $server; restore into $wanted or newer" "$EX_UNAVAILABLE"
  require_client pg_restore "$wanted"
  # A program that has just ended may be listed for a moment longer.
  for _ in 1 2 3 4 5; do
    others="$(query "select count(*), coalesce(string_agg(distinct application_name, ', '), '') from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'")"
    [ "${others%%$'\t'*}" -ne 0 ] || break
    sleep 1
  done
  [ "${others%%$'\t'*}" -eq 0 ] ||
    fail "${others%%$'\t'*} connections use the database (${others#*$'\t'}); stop the server first: docker-compose stop mlflow-server" "$EX_TEMPFAIL"
  [ "$replace" = no ] || return 0
  tables="$(query "select count(*) from pg_tables where schemaname = 'public'")"
  if [ "$tables" -ne 0 ]; then
    runs="$(query 'select count(*) from runs' 2>/dev/null || echo some)"
    fail "the database is not empty ($tables tables, $runs runs); restore into an empty one, or back it up and add --replace" "$EX_CANTCREAT"
  fi
  if [ "$has_artifacts" = yes ] && [ -n "$(contents "$artifacts")" ]; then
    fail "$artifacts is not empty; restore into an empty folder, or add --replace, which keeps what is there aside" "$EX_CANTCREAT"
  fi
}

# contents FOLDER: what it holds, hidden files apart.
contents() { find "$1" -mindepth 1 -maxdepth 1 ! -name '.*'; }

# move_contents FROM TO: by renaming within one file system, so that it takes a moment.
move_contents() { find "$1" -mindepth 1 -maxdepth 1 ! -name '.*' -exec mv --target-directory="$2" -- {} +; }

staging='' aside='' moved=no committed=no

# Undoes what was done to the artifacts, unless the database has been replaced as well.
clean_up() {
  local code=$?
  trap - EXIT
  if [ "$moved" = yes ]; then
    move_contents "$artifacts" "$staging"
    [ ! -d "$aside" ] || move_contents "$aside" "$artifacts"
  fi
  [ -z "$staging" ] || rm -rf "$staging"
  [ -z "$aside" ] || rmdir "$aside" 2>/dev/null || true
  if [ "$code" -ne 0 ] && [ "$committed" = no ]; then
    say 'restore.sh: nothing was restored; what was there is as it was'
  fi
  exit "$code"
}

# stage_artifacts: copies them beside the target, on its own disk, and checks the copies.
stage_artifacts() {
  local owner=() uid
  staging="$artifacts/.restoring-$stamp" aside="$artifacts/.before-restore-$stamp"
  # On another machine the server may run as another user.
  uid="$(setting MLFLOW_UID)"
  if [ "$mode" = compose ] && [ "$(id -u)" -eq 0 ] && [ -n "$uid" ]; then
    owner=("--chown=$uid:$(setting MLFLOW_GID)")
  fi
  # Left by a machine that went down during a restore.
  rm -rf "$artifacts"/.restoring-*
  mkdir "$staging"
  rsync --archive --numeric-ids "${owner[@]}" "$backup/artifacts/" "$staging/" ||
    fail "rsync could not copy the artifacts to $artifacts, for the reason above" "$EX_CANTCREAT"
  if [ -s "$backup/artifacts.sha256" ]; then
    (cd "$staging" && sha256sum --check --quiet --strict "$backup/artifacts.sha256") ||
      fail "the copies in $artifacts differ from the backup; is that disk sound?" "$EX_DATAERR"
  fi
}

move_artifacts_in() {
  mkdir "$aside"
  moved=yes
  move_contents "$artifacts" "$aside"
  move_contents "$staging" "$artifacts"
}

# database_script: SQL that restores everything and commits only what compares equal.
# A pg_restore that fails ends it before the COMMIT, and PostgreSQL forgets the rest.
database_script() {
  local table rows
  printf "set client_min_messages = warning;\nset lock_timeout = '30s';\nbegin;\n"
  [ "$replace" = no ] || printf 'drop schema public cascade;\ncreate schema public;\ngrant usage on schema public to public;\n'
  pg pg_restore --no-owner --no-acl --file=- <"$backup/database.dump" || return 1
  while IFS=$'\t' read -r table rows; do
    # shellcheck disable=SC2016 # SQL, not shell.
    printf 'do $$ declare n bigint; begin select count(*) into n from %s; if n <> %s then raise exception %s, n; end if; end $$;\n' \
      "$table" "$rows" "'$table has % rows and the backup recorded $rows'"
  done <"$backup/counts.tsv"
  printf 'commit;\nanalyze;\n\\echo committed\n'
}

restore_database() {
  local answer
  answer="$(database_script | pg psql --no-password --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1)" ||
    fail 'PostgreSQL did not take the dump, for the reason above' "$EX_SOFTWARE"
  [ "${answer##*$'\n'}" = committed ] || fail 'the dump ended early' "$EX_DATAERR"
}

# compare: every registered version has its files in the live store, and the schema is the recorded one.
compare() {
  local versions missing
  versions="$(mktemp)"
  query "$versions_sql" >"$versions"
  cmp "$versions" "$backup/versions.tsv" || fail 'restored, but the registered versions are not those that the backup recorded' "$EX_DATAERR"
  missing=''
  [ "$has_artifacts" = no ] || missing="$(versions_without_files "$versions" "$artifacts")"
  rm "$versions"
  [ -z "$missing" ] || [ "$missing" = "$(versions_without_files "$backup/versions.tsv" "$backup/artifacts")" ] ||
    fail "restored, but these versions have no files: $missing" "$EX_DATAERR"
}

need sha256sum coreutils
backup="$(cd "$backup" 2>/dev/null && pwd)" || fail 'there is no such backup; name a folder that backup.sh made' "$EX_USAGE"
started=$SECONDS
check_backup
if [ "$only_check" = yes ]; then
  say "$backup is whole: $(awk '{ n += $NF } END { print n + 0 }' "$backup/counts.tsv") rows, $(manifest_value "$backup" files) files"
  exit 0
fi
choose_mode
umask 027
if [ "$has_artifacts" = yes ]; then
  need rsync rsync
  mkdir -p "$artifacts" || fail "cannot make $artifacts" "$EX_CANTCREAT"
  artifacts="$(cd "$artifacts" && pwd)"
fi
check_target
stamp="$(date --utc +%Y%m%dT%H%M%SZ)"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ "$has_artifacts" = yes ]; then
  require_space "$artifacts" "$(manifest_value "$backup" kib)" 'the restore'
  stage_artifacts
  move_artifacts_in
fi
restore_database
moved=no committed=yes
compare
if [ "$has_artifacts" = no ]; then
  say "the artifacts stayed in $(manifest_value "$backup" artifacts); restore those from the object store's own versions"
elif [ -n "$(contents "$aside")" ]; then
  say "what was in the artifact store is in $aside; delete it when it is of no use"
fi
say "restored in $((SECONDS - started)) s and compared: $(awk '{ n += $NF } END { print n + 0 }' "$backup/counts.tsv") rows, $(manifest_value "$backup" files) files, as of $(manifest_value "$backup" snapshot)"
say 'start the server again: docker-compose up -d'
