#!/usr/bin/env bash
# Installs what the deployment proofs run with, from Debian's packages: buildah
# and debootstrap build the image without a container engine, haproxy stands
# for the ingress, promtool (in prometheus) tests the alert rules; nginx, rsync and
# docker-compose (which only reads its files here) prove the MLflow server. Does nothing
# where all of them are there; a second run costs under a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

PATH="$PATH:/usr/sbin:/sbin"

missing=()
have buildah || missing+=(buildah)
have debootstrap || missing+=(debootstrap)
have haproxy || missing+=(haproxy)
have promtool || missing+=(prometheus)
have jq || missing+=(jq)
have nginx || missing+=(nginx-light)
have rsync || missing+=(rsync)
have docker-compose || missing+=(docker-compose)
[ "${#missing[@]}" -gt 0 ] || exit 0

# Nothing that these packages contain has to run as a service here.
if [ "$(id -u)" -eq 0 ] && [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt_install "${missing[@]}" ||
  fail "the deployment proofs need ${missing[*]}; install them and run again" 69
