#!/usr/bin/env bash
# Restores a backup that backup.sh made. Checks every file of it before it
# touches anything, refuses a target that holds data unless told to replace it,
# and compares the result with what the backup recorded.
#
# The artifacts are copied beside the store first. Then the database is replaced
# in one transaction that commits only when every table has the recorded number
# of rows; until then nothing of what was there is touched. After the commit the
# copies are moved in, which takes a moment. A note beside the store, with the
# transaction's number, says how far it came: where the machine goes down between
# the two, --finish asks the database what became of the transaction and moves
# the artifacts accordingly, and backup.sh and restore.sh do nothing before that.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=mlflow-server/common.sh
. "$here/common.sh"

usage() {
  cat <<'TEXT'
Usage: ./restore.sh [OPTION...] BACKUP
       ./restore.sh --finish [--artifacts DIR]

BACKUP is a folder that backup.sh made, for instance backups/mlflow-20261123T021500Z.
Stop the MLflow server first (docker-compose stop mlflow-server); PostgreSQL has to run.

  --check            only check the backup, file by file; nothing is restored
  --replace          the target may hold data: the database is replaced, the
                     artifacts that were there are kept in
                     mlartifacts.before-restore-<time>, beside the store
  --artifacts DIR    where the artifacts go (default: what MLFLOW_ARTIFACTS_DESTINATION
                     says, else mlartifacts beside this script)
  --finish           finish, or undo, a restore that was cut short
  --help

PostgreSQL is reached through docker-compose, or directly where PGHOST is set
(with PGPORT, PGUSER, PGDATABASE and PGPASSWORD or ~/.pgpass).

Exit code 0: restored and compared. Anything else: the reason is on standard error,
and unless that says otherwise nothing was changed.
TEXT
}

artifacts='' backup='' only_check=no replace=no finish=no
while [ "$#" -gt 0 ]; do
  case "$1" in
    --check) only_check=yes && shift ;;
    --replace) replace=yes && shift ;;
    --finish) finish=yes && shift ;;
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
if [ "$finish" = yes ]; then
  [ "$backup$only_check$replace" = nono ] || fail '--finish takes --artifacts and nothing else' "$EX_USAGE"
elif [ -z "$backup" ]; then
  usage >&2 && exit "$EX_USAGE"
fi

# damaged WHAT: the backup cannot be trusted.
damaged() { fail "$backup is damaged: $1. Nothing was touched; restore another backup" "$EX_DATAERR"; }

# check_backup: every file is there and unchanged, and none is there that is not listed.
check_backup() {
  local problems missing listed name names=(MANIFEST database.dump counts.tsv versions.tsv)
  [ -f "$backup/MANIFEST" ] || fail "$backup is no backup: it has no MANIFEST" "$EX_USAGE"
  [ "$(manifest_value "$backup" format)" = "$backup_format" ] ||
    fail "$backup has format '$(manifest_value "$backup" format)' and this restore.sh knows $backup_format; use the one that came with the newer backup.sh" "$EX_DATAERR"
  problems="$(cd "$backup" && find . -mindepth 1 ! -type d ! -type f)"
  [ -z "$problems" ] || damaged "it holds what backup.sh does not write, links or devices: $problems"
  [ "$(manifest_value "$backup" artifacts)" != copied ] || names+=(artifacts.sha256)
  [ -f "$backup/SHA256SUMS" ] || damaged 'it has no SHA256SUMS'
  listed="$(cut -c 67- "$backup/SHA256SUMS" | sed 's#^\./##')"
  for name in "${names[@]}"; do
    grep -qxF -- "$name" <<<"$listed" || damaged "SHA256SUMS does not list $name"
  done
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

# entries FOLDER FIND-ARGUMENT...: what it holds, hidden files and what disks come with apart.
entries() { find "$1" -mindepth 1 -maxdepth 1 ! -name '.*' ! -name lost+found "${@:2}"; }

contents() { entries "$1" -print; }

# move_contents FROM TO: by renaming within one file system, so that it takes a moment.
move_contents() { entries "$1" -exec mv --target-directory="$2" -- {} +; }

# What a note says, by the names it has there.
staging='' aside='' state='' xid='' system=''
# Of the restore as a whole: waiting (for the commit), unknown, committed (artifacts yet to move), finished.
outcome=waiting
database_pid='' to_database='' from_database=''

# write_state PHASE: notes on the disk how far it came, in one piece.
write_state() {
  [ -n "$state" ] || return 0
  printf 'phase=%s\nxid=%s\nsystem=%s\nstaging=%s\naside=%s\n' "$1" "$xid" "$system" "$staging" "$aside" >"$state.part"
  sync "$state.part"
  mv "$state.part" "$state"
  sync "$(dirname "$state")"
}

# system: which cluster and database this is; a transaction's number means nothing elsewhere.
system() { query "select system_identifier || '/' || current_database() from pg_control_system()" 2>/dev/null || echo unknown; }

# what_became_of XID: committed, aborted or in progress, as the database knows it.
what_became_of() { query "select coalesce(pg_xact_status('$1'::xid8), 'aborted')"; }

# Says what is so at the end. Before the commit nothing but copies was made.
clean_up() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  # Without its input psql ends, and PostgreSQL forgets what was not committed. Standard output may
  # be that input as well, where a signal came in the midst of the script.
  if [ -n "$database_pid" ]; then
    exec {to_database}>&- >&2
    wait "$database_pid" 2>/dev/null || true
  fi
  case "$outcome" in
    waiting)
      [ -z "$staging" ] || rm -rf "$staging"
      [ -z "$state" ] || rm -f "$state" "$state.part"
      [ "$code" -eq 0 ] || say 'restore.sh: nothing was restored; what was there is as it was'
      ;;
    committed) say 'restore.sh: the database is replaced, and its artifacts are not all in place; run: ./restore.sh --finish' ;;
    unknown)
      if [ -n "$state" ]; then
        say 'restore.sh: it is not known whether the database was replaced; when PostgreSQL answers again, run: ./restore.sh --finish'
      else
        say 'restore.sh: it is not known whether the database was replaced; when PostgreSQL answers again, restore once more with --replace'
      fi
      ;;
    finished) [ "$code" -lt 128 ] || say 'restore.sh: everything is restored; only the comparison was interrupted' ;;
  esac
  exit "$code"
}

