//! Whether the file of forecasts can be written, asked before hours of training and not after.

use std::path::Path;

use forecast_features::ingest::is_source;

use super::problem::{ConfigError, ConfigProblem};
use super::{ForecastFile, TrainingConfig};

impl TrainingConfig {
    /// Looks at the place of the forecast file, if there is to be one; writes nothing that stays.
    ///
    /// # Errors
    /// A folder that is not there or cannot be written in, or a file that is, or would be, read as a
    /// table.
    pub fn check_output(&self) -> Result<(), ConfigError> {
        let Some(file) = &self.forecast_out else { return Ok(()) };
        match problem_of(file, [&self.data, &self.future]) {
            None => Ok(()),
            Some(problem) => Err(ConfigError { problems: vec![ConfigProblem::new("forecast_out", problem)] }),
        }
    }
}

fn problem_of(file: &ForecastFile, tables: [&Vec<String>; 2]) -> Option<String> {
    let shown = file.path.display();
    let folder = match file.path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if file.path.is_dir() {
        return Some(format!("`{shown}` is a folder; name a file in it"));
    }
    if !folder.is_dir() {
        return Some(format!("there is no folder `{}`; make it, or name another", folder.display()));
    }
    if tables.into_iter().any(|sources| is_source(&file.path, sources)) {
        return Some(format!("`{shown}` is among the tables that are read; name a file elsewhere"));
    }
    let error = tempfile::tempfile_in(folder).err()?;
    Some(format!("cannot write in the folder `{}`: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use crate::Settings;

    #[test]
    fn places_where_forecasts_cannot_go_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        std::fs::write(folder.path().join("sales.csv"), "date,sales\n").unwrap();
        std::fs::create_dir(folder.path().join("old.csv")).unwrap();
        let problem = |out: &str| {
            let text = format!(
                "data='{root}/sales.csv'\ntime='date'\ntarget='sales'\nhorizon=7\nforecast_out='{root}/{out}'"
            );
            let checked = Settings::from_toml(&text).unwrap().check().unwrap().check_output();
            checked.map_err(|error| error.to_string()).err().unwrap_or_default()
        };
        assert_eq!(problem("forecast.csv"), "");
        assert!(problem("sales.csv").contains("is among the tables that are read"));
        assert!(problem("no/such/f.csv").contains("there is no folder"));
        assert!(problem("old.csv").contains("is a folder"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }
}
