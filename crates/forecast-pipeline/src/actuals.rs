//! What happened, as the backtest counts it.

use forecast_core::{Period, SeriesView};

/// Target values from `first` on, one per step; NaN where missing, out of stock or beyond the data.
/// What could not be bought says nothing about demand, so the backtest does not count it either.
pub(crate) fn actuals(series: SeriesView<'_>, first: Period, steps: usize) -> Vec<f64> {
    let (target, available) = (series.target(), series.available());
    let offset = i64::from(first.0) - i64::from(series.start().0);
    let value = |step: usize| {
        let row = usize::try_from(offset + step as i64).ok()?;
        let stocked = available.is_none_or(|flags| flags.get(row).copied().unwrap_or(false));
        target.get(row).filter(|_| stocked).map(|value| f64::from(*value))
    };
    (0..steps).map(|step| value(step).unwrap_or(f64::NAN)).collect()
}

#[cfg(test)]
mod tests {
    use forecast_core::panel::{PanelBuilder, SeriesSpan};
    use forecast_core::{Frequency, SeriesKey};

    use super::*;

    #[test]
    fn what_was_out_of_stock_is_not_an_actual() {
        let mut builder = PanelBuilder::new(Frequency::Daily, "sales", ["store"]);
        let key = SeriesKey::new(["a"]);
        builder.spans = vec![SeriesSpan { key, start: Period(10), rows: 3, covariate_rows: 3 }];
        builder.target = vec![1.0, 0.0, 3.0];
        builder.available = Some(vec![true, false, true]);
        let panel = builder.build().unwrap();
        let found = actuals(panel.series(0), Period(9), 5);
        assert_eq!(format!("{found:?}"), "[NaN, 1.0, NaN, 3.0, NaN]");
    }
}
