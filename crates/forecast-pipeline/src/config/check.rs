//! From settings to a configuration: every rule in one pass, every breach reported.

use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use forecast_core::{Horizon, QuantileLevels, RollingOrigin};
use forecast_features::ingest::{IngestOptions, TableSpec};
use forecast_features::plan::HolidayCountry;
use forecast_model::{Family, Metric};

use super::problem::{ConfigError, ConfigProblem};
use super::settings::{Settings, Words};
use super::{
    DEFAULT_EXPERIMENT, DEFAULT_MEMORY_BUDGET_MB, DEFAULT_SEED, DEFAULT_WINDOWS, ForecastFile, ShortHistory,
    TableFormat, TrainingConfig,
};

/// Levels where none are asked for: the median and the band that holds four of five.
const DEFAULT_LEVELS: [f64; 3] = [0.1, 0.5, 0.9];

impl Settings {
    /// The configuration that these settings describe, with defaults filled in.
    ///
    /// # Errors
    /// Every setting that is missing, out of range or at odds with another.
    pub fn check(self) -> Result<TrainingConfig, ConfigError> {
        let mut problems = Problems::default();
        let table = table_spec(&self, &mut problems);
        let horizon = problems.required("horizon", self.horizon, "how many periods ahead to forecast");
        let reading = reading(&self, horizon);
        for error in table.check() {
            // A missing name is reported as such below.
            if !(matches!(error, forecast_features::ingest::ConfigError::EmptyColumnName { .. })
                && (self.time.is_none() || self.target.is_none()))
            {
                problems.note("columns", error);
            }
        }
        for error in reading.check() {
            problems.note("reading", error);
        }
        let data = words(self.data);
        problems.ensure(
            !data.is_empty(),
            "data",
            "is missing; name the file, folder or pattern of the sales table",
        );
        let future = words(self.future);
        problems.ensure(
            future.is_empty() || !table.known_future.is_empty(),
            "future",
            "is of no use alone; name the columns that are known in advance with `known_future`",
        );
        let families = families(self.models, &mut problems);
        let metric = match &self.metric {
            Some(text) => problems.parsed("metric", text).unwrap_or(Metric::Wape),
            None => Metric::Wape,
        };
        let rolling = RollingOrigin {
            windows: self.windows.unwrap_or(DEFAULT_WINDOWS),
            step: self.step.unwrap_or(horizon.steps()),
            horizon,
            refit: self.refit.unwrap_or_default(),
        };
        problems.ensure(
            metric != Metric::Pinball || self.quantiles.as_ref().is_none_or(|levels| !levels.is_empty()),
            "metric",
            "pinball needs at least one of `quantiles`",
        );
        problems.ensure(rolling.windows > 0, "windows", "must be at least 1, not 0");
        problems.ensure(rolling.step > 0, "step", "must be at least 1 period, not 0");
        let tags = tags(words(self.tags), &mut problems);
        let countries = words(self.holidays);
        let holidays: Vec<HolidayCountry> =
            countries.iter().filter_map(|country| problems.parsed("holidays", country)).collect();
        problems.ensure(self.threads != Some(0), "threads", "must be at least 1; leave it out to use all");
        let memory_budget_mb = self.memory_budget_mb.unwrap_or(DEFAULT_MEMORY_BUDGET_MB);
        problems.ensure(memory_budget_mb >= 16, "memory_budget_mb", "must be at least 16 megabytes");
        let experiment = self.experiment.unwrap_or_else(|| DEFAULT_EXPERIMENT.to_owned());
        problems.ensure(!experiment.trim().is_empty(), "experiment", "is empty; give a name or leave it out");
        if let Some(name) = &self.register {
            problems.ensure(
                !name.trim().is_empty() && !name.contains(['/', ':']),
                "register",
                "must be a name without `/` and `:`, such as demand-forecast",
            );
        }
        let forecast_out = forecast_file(self.forecast_out, &mut problems);
        problems.ensure(
            forecast_out.is_none() || table.known_future.is_empty() || !future.is_empty(),
            "forecast_out",
            format_args!(
                "needs the future values of {}; give them with `future`",
                table.known_future.join(", ")
            ),
        );
        let levels = self.quantiles.unwrap_or_else(default_levels);
        problems.finish(TrainingConfig {
            data,
            future,
            table,
            reading,
            levels,
            holidays,
            families,
            rolling,
            short_history: match self.windows {
                None => ShortHistory::FewerWindows,
                Some(_) => ShortHistory::Refuse,
            },
            metric,
            seed: self.seed.unwrap_or(DEFAULT_SEED),
            threads: self.threads.and_then(NonZeroUsize::new),
            memory_budget_bytes: memory_budget_mb.saturating_mul(1 << 20),
            experiment,
            tags,
            run_name: self.run_name,
            register: self.register,
            forecast_out,
        })
    }
}

