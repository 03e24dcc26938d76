#!/usr/bin/env bash
# Prepares the primary for a standby: the login that replicates, and the slot
# that keeps what the standby has not received yet. Run again, it changes the
# password, makes a slot that was lost anew, and leaves the rest.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=mlflow-server/common.sh
. "$here/common.sh"

usage() {
  cat <<'TEXT'
Usage: REPLICATION_PASSWORD=... replication/prepare-primary.sh [SLOT]

Run on the primary's host, or with PGHOST... set to reach it as its administrator.
REPLICATION_PASSWORD may be in .env. SLOT is one name for each standby (default: standby1).
On a machine whose standby was promoted: --promoted, as PostgreSQL is the service of
docker-compose.standby.yml there.
TEXT
}

if [ "${1:-}" = --promoted ]; then
  # shellcheck disable=SC2034 # choose_mode reads them.
  compose_file=docker-compose.standby.yml compose_service=standby
  shift
fi
case "${1:-}" in
  -h | --help) usage && exit 0 ;;
  *[!a-z0-9_]*) fail "slot $1: use a-z, 0-9 and _" "$EX_USAGE" ;;
esac
slot="${1:-standby1}"
password="$(setting REPLICATION_PASSWORD)"
case "$password" in
  '') fail 'REPLICATION_PASSWORD is not set; make one with: openssl rand -hex 32' "$EX_USAGE" ;;
  *[!A-Za-z0-9]*) fail 'REPLICATION_PASSWORD: use letters and digits alone' "$EX_USAGE" ;;
esac

choose_mode this-machine
require_server
[ "$(query 'select pg_is_in_recovery()')" = f ] || fail 'this is a standby; run it against the primary' "$EX_USAGE"
# A slot whose changes the primary has thrown away serves nobody; the standby has to copy anew.
lost="$(query "select count(pg_drop_replication_slot(slot_name)) from pg_replication_slots
  where slot_name = '$slot' and wal_status = 'lost' and not active")"
# On standard input, so that the password shows in no process list.
printf '%s\n' "
  do \$\$ begin
    if not exists (select from pg_roles where rolname = 'replicator') then
      create role replicator login replication;
    end if;
  end \$\$;
  alter role replicator password '$password';
  select pg_create_physical_replication_slot('$slot', true)
    where not exists (select from pg_replication_slots where slot_name = '$slot');" |
  pg psql --no-password --no-psqlrc --quiet --tuples-only --set=ON_ERROR_STOP=1 >/dev/null
if [ "$lost" -ne 0 ]; then
  say "slot $slot was lost and is made anew; the standby's data is of no use any more, delete its volume: README.md, \"Watch it\""
fi
say "ready for standby $slot; start it on its own host with docker-compose.standby.yml"
