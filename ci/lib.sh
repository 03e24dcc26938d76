# shellcheck shell=bash
# Shell functions that ci/*.sh share: progress messages, look-ups and the few
# installs a fresh machine needs. Sourced, never run; expects bash with
# `set -euo pipefail`.

# The directory that cargo writes to, absolute, whether or not it exists yet.
cargo_target_dir() {
  local dir="${CARGO_TARGET_DIR:-target}"
  case "$dir" in
    /*) printf '%s\n' "$dir" ;;
    *) printf '%s/%s\n' "$PWD" "$dir" ;;
  esac
}

# Bold where a person watches, plain in a log.
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  _bold=$'\033[1m' _plain=$'\033[0m'
else
  _bold='' _plain=''
fi

# say MESSAGE: one line of progress.
say() { printf '    %s\n' "$*"; }

# fail MESSAGE [EXIT_CODE]: says what went wrong and what to do, then ends the script.
fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

# have COMMAND: is it on the PATH?
have() { command -v "$1" >/dev/null 2>&1; }

_step_title='' _step_start=0
_steps_done=()

# step TITLE USUALLY: closes the step before and opens this one.
step() {
  step_done
  _step_title="$1" _step_start=$SECONDS
  printf '\n%s==> %s%s (%s)\n' "$_bold" "$1" "$_plain" "$2"
}

# step_done: notes how long the open step took; harmless where none is open.
step_done() {
  [ -n "$_step_title" ] || return 0
  local took=$((SECONDS - _step_start))
  _steps_done+=("$(printf '%5d s  %s' "$took" "$_step_title")")
  _step_title=''
}

# steps_summary: every finished step with its seconds.
steps_summary() {
  step_done
  [ "${#_steps_done[@]}" -eq 0 ] || printf '    %s\n' "${_steps_done[@]}"
}

_apt_refreshed=no

# apt_install PACKAGE...: installs Debian packages where this user may.
# Returns 1, having said so, where it cannot: the caller decides whether that matters.
apt_install() {
  local as_root=()
  if ! have apt-get; then
    say "cannot install $* here (no apt-get); install the equivalent by hand"
    return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if have sudo && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      say "cannot install $* (not root, no password-less sudo); run: sudo apt-get install $*"
      return 1
    fi
  fi
  if [ "$_apt_refreshed" = no ]; then
    say "refreshing the package lists (usually under a minute)"
    "${as_root[@]}" apt-get update -qq </dev/null || say "apt-get update failed; trying with the lists at hand"
    _apt_refreshed=yes
  fi
  say "installing $* (usually under two minutes)"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

# require_linker: cargo cannot link anything without a C compiler.
require_linker() {
  have cc || apt_install gcc libc6-dev ||
    fail 'no C compiler (cc) found: Rust needs one to link; install gcc or clang' 69
}

# require_cargo: cargo itself cannot be installed by us.
require_cargo() {
  have cargo || fail 'cargo not found: install Rust 1.95 or newer from https://rustup.rs' 69
}

# find_initdb: prints the path of PostgreSQL's initdb, newest version first; 1 where there is none.
find_initdb() {
  local candidate
  for candidate in $(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort --version-sort --reverse); do
    if [ -x "$candidate" ]; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  command -v initdb
}

# port_is_busy PORT: does something already listen on this loopback port?
port_is_busy() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
