//! Edits that operators make and that are no mistakes: what, the file, the text, and what it becomes.

const BASE: &str = "deploy/k8s/base/deployment.yaml";
const PROD: &str = "deploy/k8s/overlays/prod/kustomization.yaml";
const CONFIG: &str = "deploy/k8s/base/configmap.yaml";

/// Legal edits.
pub(crate) const LEGAL: &[(&str, &str, &str, &str)] = &[
    ("another version", PROD, "newTag: 1.0.0", "newTag: 1.2.3"),
    ("the version of a commit", PROD, "newTag: 1.0.0", "newTag: 1.0.0-gabc1234"),
    ("a digest", PROD, "newTag: 1.0.0", "digest: sha256:0123456789abcdef"),
    ("an own registry", PROD, "newTag: 1.0.0", "newName: acme.example/forecast-service\n    newTag: 1.0.0"),
    ("a target that matches nothing", PROD, "      kind: Deployment\n", "      kind: DaemonSet\n"),
    ("annotations", PROD, "components: []", "commonAnnotations:\n  owner: acme\ncomponents: []"),
    (
        "a patch in the old form",
        PROD,
        "components: []",
        "components: []\npatchesStrategicMerge:\n  - hpa.yaml",
    ),
    (
        "credentials from the vault",
        PROD,
        "components: []",
        "components:\n  - ../../components/external-secrets",
    ),
    (
        "a number of pods",
        "deploy/k8s/mlflow/kustomization.yaml",
        "resources:\n",
        "replicas:\n  - name: mlflow-server\n    count: 3\nresources:\n",
    ),
    (
        "a proxy",
        BASE,
        "            - name: OTEL_SERVICE_NAME\n",
        "            - name: https_proxy\n              value: http://proxy:3128\n            - name: OTEL_SERVICE_NAME\n",
    ),
    (
        "the runtime's variables",
        BASE,
        "            - name: OTEL_SERVICE_NAME\n",
        "            - name: TZ\n              value: Europe/Paris\n            - name: MALLOC_ARENA_MAX\n              value: \"2\"\n            - name: OTEL_SERVICE_NAME\n",
    ),
    (
        "MLflow of another team",
        CONFIG,
        "http://mlflow-server:5000",
        "http://mlflow-server.data.svc.cluster.local:8080",
    ),
    ("MLflow outside", CONFIG, "http://mlflow-server:5000", "https://mlflow.example.com"),
    (
        "encoded placeholders",
        "deploy/k8s/base/secret.yaml",
        "stringData:\n  MLFLOW_TRACKING_USERNAME: change-me\n  MLFLOW_TRACKING_PASSWORD: change-me\n",
        "data:\n  MLFLOW_TRACKING_USERNAME: Y2hhbmdlLW1l\n  MLFLOW_TRACKING_PASSWORD: Y2hhbmdlLW1l\n",
    ),
    (
        "own pods in a policy",
        "deploy/k8s/base/networkpolicy.yaml",
        "      luxuryhouse.com/forecast-client: \"true\"\n",
        "      app: shop\n",
    ),
];
