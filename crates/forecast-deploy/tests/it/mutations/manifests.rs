//! Mistakes in Kubernetes manifests.

use super::{Mutation, mutation};

pub(super) const MANIFESTS: &[Mutation] = &[
    mutation("an open bracket", "deploy/k8s/overlays/prod/pdb.yaml")
        .edit("  minAvailable: 2\n", "  minAvailable: [2\n")
        .expect("syntax", "mend the syntax")
        .shows("deploy/k8s/overlays/prod/pdb.yaml", "  minAvailable: [2\n"),
    mutation("a key twice", "deploy/k8s/base/service.yaml")
        .edit("  ports:\n", "  type: ClusterIP\n  ports:\n")
        .expect("repeated-key", "remove one of the two type"),
    mutation("a patch of nothing", "deploy/k8s/overlays/prod/deployment.yaml")
        .edit("path: /spec/minReadySeconds", "path: /spec/minReadySecond")
        .expect("kustomization", "name what exists"),
    mutation("a manifest that nothing applies", "deploy/k8s/mlflow/kustomization.yaml")
        .edit("  - pdb.yaml\n", "")
        .expect("unapplied-file", "deploy/k8s/mlflow/kustomization.yaml")
        .shows("deploy/k8s/mlflow/pdb.yaml", "apiVersion"),
    mutation("a version that does not exist", "deploy/k8s/base/hpa.yaml")
        .edit("autoscaling/v2", "autoscaling/v3")
        .expect("kind", "autoscaling/v2"),
    mutation("a misspelt field", "deploy/k8s/base/deployment.yaml")
        .edit("progressDeadlineSeconds: 300", "progressDeadlineSecond: 300")
        .expect("field", "spelling"),
    mutation("a word for a number", "deploy/k8s/base/deployment.yaml")
        .edit("revisionHistoryLimit: 5", "revisionHistoryLimit: five")
        .expect("field-type", "type that the message names"),
    mutation("capitals in a name", "deploy/k8s/base/networkpolicy.yaml")
        .edit("  name: forecast-client\n", "  name: Forecast_Client\n")
        .expect("object-name", "small letters"),
    mutation("a renamed variable", "deploy/k8s/base/deployment.yaml")
        .edit("- name: FORECAST_POLL_SECONDS", "- name: FORECAST_POLL_SECOND")
        .expect("env-unknown", "FORECAST_POLL_SECONDS is probably meant"),
    mutation("a missing variable", "deploy/k8s/base/deployment.yaml")
        .edit("            - name: MLFLOW_TRACKING_URI\n              valueFrom:\n                configMapKeyRef:\n                  name: forecast-config\n                  key: MLFLOW_TRACKING_URI\n", "")
        .expect("env-missing", "set MLFLOW_TRACKING_URI")
        .shows("deploy/k8s/base/deployment.yaml", "- name: forecast-api\n"),
    mutation("a unit in a number", "deploy/k8s/base/configmap.yaml")
        .edit("FORECAST_POLL_SECONDS: \"15\"", "FORECAST_POLL_SECONDS: \"15s\"")
        .expect("env-value", "a whole number from 1 to 86400"),
    mutation("a variable twice", "deploy/k8s/base/deployment.yaml")
        .edit("- name: OTEL_SERVICE_NAME\n              value: forecast-api", "- name: FORECAST_LOG_FORMAT\n              value: json")
        .expect("env-repeated", "remove one of the two FORECAST_LOG_FORMAT"),
    mutation("a renamed key", "deploy/k8s/base/deployment.yaml")
        .edit("key: MLFLOW_TRACKING_URI", "key: MLFLOW_URI")
        .expect("env-reference", "add the key to forecast-config"),
    mutation("a token in the open", "deploy/k8s/base/deployment.yaml")
        .edit("            - name: OTEL_SERVICE_NAME\n", "            - name: MLFLOW_TRACKING_TOKEN\n              value: x\n            - name: OTEL_SERVICE_NAME\n")
        .expect("env-secret", "secretKeyRef"),
    mutation("a key that nobody reads", "deploy/k8s/base/configmap.yaml")
        .edit("  FORECAST_LOG: info\n", "  FORECAST_COLOUR: blue\n  FORECAST_LOG: info\n")
        .expect("config-unused", "remove the key"),
    mutation("a secret that nobody reads", "deploy/k8s/base/secret.yaml")
        .edit("  MLFLOW_TRACKING_USERNAME: change-me\n", "  MLFLOW_TRACKING_TOKEN: change-me\n  MLFLOW_TRACKING_USERNAME: change-me\n")
        .expect("secret-unused", "remove the key"),
    mutation("a password in a ConfigMap", "deploy/k8s/base/configmap.yaml")
        .edit("  FORECAST_LOG: info\n", "  MLFLOW_PASSWORD: x\n  FORECAST_LOG: info\n")
        .expect("config-secret", "move the key to a Secret"),
    mutation("a real password", "deploy/k8s/base/secret.yaml")
        .edit("MLFLOW_TRACKING_PASSWORD: change-me", "MLFLOW_TRACKING_PASSWORD: Tr0ub4dor")
        .expect("secret-real", "change-me"),
    mutation("loopback in a pod", "deploy/k8s/base/deployment.yaml")
        .edit("value: 0.0.0.0:8080", "value: 127.0.0.1:8080")
        .expect("bind", "0.0.0.0:8080"),
    mutation("another port than the declared one", "deploy/k8s/base/deployment.yaml")
        .edit("value: 0.0.0.0:8080", "value: 0.0.0.0:8081")
        .expect("bind", "http (8080)"),
    mutation("a probe of a path that is not there", "deploy/k8s/base/deployment.yaml")
        .edit("path: /health/ready", "path: /health/redy")
        .expect("probe-path", "/health/ready"),
    mutation("a probe of a port that is not there", "deploy/k8s/base/deployment.yaml")
        .edit("path: /health/ready\n              port: http", "path: /health/ready\n              port: web")
        .expect("probe-port", "http (8080)")
        .shows("deploy/k8s/base/deployment.yaml", "port: web"),
    mutation("readiness before a model", "deploy/k8s/base/deployment.yaml")
        .edit("path: /health/ready", "path: /health/live")
        .expect("probe-missing", "ask /health/ready"),
    mutation("a server without a startup probe", "deploy/k8s/base/deployment.yaml")
        .edit("          startupProbe:\n            httpGet:\n              path: /health/live\n              port: http\n            periodSeconds: 1\n            timeoutSeconds: 1\n            failureThreshold: 30\n", "")
        .expect("probe-missing", "add a startupProbe")
        .shows("deploy/k8s/base/deployment.yaml", "- name: forecast-api\n"),
    mutation("a target port that is not there", "deploy/k8s/base/service.yaml")
        .edit("targetPort: http", "targetPort: web")
        .expect("service-port", "http (8080)"),
    mutation("an ingress path that nobody answers", "deploy/k8s/base/ingress.yaml")
        .edit("path: /series", "path: /serie")
        .expect("ingress-backend", "/series"),
    mutation("an ingress to nobody", "deploy/k8s/base/ingress.yaml")
        .edit("                name: forecast-service\n", "                name: forecast-servce\n")
        .expect("ingress-backend", "forecast-service"),
    mutation("a closed port", "deploy/k8s/base/networkpolicy.yaml")
        .edit("        - namespaceSelector: {}\n      ports:\n        - protocol: TCP\n          port: 8080", "        - namespaceSelector: {}\n      ports:\n        - protocol: TCP\n          port: 8081")
        .expect("policy-port", "http (8080)")
        .shows("deploy/k8s/base/networkpolicy.yaml", "port: 8081"),
    mutation("a selector of other pods", "deploy/k8s/base/deployment.yaml")
        .edit("      app.kubernetes.io/component: api\n  template:", "      app.kubernetes.io/component: web\n  template:")
        .expect("selector", "app.kubernetes.io/component=api"),
    mutation("a Service without pods", "deploy/k8s/base/service.yaml")
        .edit("    app.kubernetes.io/component: api\n  ports", "    app.kubernetes.io/component: web\n  ports")
        .expect("selected", "app.kubernetes.io/component=api"),
    mutation("a budget for no pods", "deploy/k8s/base/pdb.yaml")
        .edit("      app.kubernetes.io/name: forecast-service\n      app.kubernetes.io/component", "      app.kubernetes.io/name: forecast\n      app.kubernetes.io/component")
        .expect("selected", "app.kubernetes.io/name=forecast-service"),
    mutation("an autoscaler of nothing", "deploy/k8s/base/hpa.yaml")
        .edit("    name: forecast-service\n  minReplicas", "    name: forecast-api\n  minReplicas")
        .expect("scale-target", "Deployment forecast-service"),
    mutation("a volume that nobody mounts", "deploy/k8s/base/deployment.yaml")
        .edit("            - name: tmp\n              mountPath: /tmp\n", "")
        .expect("volume", "mount it")
        .shows("deploy/k8s/base/deployment.yaml", "- name: tmp\n"),
    mutation("an account that is not there", "deploy/k8s/base/deployment.yaml")
        .edit("serviceAccountName: forecast-service", "serviceAccountName: forecast-servce")
        .expect("service-account", "manifests make"),
    mutation("another namespace", "deploy/k8s/base/hpa.yaml")
        .edit("namespace: ml-forecast\n", "namespace: ml-forecasts\n")
        .expect("namespace", "ml-forecast"),
    mutation("a wrong port of MLflow", "deploy/k8s/base/configmap.yaml")
        .edit("http://mlflow-server:5000", "http://mlflow-server:5001")
        .expect("service-address", "use port 5000"),
    mutation("a renamed Service in an address", "deploy/k8s/base/configmap.yaml")
        .edit("OTEL_EXPORTER_OTLP_ENDPOINT: http://otel-collector:4318", "OTEL_EXPORTER_OTLP_ENDPOINT: http://otel-colector:4318")
        .expect("service-address", "otel-collector"),
    mutation("too short a grace period", "deploy/k8s/base/deployment.yaml")
        .edit("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 40")
        .expect("grace-period", "at least 41"),
    mutation("a drain that outlasts the grace period", "deploy/k8s/base/configmap.yaml")
        .edit("FORECAST_DRAIN_SECONDS: \"30\"", "FORECAST_DRAIN_SECONDS: \"90\"")
        .expect("grace-period", "at least 101")
        .shows("deploy/k8s/base/deployment.yaml", "terminationGracePeriodSeconds: 60"),
    mutation("an update that takes a pod away", "deploy/k8s/base/deployment.yaml")
        .edit("maxUnavailable: 0", "maxUnavailable: 1")
        .expect("rolling-update", "maxUnavailable: 0"),
    mutation("bounds the wrong way round", "deploy/k8s/overlays/prod/hpa.yaml")
        .edit("minReplicas: 3", "minReplicas: 30")
        .expect("scale-bounds", "maxReplicas the greater"),
    mutation("replicas beside an autoscaler", "deploy/k8s/base/deployment.yaml")
        .edit("  revisionHistoryLimit: 5", "  replicas: 2\n  revisionHistoryLimit: 5")
        .expect("scale-replicas", "remove replicas"),
    mutation("a budget without room", "deploy/k8s/overlays/prod/pdb.yaml")
        .edit("minAvailable: 2", "minAvailable: 3")
        .expect("disruption-room", "maxUnavailable: 1"),
    mutation("a cache that cannot be written", "deploy/k8s/base/deployment.yaml")
        .edit("value: /var/cache/forecast", "value: /srv/forecast")
        .expect("cache-writable", "mount a volume"),
    mutation("root", "deploy/k8s/base/deployment.yaml")
        .edit("            runAsNonRoot: true\n            allow", "            runAsNonRoot: false\n            allow")
        .expect("pod-root", "runAsNonRoot: true"),
    mutation("a writable root", "deploy/k8s/base/deployment.yaml")
        .edit("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
        .expect("pod-writable-root", "readOnlyRootFilesystem: true"),
    mutation("more privileges", "deploy/k8s/base/deployment.yaml")
        .edit("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
        .expect("pod-privileges", "allowPrivilegeEscalation: false"),
    mutation("capabilities", "deploy/k8s/base/deployment.yaml")
        .edit("                - ALL\n", "                - NET_RAW\n")
        .expect("pod-capabilities", "drop: [ALL]")
        .shows("deploy/k8s/base/deployment.yaml", "drop:\n"),
    mutation("every system call", "deploy/k8s/base/deployment.yaml")
        .edit("type: RuntimeDefault", "type: Unconfined")
        .expect("pod-seccomp", "RuntimeDefault"),
    mutation("the files of the node", "deploy/k8s/base/deployment.yaml")
        .edit("        - name: tmp\n          emptyDir:\n            sizeLimit: 256Mi", "        - name: tmp\n          hostPath:\n            path: /tmp")
        .expect("pod-host", "emptyDir")
        .shows("deploy/k8s/base/deployment.yaml", "hostPath:"),
    mutation("a token", "deploy/k8s/base/deployment.yaml")
        .edit("      automountServiceAccountToken: false", "      automountServiceAccountToken: true")
        .expect("pod-token", "automountServiceAccountToken: false"),
    mutation("a role for everything", "deploy/k8s/base/service.yaml")
        .edit("      appProtocol: http\n", "      appProtocol: http\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: forecast-service\n  namespace: ml-forecast\nrules:\n  - apiGroups: [\"\"]\n    resources: [pods]\n    verbs: [\"*\"]\n")
        .expect("rbac-wildcard", "name what is needed")
        .shows("deploy/k8s/base/service.yaml", "verbs: [\"*\"]"),
    mutation("latest", "deploy/k8s/mlflow/postgres/statefulset.yaml")
        .edit("image: postgres:18.4-bookworm", "image: postgres:latest")
        .expect("image-pinned", "name a version"),
    mutation("another version of the image in an option", "deploy/k8s/components/retraining/cronjob.yaml")
        .edit("forecast-service:1.0.0", "forecast-service:1.0.1")
        .expect("image-agrees", "forecast-service:1.0.0"),
    mutation("a version for an image that nobody has", "deploy/k8s/overlays/prod/kustomization.yaml")
        .edit("luxuryhouse/forecast-service\n", "luxuryhouse/forecast-servce\n")
        .expect("kustomization", "name what exists"),
    mutation("a password of any container", "deploy/k8s/mlflow/deployment.yaml")
        .edit("            - name: MLFLOW_HOST\n", "            - name: PROXY_PASSWORD\n              value: hunter2\n            - name: MLFLOW_HOST\n")
        .expect("env-secret", "secretKeyRef"),
    mutation("a user for a password", "deploy/k8s/components/retraining/cronjob.yaml")
        .edit("key: MLFLOW_TRACKING_PASSWORD", "key: MLFLOW_TRACKING_USERNAME")
        .expect("env-reference", "the key MLFLOW_TRACKING_PASSWORD"),
    mutation("a password with a known word in it", "deploy/k8s/base/secret.yaml")
        .edit("MLFLOW_TRACKING_PASSWORD: change-me", "MLFLOW_TRACKING_PASSWORD: Exchange9Server!x")
        .expect("secret-real", "change-me"),
    mutation("placeholders over the real credentials", "deploy/k8s/overlays/prod/kustomization.yaml")
        .edit("      $patch: delete\n", "")
        .expect("secret-applied", "$patch: delete")
        .shows("deploy/k8s/overlays/prod/kustomization.yaml", "        name: forecast-secrets\n"),
    mutation("https to a port without it", "deploy/k8s/base/configmap.yaml")
        .edit("http://mlflow-server:5000", "https://mlflow-server:5000")
        .expect("service-address", "write http://"),
    mutation("an empty manifest", "deploy/k8s/base/ingress.yaml").becomes("# nothing\n")
        .expect("file-missing", "git restore")
        .shows("deploy/k8s/base/ingress.yaml", "# nothing"),
    mutation("no limit of memory", "deploy/k8s/base/deployment.yaml")
        .edit("              cpu: \"2\"\n              memory: 2Gi\n", "              cpu: \"2\"\n")
        .expect("pod-limits", "resources.limits.memory")
        .shows("deploy/k8s/base/deployment.yaml", "limits:\n"),
    mutation("more asked than allowed", "deploy/k8s/base/deployment.yaml")
        .edit("memory: 768Mi", "memory: 4Gi")
        .expect("pod-request-over-limit", "at most the limit"),
];
