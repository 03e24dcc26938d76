#!/usr/bin/env bash
# Gives hostile bytes to the readers of crates/forecast-boost, one after the
# other: no panic, no overflow, no access out of bounds, no more memory than a
# small input justifies. Starts from the committed seeds; what it learns stays in
# fuzz/corpus, and what breaks a reader in fuzz/artifacts, from where it belongs
# into fuzz/seeds together with its mend.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

usage() {
  cat <<'TEXT'
Usage: ci/fuzz.sh [SECONDS [TARGET...]]

Fuzzes each target (default: all) for so many seconds (default: 60).
Exit code 0 means that nothing was found.
TEXT
}

case "${1:-}" in
  -h | --help) usage && exit 0 ;;
  *[!0-9]*) usage >&2 && exit 2 ;;
esac
seconds="${1:-60}"
targets=("${@:2}")
[ "${#targets[@]}" -gt 0 ] || targets=(binary lightgbm)

require_cargo
# libFuzzer is C++.
have c++ || apt_install g++ || fail 'no C++ compiler (c++) found: install g++ or clang' 69
ci/setup-tools.sh fuzz
PATH="$PWD/.dev/fuzz/bin:$PATH"
# The sanitizer's flag needs a nightly compiler or this; it works with the pinned one.
export RUSTC_BOOTSTRAP=1
# The models are small: more threads would only wait for each other.
export RAYON_NUM_THREADS=1

cd crates/forecast-boost
for target in "${targets[@]}"; do
  # The timeout is in seconds of the clock: a busy machine must not look like an endless loop.
  options=(-max_total_time="$seconds" -timeout=60 -rss_limit_mb=512 -malloc_limit_mb=256 -print_final_stats=1)
  case "$target" in
    binary) options+=(-max_len=4096) ;;
    lightgbm) options+=(-max_len=8192 -dict=fuzz/dictionaries/lightgbm.dict) ;;
    *) fail "there is no target $target; there are: binary lightgbm" 2 ;;
  esac
  step "fuzzing $target" "$seconds s, after building it"
  mkdir -p "fuzz/corpus/$target"
  cargo fuzz run --sanitizer address "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- "${options[@]}"
done
steps_summary
