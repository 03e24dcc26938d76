#!/usr/bin/env bash
# Installs what tests run against into .dev/venv: the real MLflow server, a
# PostgreSQL for machines that have none, and LightGBM, from the versions pinned
# in ci/requirements-dev.txt. Nothing outside the repository changes; a second
# run costs under a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/setup-dev.sh [--help]

Makes .dev/venv with the real MLflow server and the LightGBM that tests run against.

Environment:
  FORECAST_DEV_DIR   where the environment goes, and where tests look (default: .dev)
TEXT
}

case "${1:-}" in
  '') ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
esac

requirements=ci/requirements-dev.txt
venv="${FORECAST_DEV_DIR:-.dev}/venv"
stamp="$venv/.installed"

have python3 || fail 'python3 not found: install Python 3.10 or newer' 69
if [ -f "$stamp" ] && cmp -s "$requirements" "$stamp"; then
  exit 0
fi

# Debian splits venv off the interpreter.
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  apt_install python3-venv || fail 'python3 cannot make virtual environments: install python3-venv' 69
fi
# An environment that works is brought up to date; tests may be running from it.
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  python3 -m venv --clear "$venv"
fi
say "installing MLflow and LightGBM for tests into $venv (usually 1 to 3 minutes)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
# Compiled now, so that the first server of a test run does not spend its start-up time on it.
"$venv/bin/python" -m compileall -q "$venv/lib" >/dev/null || true
cp "$requirements" "$stamp"
