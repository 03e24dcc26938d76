# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Its variables are shared with ci/prove-mlflow.sh, which sources this.
# How ci/prove-mlflow.sh says what holds and what does not.

passed=0 failed=0

# check WHAT COMMAND...: runs it in a shell of its own, where every command has to
# succeed, and says whether it did.
check() {
  local what="$1" code
  shift
  # Not behind an `if`: that would have bash overlook failures inside functions.
  set +e
  (
    set -e
    "$@"
  ) >"$work/check.log" 2>&1
  code=$?
  set -e
  say_result "$what" "$code"
}

# check_here WHAT COMMAND...: in this shell, for what sets variables; COMMAND returns
# its failures itself.
check_here() {
  local what="$1" code=0
  shift
  "$@" >"$work/check.log" 2>&1 || code=$?
  say_result "$what" "$code"
}

say_result() {
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
    printf '    ok    %s\n' "$1"
  else
    failed=$((failed + 1))
    printf '    FAIL  %s\n' "$1"
    tail -n 15 "$work/check.log" | sed 's/^/          /'
  fi
}

# refuses PATTERN COMMAND...: it fails, and says PATTERN.
refuses() {
  local pattern="$1" output
  shift
  if output="$("$@" 2>&1)"; then
    printf 'it succeeded: %s\n' "$output"
    return 1
  fi
  printf '%s\n' "$output"
  grep -q -- "$pattern" <<<"$output"
}

# status EXPECTED CURL-ARGUMENT...: what the server answers.
status() {
  local expected="$1" got
  shift
  got="$(curl --silent --output "$work/answer" --write-out '%{http_code}' --max-time 30 "$@")" || true
  [ "$got" = "$expected" ] || {
    printf 'answered %s, expected %s: %s\n' "$got" "$expected" "$(head -c 300 "$work/answer")"
    return 1
  }
}

skipped() { printf '    --    %s\n' "$1"; }

# enough: what comes next builds on what was proven so far.
enough() { [ "$failed" -eq 0 ] || fail "$failed of $((passed + failed)) failed, and the rest builds on them; --keep leaves the logs behind"; }
