//! Settings as people write them: `forecast.toml`, or flags laid over it.

use std::fmt;

use forecast_core::backtest::Refit;
use forecast_core::{Frequency, Horizon, QuantileLevels};
use forecast_features::ingest::{DecimalMark, Duplicates, Ends, Gaps, Negatives};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::problem::{ConfigError, ConfigProblem};

/// One text or a list of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Words(pub Vec<String>);

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $(#[serde($($serde:tt)+)])? $field:ident $name:literal: $kind:ty;)*) => {
        /// Every setting that there is; `None` where nothing is said. Names are those of
        /// `forecast.toml`, and with `-` for `_` those of the flags.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings {
            $($(#[doc = $doc])+
            #[serde(rename = $name, skip_serializing_if = "Option::is_none")]
            pub $field: Option<$kind>,)*
        }

        /// The names of all settings.
        pub const SETTING_NAMES: &[&str] = &[$($name),*];
    };
}

settings! {
    /// Paths, directories or glob patterns of the sales table.
    data "data": Words;
    /// The same for the table of future covariates.
    future "future": Words;
    /// Column with the date or time.
    time "time": String;
    /// Column with the number to forecast.
    target "target": String;
    /// Columns that together name a series.
    series "series": Words;
    /// Columns with one value per series.
    static_columns "static": Words;
    /// Columns known in advance for the days to forecast.
    known_future "known_future": Words;
    /// Columns to read as categories although they look like numbers.
    categorical "categorical": Words;
    /// Column that says whether the product could be bought.
    available "available": String;
    /// How text in the time column is written, in strftime notation.
    time_format "time_format": String;
    /// Spacing of the rows; detected when absent.
    frequency "frequency": Frequency;
    /// Decimal mark of numbers in text.
    decimal "decimal": DecimalMark;
    /// Several rows for one series and period.
    duplicates "duplicates": Duplicates;
    /// Periods without a row.
    gaps "gaps": Gaps;
    /// Where series end.
    ends "ends": Ends;
    /// Targets below zero.
    negatives "negatives": Negatives;
    /// Fewest periods that the longest series must have.
    min_history "min_history": usize;
    /// Periods without a sale after which a series is called dead.
    dead_after "dead_after": usize;
    /// Most rows of the table once gaps are filled.
    max_panel_rows "max_panel_rows": u64;
    /// How many periods ahead to forecast; [`crate::usual_horizon`] suggests it.
    horizon "horizon": Horizon;
    /// Quantile levels.
    quantiles "quantiles": QuantileLevels;
    /// Countries whose public holidays become features.
    holidays "holidays": Words;
    /// Model families to compare; all when absent.
    models "models": Words;
    /// Backtest windows; when absent three, or fewer where the history is short.
    windows "windows": usize;
    /// Periods between two backtest windows; the horizon when absent.
    step "step": usize;
    /// Whether models are fitted anew in each window.
    refit "refit": Refit;
    /// What the champion is chosen by.
    metric "metric": String;
    /// What random numbers are drawn from.
    seed "seed": u64;
    /// Threads to compute with.
    threads "threads": usize;
    /// Most memory for the rows that global models learn from, in megabytes.
    memory_budget_mb "memory_budget_mb": u64;
    /// Experiment that the run belongs to.
    experiment "experiment": String;
    /// What people call the run.
    run_name "run_name": String;
    /// Tags of the run, each as `key=value`.
    tags "tags": Words;
    /// Registered model to make a version of.
    register "register": String;
    /// File for the forecasts of all series.
    forecast_out "forecast_out": String;
    /// Which MLflow; `MLFLOW_TRACKING_URI` when absent.
    tracking_uri "tracking_uri": String;
}

