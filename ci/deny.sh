#!/usr/bin/env bash
# Checks the dependency tree against deny.toml: licences, banned crates and
# sources always; security advisories only where their database, which is
# cloned from a git host, can be reached. Unreachable is said, not hidden, and
# is no failure: it says nothing about our dependencies.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

have cargo-deny || fail 'cargo-deny not found: run ci/setup-tools.sh, then: just deny' 69

# Duplicate versions are a warning only; `cargo tree -d` shows them and who wants them.
cargo-deny --locked --log-level error check licenses bans sources

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# --disable-fetch would judge by a stale copy, so the fetch is part of the check.
if timeout 120 cargo-deny --locked check advisories >"$log" 2>&1; then
  say 'security advisories: none applies'
elif grep -q 'failed to fetch advisory database' "$log"; then
  say 'security advisories: NOT CHECKED, their database cannot be reached from here'
else
  cat "$log" >&2
  fail 'security advisories: see above; update the crate, or add a reasoned ignore to deny.toml'
fi
