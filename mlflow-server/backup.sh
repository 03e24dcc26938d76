#!/usr/bin/env bash
# Backs up an MLflow server while people go on writing to it.
#
# The database is dumped first, in one snapshot; the artifacts are copied after.
# MLflow stores a model's files before it marks the model ready and registers a
# version, and nothing overwrites them. So whatever the dump names has its files
# by the time they are copied. What is written meanwhile may leave files that the
# dump does not name: they take space and hurt nothing. The one exception is
# deletion for good (`mlflow gc`): do not run it during a backup.
#
# A backup is built under a hidden name and renamed when it is whole. Files that
# the backup before has as well are hard links to it, and cost no space.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=mlflow-server/common.sh
. "$here/common.sh"

usage() {
  cat <<'TEXT'
Usage: ./backup.sh [OPTION...]

Writes backups/mlflow-<UTC time>/: the database, the artifacts, their checksums.
Prints its path. Restore with restore.sh.

  --to DIR           where backups go (default: backups beside this script)
  --artifacts DIR    the artifact store (default: what MLFLOW_ARTIFACTS_DESTINATION says,
                     else mlartifacts beside this script); links in it are followed
  --keep N           keep the N newest backups (default: 7; 0 keeps all)
  --keep-daily N     and the newest of each of the last N days that have one
  --keep-weekly N    and of each of the last N weeks
  --keep-monthly N   and of each of the last N months
  --metrics FILE     where to write mlflow_backup_last_success_timestamp_seconds, in
                     the format of node_exporter's textfile collector (FILE.prom)
  --help

PostgreSQL is reached through docker-compose, or directly where PGHOST is set
(with PGPORT, PGUSER, PGDATABASE and PGPASSWORD or ~/.pgpass).

Exit code 0: whole. 3: whole, but some registered versions have no files on the
server either; then no older backup is deleted. Anything else: no backup was made, and
the reason is on standard error.
TEXT
}

to="$here/backups"
artifacts='' metrics='' keep=7 keep_daily=0 keep_weekly=0 keep_monthly=0
while [ "$#" -gt 0 ]; do
  case "$1" in
    --to | --artifacts | --metrics)
      [ -n "${2:-}" ] || fail "$1 needs a value" "$EX_USAGE"
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    --keep | --keep-daily | --keep-weekly | --keep-monthly)
      case "${2:-}" in
        '' | *[!0-9]* | ??????*) fail "$1 ${2:-}: give a whole number, at most 99999" "$EX_USAGE" ;;
      esac
      name="${1#--}"
      # 10#: 08 is eight.
      printf -v "${name//-/_}" '%s' "$((10#$2))"
      shift 2
      ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit "$EX_USAGE" ;;
  esac
done

# choose_artifacts: sets $artifacts to a folder, or to the address of an object store.
choose_artifacts() {
  local note
  artifacts="$(artifact_location "$artifacts")"
  is_object_storage "$artifacts" && return
  [ -d "$artifacts" ] || fail "$artifacts is no folder; name the artifact store with --artifacts" "$EX_USAGE"
  artifacts="$(cd "$artifacts" && pwd -P)"
  note="$(unfinished_restore "$artifacts")"
  [ -z "$note" ] || fail "a restore into $artifacts was cut short ($note), so that database and artifacts may not fit together; run ./restore.sh --finish first" "$EX_TEMPFAIL"
  case "$(realpath --canonicalize-missing "$to")/" in
    "$artifacts"/*) fail "--to $to is inside the artifact store, which would back itself up and serve its backups; choose another place" "$EX_USAGE" ;;
  esac
  need rsync rsync
}

# refuse_empty_store: a disk that is not mounted looks like an artifact store in which everything was deleted.
refuse_empty_store() {
  local files
  [ -n "$previous" ] || return 0
  files="$(manifest_value "$previous" files || true)"
  [ "${files:-0}" -gt 0 ] || return 0
  [ -z "$(find -L "$artifacts" -mindepth 1 \( -path "$artifacts/.*" -o -path "$artifacts/lost+found" \) -prune -o -type f -print -quit)" ] ||
    return 0
  fail "$artifacts has no files and ${previous##*/} has $files; is its disk mounted? If it is meant to be empty, begin a new series with --to" "$EX_UNAVAILABLE"
}

# newest_backup: its path; empty where there is none.
newest_backup() {
  find "$to" -maxdepth 1 -type d -name 'mlflow-????????T??????Z' | sort | tail -n 1
}

building=''

# Whatever happens, no half of a backup stays behind.
clean_up() {
  local code=$?
  trap - EXIT
  [ -z "${snapshot_PID:-}" ] || kill "$snapshot_PID" 2>/dev/null || true
  if [ -n "$building" ] && [ -d "$building" ]; then
    rm -rf "$building"
    say "backup.sh: no backup was made; what there was of it is removed"
  fi
  exit "$code"
}

