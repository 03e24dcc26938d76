# shellcheck shell=bash
# shellcheck disable=SC2154 # Its variables are shared with ci/walk-guide.sh, which sources this.
# The steps of docs/deployment.md, in its order, and of docs/operations.md: how each block is run here.
# `cluster` means: the real kubectl, and ci/guide/kube-stand-in.py in place of the cluster.

cluster='stand-in for the cluster'

walk_mlflow() {
  run mlflow-up 'its processes without containers'
  start_registry
  run mlflow-health
  shows mlflow-health '^OK$'
  make_certificate
  run mlflow-production 'files checked, nothing started' "s#<fullchain.pem>#$work/fullchain.pem#; s#<privkey.pem>#$work/privkey.pem#"
  not_here mlflow-image 'no container engine, no registry; ci/prove-mlflow.sh runs what the image starts'
  run namespace "$cluster"
  run mlflow-secrets "$cluster" 's/<[a-z]*-password>/a-password/'
  run mlflow-in-cluster "$cluster"
  shows mlflow-in-cluster 'successfully rolled out'
  run mlflow-reach "$cluster"
  not_here mlflow-accounts 'asks for a password; ci/prove-mlflow.sh makes a user by the same call'
  proof 'PostgreSQL, MLflow, proxy, logins, backup, restore, replication' ci/prove-mlflow.sh
}

walk_image() {
  not_here docker-build 'no container engine; ci/prove-image.sh builds the same Dockerfile with buildah'
  not_here build-sh 'ci/prove-image.sh calls it, with buildah as the engine'
  not_here build-ps1 'no PowerShell; ci/check-powershell.py parses it'
  not_here az-login 'no Azure account'
  not_here docker-push 'no registry; ci/check-image-scripts.sh checks what push.sh tells an engine'
  prove 'what build.sh, build.ps1 and push.sh tell an engine; Dockerfile' .dev/tools/bin/just image-lint
  proof 'the image, built and run: non-root, read-only root, train, promote, serve' ci/prove-image.sh "${as_built[@]}"
}

walk_kubernetes() {
  run pull-secret "$cluster" 's/<acr-password>/a-password/'
  run secret "$cluster"
  run training-secret "$cluster" 's/<training-password>/a-password/'
  run resources "$cluster"
  run check "$cluster"
  shows check '^forecast-service-'
  run logs "$cluster"
  run overlay "$cluster"
  run dev-overlay "$cluster" 's/<admin-password>/a-password/'
  run restart "$cluster"
  run update "$cluster"
  shows update 'successfully rolled out'
  image_is 1.0.1
  run rollback "$cluster"
  image_is 1.0.0
  proof 'forecast-api and forecast-train with the environment, probes and ending of the manifests' ci/prove-pod.sh
  prove 'what kubectl apply -k would send: published schemas, names, settings, policy; compose files, pipeline' .dev/tools/bin/just check-deploy
}

walk_pipeline() {
  run pipeline-account "$cluster"
  run deploy-dry-run
  shows deploy-dry-run 'image: luxuryhouse.azurecr.io/luxuryhouse/forecast-service:1.0.1'
  prove 'deploy.sh and promote.sh through every way of failing' ci/prove-deploy.sh
  proof 'rolling update under load behind a real proxy, without a failed request' ci/prove-rollout.sh
}

walk_dotnet() {
  not_here dotnet-env 'a part of a manifest; a test looks its names up in deploy/k8s/base/configmap.yaml'
  run caller-namespace "$cluster"
}

walk_model() {
  run train 'sample sales'
  run_id="$(grep -o 'forecast-promote --run-id [0-9a-f]*' "$work/log/train" | tail -n 1 | cut -d ' ' -f 3)"
  # shellcheck disable=SC2034 # ci/guide/report.sh runs commands in it.
  session=("MLFLOW_TRACKING_URI=http://localhost:$mlflow_port")
  run port-forward "$cluster"
  run promote '' "s/<run_id>/$run_id/"
  shows promote 'is in production now'
  run promote-list
  shows promote-list "^\* .*$run_id"
}

walk_monitoring() {
  wait_for 30 curl --noproxy '*' -sf "http://127.0.0.1:$api_port/health/ready" || true
  run reach-api "$cluster"
  run health-checks 'forecast-api of this machine'
  shows health-checks '"status":"ready"'
  shows health-checks '^forecast_model_info'
  run smoke 'forecast-api of this machine'
  run logs-api "$cluster"
  run logs-mlflow "the server's own log"
  run monitoring "$cluster" 's/<connection-string>/InstrumentationKey=none/'
  proof 'collector settings, Prometheus rules, alerts and dashboard' ci/prove-monitoring.sh
}

