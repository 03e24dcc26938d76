#!/usr/bin/env bash
# Runs a program of an image's unpacked root as a cluster would run its container: in a mount namespace of
# its own whose root is that folder, read-only, as user 65532 without groups, capabilities or the means to
# gain any; with the environment that it is called with. Replaces itself, so that its process is the
# program and signals reach it. Needs root, to give up what root may.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ci/enter-image.sh [OPTION...] ROOT PROGRAM [ARGUMENT...]

Runs PROGRAM in the image unpacked in ROOT, as user 65532 on a read-only root file system.

  --volume HOST:PATH     HOST (a folder or file) at PATH, writable
  --read-only HOST:PATH  HOST at PATH, read-only
  --tmpfs PATH           an empty file system in memory at PATH, writable
TEXT
}

mounts=()
while [ $# -gt 0 ]; do
  case "$1" in
    --volume | --read-only | --tmpfs)
      mounts+=("${1#--}=$2")
      shift 2
      ;;
    -h | --help) usage && exit 0 ;;
    -*) usage >&2 && exit 64 ;;
    *) break ;;
  esac
done
[ $# -ge 2 ] || { usage >&2 && exit 64; }
root="$(realpath "$1")"
shift
[ "$(id -u)" -eq 0 ] || { printf 'enter-image.sh: needs root\n' >&2 && exit 77; }

# Runs inside the namespace. Engines make these mount points too, whatever the image holds.
# shellcheck disable=SC2016 # It is that shell which fills the variables in.
inside='
  set -euo pipefail
  root="$1" count="$2"
  shift 2
  mount --bind "$root" "$root"
  point() { if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$root${2%/*}"; [ -e "$root$2" ] || : >"$root$2"; fi; }
  bind() { point "$1" "$2"; mount --bind "$1" "$root$2"; [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"; }
  bind /proc /proc rw
  for device in null zero random urandom; do bind "/dev/$device" "/dev/$device" rw; done
  for mount in "${@:1:count}"; do
    kind="${mount%%=*}" what="${mount#*=}"
    case "$kind" in
      tmpfs) mkdir -p "$root$what"; mount -t tmpfs -o size=256m,mode=1777,nosuid,nodev tmpfs "$root$what" ;;
      volume) bind "${what%%:*}" "${what#*:}" rw ;;
      read-only) bind "${what%%:*}" "${what#*:}" ro ;;
    esac
  done
  shift "$count"
  mount -o remount,bind,ro "$root"
  # What chroot itself needs is left until it has changed the user, which drops the rest.
  exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \
    chroot --userspec=65532:65532 --groups=65532 "$root" "$@"
'
exec unshare --mount --propagation private bash -c "$inside" bash "$root" "${#mounts[@]}" "${mounts[@]}" "$@"
