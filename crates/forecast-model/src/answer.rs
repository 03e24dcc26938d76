//! From point forecasts to the finished answer, with quantiles.

use forecast_core::{Forecast, Period, PointForecasts, QuantileLevels, SeriesForecast, SeriesKey};

use crate::{ForecastError, ForecastModel};

/// A series that was asked for.
pub(crate) struct Asked<'a> {
    pub(crate) key: &'a SeriesKey,
    /// Its first forecast period.
    pub(crate) next: Period,
    /// What its residuals are divided by.
    pub(crate) scale: f64,
}

/// The answer for `series` with the point forecasts of each.
pub(crate) fn answer(
    model: &ForecastModel,
    levels: &QuantileLevels,
    (series, points): (&[Asked<'_>], &PointForecasts),
) -> Result<Forecast, ForecastError> {
    let frequency = model.card().frequency;
    let one = |(asked, mean): (&Asked<'_>, &[f64])| -> Result<SeriesForecast, ForecastError> {
        let start = frequency
            .timestamp(asked.next)
            .ok_or_else(|| ForecastError::OutsideCalendar { series: asked.key.clone() })?;
        let row = |&level: &f64| {
            let steps = mean.iter().enumerate();
            let quantile = |(step, &value)| model.calibration.quantile(step, (value, asked.scale), level);
            steps.map(|step| model.floor().raise(quantile(step))).collect()
        };
        Ok(SeriesForecast {
            key: asked.key.clone(),
            start,
            mean: mean.to_vec(),
            quantiles: levels.as_slice().iter().map(row).collect(),
        })
    };
    Ok(Forecast {
        frequency,
        horizon: points.horizon(),
        levels: levels.clone(),
        series: series.iter().zip(points.rows()).map(one).collect::<Result<_, _>>()?,
    })
}
