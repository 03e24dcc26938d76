//! Mistakes in images, compose files, pipelines, monitoring and the .NET settings.

use super::{Mutation, mutation};

pub(super) const OTHERS: &[Mutation] = &[
    mutation("another registry in the pipeline", "ci/azure-pipelines.yml")
        .edit("image: luxuryhouse.azurecr.io/", "image: otherhouse.azurecr.io/")
        .expect("image-agrees", "luxuryhouse.azurecr.io"),
    mutation("an image that runs as root", "deploy/docker/Dockerfile")
        .edit("USER 65532:65532", "USER 0:0")
        .expect("dockerfile", "USER 65532:65532"),
    mutation("another port of the image", "deploy/docker/Dockerfile")
        .edit("EXPOSE 8080", "EXPOSE 8000")
        .expect("dockerfile", "EXPOSE 8080"),
    mutation("a service without a health check", "mlflow-server/docker-compose.prod.yml")
        .edit("test: [CMD, curl", "x-test: [CMD, curl")
        .expect("compose-health", "healthcheck.test")
        .shows("mlflow-server/docker-compose.prod.yml", "proxy:\n"),
    mutation("waiting for nobody", "mlflow-server/docker-compose.yml")
        .edit("      postgres:\n        condition", "      postgress:\n        condition")
        .expect("compose-depends", "postgres"),
    mutation("a default secret", "mlflow-server/docker-compose.prod.yml")
        .edit("MLFLOW_FLASK_SERVER_SECRET_KEY: ${MLFLOW_FLASK_SERVER_SECRET_KEY:?", "MLFLOW_FLASK_SERVER_SECRET_KEY: ${MLFLOW_FLASK_SERVER_SECRET_KEY:-")
        .expect("compose-secret", ":?is not set"),
    mutation("a file that is not there", "mlflow-server/docker-compose.yml")
        .edit("./replication/pg_hba.conf", "./replication/hba.conf")
        .expect("compose-volume", "mend the path"),
    mutation("a network that is not there", "mlflow-server/docker-compose.yml")
        .edit("networks: [database]", "networks: [databse]")
        .expect("compose-network", "add it to networks"),
    mutation("another port than the one that is listened at", "mlflow-server/docker-compose.yml")
        .edit("${MLFLOW_PUBLISHED_PORT:-5000}:5000\"\n", "${MLFLOW_PUBLISHED_PORT:-5000}:5001\"\n")
        .expect("compose-port", "5000"),
    mutation("another database", "mlflow-server/docker-compose.yml")
        .edit("PGDATABASE: mlflow", "PGDATABASE: mlflw")
        .expect("compose-database", "POSTGRES_DB"),
    mutation("another version of MLflow", "mlflow-server/docker-compose.yml")
        .edit("luxuryhouse/mlflow-server:3.17.2", "luxuryhouse/mlflow-server:3.17.1")
        .expect("compose-version", "3.17.2"),
    mutation("a writable database image", "mlflow-server/docker-compose.yml")
        .edit("read_only: true", "read_only: false")
        .expect("compose-policy", "read_only: true"),
    mutation("an open port without logins", "mlflow-server/docker-compose.yml")
        .edit("- \"127.0.0.1:${MLFLOW_PUBLISHED_PORT", "- \"${MLFLOW_PUBLISHED_PORT")
        .expect("compose-exposed", "127.0.0.1:"),
    mutation("a renamed stage", "ci/azure-pipelines.yml")
        .edit("- stage: Test\n", "- stage: Tests\n")
        .expect("pipeline-stages", "Build, Test, Deploy")
        .shows("ci/azure-pipelines.yml", "stages:\n"),
    mutation("a branch less", "ci/azure-pipelines.yml")
        .edit("include: [main, develop]", "include: [main]")
        .expect("pipeline-trigger", "add develop"),
    mutation("a path that is not there", "ci/azure-pipelines.yml")
        .edit("- rust-toolchain.toml", "- rust-toolchain.tml")
        .expect("pipeline-paths", "file or folder"),
    mutation("a script that is not there", "ci/azure-pipelines.yml")
        .edit("bash: ci/scan-image.sh", "bash: ci/scan-images.sh")
        .expect("pipeline-scripts", "mend the path"),
    mutation("another connection", "ci/azure-pipelines.yml")
        .edit("containerRegistry: ACR-Connection", "containerRegistry: ACR")
        .expect("pipeline-connections", "ACR-Connection"),
    mutation("another cluster connection", "ci/azure-pipelines.yml")
        .edit("kubernetesServiceEndpoint: AKS-Prod", "kubernetesServiceEndpoint: AKS-Test")
        .expect("pipeline-connections", "AKS-Prod"),
    mutation("a deployment without tests", "ci/azure-pipelines.yml")
        .edit("dependsOn: [Build, Test]", "dependsOn: [Build]")
        .expect("pipeline-deploy", "dependsOn: [Build, Test]"),
    mutation("a deployment of every branch", "ci/azure-pipelines.yml")
        .edit("          eq(variables['Build.SourceBranch'], 'refs/heads/main'),\n          ne(variables['Build.Reason']", "          ne(variables['Build.Reason']")
        .expect("pipeline-deploy", "refs/heads/main")
        .shows("ci/azure-pipelines.yml", "      and(succeeded(),\n          ne(variables"),
    mutation("no way back", "ci/deploy.sh")
        .edit("rollout undo", "rollout pause")
        .expect("pipeline-rollback", "kubectl rollout undo")
        .shows("ci/azure-pipelines.yml", "- stage: Deploy\n"),
    mutation("an unknown pipeline variable", "ci/azure-pipelines.yml")
        .edit("IMAGE: $(image)", "IMAGE: $(images)")
        .expect("pipeline-variable", "image"),
    mutation("an action without a version", ".github/workflows/ci.yml")
        .edit("uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "uses: actions/checkout@main")
        .expect("workflow-pinned", "version after @"),
    mutation("a renamed metric", "deploy/monitoring/rules.yaml")
        .edit("rate(http_server_request_duration_seconds_count{", "rate(http_server_requests_duration_seconds_count{")
        .expect("metric", "http_server_request_duration_seconds"),
    mutation("a label that is not there", "deploy/monitoring/rules.yaml")
        .edit("http_route=\"/forecast\"", "route=\"/forecast\"")
        .expect("metric-label", "http_route"),
    mutation("a series that nobody records", "deploy/monitoring/grafana-dashboard.json")
        .edit("max(forecast:errors:ratio_rate6h{", "max(forecast:errors:ratio_rate6d{")
        .expect("recorded", "ratio_rate6h"),
    mutation("another address for the caller", "deploy/dotnet/appsettings.Production.json")
        .edit("http://forecast-service.ml-forecast.svc", "http://forecast.ml-forecast.svc")
        .expect("dotnet-address", "http://forecast-service.ml-forecast.svc.cluster.local"),
    mutation("a renamed section", "deploy/dotnet/appsettings.Production.json")
        .edit("\"MLService\"", "\"MlServices\"")
        .expect("dotnet-policy", "name the section MLService")
        .shows("deploy/dotnet/appsettings.Production.json", "{"),
    mutation("an empty pipeline", "ci/azure-pipelines.yml").becomes("")
        .expect("file-missing", "git restore ci/azure-pipelines.yml"),
    mutation("another compiler in the image", "deploy/docker/Dockerfile")
        .edit("library/rust:1.95.0-bookworm\n", "library/rust:1.94.0-bookworm\n")
        .expect("dockerfile", "rust:1.95.0"),
    mutation("a program less in the image", "deploy/docker/Dockerfile")
        .edit("-p forecast-api -p forecast-train -p", "-p forecast-api -p")
        .expect("dockerfile", "-p forecast-train")
        .shows("deploy/docker/Dockerfile", "cargo build --locked"),
    mutation("an end without draining", "deploy/docker/Dockerfile")
        .edit("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL")
        .expect("dockerfile", "STOPSIGNAL SIGTERM"),
    mutation("loopback in the image", "deploy/docker/Dockerfile")
        .edit("FORECAST_BIND=0.0.0.0:8080", "FORECAST_BIND=127.0.0.1:8080")
        .expect("dockerfile", "0.0.0.0:8080"),
    mutation("waiting for a start only", "mlflow-server/docker-compose.yml")
        .edit("condition: service_healthy", "condition: service_started")
        .expect("compose-depends", "service_healthy"),
    mutation("a privileged service", "mlflow-server/docker-compose.yml")
        .edit("    init: true\n", "    privileged: true\n")
        .expect("compose-policy", "remove privileged"),
    mutation("the engine in a container", "mlflow-server/docker-compose.yml")
        .edit("      - ./mlartifacts:/mlartifacts\n", "      - /var/run/docker.sock:/var/run/docker.sock\n")
        .expect("compose-policy", "remove the volume"),
    mutation("production without logins", "mlflow-server/docker-compose.prod.yml")
        .edit("command: [mlflow, server, --app-name, basic-auth]", "command: [mlflow, server]")
        .expect("compose-login", "basic-auth"),
    mutation("a key that nobody reads", "deploy/dotnet/appsettings.Production.json")
        .edit("\"AttemptTimeoutSeconds\"", "\"AttemptTimeoutSecond\"")
        .expect("dotnet-policy", "AttemptTimeoutSeconds is probably meant"),
    mutation("less time than one attempt", "deploy/dotnet/appsettings.Production.json")
        .edit("\"TimeoutSeconds\": 30", "\"TimeoutSeconds\": 5")
        .expect("dotnet-policy", "at least AttemptTimeoutSeconds"),
    mutation("a password in a list", "mlflow-server/docker-compose.prod.yml")
        .edit("    environment:\n      MLFLOW_AUTH_CONFIG_PATH: /etc/mlflow/basic-auth.ini\n", "    environment:\n      EXTRA_PASSWORD: hunter2\n      MLFLOW_AUTH_CONFIG_PATH: /etc/mlflow/basic-auth.ini\n")
        .expect("compose-secret", ":?is not set")
        .shows("mlflow-server/docker-compose.prod.yml", "EXTRA_PASSWORD"),
    mutation("more attempts than the guide has", "deploy/dotnet/appsettings.Production.json")
        .edit("\"MaxAttempts\": 3", "\"MaxAttempts\": 4")
        .expect("dotnet-policy", "write 3"),
];
