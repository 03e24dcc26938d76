//! `--init`: a first settings file from a look at the data.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use forecast_pipeline::{SuggestError, suggest_config};

use crate::exit::{Exit, Failure};
use crate::say::say;

/// Where the file goes unless `--config` names another place.
const DEFAULT_FILE: &str = "forecast.toml";

/// Writes a commented settings file for `data`; never over another.
pub(crate) fn write_config(data: &Path, config: Option<&Path>) -> Result<(), Failure> {
    let path = config.unwrap_or(Path::new(DEFAULT_FILE));
    let text = suggest_config(data).map_err(|error| bad_data(&error))?;
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            say(format_args!("wrote {}: check the guesses in it, then run", path.display()));
            say(format_args!("  forecast-train --config {}", path.display()));
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::configuration(format!(
            "{} exists already and is not overwritten: move it away, or name another file with --config",
            path.display()
        ))),
        Err(error) => {
            Err(Failure::new(Exit::Unexpected, format!("cannot write {}: {error}", path.display())))
        }
    }
}

fn bad_data(error: &SuggestError) -> Failure {
    let reason = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Failure::new(Exit::Data, format!("{error}{reason}"))
}