# ask SQL: has the open snapshot answer; prints the rows.
ask() {
  local line
  printf '%s\n\\echo end-of-answer\n' "$1" >&"${snapshot[1]}"
  while IFS= read -r line <&"${snapshot[0]}"; do
    [ "$line" != end-of-answer ] || return 0
    printf '%s\n' "$line"
  done
  fail 'PostgreSQL ended the session that holds the snapshot; see its log, and run the backup again' "$EX_TEMPFAIL"
}

# dump_database: database.dump, counts.tsv and versions.tsv, all of one moment.
dump_database() {
  local id
  coproc snapshot { pg psql --no-password --no-psqlrc --quiet --tuples-only --no-align \
    --field-separator=$'\t' --set=ON_ERROR_STOP=1; }
  id="$(ask 'set idle_in_transaction_session_timeout = 0;
    begin transaction isolation level repeatable read read only;
    select pg_export_snapshot();')"
  [ -n "$id" ] || fail 'PostgreSQL gave no snapshot; is this a primary that lets its user write?' "$EX_SOFTWARE"
  ask 'select now();' >"$building/moment"
  pg pg_dump --no-password --format=custom --no-owner --no-acl --snapshot="$id" \
    >"$building/database.dump" </dev/null
  # shellcheck disable=SC2016 # SQL, not shell.
  ask "select format('select %L, count(*) from %I.%I', format('%I.%I', schemaname, tablename), schemaname, tablename)
    from pg_tables where schemaname = 'public' order by tablename \\gexec" >"$building/counts.tsv"
  [ -s "$building/counts.tsv" ] || fail 'the database has no tables; is this the one that MLflow uses (PGDATABASE)?' "$EX_DATAERR"
  ask "$versions_sql;" >"$building/versions.tsv"
  revision="$(ask 'select version_num from alembic_version;')"
  printf '\\q\n' >&"${snapshot[1]}"
  wait "${snapshot_PID:-}" 2>/dev/null || true
}

# sync_artifacts TARGET OPTION...: copies to TARGET what is new, and links what the backup before has.
# Links are followed, so that an experiment that was moved to another disk is in the backup as well. To the
# nanosecond: a file rewritten within a second, in the same length, is new.
sync_artifacts() {
  local target="$1" link=()
  shift
  [ -z "$previous" ] || [ ! -d "$previous/artifacts" ] || link=("--link-dest=$previous/artifacts")
  rsync --archive --copy-links --no-devices --no-specials --numeric-ids --modify-window=-1 \
    "${no_artifacts[@]}" "${link[@]}" "$@" "$artifacts/" "$target/"
}

copy_artifacts() {
  local code=0
  sync_artifacts "$building/artifacts" || code=$?
  # 24: files went away meanwhile. Whether anything that counts is missing is checked below.
  [ "$code" -eq 0 ] || [ "$code" -eq 24 ] || fail "rsync could not copy $artifacts (its exit code is $code, its reason is above)" "$EX_CANTCREAT"
}

# checksum FOLDER: every file below it, as sha256sum prints and checks them.
checksum() { (cd "$1" && find . -type f -print0 | sort --zero-terminated | xargs -0 --no-run-if-empty sha256sum --); }

# checksum_artifacts: and finds files that rotted on the backup disk since they were first copied there.
checksum_artifacts() {
  local path rotten=0
  checksum "$building/artifacts" >"$building/artifacts.sha256"
  [ -n "$previous" ] && [ -f "$previous/artifacts.sha256" ] || return 0
  while IFS= read -r path; do
    # Changed on the server: a copy of its own, no link.
    [ "$building/artifacts/$path" -ef "$previous/artifacts/$path" ] || continue
    say "backup.sh: ${path#./} of $previous is damaged on the backup disk; copied anew"
    rm "$building/artifacts/$path"
    cp --archive --dereference "$artifacts/$path" "$building/artifacts/$path"
    rotten=$((rotten + 1))
  done < <(awk '{ path = substr($0, 67) } NR == FNR { sum[path] = $1; next } path in sum && sum[path] != $1 { print path }' \
    "$previous/artifacts.sha256" "$building/artifacts.sha256")
  [ "$rotten" -eq 0 ] || checksum "$building/artifacts" >"$building/artifacts.sha256"
}

# prune NEW: deletes what no rule keeps. Never NEW, which was just made, never what is dated later than that
# (the clock was wrong, then or now), never anything that backup.sh did not name.
prune() {
  local path name day rank=0 key
  local -A kept_by=() seen=()
  [ "$keep" -gt 0 ] || return 0
  while IFS= read -r path; do
    name="${path##*/mlflow-}"
    if [[ "mlflow-$name" > "$1" ]]; then
      say "backup.sh: ${path##*/} is dated later than now; was the clock wrong? It is kept until it is renamed or deleted by hand"
      continue
    fi
    day="${name:0:8}"
    rank=$((rank + 1))
    [ "$rank" -gt "$keep" ] && [ "mlflow-$name" != "$1" ] || kept_by["$path"]=newest
    for key in "daily:$keep_daily:$day" "weekly:$keep_weekly:$(date --utc --date="$day" +%G-%V)" "monthly:$keep_monthly:${day:0:6}"; do
      IFS=: read -r rule limit period <<<"$key"
      [ -z "${seen[$rule:$period]:-}" ] || continue
      seen["$rule:$period"]=yes
      seen["$rule"]=$((${seen[$rule]:-0} + 1))
      [ "${seen[$rule]}" -gt "$limit" ] || kept_by["$path"]="$rule"
    done
    if [ -z "${kept_by[$path]:-}" ]; then
      # Renamed first: a deletion that is cut short leaves nothing that looks whole.
      mv "$path" "$to/.incomplete-old-$name"
      rm -rf "$to/.incomplete-old-$name"
      say "deleted ${path##*/}, which no --keep rule keeps"
    fi
  done < <(find "$to" -maxdepth 1 -type d -name 'mlflow-????????T??????Z' | sort --reverse)
}

