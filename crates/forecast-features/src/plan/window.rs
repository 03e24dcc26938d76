//! Statistics over short windows of past values.
//!
//! Every window is summed afresh, oldest value first: a running sum would be quicker but would carry
//! its rounding from the beginning of the series, and a state that begins later would then differ
//! in the last bit.

use super::feature::Statistic;

/// The statistic over `values`; NaN entries do not count, and without any other the result is NaN.
pub(super) fn statistic(kind: Statistic, values: impl Iterator<Item = f32> + Clone) -> f32 {
    let present = values.filter(|value| !value.is_nan());
    match kind {
        Statistic::Mean => mean(present) as f32,
        Statistic::Std => {
            let center = mean(present.clone());
            mean_of(present.map(|value| (f64::from(value) - center).powi(2))).sqrt() as f32
        }
        Statistic::Min => present.fold(f32::NAN, f32::min),
        Statistic::Max => present.fold(f32::NAN, f32::max),
        Statistic::Median => median(present.collect()),
    }
}

fn mean(values: impl Iterator<Item = f32>) -> f64 {
    mean_of(values.map(f64::from))
}

fn mean_of(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f32::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f32::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Statistic, values: &[f32]) -> f32 {
        statistic(kind, values.iter().copied())
    }

    #[test]
    fn statistics_skip_missing_values() {
        let values = [1.0, f32::NAN, 4.0, 7.0];
        assert_eq!(of(Statistic::Mean, &values), 4.0);
        assert_eq!(of(Statistic::Std, &values), 6.0_f32.sqrt());
        assert_eq!(of(Statistic::Min, &values), 1.0);
        assert_eq!(of(Statistic::Max, &values), 7.0);
        assert_eq!(of(Statistic::Median, &values), 4.0);
        assert_eq!(of(Statistic::Median, &[3.0, 1.0]), 2.0);
        for kind in [Statistic::Mean, Statistic::Std, Statistic::Min, Statistic::Max, Statistic::Median] {
            assert!(of(kind, &[f32::NAN]).is_nan() && of(kind, &[]).is_nan());
        }
    }
}