fn table_spec(settings: &Settings, problems: &mut Problems) -> TableSpec {
    let list = |words: &Option<Words>| words.clone().unwrap_or_default().0;
    TableSpec {
        time: problems.required("time", settings.time.clone(), "name the column with the date"),
        target: problems.required(
            "target",
            settings.target.clone(),
            "name the column with the number to forecast",
        ),
        series: list(&settings.series),
        static_columns: list(&settings.static_columns),
        known_future: list(&settings.known_future),
        categorical: list(&settings.categorical),
        available: given(&settings.available),
        time_format: given(&settings.time_format),
    }
}

fn reading(settings: &Settings, horizon: Horizon) -> IngestOptions {
    let defaults = IngestOptions::new(horizon);
    IngestOptions {
        horizon,
        frequency: settings.frequency,
        duplicates: settings.duplicates.unwrap_or_default(),
        gaps: settings.gaps,
        ends: settings.ends,
        decimal: settings.decimal.unwrap_or_default(),
        negatives: settings.negatives.unwrap_or_default(),
        min_history: settings.min_history,
        dead_after: settings.dead_after,
        max_panel_rows: settings.max_panel_rows.unwrap_or(defaults.max_panel_rows),
    }
}

/// A text, unless it is empty: so a flag can take back what the file says.
fn given(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.trim().is_empty())
}

/// Tags as name and value; MLflow's own names are refused.
fn tags(texts: Vec<String>, problems: &mut Problems) -> Vec<(String, String)> {
    let mut tags = Vec::new();
    for text in texts {
        match text.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
            None | Some(("", _)) => problems.note("tags", format_args!("`{text}` must be written key=value")),
            Some((name, _)) if name.starts_with("mlflow.") || name.starts_with("forecast.") => {
                problems.note(
                    "tags",
                    format_args!("`{name}` begins as a name that is set by itself; choose another"),
                );
            }
            Some((name, value)) => tags.push((name.to_owned(), value.to_owned())),
        }
    }
    tags
}

/// The families asked for, each once and in the order asked.
fn families(models: Option<Words>, problems: &mut Problems) -> Vec<Family> {
    let Some(Words(names)) = models else { return Family::all().to_vec() };
    problems.ensure(!names.is_empty(), "models", "is an empty list; leave it out to compare all models");
    let mut families = Vec::new();
    for name in &names {
        if let Some(family) = problems.parsed("models", name)
            && !families.contains(&family)
        {
            families.push(family);
        }
    }
    families
}

fn forecast_file(path: Option<String>, problems: &mut Problems) -> Option<ForecastFile> {
    let path = PathBuf::from(path?);
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let format = match ending.as_deref() {
        Some("csv") => TableFormat::Csv,
        Some("parquet") => TableFormat::Parquet,
        _ => {
            problems.note("forecast_out", format_args!("`{}` must end in .csv or .parquet", path.display()));
            return None;
        }
    };
    Some(ForecastFile { path, format })
}

fn words(words: Option<Words>) -> Vec<String> {
    words.unwrap_or_default().0.into_iter().filter(|word| !word.trim().is_empty()).collect()
}

fn default_levels() -> QuantileLevels {
    QuantileLevels::new(DEFAULT_LEVELS.to_vec()).unwrap_or_default()
}

/// Gathers problems while the rest goes on with stand-ins.
#[derive(Default)]
struct Problems(Vec<ConfigProblem>);

impl Problems {
    fn note(&mut self, setting: &str, problem: impl Display) {
        self.0.push(ConfigProblem::new(setting, problem));
    }

    fn ensure(&mut self, holds: bool, setting: &str, problem: impl Display) {
        if !holds {
            self.note(setting, problem);
        }
    }

