#!/usr/bin/env bash
# Pushes luxuryhouse/forecast-service:VERSION, as build.sh made it, to the Azure registry. Refuses an image
# that cannot be built again from a commit, one of another commit than the one at hand, and a version that the
# registry has already: what a tag names never changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=deploy/docker/lib.sh
. deploy/docker/lib.sh

usage() {
  cat <<'TEXT'
Usage: deploy/docker/push.sh VERSION [--dry-run]

Logs in to the registry with the Azure CLI, unless the engine is logged in already; tags the image that
build.sh VERSION built and pushes it. Where the registry has this version from this commit already, it is
left as it is, and the exit code is 0; from another commit it is refused with 73: give another version.

  --dry-run   check everything, then print the commands instead of running them

Environment:
  FORECAST_CONTAINER_ENGINE   docker, podman or buildah (default: the first that works)
  FORECAST_REGISTRY           the registry (default: luxuryhouse.azurecr.io)
TEXT
}

version='' dry_run=no
for argument in "$@"; do
  case "$argument" in
    -h | --help) usage && exit 0 ;;
    --dry-run) dry_run=yes ;;
    -*) usage >&2 && exit 64 ;;
    *)
      [ -z "$version" ] || { usage >&2 && exit 64; }
      version="$argument"
      ;;
  esac
done
[ -n "$version" ] || { usage >&2 && exit 64; }
check_version "$version"

registry="${FORECAST_REGISTRY:-luxuryhouse.azurecr.io}"
image="$repository:$version"
remote="$registry/$image"

# run COMMAND...: does it, or says it.
run() {
  if [ "$dry_run" = yes ]; then
    printf '    would run: %s\n' "$*"
  else
    "$@"
  fi
}

# The registry has to get what anybody can build again from the commit that the image names.
check_image() {
  local revision head
  if tree_is_dirty; then
    fail "the work tree differs from its commit: commit or remove what git status lists, build again and push" 65
  fi
  head="$(git rev-parse HEAD)"
  revision="$(image_label "$engine" "$image" org.opencontainers.image.revision)" ||
    fail "$engine has no image $image; build it with deploy/docker/build.sh $version" 66
  [ "$revision" = "$head" ] ||
    fail "$image was built from $revision, and this is $head; build it again with deploy/docker/build.sh $version" 65
}

logged_in() {
  case "$engine" in
    docker) grep -qsF "\"$registry\"" "${DOCKER_CONFIG:-$HOME/.docker}/config.json" ;;
    *) "$engine" login --get-login "$registry" >/dev/null 2>&1 ;;
  esac
}

# Engines other than docker take the token that the Azure CLI gives.
login() {
  local name="${registry%%.*}"
  if logged_in; then
    say "$engine is logged in to $registry already"
    return
  fi
  if ! have az; then
    [ "$dry_run" = yes ] || fail "not logged in to $registry, and the Azure CLI (az) is not installed: install it, or \`$engine login $registry\`" 69
    say 'the Azure CLI (az) is not installed here; the real push will need it'
  fi
  if [ "$engine" = docker ]; then
    run az acr login --name "$name" || fail "az could not log in to $registry; run \`az login\` first" 77
  elif [ "$dry_run" = yes ]; then
    say "would run: az acr login --name $name --expose-token, and $engine login with the token"
  else
    az acr login --name "$name" --expose-token --output tsv --query accessToken |
      "$engine" login --username 00000000-0000-0000-0000-000000000000 --password-stdin "$registry" ||
      fail "az could not log in to $registry; run \`az login\` first" 77
  fi
}

# is_new: does the registry not have this version yet? Asked by pulling, which every engine can, and which
# says of which commit it is.
is_new() {
  local answer revision
  if [ "$dry_run" = yes ]; then
    say "would ask whether $registry has $image already: $engine pull $remote"
    return 0
  fi
  if ! answer="$("$engine" pull "$remote" 2>&1)"; then
    # As docker, podman and buildah tell what a registry answers; anything else is no answer.
    grep -qiE 'manifest unknown|name unknown|: not found$|repository name not known' <<<"$answer" && return 0
    fail "cannot ask $registry whether it has $image already; nothing was pushed: $(tail -n 1 <<<"$answer")" 69
  fi
  revision="$(image_label "$engine" "$remote" org.opencontainers.image.revision)" || revision=''
  if [ "$revision" = "$(git rev-parse HEAD)" ]; then
    say "$registry has $image of this commit already"
    return 1
  fi
  fail "$registry has $image already, built from ${revision:-an unknown commit}; a version never changes: give this one another version" 73
}

engine="$(choose_engine)"
check_image
login
is_new || exit 0
run "$engine" tag "$image" "$remote"
run "$engine" push "$remote" || fail "the push failed; where the login is too old, run \`az acr login --name ${registry%%.*}\`" 69
[ "$dry_run" = yes ] || say "pushed $remote"