# stage_artifacts: copies them beside the target, on its own disk, and checks the copies.
stage_artifacts() {
  local owner=() uid prefix
  prefix="$(beside "$artifacts")"
  staging="${prefix}restoring-$stamp" aside="${prefix}before-restore-$stamp" state="${prefix}restore-state"
  # On another machine the server may run as another user.
  uid="$(setting MLFLOW_UID)"
  if [ "$mode" = compose ] && [ "$(id -u)" -eq 0 ] && [ -n "$uid" ]; then
    owner=("--chown=$uid:$(setting MLFLOW_GID)")
  fi
  # Left by a machine that went down during a restore.
  rm -rf "$prefix"restoring-*
  mkdir "$staging"
  rsync --archive --numeric-ids "${owner[@]}" "$backup/artifacts/" "$staging/" ||
    fail "rsync could not copy the artifacts to $staging, for the reason above" "$EX_CANTCREAT"
  if [ -s "$backup/artifacts.sha256" ]; then
    (cd "$staging" && sha256sum --check --quiet --strict "$backup/artifacts.sha256") ||
      fail "the copies in $staging differ from the backup; is that disk sound?" "$EX_DATAERR"
  fi
}

# move_artifacts_in [PHASE]: what was there goes aside, the copies take its place. Begun again at the
# phase it was in, it goes on: while the old ones move out, none of the new ones is in.
move_artifacts_in() {
  if [ "${1:-out}" = out ]; then
    write_state out
    mkdir -p "$aside"
    chmod 700 "$aside"
    move_contents "$artifacts" "$aside"
    write_state in
  fi
  [ ! -d "$staging" ] || move_contents "$staging" "$artifacts"
  # Within the store, where that is a disk of its own, the server could still see it.
  [ "$(dirname "$aside")" != "$artifacts" ] || chmod 000 "$aside"
  rmdir "$aside" 2>/dev/null || true
  rm -rf "$staging"
  rm -f "$state"
}

# database_script: SQL that restores everything, and fails where that does not compare equal. The commit is
# no part of it: what fails, or is interrupted, ends before the commit, and PostgreSQL forgets the rest.
database_script() {
  local table rows
  printf "set client_min_messages = warning;\nset lock_timeout = '30s';\nbegin;\n"
  [ "$replace" = no ] || printf 'drop schema public cascade;\ncreate schema public;\ngrant usage on schema public to public;\n'
  pg pg_restore --no-owner --no-acl --file=- <"$backup/database.dump" || return 1
  while IFS=$'\t' read -r table rows; do
    # No word where psql has ended: it said why.
    # shellcheck disable=SC2016 # SQL, not shell.
    printf 'do $$ declare n bigint; begin select count(*) into n from %s; if n <> %s then raise exception %s, n; end if; end $$;\n' \
      "$table" "$rows" "'$table has % rows and the backup recorded $rows'" 2>/dev/null
  done <"$backup/counts.tsv"
  printf "select 'ready ' || pg_current_xact_id();\n"
}

# await WORD: sets $answer to the line of the database that begins with it; fails where the session ends first.
await() {
  while IFS= read -r answer <&"$from_database"; do
    case "$answer" in "$1"*) return 0 ;; esac
  done
  return 1
}