impl Settings {
    /// Reads the text of a `forecast.toml`.
    ///
    /// # Errors
    /// Every setting that is unknown or has a value of the wrong type; or where the text is not TOML.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let table = toml::from_str(text)
            .map_err(|error| ConfigError { problems: vec![ConfigProblem::new("", error)] })?;
        Self::from_table(table)
    }

    /// Takes settings from a table, each by itself, so that one wrong value does not hide another.
    ///
    /// # Errors
    /// Every setting that is unknown or has a value of the wrong type.
    pub fn from_table(table: toml::Table) -> Result<Self, ConfigError> {
        let (settings, problems) = Self::sound_part(table);
        if problems.is_empty() { Ok(settings) } else { Err(ConfigError { problems }) }
    }

    /// The settings of a table that are known and have the right type, and what is wrong with the
    /// others: so that what is sound can be checked as well, and all be reported together.
    #[must_use]
    pub fn sound_part(table: toml::Table) -> (Self, Vec<ConfigProblem>) {
        let mut problems = Vec::new();
        let mut sound = toml::Table::new();
        for (name, value) in table {
            if !SETTING_NAMES.contains(&name.as_str()) {
                problems.push(ConfigProblem::new(&name, unknown(&name)));
                continue;
            }
            let alone = toml::Table::from_iter([(name.clone(), value)]);
            match alone.clone().try_into::<Self>() {
                Ok(_) => sound.extend(alone),
                Err(error) => problems.push(ConfigProblem::new(&name, plain(error.message()))),
            }
        }
        match sound.try_into() {
            Ok(settings) => (settings, problems),
            Err(error) => {
                problems.push(ConfigProblem::new("", error.message()));
                (Self::default(), problems)
            }
        }
    }

    /// These settings where they say something, else those of `below`.
    ///
    /// # Errors
    /// None that is known: both sides have the right types already.
    pub fn over(&self, below: &Self) -> Result<Self, ConfigError> {
        let as_table = |settings: &Self| {
            toml::Table::try_from(settings)
                .map_err(|error| ConfigError { problems: vec![ConfigProblem::new("", error)] })
        };
        let mut table = as_table(below)?;
        table.extend(as_table(self)?);
        Self::from_table(table)
    }
}

/// A message without the names of Rust's types.
fn plain(message: &str) -> String {
    [("usize", "a whole number"), ("u64", "a whole number"), ("f64", "a number"), ("a string", "a text")]
        .iter()
        .fold(message.to_owned(), |text, (rust, plain)| {
            text.replace(&format!("expected {rust}"), &format!("expected {plain}"))
        })
}

fn unknown(name: &str) -> String {
    const LEAST_LIKENESS: f64 = 0.75;
    let wanted = name.to_lowercase().replace('-', "_");
    let near = SETTING_NAMES
        .iter()
        .map(|known| (strsim::jaro_winkler(&wanted, known), known))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|(left, _), (right, _)| left.total_cmp(right));
    match near {
        Some((_, known)) => format!("there is no such setting; did you mean `{known}`?"),
        None => format!("there is no such setting; there are: {}", SETTING_NAMES.join(", ")),
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Words;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Words, E> {
                Ok(Words(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = items.next_element()? {
                    words.push(word);
                }
                Ok(Words(words))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_for_a_list_of_one() {
        let settings = Settings::from_toml("data = 'sales.csv'\nseries = ['store', 'item']").unwrap();
        assert_eq!(settings.data, Some(Words(vec!["sales.csv".into()])));
        assert_eq!(settings.series.map(|words| words.0.len()), Some(2));
    }

    #[test]
    fn every_wrong_setting_is_named_at_once() {
        let text = "horizon = 0\nhorizn = 3\nfrequency = 'fortnightly'\nseries = 7\nquantiles = [1.5]\ngaps = 'nil'\nzzz = 1";
        let error = Settings::from_toml(text).unwrap_err();
        let report = error.to_string();
        assert_eq!(error.problems.len(), 7, "{report}");
        for expected in [
            "horizn: there is no such setting; did you mean `horizon`?",
            "between 1 and 10000",
            "`fortnightly` is not a frequency",
            "a text or a list of texts",
            "strictly between 0 and 1",
            "unknown variant `nil`",
            "zzz: there is no such setting; there are: data",
        ] {
            assert!(report.contains(expected), "{expected}: {report}");
        }
    }

    #[test]
    fn broken_toml_is_shown_with_its_line() {
        let error = Settings::from_toml("horizon = 7\ndata = [").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn flags_win_over_the_file() {
        let file = Settings::from_toml("horizon = 7\nmetric = 'mae'").unwrap();
        let flags = Settings::from_toml("horizon = 14").unwrap();
        let both = flags.over(&file).unwrap();
        assert_eq!(both.horizon.map(Horizon::steps), Some(14));
        assert_eq!(both.metric.as_deref(), Some("mae"));
    }
}
