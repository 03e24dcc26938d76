# shellcheck shell=bash
# What the scripts that build and run the image without a container engine share: a storage of buildah's
# of their own, and questions to it. Sourced after ci/lib.sh, never run.

PATH="$PATH:/usr/sbin:/sbin"
image_dir="$PWD/.dev/image"
case "${FORECAST_IMAGE_DIR:-}" in
  '') ;;
  /*) image_dir="$FORECAST_IMAGE_DIR" ;;
  *) image_dir="$PWD/$FORECAST_IMAGE_DIR" ;;
esac
mkdir -p "$image_dir"

# Neither overlay mounts nor user namespaces are taken for granted: plain copies and chroot always work.
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' \
  "$image_dir/storage" "$image_dir/run" >"$image_dir/storage.conf"
export CONTAINERS_STORAGE_CONF="$image_dir/storage.conf"
export BUILDAH_ISOLATION=chroot

# dockerfile_base ARG: the default of one of the Dockerfile's base image arguments.
dockerfile_base() {
  local base
  base="$(sed -n "s/^ARG $1=//p" deploy/docker/Dockerfile | head -n 1)"
  [ -n "$base" ] || fail "deploy/docker/Dockerfile has no line ARG $1=…"
  printf '%s\n' "$base"
}

# image_exists NAME: does buildah's storage hold it?
image_exists() { buildah inspect --type image "$1" >/dev/null 2>&1; }

# image_fact FORMAT NAME: one fact of an image, as a Go template over its OCI configuration.
image_fact() { buildah inspect --type image --format "$1" "$2"; }

# image_label NAME LABEL: a label's text, empty where there is none.
image_label() { image_fact "{{index .OCIv1.Config.Labels \"$2\"}}" "$1"; }
