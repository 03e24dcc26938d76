#!/usr/bin/env bash
# Makes a standby the primary. Refuses while the old primary still answers:
# two primaries would each take writes that the other never sees.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=mlflow-server/common.sh
. "$here/common.sh"

usage() {
  cat <<'TEXT'
Usage: PRIMARY_HOST=... replication/promote.sh [--help]

Run on the standby's host, or with PGHOST... set to reach it as its administrator.

Environment:
  PRIMARY_HOST, PRIMARY_PORT   where the old primary was (default port: 5432)
TEXT
}

case "${1:-}" in
  '') ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit "$EX_USAGE" ;;
esac
primary="$(setting PRIMARY_HOST)"
port="$(setting PRIMARY_PORT)"
port="${port:-5432}"
[ -n "$primary" ] || fail 'PRIMARY_HOST is not set; it says whose place is taken' "$EX_USAGE"

compose_file=docker-compose.standby.yml compose_service=standby
choose_mode this-machine
require_server
[ "$(query 'select pg_is_in_recovery()')" = t ] || fail 'this is no standby: it takes writes already' "$EX_USAGE"
if (exec 3<>"/dev/tcp/$primary/$port") 2>/dev/null; then
  fail "the old primary still answers at $primary:$port; stop it for good first (docker-compose stop postgres, or cut it off the network)" "$EX_TEMPFAIL"
fi
last="$(query "select coalesce(pg_last_xact_replay_timestamp()::text, 'nothing yet')")"
[ "$(query 'select pg_promote(true, 60)')" = t ] || fail 'PostgreSQL did not become primary within 60 s; see its log' "$EX_SOFTWARE"
[ "$(query 'show transaction_read_only')" = off ] || fail 'PostgreSQL says it is promoted and refuses writes; see its log' "$EX_SOFTWARE"
say "promoted; the last transaction that arrived was of $last"
say 'MLflow servers that know both hosts (MLFLOW_PGHOST=old,new) go on by themselves.'
say 'Never start the old primary as it was: README.md, "Failover", says how it comes back as a standby.'