restore_database() {
  local answer
  system="$(system)"
  # A psql that has ended is noticed. (Ignored, PIPE would be ignored by pg_restore as well.)
  trap : PIPE
  coproc database { pg psql --no-password --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1; }
  exec {to_database}>&"${database[1]}" {from_database}<&"${database[0]}"
  # These copies stay readable when psql has ended; bash closes its own then.
  database_pid="${database_PID:-}"
  eval "exec ${database[0]}<&- ${database[1]}>&-"
  if ! database_script >&"$to_database" || ! await ready; then
    fail 'PostgreSQL did not take the dump, for the reason above' "$EX_SOFTWARE"
  fi
  xid="${answer#ready }"
  write_state database
  # From here on it is done or not done; nothing comes between.
  trap '' INT TERM HUP
  outcome=unknown
  printf 'commit;\n\\echo committed\n' >&"$to_database" || true
  if await committed || [ "$(what_became_of "$xid")" = committed ]; then
    outcome=committed
  elif [ "$(what_became_of "$xid")" = aborted ]; then
    outcome=waiting
    fail 'PostgreSQL did not commit, for the reason above' "$EX_SOFTWARE"
  else
    fail 'PostgreSQL ended the session during the commit' "$EX_TEMPFAIL"
  fi
}

# finish_restore: what a restore that was cut short left is moved in where its transaction was committed,
# and removed where it was not.
finish_restore() {
  local note phase
  note="$(unfinished_restore "$artifacts")"
  [ -n "$note" ] || fail "no restore into $artifacts was cut short; there is nothing to finish" "$EX_USAGE"
  value() { sed -n "s/^$1=//p" "$note"; }
  phase="$(value phase)" xid="$(value xid)" staging="$(value staging)" aside="$(value aside)"
  require_server
  [ "$(value system)" = "$(system)" ] ||
    fail "$note is of another database than this one; set PGHOST and PGDATABASE to the one that was being restored" "$EX_USAGE"
  outcome="$(what_became_of "$xid")"
  trap '' INT TERM HUP
  state="$note"
  case "$outcome" in
    committed)
      case "$phase" in in) move_artifacts_in in ;; *) move_artifacts_in ;; esac
      say 'finished: the database had been replaced, and its artifacts are in place now'
      say_aside
      say 'start the server again: docker-compose up -d'
      ;;
    aborted)
      rm -rf "$staging"
      rm -f "$note"
      say 'undone: the database had not been replaced; database and artifacts are as they were before that restore'
      ;;
    *) fail 'PostgreSQL still works on that restore; wait until it has ended, and run --finish again' "$EX_TEMPFAIL" ;;
  esac
}

say_aside() {
  [ ! -e "$aside" ] || say "what was in the artifact store is in $aside; delete it when it is of no use (chmod 700 it first)"
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
if [ "$finish" = yes ]; then
  choose_mode
  artifacts="$(artifact_location "$artifacts")"
  [ -d "$artifacts" ] || fail "$artifacts is no folder; name the artifact store with --artifacts" "$EX_USAGE"
  artifacts="$(cd "$artifacts" && pwd -P)"
  finish_restore
  exit 0
fi
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
  artifacts="$(artifact_location "$artifacts")"
  is_object_storage "$artifacts" &&
    fail "this backup holds artifacts, and the server looks for them in $artifacts; restore with --artifacts FOLDER and copy FOLDER there, or take MLFLOW_ARTIFACTS_DESTINATION out of .env" "$EX_USAGE"
  mkdir -p "$artifacts" || fail "cannot make $artifacts" "$EX_CANTCREAT"
  artifacts="$(cd "$artifacts" && pwd -P)"
  [ -z "$(unfinished_restore "$artifacts")" ] ||
    fail "an earlier restore into $artifacts was cut short; run ./restore.sh --finish first" "$EX_TEMPFAIL"
fi
check_target
stamp="$(date --utc +%Y%m%dT%H%M%SZ)"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
if [ "$has_artifacts" = yes ]; then
  require_space "$artifacts" "$(manifest_value "$backup" kib)" 'the restore'
  stage_artifacts
fi
restore_database
[ "$has_artifacts" = no ] || move_artifacts_in
outcome=finished
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
compare
query 'analyze' || say 'restore.sh: everything is restored; only ANALYZE failed, and PostgreSQL will do that by itself in a while'
if [ "$has_artifacts" = no ]; then
  say "the artifacts stayed in $(manifest_value "$backup" artifacts); restore those from the object store's own versions"
else
  say_aside
fi
say "restored in $((SECONDS - started)) s and compared: $(awk '{ n += $NF } END { print n + 0 }' "$backup/counts.tsv") rows, $(manifest_value "$backup" files) files, as of $(manifest_value "$backup" snapshot)"
say 'start the server again: docker-compose up -d'
