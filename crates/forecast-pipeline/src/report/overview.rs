//! What the data are like, in a paragraph and a line.

use forecast_core::Panel;
use forecast_features::ingest::{Gaps, QualityReport};

use super::chart::{Axis, Chart, Line, Role, Scale, quantity};
use super::words::{counted, grouped, percent, steps_word};
use crate::error::TrainingError;

/// More points than this are drawn as sums of several periods.
const MOST_POINTS: usize = 1_500;

/// Size, span and nature of the table.
pub(super) fn sentence(quality: &QualityReport) -> String {
    let mut parts = vec![format!(
        "{} rows made {} with {} from {} to {}; the median series has {} {}.",
        grouped(quality.rows_read),
        counted(quality.series, "series", "series"),
        format_args!("one value per {}", steps_word(quality.frequency, 1)),
        quality.first,
        quality.last,
        grouped(quality.history.median),
        steps_word(quality.frequency, 2),
    )];
    parts.push(format!(
        "On average {} per series and {} (at most {}); {} of the values are zero.",
        quantity(quality.target.mean),
        steps_word(quality.frequency, 1),
        quantity(quality.target.max),
        percent(quality.zero_share, 0),
    ));
    let filled = quality.gaps_inside + quality.gaps_at_end;
    if filled > 0 {
        let how = match quality.gaps {
            Gaps::Zero => "filled with zero",
            Gaps::Forward => "filled with the value before",
            Gaps::Missing => "left unknown",
        };
        parts.push(format!("{} had no row and were {how}.", counted(filled, "value", "values")));
    }
    if let Some(share) = quality.available_share {
        parts.push(format!("The product was available {} of the time.", percent(share, 1)));
    }
    parts.join(" ")
}

/// The sum of all series over time.
pub(super) fn total_chart(panel: &Panel) -> Result<String, TrainingError> {
    let Some((first, last)) = panel.span() else { return Ok(String::new()) };
    let mut totals = vec![0.0; usize::try_from(last.since(first)).unwrap_or(0) + 1];
    for series in panel.iter() {
        let offset = usize::try_from(series.start().since(first)).unwrap_or(0);
        for (total, value) in totals.iter_mut().skip(offset).zip(series.target()) {
            if !value.is_nan() {
                *total += f64::from(*value);
            }
        }
    }
    let width = totals.len().div_ceil(MOST_POINTS).max(1);
    let line = if width == 1 {
        Line { role: Role::Champion, start: first.0, values: totals }
    } else {
        // One point per group, the places between them left out, would break the line: repeat it.
        let values = totals.chunks(width).flat_map(|group| {
            let mean = group.iter().sum::<f64>() / group.len() as f64;
            std::iter::repeat_n(mean, group.len())
        });
        Line { role: Role::Champion, start: first.0, values: values.collect() }
    };
    let axis = Axis::Time(panel.frequency());
    Chart {
        size: (920, 230),
        axis,
        scale: Scale::Quantity,
        bands: Vec::new(),
        lines: vec![line],
        origin: None,
    }
    .draw()
}
