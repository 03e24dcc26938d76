#!/usr/bin/env bash
# Builds everything under deploy/k8s as `kubectl apply -k` would and validates it
# strictly against the published schemas of several Kubernetes versions: the
# oldest that the manifests need, one that is common, and the newest known here.
# Kinds that a cluster learns from an operator (ExternalSecret, PodMonitor, …) have
# no published schema; they are named and not validated. No cluster is needed:
# `kubectl apply --dry-run=client` would need one, to ask for its schemas.
#   ci/check-k8s.sh            keep what is built: ci/check-k8s.sh --out DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
PATH="$PWD/.dev/tools/bin:$PATH"

# Why 1.30: the preStop action `sleep`.
versions=(1.30 1.33)
root=deploy/k8s

case "${1:-}" in
  '') out="$(mktemp -d)" && trap 'rm -rf "$out"' EXIT ;;
  --out) out="${2:?--out needs a folder}" && mkdir -p "$out" ;;
  *) fail "unknown argument $1; use --out DIR or nothing" 2 ;;
esac
out="$(realpath "$out")"

ci/setup-tools.sh
newest="$(kubernetes-validate --version)"
versions+=("${newest%.*}")

# build NAME FOLDER: the objects of a kustomization, in $out/NAME.yaml.
build() {
  kubectl kustomize "$2" >"$out/$1.yaml" || fail "$2 does not build; see the message above" 1
}

# with_components NAME BASE COMPONENT...: builds a base with components as a user's own overlay would.
with_components() {
  local name="$1" overlay="$out/.overlay" folder
  rm -rf "$overlay" && mkdir -p "$overlay"
  {
    printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n'
    printf -- '- %s\ncomponents:\n' "$(realpath --relative-to "$overlay" "$2")"
    for folder in "${@:3}"; do
      printf -- '- %s\n' "$(realpath --relative-to "$overlay" "$folder")"
    done
  } >"$overlay/kustomization.yaml"
  build "$name" "$overlay"
  rm -rf "$overlay"
}

# in_prod NAME COMPONENT...: builds overlays/prod with the components listed in it.
in_prod() {
  local name="$1" overlay="$out/.overlay" source="$root/overlays/prod" list='' folder
  rm -rf "$overlay" && cp -r "$source" "$overlay"
  for folder in "${@:2}"; do
    list+="${list:+, }$(realpath --relative-to "$overlay" "$folder")"
  done
  sed -i -e "s#^components: \[\]\$#components: [$list]#" \
    -e "s#^  - ../../base\$#  - $(realpath --relative-to "$overlay" "$root/base")#" "$overlay/kustomization.yaml"
  grep -qF "components: [$list]" "$overlay/kustomization.yaml" || fail "$source has no line \`components: []\`" 1
  build "$name" "$overlay"
  rm -rf "$overlay"
}

for folder in "$root/base" "$root"/overlays/* "$root/mlflow" "$root/pipeline"; do
  name="${folder#"$root/"}"
  build "${name//\//-}" "$folder"
done
# Each by itself has to build; all together hold every object that any of them makes.
components=("$root"/components/*)
for folder in "${components[@]}"; do
  with_components "base-with-${folder##*/}" "$root/base" "$folder"
done
with_components prod-with-all-components "$root/overlays/prod" "${components[@]}"
# Production with options is either an overlay on top of prod or prod itself with the option listed: the
# same objects, whatever the order in which kustomize changes them.
for folder in "${components[@]}"; do
  with_components ".on-prod-${folder##*/}" "$root/overlays/prod" "$folder"
  in_prod ".in-prod-${folder##*/}" "$folder"
  cmp -s "$out/.on-prod-${folder##*/}.yaml" "$out/.in-prod-${folder##*/}.yaml" ||
    fail "$folder makes something else listed in overlays/prod than in an overlay on top of it" 1
done
in_prod .in-prod-all "${components[@]}"
with_components mlflow-postgres "$root/mlflow" "$root/mlflow/postgres"

# The files that the guide applies one by one come first: they name the place best.
files=()
for file in "$root"/base/*.yaml "$root"/mlflow/*.yaml "$root"/components/*/secret.yaml; do
  [ "${file##*/}" = kustomization.yaml ] || files+=("$file")
done
for file in "$root"/components/*/*-job.yaml; do
  # The validator wants a name where `kubectl create` makes one up.
  sed 's/^  generateName: \(.*\)-$/  name: \1/' "$file" >"$out/${file##*/}"
done
for file in "$out"/*.yaml; do
  [[ "${file##*/}" = base-with-* ]] || files+=("$file")
done

for version in "${versions[@]}"; do
  kubernetes-validate --strict --quiet --no-warn --kubernetes-version "$version" "${files[@]}" ||
    fail "what is named above does not fit the schemas of Kubernetes $version"
done
say "${#files[@]} files fit the schemas of Kubernetes ${versions[*]}"
kubernetes-validate --quiet --kubernetes-version "$newest" "$out"/*.yaml 2>&1 |
  sed -n 's/.*find schema for kind \([^ ]*\) with api version \([^ ]*\) for.*/\1 (\2)/p' | sort -u |
  while read -r kind; do say "no published schema here, not validated: $kind"; done

yamllint --strict "$root"
