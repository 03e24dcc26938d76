# shellcheck shell=bash
# shellcheck disable=SC2154 # Its variables are shared with ci/walk-guide.sh, which sources this.
# How ci/walk-guide.sh takes the commands out of the pages, runs them, and says what came of it.

ok=0 elsewhere=0 failed=0
walked=() table=() section=''
# What an earlier block has exported, as it would be in an operator's shell.
session=()
# The logs of proofs that failed stay.
logs="$(cargo_target_dir)/ci/walk-guide"

# extract PAGE: writes every named block to $work/steps/NAME, and their names to $work/steps.list.
extract() {
  awk -v dir="$work/steps" -v list="$work/steps.list" '
    match($0, /<!-- step: [a-z0-9-]+ -->/) {
      name = substr($0, RSTART + 11, RLENGTH - 15)
      next
    }
    /^ *```/ {
      if (inside) { inside = 0; close(file); name = ""; next }
      language = $0; sub(/^ *```/, "", language)
      if (language !~ /^(bash|sh|powershell|yaml)$/) { skip = !skip; next }
      if (skip) { next }
      if (name == "") { print "unnamed-" FILENAME "-line-" FNR >>list; name = "unnamed-" FNR } else { print name >>list }
      indent = match($0, /[^ ]/) - 1
      file = dir "/" name; printf "" >file
      inside = 1
      next
    }
    inside { print substr($0, indent + 1) >>file }
    !/^ *$/ && !inside { name = "" }
  ' "$1"
}

# row STATUS NAME WHAT: one line now, and counted for the table at the end.
row() {
  local line
  walked+=("$2")
  line="$(printf '%-9s %-26s %s' "$1" "$2" "$3")"
  printf '    %s\n' "$line"
  printf '%s\t%s\n' "${1%:}" "$section" >>"$work/rows"
  [ "$1" = ok ] || table+=("$line")
}

# summary: how each section went, and every step that is not ok once more.
summary() {
  printf '\n    %-32s %5s %9s %7s\n' '' ok 'not here' failed
  awk -F '\t' '
    !seen[$2]++ { order[++sections] = $2 }
    { count[$2, $1]++; all[$1]++ }
    END {
      for (i = 1; i <= sections; i++) print_line(order[i], count[order[i], "ok"], count[order[i], "not here"], count[order[i], "FAIL"])
      print_line("all", all["ok"], all["not here"], all["FAIL"])
    }
    function print_line(name, ok, elsewhere, failed) { printf "    %-32s %5d %9d %7d\n", name, ok, elsewhere, failed }
  ' "$work/rows"
  if [ "${#table[@]}" -gt 0 ]; then
    printf '\n'
    printf '    %s\n' "${table[@]}"
  fi
}

# part TITLE USUALLY: a section of the pages.
part() {
  section="$1"
  step "$@"
}

# first_line NAME: the block's first command that says what it is about, for the table.
first_line() {
  grep -v -e '^ *$' -e '^cd ' -e '^export ' "$work/steps/$1" | head -n 1 | sed 's/ *\\$/ …/' | cut -c 1-76
}

# attempt NAME FILE SECONDS: runs commands from the root of the copied tree; 0 where all succeeded.
attempt() {
  local log="$work/log/$1" code=0
  (cd "$tree" && timeout "$3" env CURL_HOME="$work/home" KUBECONFIG="$work/kubeconfig" \
    KUBECACHEDIR="$work/kube-cache" FORECAST_SMOKE="$bin/examples/smoke" PATH="$work/bin:$PATH" "${session[@]}" bash -euo pipefail "$2") >"$log" 2>&1 </dev/null || code=$?
  [ "$code" -eq 0 ] && return 0
  failed=$((failed + 1))
  row FAIL "$1" "exit code $code: $(first_line "$1" 2>/dev/null)"
  tail -n 12 "$log" | sed 's/^/              /'
  return 1
}

# run NAME [NOTE [SED-EXPRESSION...]]: runs the block, with the substitutions that the note names.
run() {
  local name="$1" note="${2:-}" script="$work/adapted/$1" expressions=() expression
  shift $(($# > 1 ? 2 : 1))
  [ -f "$work/steps/$name" ] || { failed=$((failed + 1)) && row FAIL "$name" 'no page has a block of that name' && return; }
  for expression in "$@"; do
    expressions+=(-e "$expression")
  done
  sed -e "s/localhost:5000/localhost:$mlflow_port/g" -e "s/localhost:8080/localhost:$api_port/g" \
    "${expressions[@]}" "$work/steps/$name" >"$script"
  # kubectl marks a restart by the second, and refuses two in the same one: the pages' occasions lie apart.
  ! grep -q 'rollout restart' "$script" || sleep 1
  attempt "$name" "$script" 300 || return 0
  ok=$((ok + 1))
  row ok "$name" "$(first_line "$name")${note:+  [$note]}"
}

# shows NAME PATTERN: what the block printed holds it; an exit code of 0 alone says little.
shows() {
  grep -q -e "$2" "$work/log/$1" 2>/dev/null && return
  failed=$((failed + 1))
  row FAIL "$1 shows" "nothing that it printed matches $2"
}

# not_here NAME REASON: cannot run on this machine. What stands for it is named in the reason.
not_here() {
  [ -f "$work/steps/$1" ] || { failed=$((failed + 1)) && row FAIL "$1" 'no page has a block of that name' && return; }
  elsewhere=$((elsewhere + 1))
  row 'not here:' "$1" "$2"
}

# prove WHAT COMMAND...: another script of the project that proves a part of the guide.
prove() {
  local what="$1" name log code=0 began=$SECONDS
  shift
  name="$1"
  [ "${name##*/}" != just ] || name="$2"
  name="${name##*/}" log="$work/log/${name##*/}"
  if [ ! -x "$1" ]; then
    failed=$((failed + 1)) && row FAIL "$name" "there is no $1"
    return
  fi
  "$@" >"$log" 2>&1 </dev/null || code=$?
  if [ "$code" -eq 0 ]; then
    ok=$((ok + 1))
    row ok "$name" "$what ($((SECONDS - began)) s)"
  elif [ "$code" -eq 77 ]; then
    elsewhere=$((elsewhere + 1))
    row 'not here:' "$name" "$what: needs root"
  else
    failed=$((failed + 1))
    mkdir -p "$logs"
    cp "$log" "$logs/$name.log"
    row FAIL "$name" "$what: exit code $code; its log is $logs/$name.log"
    grep -E -A 2 'FAIL|error' "$log" | head -n 12 | sed 's/^/              /' || true
  fi
}

# nothing_left_out: every named block of the pages was walked, once.
nothing_left_out() {
  local name count
  while read -r name; do
    count="$(printf '%s\n' "${walked[@]}" | grep -cx -- "$name" || true)"
    if [ "$count" -ne 1 ]; then
      failed=$((failed + 1))
      row FAIL "$name" "is walked $count times: add it to ci/guide/steps.sh"
    fi
  done <"$work/steps.list"
}