    /// The value, or a problem and a stand-in.
    fn required<T: StandIn>(&mut self, setting: &str, value: Option<T>, what: &str) -> T {
        value.unwrap_or_else(|| {
            self.note(setting, format_args!("is missing; {what}"));
            T::stand_in()
        })
    }

    fn parsed<T: FromStr<Err: Display>>(&mut self, setting: &str, text: &str) -> Option<T> {
        text.trim().parse().map_err(|error| self.note(setting, error)).ok()
    }

    fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        if self.0.is_empty() { Ok(value) } else { Err(ConfigError { problems: self.0 }) }
    }
}

/// A value to go on checking with after a problem; never part of a result.
trait StandIn {
    fn stand_in() -> Self;
}

impl StandIn for String {
    fn stand_in() -> Self {
        Self::new()
    }
}

impl StandIn for Horizon {
    fn stand_in() -> Self {
        Self::ONE
    }
}

#[cfg(test)]
mod tests {
    use forecast_core::Period;

    use super::*;

    const SMALLEST: &str = "data='a.csv'\ntime='date'\ntarget='sales'\nhorizon=28\n";

    fn check(more: &str) -> Result<TrainingConfig, ConfigError> {
        Settings::from_toml(&format!("{SMALLEST}{more}")).unwrap().check()
    }

    #[test]
    fn four_settings_are_enough() {
        let config = check("").unwrap();
        assert_eq!((config.rolling.windows, config.rolling.step, config.seed), (3, 28, 7));
        assert_eq!(config.families, Family::all());
        assert_eq!(config.levels.as_slice(), DEFAULT_LEVELS);
        assert_eq!(config.experiment, "demand-forecast");
    }

    #[test]
    fn nothing_at_all_names_what_is_needed() {
        let error = Settings::default().check().unwrap_err();
        let settings: Vec<&str> = error.problems.iter().map(|problem| problem.setting.as_str()).collect();
        assert_eq!(settings, ["time", "target", "horizon", "data"], "{error}");
    }

    #[test]
    fn everything_out_of_range_is_reported_at_once() {
        let error = check(
            "tags='alone'\ndead_after=0\nwindows=0\nstep=0\nthreads=0\nmemory_budget_mb=1\nmetric='luck'\nmodels=['ridge','oracle']\n\
             register='a/b'\nexperiment=''\nforecast_out='f.xlsx'\nseries=['date']\nmin_history=0\nholidays='XX'",
        )
        .unwrap_err();
        let mut settings: Vec<&str> = error.problems.iter().map(|problem| problem.setting.as_str()).collect();
        settings.sort_unstable();
        assert_eq!(
            settings,
            [
                "columns",
                "experiment",
                "forecast_out",
                "holidays",
                "memory_budget_mb",
                "metric",
                "models",
                "reading",
                "reading",
                "register",
                "step",
                "tags",
                "threads",
                "windows"
            ],
            "{error}"
        );
    }

    #[test]
    fn windows_that_nobody_asked_for_give_way_to_a_short_history() {
        let config = check("").unwrap();
        let last = |days: i32| Period(days - 1);
        assert_eq!(config.rolling_over(Period(0), last(400)).windows, 3);
        assert_eq!(config.rolling_over(Period(0), last(90)).windows, 2);
        assert_eq!(config.rolling_over(Period(0), last(10)).windows, 1, "the backtest says what is missing");
        let asked = check("windows=3").unwrap();
        assert_eq!(asked.rolling_over(Period(0), last(90)).windows, 3);
    }

    #[test]
    fn an_empty_text_takes_a_setting_back() {
        let config = check("available=''\ntime_format=' '\ntags=['team = planning', 'why=']").unwrap();
        assert_eq!((config.table.available, config.table.time_format), (None, None));
        assert_eq!(config.tags, [("team".into(), "planning".into()), ("why".into(), String::new())]);
    }

    #[test]
    fn forecasts_of_all_series_need_their_future() {
        let error = check("known_future='price'\nforecast_out='f.csv'").unwrap_err();
        assert!(error.to_string().contains("needs the future values of price"), "{error}");
        assert!(check("known_future='price'\nfuture='n.csv'\nforecast_out='f.csv'").is_ok());
        let error = check("future='n.csv'").unwrap_err();
        assert!(error.to_string().contains("future: is of no use alone"), "{error}");
    }
}
