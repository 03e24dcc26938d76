//! Features in words, for people who never saw a feature's name.

use forecast_core::Frequency;
use forecast_features::plan::{Feature, FeaturePlan, Statistic};

use super::words::steps_word;

/// What a column of the plan says, in words; the name itself where there are none for it.
pub(super) fn meaning(plan: &FeaturePlan, column: &str, frequency: Frequency) -> String {
    let named = |feature: &&Feature| {
        let name = feature.name();
        column == name || (has_suffixes(feature) && column.starts_with(&name))
    };
    plan.features()
        .iter()
        .find(named)
        .map_or_else(|| of_series(column), |feature| words(feature, column, frequency))
}

/// What boosted trees look at besides the plan's features.
fn of_series(column: &str) -> String {
    match column.strip_prefix("series_") {
        Some("size") => "usual size of a sale".to_owned(),
        Some(key) => format!("which {key}"),
        None => column.to_owned(),
    }
}

/// Whether a feature fills several columns, whose names go on after its own.
fn has_suffixes(feature: &Feature) -> bool {
    matches!(feature, Feature::Fourier { .. } | Feature::Holidays { .. })
}

fn words(feature: &Feature, column: &str, frequency: Frequency) -> String {
    let span = |periods: u32| format!("{periods} {}", steps_word(frequency, periods as usize));
    match feature {
        Feature::Lag { lag } => format!("value {} before", span(*lag)),
        Feature::Rolling { statistic, lag: 1, window } => {
            format!("{} of the last {}", statistic_word(*statistic), span(*window))
        }
        Feature::Rolling { statistic, lag, window } => {
            format!("{} of {}, {} before", statistic_word(*statistic), span(*window), span(*lag))
        }
        Feature::SeasonalRolling { statistic, season, window } => {
            format!("{} of {window} values, {} apart", statistic_word(*statistic), span(*season))
        }
        Feature::ExponentialMean { percent } => {
            format!("mean that counts recent values more ({percent}\u{a0}% for the newest)")
        }
        Feature::ExpandingMean => "mean of the whole history".to_owned(),
        Feature::SinceNonZero => format!("{} since something was sold", steps_word(frequency, 2)),
        Feature::ZeroShare { window } => format!("share of zeros in the last {}", span(*window)),
        Feature::Age => "age of the series".to_owned(),
        Feature::Calendar { .. } => feature.name().replace('_', " "),
        Feature::Fourier { .. } => "time of the year".to_owned(),
        Feature::Holidays { country } => match column.rsplit('_').next() {
            Some("in") => format!("next public holiday ({country})"),
            Some("ago") => format!("last public holiday ({country})"),
            _ => format!("public holiday ({country})"),
        },
        Feature::Covariate { column } => column.clone(),
        Feature::Relative { column } => format!("{column}, against its usual level"),
        Feature::Change { column } => format!("change of {column}"),
        Feature::Static { column } => format!("which {column}"),
    }
}

fn statistic_word(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Mean => "mean",
        Statistic::Std => "spread",
        Statistic::Min => "lowest",
        Statistic::Max => "highest",
        Statistic::Median => "median",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_said_in_words() {
        let say = |feature: Feature| words(&feature, &feature.name(), Frequency::Daily);
        assert_eq!(say(Feature::Lag { lag: 1 }), "value 1 day before");
        let weekly = Feature::SeasonalRolling { statistic: Statistic::Mean, season: 7, window: 8 };
        assert_eq!(say(weekly), "mean of 8 values, 7 days apart");
        assert_eq!(say(Feature::Static { column: "family".to_owned() }), "which family");
        assert_eq!(["series_size", "series_store"].map(of_series), ["usual size of a sale", "which store"]);
    }
}
