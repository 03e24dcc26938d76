#!/usr/bin/env bash
# Looks for known vulnerabilities and forgotten secrets in a built image, with Trivy:
# the one on the PATH, else its own image run by Docker. Serious ones that have a fix fail.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

trivy_image=docker.io/aquasec/trivy:0.72.0
repository=luxuryhouse/forecast-service

usage() {
  cat <<'TEXT'
Usage: ci/scan-image.sh VERSION [--help]

Scans luxuryhouse/forecast-service:VERSION, which deploy/docker/build.sh VERSION has built with
Docker, and writes the report to target/image/forecast-service-VERSION.scan.txt.
Exit code 1: something serious that an update mends; the report names it.
TEXT
}

case "${1:-}" in
  -h | --help) usage && exit 0 ;;
  '' | -*) usage >&2 && exit 2 ;;
esac
version="$1"
report="target/image/forecast-service-$version.scan.txt"
mkdir -p "${report%/*}"

if have trivy; then
  trivy=(trivy)
elif have docker; then
  # The socket is how it reads an image that is in no registry yet; the cache keeps its database.
  trivy=(docker run --rm
    --volume /var/run/docker.sock:/var/run/docker.sock
    --volume "${TRIVY_CACHE_DIR:-$HOME/.cache/trivy}:/root/.cache/trivy"
    "$trivy_image")
else
  fail 'neither trivy nor docker found: install trivy (https://trivy.dev) to scan the image' 69
fi

# What nobody has mended yet would stop every release without helping anybody.
"${trivy[@]}" image --scanners vuln,secret --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1 \
  "$repository:$version" | tee "$report"