# write_metrics: in one piece, and readable for whoever collects it.
write_metrics() {
  local part="$metrics.$$"
  if ! {
    printf '# HELP mlflow_backup_last_success_timestamp_seconds When the last whole backup was made.\n'
    printf '# TYPE mlflow_backup_last_success_timestamp_seconds gauge\n'
    printf 'mlflow_backup_last_success_timestamp_seconds %s\n' "$(date +%s)"
  } >"$part" || ! chmod 644 "$part" || ! mv "$part" "$metrics"; then
    fail "the backup $to/$name is made, and its time could not be written to $metrics; mend --metrics" "$EX_CANTCREAT"
  fi
}

choose_mode
choose_artifacts
need sha256sum coreutils
need flock util-linux
umask 077
mkdir -p "$to" 2>/dev/null || fail "cannot make $to; choose another place with --to" "$EX_CANTCREAT"
to="$(cd "$to" && pwd)"
{ : >>"$to/.lock"; } 2>/dev/null || fail "cannot write to $to; see whose it is, or choose another place with --to" "$EX_CANTCREAT"
exec 9>"$to/.lock"
flock --nonblock 9 || fail "another backup to $to is running; wait for it" "$EX_TEMPFAIL"
require_server
server="$(server_major)"
require_client pg_dump "$server"

trap clean_up EXIT
trap '' PIPE # A psql that has ended is noticed, and named, by whoever writes to it.
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
# Left by a machine that went down; the lock says that nobody is at work here.
rm -rf "$to"/.incomplete-*
previous="$(newest_backup)"
started=$SECONDS
name="mlflow-$(date --utc +%Y%m%dT%H%M%SZ)"
# Names are of a second; the one before may have been of this one.
while [ -e "$to/$name" ]; do
  sleep 0.2
  name="mlflow-$(date --utc +%Y%m%dT%H%M%SZ)"
done

# The database compressed is smaller than the database; of the artifacts only what is new takes space.
needed="$(query 'select pg_database_size(current_database()) / 1024')"
if ! is_object_storage "$artifacts"; then
  refuse_empty_store
  new_bytes="$(sync_artifacts "$to/.incomplete-nowhere" --dry-run --stats | sed -n 's/^Total transferred file size: \([0-9,.]*\) bytes$/\1/p' | tr -d ',.')"
  needed=$((needed + ${new_bytes:-0} / 1024))
fi
require_space "$to" "$needed" 'the backup'

building="$to/.incomplete-$name"
mkdir "$building"
dump_database
if is_object_storage "$artifacts"; then
  say "artifacts are in $artifacts, which keeps its own versions; this backup is of the database"
else
  copy_artifacts
  checksum_artifacts
  missing="$(versions_without_files "$building/versions.tsv" "$building/artifacts")"
fi

{
  printf 'format=%s\n' "$backup_format"
  printf 'snapshot=%s\n' "$(cat "$building/moment")"
  printf 'postgres=%s\n' "$server"
  printf 'alembic=%s\n' "$revision"
  if is_object_storage "$artifacts"; then
    printf 'artifacts=%s\n' "$artifacts"
  else
    printf 'artifacts=copied\nfiles=%s\nkib=%s\n' \
      "$(wc -l <"$building/artifacts.sha256")" "$(du --summarize --apparent-size -k "$building/artifacts" | cut -f 1)"
  fi
} >"$building/MANIFEST"
rm "$building/moment"
(
  cd "$building"
  shopt -s nullglob
  sha256sum -- MANIFEST database.dump ./*.tsv ./*.sha256 >SHA256SUMS
)
# On the disk before it gets its name.
sync --file-system "$building"
mv "$building" "$to/$name"
building=''
sync --file-system "$to"
if [ -z "${missing:-}" ]; then
  prune "$name"
  [ -z "$metrics" ] || write_metrics
fi

say "backed up in $((SECONDS - started)) s: $(awk '{ n += $NF } END { print n + 0 }' "$to/$name/counts.tsv") rows, $(manifest_value "$to/$name" files || true) files"
printf '%s\n' "$to/$name"
if [ -n "${missing:-}" ]; then
  say "backup.sh: these versions have no files, here or on the server; find them in an older backup (none was deleted), or delete the versions:"
  say "$missing"
  exit 3
fi
