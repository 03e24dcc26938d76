"""Tries ci/pipeline_rules.py: every mistake of the table, made in the text of a pipeline, has to be found.

    .dev/tools/bin/python ci/pipeline_mistakes.py

An edit whose text is not in its file any more fails as well: it has to follow the file.
"""

import sys
from pathlib import Path

from pipeline_rules import AZURE, faults_of

CI = ".github/workflows/ci.yml"
PROMOTE = ".github/workflows/promote.yml"
RELEASE = ".github/workflows/release.yml"
MAIN = "eq(variables['Build.SourceBranch'], 'refs/heads/main')"
PUSH = "            condition: and(succeeded(), ne(variables['Build.Reason'], 'PullRequest'))\n"
IS_PUSH = "        if: github.event_name == 'push'\n"

# In words, the file, the first occurrence of a text, and what it becomes.
MISTAKES = (
    ("develop is deployed too", AZURE, MAIN, f"or({MAIN}, eq(variables['Build.SourceBranch'], 'refs/heads/develop'))"),
    ("everything but main is deployed", AZURE, MAIN, f"n{MAIN[1:]}"),
    ("a failed test is deployed", AZURE, "and(succeeded(),\n          eq(variables", "and(always(),\n          eq(variables"),
    ("a pull request is deployed", AZURE, "          ne(variables['Build.Reason'], 'PullRequest'),\n", ""),
    ("a promotion deploys as well", AZURE, ",\n          eq('${{ parameters.promoteRunId }}', 'none'))", ")"),
    ("a pull request logs in to the registry", AZURE, PUSH, ""),
    ("a pull request pushes", AZURE, '"$IMAGE_VERSION"\n            displayName: Push the image\n' + PUSH, '"$IMAGE_VERSION"\n            displayName: Push the image\n'),
    ("a push from a test job", AZURE, "          - bash: |\n              set -euo pipefail\n              cargo build", "          - bash: |\n              set -euo pipefail\n              docker push x\n              cargo build"),
    ("a deployment from Build", AZURE, "          # Before the push, so", "          - bash: ci/deploy.sh --image x\n          # Before the push, so"),
    ("a deployment without tests", AZURE, "dependsOn: [Build, Test]", "dependsOn: [Build]"),
    ("two rollouts at once", AZURE, "    lockBehavior: sequential\n", ""),
    ("a rollout that a later one stops", AZURE, "lockBehavior: sequential", "lockBehavior: runLatest"),
    ("a rollout without environment", AZURE, "        environment: forecast-production\n", ""),
    ("a promotion without environment", AZURE, "        environment: forecast-model\n", ""),
    ("a promotion in another environment", AZURE, "environment: forecast-model", "environment: forecast-production"),
    ("a promotion without approval", AZURE, "        dependsOn: Approve\n", "        dependsOn: Plan\n"),
    ("an approval of oneself", AZURE, "allowApproversToApproveTheirOwnRuns: false", "allowApproversToApproveTheirOwnRuns: true"),
    ("an approval by nobody", AZURE, "onTimeout: reject", "onTimeout: resume"),
    ("a promotion from any branch", AZURE, "'none'),\n          " + MAIN + ",\n", "'none'),\n"),
    ("a plan that promotes", AZURE, '"$RUN_ID" --dry-run', '"$RUN_ID"'),
    ("failing tests that pass", AZURE, "            displayName: ci/test.sh\n", "            displayName: ci/test.sh\n            continueOnError: true\n"),
    ("tests that are skipped", AZURE, "            displayName: ci/test.sh\n", "            displayName: ci/test.sh\n            condition: false\n"),
    ("a scan that is left out", AZURE, "ci/scan-image.sh", "ci/version.sh"),
    ("pushes of every branch", AZURE, "    include: [main, develop]", "    include: ['*']"),
    ("tags start it too", AZURE, "trigger:\n", "trigger:\n  tags: {include: ['*']}\n"),
    ("steps of a template", AZURE, "          - checkout: self\n", "          - template: steps.yml\n          - checkout: self\n"),
    ("rights of a fork's pull request", CI, "  pull_request:\n", "  pull_request_target:\n"),
    ("every right", CI, "permissions:\n  contents: read\n", "permissions: write-all\n"),
    ("one right too many", CI, "      id-token: write\n", "      id-token: write\n      packages: write\n"),
    ("a test with rights", CI, "    name: Test\n", "    name: Test\n    permissions: write-all\n"),
    ("a deployment without needs", CI, "    needs: [image, test]\n", ""),
    ("a deployment without tests", CI, "    needs: [image, test]\n", "    needs: [image]\n"),
    ("a deployment of failures", CI, "if: github.event_name == 'push' && ", "if: always() && "),
    ("develop is deployed too", CI, "github.ref == 'refs/heads/main'", "(github.ref == 'refs/heads/main' || github.ref == 'refs/heads/develop')"),
    ("everything but main is deployed", CI, "github.ref == 'refs", "github.ref != 'refs"),
    ("a pull request is deployed", CI, "    if: github.event_name == 'push' && github", "    if: github"),
    ("a deployment on any condition", CI, "    if: github.event_name == 'push' && github.ref == 'refs/heads/main'\n", ""),
    ("a pull request logs in", CI, IS_PUSH, ""),
    ("a pull request pushes", CI, "Push the image\n" + IS_PUSH, "Push the image\n"),
    ("a deployment without environment", CI, "    environment: production\n", ""),
    ("a deployment that a later one stops", CI, "      cancel-in-progress: false", "      cancel-in-progress: true"),
    ("every run stops the one before", CI, "cancel-in-progress: ${{ github.event_name == 'pull_request' }}", "cancel-in-progress: true"),
    ("failing tests that pass", CI, "      - name: ci/test.sh\n", "      - name: ci/test.sh\n        continue-on-error: true\n"),
    ("a deployment from the image's job", CI, 'run: deploy/docker/push.sh "$IMAGE_VERSION"', 'run: deploy/docker/push.sh "$IMAGE_VERSION" && ci/deploy.sh'),
    ("a job that nobody knows", CI, "\njobs:\n", "\njobs:\n  other:\n    runs-on: ubuntu-24.04\n    steps: []\n"),
    ("pushes of every branch", CI, "    branches: [main, develop]\n", ""),
    ("a promotion from any branch", PROMOTE, "    needs: plan\n    if: github.ref == 'refs/heads/main'\n", "    needs: plan\n"),
    ("a plan from any branch", PROMOTE, "    if: github.ref == 'refs/heads/main'\n", ""),
    ("a promotion without environment", PROMOTE, "    environment: model\n", ""),
    ("a promotion without a plan", PROMOTE, "    needs: plan\n", ""),
    ("a promotion at every push", PROMOTE, "on:\n", "on:\n  push:\n"),
    ("a plan that promotes", PROMOTE, '"$RUN_ID" --dry-run', '"$RUN_ID"'),
    ("two promotions at once", PROMOTE, "cancel-in-progress: false", "cancel-in-progress: true"),
    ("every right", PROMOTE, "permissions:\n  contents: read\n  id-token: write\n", "permissions: write-all\n"),
    ("a release without tests", RELEASE, "    needs: test\n", ""),
    ("a release that is deployed", RELEASE, 'run: deploy/docker/push.sh "$IMAGE_VERSION"', "run: ci/deploy.sh"),
    ("a release of every branch", RELEASE, "    tags: [", "    branches: ["),
)


def main() -> int:
    """The command line."""
    faults = []
    for what, path, old, new in MISTAKES:
        text = Path(path).read_text(encoding="utf-8")
        if old not in text:
            faults.append(f"{path}: the edit for {what!r} does not fit any more")
        elif not faults_of(path, text.replace(old, new, 1)):
            faults.append(f"{path}: nobody notices {what!r}")
    print("\n".join(faults) or f"    {len(MISTAKES)} mistakes in them would be noticed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
