#!/usr/bin/env bash
# Prints the version that an image of this commit is tagged with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/version.sh [--help]

Prints the version for an image of this commit: that of Cargo.toml where the commit has the tag
vVERSION, else the same with the commit behind it, such as 1.0.0-g1a2b3c4d5e6f. Fails where the
commit has a tag for another version.
TEXT
}

case "${1:-}" in
  '') ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
esac

have git || fail 'git not found: install it' 69
version="$(sed -n '/^\[workspace\.package\]/,/^\[/ s/^version *= *"\(.*\)"/\1/p' Cargo.toml)"
[ -n "$version" ] || fail 'Cargo.toml has no version under [workspace.package]'

tags="$(git tag --points-at HEAD --list 'v[0-9]*')"
case "$tags" in
  '') printf '%s-g%s\n' "$version" "$(git rev-parse --short=12 HEAD)" ;;
  "v$version") printf '%s\n' "$version" ;;
  *) fail "this commit has the tag ${tags//$'\n'/ }, but Cargo.toml says $version; set the version there, or move the tag" 64 ;;
esac
