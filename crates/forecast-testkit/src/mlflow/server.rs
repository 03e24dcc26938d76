//! A running MLflow server.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use super::supervised::{Job, Supervised};
use super::{Backend, Certificate, DevEnvironment, HarnessError, Options, Postgres};
use crate::ledger::note_real_server;

/// An empty PostgreSQL takes MLflow about 10 s; a loaded machine several times that.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// A running MLflow server. Dropping it stops it.
#[derive(Debug)]
pub struct MlflowServer {
    url: String,
    process: Supervised,
    /// Stops after the server, since fields are dropped in order.
    postgres: Option<Postgres>,
}

impl MlflowServer {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// [`HarnessError`]; the log is in it.
    pub fn start(backend: Backend, options: &Options) -> Result<Self, HarnessError> {
        let dev = DevEnvironment::find()?;
        let dir = tempfile::Builder::new()
            .prefix("forecast-mlflow-")
            .tempdir()
            .map_err(|source| HarnessError::File { path: std::env::temp_dir(), source })?;
        let (store_uri, postgres) = match backend {
            Backend::Sqlite(path) => (format!("sqlite:///{}", path.display()), None),
            Backend::Postgres => {
                let postgres = Postgres::start(&dev)?;
                (postgres.uri(), Some(postgres))
            }
        };
        let note = if postgres.is_some() { "mlflow on postgresql" } else { "mlflow on sqlite" };
        let artifacts = options.artifacts.clone().unwrap_or_else(|| dir.path().join("artifacts"));
        let auth_config = dir.path().join("auth.ini");
        let mut command = vec![dev.command("mlflow").get_program().to_string_lossy().into_owned()];
        command.extend(
            ["server", "--host", "127.0.0.1", "--port", "0", "--workers", "1", "--backend-store-uri"]
                .map(str::to_owned),
        );
        command.extend([store_uri, "--artifacts-destination".to_owned(), artifacts.display().to_string()]);
        // What it would otherwise start besides: five processes for features no test here uses.
        let mut env = vec![("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false".to_owned())];
        if !options.allowed_hosts.is_empty() {
            command.extend(["--allowed-hosts".to_owned(), options.allowed_hosts.join(",")]);
        }
        if let Some(Certificate { certificate, key }) = &options.certificate {
            let tls = format!("--ssl-certfile {} --ssl-keyfile {}", certificate.display(), key.display());
            command.extend(["--uvicorn-opts".to_owned(), tls]);
        }
        if let Some(login) = &options.login {
            command.extend(["--app-name", "basic-auth"].map(str::to_owned));
            write_auth_config(&auth_config, dir.path(), &login.username)?;
            env.push(("MLFLOW_AUTH_CONFIG_PATH", auth_config.display().to_string()));
            env.push(("MLFLOW_AUTH_ADMIN_PASSWORD", login.password.clone()));
            env.push(("MLFLOW_FLASK_SERVER_SECRET_KEY", "only for tests".to_owned()));
        }
        let job = Job { what: "MLflow", dir, user: None, stop_signal: "SIGTERM", command, env };
        let mut process = Supervised::start(&dev, job)?;
        let url = process.wait(READY_WITHIN, |process| {
            let url = listening_at(&process.log())?;
            // Over TLS there is nothing to ask with here; it listens when it says so.
            url.strip_prefix("http://").is_none_or(is_healthy).then_some(url)
        })?;
        note_real_server(note).map_err(|source| HarnessError::File { path: std::env::temp_dir(), source })?;
        Ok(Self { url, process, postgres })
    }

    /// The server that all tests of this process share: PostgreSQL, no login. It is started when
    /// first asked for; tests keep apart by the names they give.
    ///
    /// # Errors
    /// Why it could not be started.
    pub fn shared() -> Result<&'static Self, &'static HarnessError> {
        static SHARED: LazyLock<Result<MlflowServer, HarnessError>> =
            LazyLock::new(|| MlflowServer::start(Backend::Postgres, &Options::default()));
        SHARED.as_ref()
    }

    /// Its address, for instance `http://127.0.0.1:40001`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that it and its PostgreSQL have logged.
    #[must_use]
    pub fn log(&self) -> String {
        let postgres = self.postgres.as_ref().map(Postgres::log).unwrap_or_default();
        format!("{}{postgres}", self.process.log())
    }
}

fn write_auth_config(path: &PathBuf, dir: &std::path::Path, admin: &str) -> Result<(), HarnessError> {
    let users = dir.join("users.db");
    let text = format!(
        "[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{}\nadmin_username = {admin}\n\
         authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n",
        users.display()
    );
    fs::write(path, text).map_err(|source| HarnessError::File { path: path.clone(), source })
}

/// The URL in the line that says that the server listens; the port was the system's choice.
fn listening_at(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("Uvicorn running on ")?;
    let (url, _) = rest.split_once(' ')?;
    Some(url.to_owned())
}

fn is_healthy(address: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

#[cfg(test)]
mod tests {
    use super::listening_at;

    #[test]
    fn the_address_is_in_the_log() {
        let log =
            "INFO: Application startup complete.\nINFO: Uvicorn running on http://127.0.0.1:37369 (Press";
        assert_eq!(listening_at(log).as_deref(), Some("http://127.0.0.1:37369"));
        assert_eq!(listening_at("Uvicorn running on http://127.0.0.1:37"), None);
    }
}
