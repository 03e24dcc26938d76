# shellcheck shell=bash
# What build.sh and push.sh share: the image's name, the check of a version and the choice of the engine.
# Sourced after ci/lib.sh, never run; expects bash with `set -euo pipefail`.

# Read by the scripts that source this.
# shellcheck disable=SC2034
repository=luxuryhouse/forecast-service

# check_version VERSION: refuses what is no semantic version, or none that can be a tag.
check_version() {
  local number='(0|[1-9][0-9]*)' word='(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
  local semver="^$number\.$number\.$number(-$word(\.$word)*)?$"
  case "$1" in
    *+*) fail "version $1 has build metadata (+…), which no image tag can hold; give ${1%%+*}" 64 ;;
    v[0-9]*) fail "version $1 begins with v; give ${1#v}" 64 ;;
  esac
  [[ "$1" =~ $semver ]] || fail "version $1 is no semantic version; for example 1.0.0 or 1.1.0-rc.1" 64
}

# engine_works ENGINE: is it installed, and does it answer?
engine_works() {
  have "$1" || return 1
  case "$1" in
    docker) docker version --format '{{.Server.Version}}' >/dev/null 2>&1 ;;
    *) "$1" info >/dev/null 2>&1 ;;
  esac
}

# choose_engine: prints docker, podman or buildah: the one asked for, else the first that works.
choose_engine() {
  local engine="${FORECAST_CONTAINER_ENGINE:-}"
  case "$engine" in
    '')
      for engine in docker podman buildah; do
        if engine_works "$engine"; then
          printf '%s\n' "$engine"
          return
        fi
      done
      fail 'no container engine works here: start docker, or install podman or buildah' 69
      ;;
    docker | podman | buildah)
      have "$engine" || fail "FORECAST_CONTAINER_ENGINE=$engine, but $engine is not installed" 69
      engine_works "$engine" ||
        fail "FORECAST_CONTAINER_ENGINE=$engine does not answer; see what \`$engine info\` says" 69
      printf '%s\n' "$engine"
      ;;
    *) fail "FORECAST_CONTAINER_ENGINE=$engine is none of docker, podman and buildah" 64 ;;
  esac
}

# tree_is_dirty: does the work tree differ from its commit?
tree_is_dirty() { [ -n "$(git status --porcelain)" ]; }

# image_label ENGINE IMAGE LABEL: a label's text; fails where there is no such image.
image_label() {
  case "$1" in
    buildah) buildah inspect --type image --format "{{index .OCIv1.Config.Labels \"$3\"}}" "$2" 2>/dev/null ;;
    *) "$1" image inspect --format "{{index .Config.Labels \"$3\"}}" "$2" 2>/dev/null ;;
  esac
}

# copy_out ENGINE IMAGE PATH FILE: copies a file out of an image, which is not run for it.
copy_out() {
  local container status=0 as_owner=()
  case "$1" in
    buildah)
      # Who is not root sees an image's files only from inside the user namespace that owns them.
      [ "$(id -u)" -eq 0 ] || as_owner=(buildah unshare)
      # shellcheck disable=SC2016 # It is expanded by the shell in there.
      "${as_owner[@]}" sh -c '
        container="$(buildah from --pull-never "$1")" || exit 1
        root="$(buildah mount "$container")" && cp "$root$2" "$3"
        status=$?
        buildah rm "$container" >/dev/null
        exit "$status"' copy_out "$2" "$3" "$4"
      ;;
    *)
      container="$("$1" create "$2")"
      "$1" cp "$container:$3" "$4" >/dev/null || status=$?
      "$1" rm "$container" >/dev/null
      return "$status"
      ;;
  esac
}
