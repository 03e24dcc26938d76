#!/usr/bin/env bash
# Checks what deploy/docker/build.sh and push.sh tell a container engine and the Azure CLI, with stand-ins
# that note their command lines, in a clone of this repository: names, tags, labels, refusals; and that the
# Dockerfile names this repository's toolchain. Seconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
calls="$work/calls" clone="$work/clone" head=''
mkdir "$work/bin" "$work/home"

# The stand-ins: docker answers for an image of the revision in $work/revision; podman does not answer.
cat >"$work/bin/docker" <<TEXT
#!/bin/sh
echo "docker \$*" >>"$calls"
case "\$*" in
  *"inspect"*" luxuryhouse.azurecr.io/"*) cat "$work/remote" && exit ;;
  "pull "*) [ ! -f "$work/remote" ] || exit 0; cat "$work/answer" >&2; exit 1 ;;
esac
case "\$1 \$2" in
  'image inspect') cat "$work/revision" ;;
  'create '*) echo container ;;
  'cp '*) echo '{}' >"\$3" ;;
esac
TEXT
echo 'Error response from daemon: manifest for it not found: manifest unknown' >"$work/answer"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/podman"
printf '#!/bin/sh\necho "az $*" >>"%s"\n' "$calls" >"$work/bin/az"
chmod +x "$work"/bin/*

# As it is now, committed: what has not been committed yet counts too.
make_clone() {
  git clone --quiet --shared . "$clone"
  cp -r deploy ci "$clone"
  git -C "$clone" add --all
  git -C "$clone" -c user.name=check -c user.email=check@localhost commit --quiet --allow-empty --message check
  git -C "$clone" remote set-url origin https://user:secret@example.org/forecast.git
  head="$(git -C "$clone" rev-parse HEAD)"
  printf '%s\n' "$head" >"$work/revision"
}

# run FOLDER COMMAND...: in a folder of the clone, with the stand-ins; leaves $work/said and $code.
run() {
  local folder="$1"
  shift
  : >"$calls"
  code=0
  (cd "$clone/$folder" && env -u FORECAST_REGISTRY -u DOCKER_CONFIG -u SOURCE_DATE_EPOCH HOME="$work/home" \
    PATH="$work/bin:$PATH" FORECAST_CONTAINER_ENGINE="${engine-docker}" "$@") >"$work/said" 2>&1 || code=$?
}

# expect WHAT CODE FILE TEXT...: the exit code, and texts that have to be in the file.
expect() {
  local what="$1" wanted="$2" file="$3" text
  shift 3
  [ "$code" -eq "$wanted" ] || { cat "$work/said" >&2 && fail "$what: exit code $code instead of $wanted"; }
  for text in "$@"; do
    grep -qF -- "$text" "$file" || { cat "$file" >&2 && fail "$what: no '$text' in the lines above"; }
  done
  say "ok    $what"
}

# The base image is the toolchain: two places that name it have to agree.
channel="$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)"
grep -qE "^ARG RUST_IMAGE=docker\.io/library/rust:$channel-" deploy/docker/Dockerfile ||
  fail "deploy/docker/Dockerfile does not build with Rust $channel, which rust-toolchain.toml names: change ARG RUST_IMAGE"
say 'ok    the Dockerfile builds with the toolchain of rust-toolchain.toml'

make_clone
run deploy/docker ./build.sh 1.0.0
expect 'build.sh from its own folder' 0 "$calls" 'docker build --file deploy/docker/Dockerfile' \
  '--tag luxuryhouse/forecast-service:1.0.0' "REVISION=$head " 'SOURCE=https://example.org/forecast ' \
  "SOURCE_DATE_EPOCH=$(git -C "$clone" log -1 --format=%ct)"
[ -f "$clone/target/image/forecast-service-1.0.0.cdx.json" ] || fail 'build.sh wrote no list of what is inside'
run . deploy/docker/build.sh 1.1.0-rc.1 -- --no-cache
expect 'build.sh from the root, with an option of the engine' 0 "$calls" ':1.1.0-rc.1 ' ' --no-cache .'
for version in 1.0 v1.0.0 1.0.0+5 01.0.0 latest; do
  run . deploy/docker/build.sh "$version"
  expect "build.sh refuses $version" 64 "$work/said" "build.sh: version $version "
done
# Who is not root copies out of an image from inside its user namespace.
cat >"$work/bin/buildah" <<TEXT
#!/bin/sh
echo "buildah \$*" >>"$calls"
case "\$1" in
  unshare) shift && exec "\$@" ;;
  from) echo container ;;
  mount) echo "$work/mounted" ;;
esac
TEXT
printf '#!/bin/sh\necho 1000\n' >"$work/bin/id"
chmod +x "$work/bin/buildah" "$work/bin/id"
mkdir -p "$work/mounted/usr/share/sbom"
echo '{}' >"$work/mounted/usr/share/sbom/forecast-service.cdx.json"
engine=buildah run . deploy/docker/build.sh 1.0.1
rm "$work/bin/id"
expect 'build.sh with buildah, without being root' 0 "$calls" 'buildah unshare sh -c' 'buildah rm container'
[ -f "$clone/target/image/forecast-service-1.0.1.cdx.json" ] || fail 'build.sh wrote no list of what is inside'
engine=lxc run . deploy/docker/build.sh 1.0.0
expect 'build.sh refuses an engine that it does not know' 64 "$work/said" 'none of docker, podman and buildah'
engine=podman run . deploy/docker/build.sh 1.0.0
expect 'build.sh says that an engine does not answer' 69 "$work/said" '=podman does not answer'

run . deploy/docker/push.sh 1.0.0
expect 'push.sh' 0 "$calls" 'az acr login --name luxuryhouse' \
  'docker tag luxuryhouse/forecast-service:1.0.0 luxuryhouse.azurecr.io/luxuryhouse/forecast-service:1.0.0' \
  'docker push luxuryhouse.azurecr.io/luxuryhouse/forecast-service:1.0.0'
run deploy/docker ./push.sh 1.0.0 --dry-run
expect 'push.sh --dry-run says what it would do' 0 "$work/said" 'would run: az acr login --name luxuryhouse' \
  'would run: docker push luxuryhouse.azurecr.io/luxuryhouse/forecast-service:1.0.0'
if grep -qE 'docker (push|tag)|^az' "$calls"; then
  fail 'push.sh --dry-run did something'
fi
mkdir -p "$work/home/.docker"
printf '{"auths": {"luxuryhouse.azurecr.io": {}}}\n' >"$work/home/.docker/config.json"
run . deploy/docker/push.sh 1.0.0
expect 'push.sh where docker is logged in' 0 "$work/said" 'docker is logged in to luxuryhouse.azurecr.io already'
# A version is pushed once.
printf '%s\n' "$head" >"$work/remote"
run . deploy/docker/push.sh 1.0.0
expect 'push.sh leaves a version of this commit as it is' 0 "$work/said" 'has luxuryhouse/forecast-service:1.0.0 of this commit already'
if grep -q 'docker push' "$calls"; then
  fail 'push.sh pushed a version a second time'
fi
printf 'bbbb\n' >"$work/remote"
run . deploy/docker/push.sh 1.0.0
expect 'push.sh refuses to overwrite a version' 73 "$work/said" 'built from bbbb; a version never changes'
rm "$work/remote"
echo 'dial tcp: connection refused' >"$work/answer"
run . deploy/docker/push.sh 1.0.0
expect 'push.sh refuses what it cannot ask about' 69 "$work/said" 'cannot ask luxuryhouse.azurecr.io' 'connection refused'
if grep -q 'docker push' "$calls"; then
  fail 'push.sh pushed without having asked'
fi
printf 'aaaa-dirty\n' >"$work/revision"
run . deploy/docker/push.sh 1.0.0
expect 'push.sh refuses an image of another tree' 65 "$work/said" 'was built from aaaa-dirty'
touch "$clone/forgotten"
run . deploy/docker/push.sh 1.0.0
expect 'push.sh refuses a tree that differs from its commit' 65 "$work/said" 'the work tree differs from its commit'
run . deploy/docker/push.sh one
expect 'push.sh refuses what is no version' 64 "$work/said" 'no semantic version'
