#!/usr/bin/env bash
# Checks deploy/monitoring and deploy/dotnet without running anything of ours: rules and
# their tests by promtool, the dashboard's expressions by promtool's parser, the collector's
# settings by their structure, the manifests against Kubernetes' schemas, the log queries
# against the messages in the sources. ci/prove-monitoring.sh asks a real Prometheus.
#   ci/check-monitoring.sh --write   also writes operator/prometheusrule.yaml anew
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
PATH="$PWD/.dev/tools/bin:$PATH"

monitoring=deploy/monitoring
operator="$monitoring/operator/prometheusrule.yaml"
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT

{ have promtool && have jq; } || ci/setup-deploy.sh
ci/setup-tools.sh

# The rules once more, as the operator wants them.
{
  printf '# Written by ci/check-monitoring.sh --write from rules.yaml: change that one.\n'
  printf 'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n'
  printf '  name: forecast-service\n  namespace: ml-forecast\n  labels:\n'
  printf '    app.kubernetes.io/name: forecast-service\n    app.kubernetes.io/part-of: demand-forecast\nspec:\n'
  sed -n '/^groups:/,$p' "$monitoring/rules.yaml" | sed 's/^\(.\)/  \1/'
} >"$out/prometheusrule.yaml"
[ "${1:-}" != --write ] || cp "$out/prometheusrule.yaml" "$operator"
cmp -s "$out/prometheusrule.yaml" "$operator" ||
  fail "$operator differs from rules.yaml; run ci/check-monitoring.sh --write"

promtool check rules "$monitoring/rules.yaml" >"$out/promtool" 2>&1 || fail "$(cat "$out/promtool")"
promtool test rules "$monitoring/rules_test.yaml" >"$out/promtool" 2>&1 || fail "$(cat "$out/promtool")"
while read -r alert; do
  grep -q "$alert" "$monitoring/rules_test.yaml" || fail "$monitoring/rules_test.yaml has no case for $alert"
  grep -q "$alert" "$monitoring/README.md" || fail "$monitoring/README.md does not say what $alert means"
done < <(sed -n 's/^ *- alert: //p' "$monitoring/rules.yaml")
# Anchors as Markdown viewers make them: lower case, no punctuation, dashes for spaces.
sed -n 's/^##* //p' docs/operations.md | tr '[:upper:]' '[:lower:]' | sed "s/[^a-z0-9 -]//g; s/ /-/g" >"$out/anchors"
while read -r anchor; do
  grep -qx "$anchor" "$out/anchors" || fail "docs/operations.md has no section #$anchor, which an alert points at"
done < <(sed -n 's/^ *runbook_url: .*#\([a-z-]*\)"*$/\1/p' "$monitoring/rules.yaml" | sort -u)
say "ok  $(grep -c '^ *- alert:' "$monitoring/rules.yaml") alerts pass their tests and are explained"

# Debian's promtool does not know Kubernetes: without that block, the rest is checked.
awk '/kubernetes_sd_configs:/ { skip = 1; next } /relabel_configs:/ { skip = 0 } !skip' \
  "$monitoring/prometheus.yaml" >"$out/prometheus.yaml"
cp "$monitoring/rules.yaml" "$out/rules.yaml"
promtool check config "$out/prometheus.yaml" >"$out/promtool" 2>&1 || fail "$(cat "$out/promtool")"

# Dashboard: unique panels, and every expression parses.
dashboard="$monitoring/grafana-dashboard.json"
jq --exit-status '[.panels[].id] | length == (unique | length)' "$dashboard" >/dev/null ||
  fail "$dashboard: two panels have the same id"
jq --exit-status '[.panels[] | select(.type != "row")] | all(.targets | length > 0)' "$dashboard" >/dev/null ||
  fail "$dashboard: a panel has no query"
jq --raw-output '
  [.. | .expr? // empty | gsub("\\$__rate_interval"; "1m") | gsub("\\$(namespace|pod)"; ".*")]
  | {groups: [{name: "dashboard", rules: (to_entries | map({record: "panel:\(.key)", expr: .value}))}]}
' "$dashboard" >"$out/dashboard.yaml"
promtool check rules "$out/dashboard.yaml" >"$out/promtool" 2>&1 || fail "$dashboard: $(cat "$out/promtool")"
say "ok  $(jq '[.. | .expr? // empty] | length' "$dashboard") expressions of the dashboard parse"

collector=("$monitoring/otel-collector.yaml" --manifest "$monitoring/k8s/deployment.yaml")
python ci/check_collector.py "${collector[@]}" || fail "$monitoring/otel-collector.yaml is not usable"
python ci/check_collector.py "${collector[@]}" --self-test

kubectl kustomize "$monitoring" >"$out/monitoring.yaml" || fail "$monitoring does not build"
kubernetes-validate --strict --version 1.30 "$out/monitoring.yaml" >"$out/validate" 2>&1 || fail "$(cat "$out/validate")"
say "ok  $(grep -c '^kind:' "$out/monitoring.yaml") objects of $monitoring are valid"

# Every sentence that a query looks for is one that a program says. Lines that are continued in the
# sources are joined first.
find crates bins -path '*/src/*' -name '*.rs' -exec cat {} + |
  sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}' >"$out/sources"
asked=0
while IFS= read -r sentence; do
  asked=$((asked + 1))
  grep -qF -- "\"$sentence" "$out/sources" || fail "$monitoring/queries looks for \"$sentence\", which no program says"
done < <(grep -hv '^ *//' "$monitoring"/queries/*.kql | grep -oE '"[^"]*"' | tr -d '"' |
  grep -E ' |^(answered|serving)$' | grep -v '^POST /' | sort -u)
[ "$asked" -ge 10 ] || fail "found only $asked sentences in $monitoring/queries; is the pattern still right?"
for query in "$monitoring"/queries/*.kql; do
  for pair in '(' ')' '[' ']'; do
    grep -v '^ *//' "$query" | tr -cd "$pair" | wc -c
  done | paste - - | awk '$1 != $2 { exit 1 }' || fail "$query: brackets do not match"
done
say "ok  $asked sentences in the log queries are said by the programs"

jq --exit-status '.MLService.BaseUrl' deploy/dotnet/appsettings.Production.json >/dev/null ||
  fail 'deploy/dotnet/appsettings.Production.json has no MLService.BaseUrl'
