#!/usr/bin/env bash
# Builds the image luxuryhouse/forecast-service:VERSION from this work tree and puts the list of what is
# inside it (CycloneDX) into target/image. May be called from any folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=deploy/docker/lib.sh
. deploy/docker/lib.sh

usage() {
  cat <<'TEXT'
Usage: deploy/docker/build.sh VERSION [-- ENGINE_OPTION...]

Builds luxuryhouse/forecast-service:VERSION; VERSION is a semantic version such as 1.0.0.
What follows -- is given to the engine's build command as it is.

Environment:
  FORECAST_CONTAINER_ENGINE   docker, podman or buildah (default: the first that works)
  FORECAST_IMAGE_SOURCE       address of the sources, for the image's labels
                              (default: the https address of the Git remote `origin`)
  SOURCE_DATE_EPOCH           what counts as the image's date, in seconds since 1970
                              (default: the date of the commit)
TEXT
}

case "${1:-}" in
  '') usage >&2 && exit 64 ;;
  -h | --help) usage && exit 0 ;;
esac
version="$1"
shift
[ "${1:---}" = -- ] || { usage >&2 && exit 64; }
[ $# -eq 0 ] || shift
check_version "$version"
engine="$(choose_engine)"

git rev-parse --verify --quiet HEAD >/dev/null ||
  fail 'the image says which commit it is built from: run this in a Git work tree' 64
revision="$(git rev-parse HEAD)"
if tree_is_dirty; then
  revision="$revision-dirty"
  say 'the work tree differs from its commit: good for a try, and push.sh will refuse it'
fi
epoch="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
# GNU's date, else that of macOS.
created="$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$epoch" +%Y-%m-%dT%H:%M:%SZ)"

# The remote's address without the login that it may hold.
source_address() {
  local address="${FORECAST_IMAGE_SOURCE:-$(git config --get remote.origin.url || true)}"
  case "$address" in
    https://*) printf '%s\n' "$address" | sed -E 's#^https://[^/@]*@#https://#; s#\.git$##' ;;
    *) printf 'unknown\n' ;;
  esac
}

image="$repository:$version"
options=(
  --file deploy/docker/Dockerfile
  --tag "$image"
  --build-arg "VERSION=$version"
  --build-arg "REVISION=$revision"
  --build-arg "SOURCE=$(source_address)"
  --build-arg "CREATED=$created"
  --build-arg "SOURCE_DATE_EPOCH=$epoch"
)
case "$engine" in
  # Attestations hold times and would give the same image another digest every time.
  docker) export DOCKER_BUILDKIT=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1 ;;
  *) options+=(--timestamp "$epoch") ;;
esac

say "building $image with $engine (usually 10 minutes the first time, 3 after a change of code)"
"$engine" build "${options[@]}" "$@" .

mkdir -p target/image
sbom="target/image/forecast-service-$version.cdx.json"
copy_out "$engine" "$image" /usr/share/sbom/forecast-service.cdx.json "$sbom"
say "built $image"
say "what is inside: $sbom"
