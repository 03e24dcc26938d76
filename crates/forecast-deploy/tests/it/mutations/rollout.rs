//! Mistakes in what pods start, how they come and go, and how they are reached.

use super::{Mutation, mutation};

const API: &str = "deploy/k8s/base/deployment.yaml";
const POLICY: &str = "deploy/k8s/base/networkpolicy.yaml";
const CONFIG: &str = "deploy/k8s/base/configmap.yaml";
const TRAIN: &str = "deploy/k8s/components/retraining/cronjob.yaml";
const SCALER: &str = "deploy/k8s/base/hpa.yaml";
const BUDGET: &str = "deploy/k8s/base/pdb.yaml";
const ROUTE: &str = "deploy/k8s/components/gateway/httproute.yaml";
const MONITOR: &str = "deploy/k8s/components/monitoring/podmonitor.yaml";

pub(super) const ROLLOUT: &[Mutation] = &[
    mutation("a program that is not in the image", TRAIN)
        .edit("- /usr/local/bin/forecast-train", "- /usr/local/bin/forecast-trainer")
        .expect("program", "/usr/local/bin/forecast-train"),
    mutation("a misspelt flag", TRAIN)
        .edit("- --register\n", "- --registr\n")
        .expect("flag", "--register is probably meant"),
    mutation("a flag that the server does not have", API)
        .edit(
            "          imagePullPolicy: IfNotPresent\n",
            "          args: [--bnd, \"0.0.0.0:8080\"]\n          imagePullPolicy: IfNotPresent\n",
        )
        .expect("flag", "--bind is probably meant"),
    mutation(
        "an exit code that the program does not have",
        "deploy/k8s/components/retraining/promotion-job.yaml",
    )
    .edit("            - 10\n", "            - 11\n")
    .expect("exit-code", "2, 10, 64"),
    mutation("failures of another container", TRAIN)
        .edit("containerName: forecast-train", "containerName: forecast-trainer")
        .expect("exit-code", "container of the pod"),
    mutation("pods that restart in place", TRAIN)
        .edit("restartPolicy: Never", "restartPolicy: OnFailure")
        .expect("exit-code", "restartPolicy: Never"),
    mutation("a weekday too many", TRAIN)
        .edit("schedule: 0 3 * * 1", "schedule: 0 3 * * 8")
        .expect("schedule", "0 3 * * 1"),
    mutation("restarts without a model", API)
        .edit(
            "          livenessProbe:\n            httpGet:\n              path: /health/live",
            "          livenessProbe:\n            httpGet:\n              path: /health/ready",
        )
        .expect("probe-missing", "/health/live")
        .shows(API, "path: /health/ready"),
    mutation("readiness of a port only", API)
        .edit(
            "            httpGet:\n              path: /health/ready\n              port: http\n",
            "            tcpSocket:\n              port: http\n",
        )
        .expect("probe-missing", "/health/ready")
        .shows(API, "readinessProbe:"),
    mutation("no update can begin", API)
        .edit("maxSurge: 1", "maxSurge: 0")
        .expect("rolling-update", "maxSurge: 1"),
    mutation("all pods away first", API)
        .edit("    type: RollingUpdate\n", "    type: Recreate\n")
        .expect("rolling-update", "RollingUpdate"),
    mutation("a rollout that ends before a pod counts", API)
        .edit("minReadySeconds: 5", "minReadySeconds: 400")
        .expect("rolling-update", "less than progressDeadlineSeconds"),
    mutation("an aim that is never reached", SCALER)
        .edit("averageUtilization: 70", "averageUtilization: 700")
        .expect("scale-metric", "from 1 to 100"),
    mutation("a target of another version", SCALER)
        .edit("    apiVersion: apps/v1", "    apiVersion: v1")
        .expect("scale-metric", "apps/v1"),
    mutation("an aim of another type", SCALER)
        .edit(
            "          type: Utilization\n          averageUtilization: 70",
            "          type: AverageValue\n          averageUtilization: 70",
        )
        .expect("scale-metric", "type: Utilization"),
    mutation("all pods of a budget", BUDGET)
        .edit("maxUnavailable: 1", "minAvailable: 100%")
        .expect("disruption-room", "maxUnavailable: 1"),
    mutation("no pods of a budget", BUDGET)
        .edit("maxUnavailable: 1", "maxUnavailable: 0%")
        .expect("disruption-room", "maxUnavailable: 1"),
    mutation("an amount in other units", API)
        .edit("memory: 2Gi", "memory: 2GB")
        .expect("pod-quantity", "2Gi"),
    mutation("another pull secret", API)
        .edit("- name: acr-secret", "- name: acr-secrets")
        .expect("pod-pull", "acr-secret"),
    mutation("a scraped port that is not there", API)
        .edit("prometheus.io/port: \"8080\"", "prometheus.io/port: \"9090\"")
        .expect("scrape", "/metrics"),
    mutation("a monitored port that is not there", MONITOR)
        .edit("- port: http", "- port: metrics")
        .expect("scrape", "http"),
    mutation("a monitored path that is not there", MONITOR)
        .edit("path: /metrics", "path: /metric")
        .expect("scrape", "/metrics"),
    mutation("a job of another name", MONITOR)
        .edit("jobLabel: app.kubernetes.io/name", "jobLabel: app.kubernetes.io/component")
        .expect("scrape", "app.kubernetes.io/name"),
    mutation("a route to a port that is not there", ROUTE)
        .edit("          port: 80\n", "          port: 8080\n")
        .expect("route-backend", "port 80"),
    mutation("a route that nobody answers", ROUTE)
        .edit("value: /forecast", "value: /forcast")
        .expect("route-backend", "/forecast"),
    mutation("a certificate of another host", "deploy/k8s/base/ingress.yaml")
        .edit(
            "        - forecast.luxuryhouse.example\n      secretName",
            "        - forecasts.luxuryhouse.example\n      secretName",
        )
        .expect("ingress-tls", "forecast.luxuryhouse.example"),
    mutation("bodies that end at the door", "deploy/k8s/base/ingress.yaml")
        .edit("proxy-body-size: 16m", "proxy-body-size: 1m")
        .expect("ingress-body", "16m"),
    mutation("another protocol than the port's", CONFIG)
        .edit("http/protobuf", "grpc")
        .expect("otlp-protocol", "http/protobuf"),
    mutation("a name that MLflow does not answer to", "deploy/k8s/mlflow/configmap.yaml")
        .edit("mlflow-server,mlflow-server:5000,", "mlflow-server,")
        .expect("mlflow-hosts", "mlflow-server:5000")
        .shows("deploy/k8s/mlflow/configmap.yaml", "    mlflow-server,mlflow-server.ml"),
    mutation("another port than MLflow's", POLICY)
        .edit("          port: 5000", "          port: 5001")
        .expect("policy-egress", "mlflow-server")
        .shows(POLICY, "port: 5001"),
    mutation("names by TCP only", POLICY)
        .edit("        - protocol: UDP\n          port: 53\n", "")
        .expect("policy-dns", "protocol: UDP")
        .shows(POLICY, "ports:\n        - protocol: TCP\n          port: 53"),
    mutation("a misspelt namespace of name servers", POLICY)
        .edit("kubernetes.io/metadata.name: kube-system", "kubernetes.io/metadata.name: kube-sytem")
        .expect("policy-dns", "kube-system"),
    mutation("no range of addresses", POLICY)
        .edit("169.254.20.10/32", "169.254.20.10/33")
        .expect("policy-address", "10.0.0.0/8"),
    mutation("a Service for everybody", "deploy/k8s/base/service.yaml")
        .edit("type: ClusterIP", "type: LoadBalancer")
        .expect("service-internal", "ClusterIP"),
    mutation("a namespace for every pod", "deploy/k8s/base/namespace.yaml")
        .edit("enforce: restricted", "enforce: privileged")
        .expect("namespace-policy", "restricted"),
];
