#!/usr/bin/env bash
# Asks a running forecast service everything that a caller depends on, and says ok or
# FAIL for each. The program is crates/forecast-client/examples/smoke.
set -euo pipefail
# shellcheck source=ci/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

case "${1:-}" in
  '' | -h | --help)
    cat <<'TEXT'
Usage: ci/smoke.sh BASE_URL [--request FILE] [--expect-version V] [--expect-run ID] [--wait SECONDS]

Exit code 0: all is well; 1: a step failed; 2: the command line is wrong.

Environment:
  FORECAST_SMOKE   the smoke program, where it has been built already
TEXT
    exit "$([ $# -gt 0 ] && echo 0 || echo 2)"
    ;;
esac

if [ -z "${FORECAST_SMOKE:-}" ]; then
  require_cargo
  cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" -p forecast-client --example smoke
  FORECAST_SMOKE="$(cd "$root" && cargo_target_dir)/release/examples/smoke"
fi
[ -x "$FORECAST_SMOKE" ] || fail "FORECAST_SMOKE=$FORECAST_SMOKE is no program" 64
exec "$FORECAST_SMOKE" "$@"
