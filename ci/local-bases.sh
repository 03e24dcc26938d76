#!/usr/bin/env bash
# Makes the base image that deploy/docker/Dockerfile builds on, where no registry of images can be
# reached: a minimal Debian 12 from Debian's own packages, with a C compiler and this machine's Rust
# toolchain, imported into buildah's storage under the name that the Dockerfile gives. A second run costs
# under a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/image-lib.sh
. ci/image-lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/local-bases.sh [--help]

Makes the Dockerfile's base image from Debian's packages and this machine's Rust toolchain.

Environment:
  FORECAST_IMAGE_DIR   where the images and their parts are kept (default: .dev/image)
TEXT
}

case "${1:-}" in
  '') ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
esac

suite=bookworm
# What the official image has of what the build uses; python3 writes the list of what is inside.
packages=ca-certificates,gcc,libc6-dev,python3

# A Debian tree as a tar file; made under another name first, so that half a tree is never taken for one.
debian_tree() {
  local tar="$image_dir/debian-$suite.tar" tree="$image_dir/tree"
  if [ ! -f "$tar" ]; then
    [ "$(id -u)" -eq 0 ] || fail 'debootstrap makes device nodes and needs root; run as root' 77
    say "fetching a minimal Debian $suite (usually under a minute)"
    rm -rf "$tree"
    debootstrap --variant=minbase --include="$packages" "$suite" "$tree" >"$image_dir/debootstrap.log" 2>&1 ||
      fail "debootstrap failed; its log is $image_dir/debootstrap.log" 69
    rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/* "${tree:?}"/dev/*
    tar -C "$tree" --numeric-owner -cf "$tar.part" .
    rm -rf "$tree"
    mv "$tar.part" "$tar"
  fi
}

rust_base() {
  local name container root
  name="$(dockerfile_base RUST_IMAGE)"
  if image_exists "$name" && [ "$(image_label "$name" toolchain)" = "$(rustc --version)" ]; then
    return
  fi
  debian_tree
  say "importing it with $(rustc --version) as $name (usually under a minute)"
  container="$(buildah from scratch)"
  root="$(buildah mount "$container")"
  tar -C "$root" --numeric-owner -xf "$image_dir/debian-$suite.tar"
  # The compiler and cargo alone: documentation, linters and the like build nothing.
  tar -C "$(rustc --print sysroot)" -cf - bin/cargo bin/rustc lib | tar -C "$root/usr/local" --no-same-owner -xf -
  buildah umount "$container" >/dev/null
  buildah config --env CARGO_HOME=/usr/local/cargo --env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    --label "toolchain=$(rustc --version)" "$container"
  buildah commit --quiet --rm "$container" "$name" >/dev/null
}

for tool in buildah debootstrap rustc; do
  have "$tool" || fail "$tool not found; ci/setup-deploy.sh installs buildah and debootstrap" 69
done
rust_base
