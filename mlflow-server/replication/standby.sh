#!/usr/bin/env bash
# Runs PostgreSQL as a standby: copies the primary where the data folder is
# empty, then follows it. The entry point of docker-compose.standby.yml; works
# outside containers just so.
#
# Needs PRIMARY_HOST, PGDATA, REPLICATION_PASSWORD; PRIMARY_PORT (5432) and
# REPLICATION_SLOT (standby1) may be set. Its arguments are PostgreSQL's command.
set -euo pipefail

fail() {
  printf 'standby.sh: %s\n' "$1" >&2
  exit 64
}

for name in PRIMARY_HOST PGDATA REPLICATION_PASSWORD; do
  [ -n "${!name:-}" ] || fail "$name is not set"
done
slot="${REPLICATION_SLOT:-standby1}"

# A data folder without PG_VERSION is empty, or a copy that was cut short.
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  copying="$PGDATA.copying"
  rm -rf "$copying"
  mkdir -p "$(dirname "$PGDATA")"
  # --write-recovery-conf notes how to reach the primary, the password included, in the data folder.
  PGPASSWORD="$REPLICATION_PASSWORD" pg_basebackup --no-password \
    --host="$PRIMARY_HOST" --port="${PRIMARY_PORT:-5432}" --username=replicator \
    --pgdata="$copying" --wal-method=stream --checkpoint=fast --slot="$slot" --write-recovery-conf ||
    fail "cannot copy the primary at $PRIMARY_HOST; is it running, did prepare-primary.sh $slot run there with the same REPLICATION_PASSWORD?"
  printf "cluster_name = '%s'\n" "$slot" >>"$copying/postgresql.auto.conf"
  chmod 700 "$copying"
  rm -rf "$PGDATA"
  mv "$copying" "$PGDATA"
fi
exec "$@"
