//! A plan that suits a panel, from what the panel looks like.

use forecast_core::{ColumnKind, Frequency, Horizon, Panel};

use super::calendar::CalendarField;
use super::feature::{Feature, Statistic};
use super::history::TargetTransform;
use super::holidays::HolidayCountry;
use super::{FeaturePlan, Parts};

/// What a suggestion depends on besides the panel.
#[derive(Clone, Debug, PartialEq)]
pub struct SuggestOptions {
    /// How far ahead forecasts look.
    pub horizon: Horizon,
    /// Countries whose public holidays matter.
    pub holidays: Vec<HolidayCountry>,
    /// What to do to the target; nothing when empty.
    pub transforms: Vec<TargetTransform>,
}

impl FeaturePlan {
    /// Lags and windows over one to four seasons, a year back where the history has two, calendar (of
    /// the year where the history has one and a half), and every column of the panel; prices also relative to their past.
    ///
    /// # Errors
    /// [`super::PlanError`] when two columns would get the same name, such as a known-future column
    /// that is called `lag_7`.
    pub fn suggested(panel: &Panel, options: &SuggestOptions) -> Result<Self, super::PlanError> {
        let span = panel.span().map_or(0, |(first, last)| last.since(first).unsigned_abs() as usize + 1);
        let history = span.saturating_sub(options.horizon.steps());
        let mut features = past(panel.frequency(), history);
        features.extend(calendar(panel.frequency(), history));
        features.extend(options.holidays.iter().map(|&country| Feature::Holidays { country }));
        for (index, covariate) in panel.covariates().iter().enumerate() {
            let column = || covariate.name.clone();
            features.push(Feature::Covariate { column: column() });
            if covariate.kind == ColumnKind::Numeric && looks_like_a_price(panel, index) {
                features.push(Feature::Relative { column: column() });
                features.push(Feature::Change { column: column() });
            }
        }
        features.extend(panel.statics().iter().map(|column| Feature::Static { column: column.name.clone() }));
        Self::new(Parts { transforms: options.transforms.clone(), features, ..Parts::for_panel(panel) })
    }
}

fn past(frequency: Frequency, history: usize) -> Vec<Feature> {
    let season = frequency.season_length() as u32;
    let fits = |periods: u32| (periods as usize) * 2 <= history;
    let rolling = |statistic, window| Feature::Rolling { statistic, lag: 1, window };
    let mut lags = vec![1, 2, 3];
    lags.extend((1..=4).map(|count| count * season).filter(|&lag| lag > 3 && fits(lag)));
    // Whole weeks, so that a Monday meets a Monday.
    let year = match frequency {
        Frequency::Hourly => 52 * 7 * 24,
        Frequency::Daily => 52 * 7,
        other => other.season_length() as u32,
    };
    let knows_a_year = year > 4 * season && history >= (2 * year) as usize - (year / 4) as usize;
    if knows_a_year {
        lags.push(year);
    }
    let mut features: Vec<Feature> = lags.into_iter().map(|lag| Feature::Lag { lag }).collect();
    for window in [season, 4 * season, 8 * season].into_iter().filter(|&window| fits(window)) {
        features.push(rolling(Statistic::Mean, window));
    }
    if fits(4 * season) {
        features.push(rolling(Statistic::Std, 4 * season));
        features.push(rolling(Statistic::Max, 4 * season));
        features.push(Feature::SeasonalRolling { statistic: Statistic::Mean, season, window: 4 });
    }
    if fits(8 * season) {
        features.push(Feature::SeasonalRolling { statistic: Statistic::Mean, season, window: 8 });
    }
    if knows_a_year {
        let (lag, window) = (year - season / 2, season);
        features.push(Feature::Rolling { statistic: Statistic::Mean, lag, window });
    }
    let share_window = if fits(4 * season) { 4 * season } else { season };
    features.extend([
        Feature::ExponentialMean { percent: 5 },
        Feature::ExponentialMean { percent: 20 },
        Feature::ExpandingMean,
        Feature::SinceNonZero,
        Feature::ZeroShare { window: share_window },
        Feature::Age,
    ]);
    features
}

/// Where in the day, week, month and year a period lies. Of the year only where a good part of it was
/// seen twice: a model cannot tell the season from the trend of a single year.
fn calendar(frequency: Frequency, history: usize) -> Vec<Feature> {
    use CalendarField as Field;
    let knows_the_year = history >= frequency.periods_per_year() * 3 / 2;
    let (fields, of_the_year): (&[Field], &[Field]) = match frequency {
        Frequency::Hourly => (&[Field::HourOfDay, Field::DayOfWeek], &[Field::MonthOfYear]),
        Frequency::Daily => (
            &[Field::DayOfWeek, Field::DayOfMonth, Field::IsMonthStart, Field::IsMonthEnd],
            &[Field::MonthOfYear],
        ),
        Frequency::Weekly(_) => (&[], &[Field::WeekOfYear, Field::MonthOfYear]),
        Frequency::MonthStart | Frequency::MonthEnd => (&[], &[Field::MonthOfYear]),
        Frequency::QuarterStart | Frequency::QuarterEnd => (&[], &[Field::QuarterOfYear]),
    };
    let of_the_year = if knows_the_year { of_the_year } else { &[] };
    let fields = fields.iter().chain(of_the_year);
    let mut features: Vec<Feature> = fields.map(|&field| Feature::Calendar { field }).collect();
    let has_waves = matches!(frequency, Frequency::Hourly | Frequency::Daily | Frequency::Weekly(_));
    if has_waves && knows_the_year {
        features.push(Feature::Fourier { order: 3 });
    }
    features
}

/// Positive throughout, and not a flag: its ratio to its own past means something.
fn looks_like_a_price(panel: &Panel, column: usize) -> bool {
    let values = &panel.covariates()[column].values;
    let known = || values.iter().copied().filter(|value| !value.is_nan());
    let is_flag = known().all(|value| value == 0.0 || value == 1.0);
    !is_flag && known().all(|value| value > 0.0)
}
