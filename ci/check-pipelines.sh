#!/usr/bin/env bash
# Checks the pipelines (Azure's and GitHub's) as far as that can be done outside of them: their
# published schemas, the style of the YAML, who may push, deploy and promote, every inline script
# with bash and shellcheck, and that the scripts they name exist. Then runs the scripts they deploy with into every failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

case "${1:-}" in
  '') ;;
  *)
    printf 'Usage: ci/check-pipelines.sh\n\nChecks ci/azure-pipelines.yml and .github/workflows; takes seconds.\n'
    exit "$([ "$1" = --help ] && echo 0 || echo 2)"
    ;;
esac

# push.sh wants a clean work tree.
export PYTHONDONTWRITEBYTECODE=1
PATH="$PWD/.dev/tools/bin:$PATH"
for tool in check-jsonschema yamllint shellcheck; do
  have "$tool" || fail "$tool not found: run ci/setup-tools.sh" 69
done

step 'Schemas and style' 'seconds'
.dev/tools/bin/python -m doctest ci/azure_schema.py
.dev/tools/bin/python ci/azure_schema.py ci/azure-pipelines.yml
check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
yamllint --strict ci/azure-pipelines.yml .github

step 'Who may push, deploy and promote' 'seconds'
.dev/tools/bin/python -m doctest ci/pipeline_rules.py
.dev/tools/bin/python ci/pipeline_rules.py
.dev/tools/bin/python ci/pipeline_mistakes.py

step 'Inline scripts and what they name' 'seconds'
.dev/tools/bin/python -m doctest ci/inline-scripts.py
.dev/tools/bin/python -m doctest ci/junit.py
.dev/tools/bin/python -m doctest ci/cluster_state.py
.dev/tools/bin/python ci/inline-scripts.py ci/azure-pipelines.yml .github/workflows/*.yml

step 'The scripts of the deployment, into every failure' 'under a minute'
proof="$(ci/prove-deploy.sh 2>&1)" || fail "ci/prove-deploy.sh:"$'\n'"$proof"
say "$(grep -c '^ *ok ' <<<"$proof") checks passed; ci/prove-deploy.sh names them"
say "an image of this commit would be $(ci/version.sh)"
step_done
