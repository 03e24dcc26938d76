# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # Its variables are shared with ci/walk-guide.sh, which sources this.
# Where the guide's commands run: a copy of the tree, a real MLflow on a real PostgreSQL started as the
# compose file says, the real API, and stand-ins for what this machine has not: a container engine and
# a cluster. Names that only a cluster resolves lead to the local processes.

# free_or PORT: that port, or another where it is taken.
free_or() { if port_is_busy "$1"; then free_port; else printf '%s\n' "$1"; fi; }

prepare_tree() {
  mkdir -p "$tree" "$work"/{steps,adapted,log,bin,home}
  git ls-files -z --cached --others --exclude-standard | tar --null --create --ignore-failed-read --files-from=- 2>/dev/null |
    tar --extract -C "$tree"
  ln -s "$root/.dev" "$tree/.dev"
  ln -s "$(cargo_target_dir)" "$tree/target"
}

# What curl finds under the names of the cluster.
prepare_names() {
  cat >"$work/home/.curlrc" <<TEXT
noproxy = "*"
fail
silent
show-error
max-time = 30
connect-to = "mlflow-server:5000:127.0.0.1:$mlflow_port"
connect-to = "forecast-service.ml-forecast.svc.cluster.local:80:127.0.0.1:$api_port"
TEXT
}

# The real kubectl; what needs a running container is done by the process that stands for it here.
prepare_kubectl() {
  cat >"$work/bin/kubectl" <<TEXT
#!/usr/bin/env bash
set -euo pipefail
real="$root/.dev/tools/bin/kubectl"
# The command behind \`--\`, which the container would run.
inside() { while [ "\$1" != -- ]; do shift; done; shift; exec "\$@"; }
case "\$1" in
  # One to a pod lasts until it is ended; one to a Service is only looked up.
  port-forward)
    "\$real" get "\$2" "\${@:4}"
    case "\$2" in pod/*) exec sleep 60 ;; esac
    ;;
  exec)
    . "$work/registry.env"
    inside "\$@"
    ;;
  debug) "\$real" get pod "\$3" "\${@:4:2}" && inside "\$@" ;;
  run)
    options=()
    for word in "\$@"; do
      case "\$word" in --) break ;; -it | --rm) ;; *) options+=("\$word") ;; esac
    done
    "\$real" "\${options[@]}" --dry-run=client --output=name && inside "\$@"
    ;;
  *) exec "\$real" "\$@" ;;
esac
TEXT
  # Its files have to be there and to be valid; what it would start is started by start_registry.
  cat >"$work/bin/docker-compose" <<TEXT
#!/usr/bin/env bash
set -euo pipefail
files=()
while [ "\$1" = -f ]; do files+=("\$2") && shift 2; done
# As setup.sh leaves it.
[ "\${#files[@]}" -gt 0 ] || IFS=: read -r -a files <<<"\$(sed -n 's/^COMPOSE_FILE=//p' .env)"
[ "\${#files[@]}" -gt 0 ] || files=(docker-compose.yml)
"$root/.dev/tools/bin/check-jsonschema" --builtin-schema vendor.compose-spec "\${files[@]}"
[ -s "\$(dirname "\${files[0]}")/.env" ]
case "\$1" in
  up | ps) ;;
  logs) cat "$work/mlflow/log" ;;
  exec)
    # Not -T nor the service: the command, with the container's environment.
    . "$work/registry.env"
    exec "\${@:4}"
    ;;
  *) exit 64 ;;
esac
TEXT
  chmod +x "$work/bin/kubectl" "$work/bin/docker-compose"
  "$venv/bin/python" ci/guide/kube-stand-in.py "$work/kubeconfig" "$work/api.log" >"$work/kube.log" 2>&1 &
  pids+=("$!")
  wait_for 20 test -s "$work/kubeconfig" || fail "the cluster's stand-in does not start; see $work/kube.log"
}

# After setup.sh: PostgreSQL and MLflow with the compose file's own settings.
start_registry() {
  local image
  server="$tree/mlflow-server" compose="$server/docker-compose.yml"
  printf 'MLFLOW_WORKERS=1\nMLFLOW_PUBLISHED_PORT=%s\n' "$mlflow_port" >>"$server/.env"
  password="$(sed -n 's/^POSTGRES_PASSWORD=//p' "$server/.env")"
  setting_words image image postgres "$compose"
  use_postgres "$(sed 's/^[^:]*://; s/-.*//' <<<"${image[0]}")"
  port_database="$(free_port)"
  artifacts="$server/mlartifacts"
  start_postgres postgres "$port_database" || fail "PostgreSQL does not start; see $work/postgres/log"
  start_mlflow mlflow "$mlflow_port" "$port_database" "$compose" || fail "MLflow does not start; see $work/mlflow/log"
  # What a command finds in the container of MLflow.
  cat >"$work/registry.env" <<TEXT
export PGHOST=127.0.0.1 PGPORT=$port_database PGUSER=mlflow PGDATABASE=mlflow PGPASSWORD=$password
export PATH="$venv/bin:\$PATH" MLFLOW_AUTH_ADMIN_PASSWORD=''
TEXT
  say "$(postgres --version), $("$venv/bin/mlflow" --version), http://localhost:$mlflow_port"
}

# What a certificate authority would have given.
make_certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mlflow.luxuryhouse.example \
    -keyout "$work/privkey.pem" -out "$work/fullchain.pem" 2>/dev/null || fail 'openssl is needed for a certificate' 69
}

# A run with a file, deleted as on the MLflow page.
delete_a_run() {
  MLFLOW_TRACKING_URI="http://localhost:$mlflow_port" "$venv/bin/python" - <<'PYTHON'
import mlflow
with mlflow.start_run() as run:
    mlflow.log_text("of no use any more", "note.txt")
mlflow.delete_run(run.info.run_id)
PYTHON
}

# The API with the settings of the pod, as far as they are about the program.
start_service() {
  local settings
  settings="$("$venv/bin/python" - "$tree/deploy/k8s/base/configmap.yaml" <<'PYTHON'
import sys, yaml
data = yaml.safe_load(open(sys.argv[1]))["data"]
print("\n".join(f"{key}={value}" for key, value in data.items() if key.startswith("FORECAST_")))
PYTHON
  )"
  mapfile -t settings <<<"$settings"
  env "${settings[@]}" MLFLOW_TRACKING_URI="http://localhost:$mlflow_port" FORECAST_BIND="127.0.0.1:$api_port" \
    FORECAST_CACHE_DIR="$work/cache" FORECAST_LOG_FORMAT=json FORECAST_POLL_SECONDS=1 FORECAST_DRAIN_DELAY_SECONDS=0 \
    "$bin/forecast-api" >"$work/api.log" 2>&1 &
  api_pid=$!
  pids+=("$api_pid")
  wait_for 20 curl --noproxy '*' -sf "http://127.0.0.1:$api_port/health" || fail "forecast-api does not start; see $work/api.log"
}

# Two years of daily sales with a weekly rhythm: two stores, five items.
make_sales() {
  python3 - "$1" <<'PYTHON'
import datetime, sys
rhythm, start = [20, 22, 25, 24, 30, 45, 12], datetime.date(2024, 1, 1)
with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write("date,store,item,sales\n")
    for day in range(730):
        for store in range(1, 3):
            for item in range(1, 6):
                value = rhythm[day % 7] * item + 5 * store + (day * 7 + item * 3 + store) % 5
                out.write(f"{start + datetime.timedelta(day)},{store},{item},{value}\n")
PYTHON
}