walk_troubleshooting() {
  pod="$(pod_name)"
  run ask-mlflow 'the name leads to this machine'
  shows ask-mlflow '^OK$'
  run ask-mlflow-from-pod "$cluster; curl on this machine" "s/<pod-name>/$pod/"
  run logs-once "$cluster"
  shows logs-once '"message":"serving"'
  run describe "$cluster" "s/<pod-name>/$pod/"
  shows describe 'MLFLOW_TRACKING_URI:'
  run check-service "$cluster"
  run debug-pod "$cluster; curl on this machine"
  shows debug-pod '"status":"ready"'
}

walk_operations() {
  run first-look "$cluster"
  run every-pod "$cluster; forecast-api of this machine" "s/localhost:8081/localhost:$api_port/"
  shows every-pod '"status":"ready".*  pod/forecast-service-'
  run reach-service "$cluster"
  run why-it-ended "$cluster" "s/<pod-name>/$pod/"
  run mlflow-look "$cluster"
  run mlflow-look-compose "the server's own log"
  run_gc mlflow-gc
  run_gc mlflow-gc-compose
  run what-is-served
  run rollback-model '' "s/<run_id>/$run_id/"
  run rollback-reach-mlflow "$cluster"
  run rollback-login '' 's/<training-password>/a-password/'
  not_here rollback-model-in-cluster 'no cluster to run a Job in; ci/prove-image.sh runs forecast-promote in the image'
  run rollback-program "$cluster"
  revision="$(sed -n 's/^\([0-9][0-9]*\) .*/\1/p' "$work/log/rollback-program" | head -n 1)"
  run rollback-program-to "$cluster" "s/<revision>/$revision/"
  run rollback-setting "$cluster"
  back_up
  run restore-check '' "s/<backup>/$backup/"
  not_here restore-do 'no container engine; ci/prove-mlflow.sh restores into an empty server'
  not_here restore-finish 'no restore was cut short; ci/prove-mlflow.sh cuts one'
  run restore-after
  not_here key-new-user 'asks for a password; ci/prove-mlflow.sh makes a user by the same call'
  run key-secret "$cluster" 's/<new-password>/a-password/'
  not_here key-old-user 'asks for a password'
  run key-pull-secret "$cluster" 's/<acr-password>/a-password/'
  run key-pipeline "$cluster"
  if [ -x "$bin/examples/load" ]; then
    run measure 'built beforehand' "s#^cargo run .* --example load --#$bin/examples/load#" 's/--seconds 10/--seconds 3/'
  else
    not_here measure 'the load program has not been built, and --no-build was asked for'
  fi
  run error-codes "$cluster; forecast-api of this machine" "s/localhost:8081/localhost:$api_port/"
  shows error-codes '^forecast_ready'
}

# run_gc BLOCK: with a run that was deleted, all of whose files are gone afterwards.
run_gc() {
  delete_a_run >"$work/log/deleted-run" 2>&1 || fail "no run could be deleted; see $work/log/deleted-run"
  run "$1" "the server's own database and files" "s#http://mlflow-server:5000#http://localhost:$mlflow_port#" 's/ --older-than 30d//'
  shows "$1" 'has been permanently deleted'
}

# image_is TAG: the Deployment that the stand-in holds has it now.
image_is() {
  KUBECONFIG="$work/kubeconfig" .dev/tools/bin/kubectl get deployment forecast-service -n ml-forecast \
    --output=jsonpath='{.spec.template.spec.containers[0].image}' >"$work/log/image"
  shows image ":$1$"
}

pod_name() {
  KUBECONFIG="$work/kubeconfig" .dev/tools/bin/kubectl get pods -n ml-forecast --output=name \
    -l app.kubernetes.io/name=forecast-service | head -n 1 | cut -d / -f 2
}

# A backup of the walk's own server, for the step that checks one.
back_up() {
  with_database "$port_database" "$server/backup.sh" >"$work/log/backup" 2>&1 ||
    fail "backup.sh failed; see $work/log/backup"
  backup="$(basename "$(tail -n 1 "$work/log/backup")")"
}

# proof WHAT COMMAND...: the longer proofs, unless they were left out.
proof() {
  if [ "$proofs" = yes ]; then
    prove "$@"
  else
    say "left out: $2 ($1)"
  fi
}
