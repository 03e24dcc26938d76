//! A real MLflow server on a real, empty PostgreSQL, to try things against: prints its address and runs
//! until Enter is pressed or standard input ends. What was logged is gone with it.

use std::io::{BufRead, Write};

use forecast_testkit::mlflow::{Backend, MlflowServer, Options};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = MlflowServer::start(Backend::Postgres, &Options::default())?;
    let mut out = std::io::stdout();
    writeln!(out, "export MLFLOW_TRACKING_URI={}", server.url())?;
    writeln!(out, "# press Enter to stop")?;
    out.flush()?;
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}
