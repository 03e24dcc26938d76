//! Whether a forecast has the shape that a caller may rely on.

use forecast_client::{ForecastRequest, ForecastResponse, SeriesForecast};

/// Everything that is wrong with an answer to a request; empty where nothing is.
pub(crate) fn faults(request: &ForecastRequest, answer: &ForecastResponse) -> Vec<String> {
    let mut faults = Vec::new();
    let (asked, answered) = (request.series().len(), answer.forecasts.len());
    if asked != answered {
        faults.push(format!("{asked} series asked for, {answered} answered"));
    }
    for (key, forecast) in request.series().iter().zip(&answer.forecasts) {
        if *key != forecast.series {
            faults.push(format!("asked for {key:?}, answered {:?}", forecast.series));
        }
        faults.extend(faults_of_one(answer.horizon, forecast));
    }
    faults
}

fn faults_of_one(horizon: usize, forecast: &SeriesForecast) -> Vec<String> {
    let mut faults = Vec::new();
    let lengths = [("mean", forecast.mean.len()), ("timestamps", forecast.timestamps.len())];
    let quantile_lengths = forecast.quantiles.iter().map(|(level, values)| (level.as_str(), values.len()));
    for (name, length) in lengths.into_iter().chain(quantile_lengths) {
        if length != horizon {
            faults.push(format!("{name} has {length} values for a horizon of {horizon}"));
        }
    }
    if horizon == 0 {
        faults.push("the horizon is 0".to_owned());
    }
    if !forecast.mean.iter().chain(forecast.quantiles.values().flatten()).all(|value| value.is_finite()) {
        faults.push("a value is not finite".to_owned());
    }
    if !forecast.timestamps.is_sorted_by(|earlier, later| earlier < later) {
        faults.push("the timestamps do not increase".to_owned());
    }
    if !quantiles_are_in_order(forecast) {
        faults.push("a higher quantile lies below a lower one".to_owned());
    }
    faults
}

/// At every step, the value of a higher quantile is at least that of a lower one.
fn quantiles_are_in_order(forecast: &SeriesForecast) -> bool {
    // As numbers: as text, "0.05" comes before "0.1" but "1e-2" does not.
    let mut levels: Vec<(f64, &[f64])> = forecast
        .quantiles
        .iter()
        .filter_map(|(level, values)| Some((level.parse().ok()?, values.as_slice())))
        .collect();
    levels.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    levels.windows(2).all(|pair| pair[0].1.iter().zip(pair[1].1).all(|(lower, upper)| lower <= upper))
}

#[cfg(test)]
mod tests {
    use forecast_client::SeriesKey;

    use super::*;

    fn judged(changed: &str, into: &str) -> Vec<String> {
        let text = r#"{"model":{"name":"m","version":"3"},"frequency":"daily","horizon":2,"forecasts":[
            {"series":{"store":"1"},"start":"2026-01-01T00:00:00",
             "timestamps":["2026-01-01T00:00:00","2026-01-02T00:00:00"],
             "mean":[1.5,2.0],"quantiles":{"0.05":[0.0,1.0],"0.9":[3.0,4.0]}}]}"#;
        assert!(text.contains(changed), "{changed}");
        let answer = serde_json::from_str(&text.replacen(changed, into, 1)).unwrap();
        faults(&ForecastRequest::for_series([SeriesKey::from([("store", "1")])]), &answer)
    }

    #[test]
    fn a_sound_answer_has_no_faults() {
        assert_eq!(judged("", ""), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_named() {
        for (changed, into, says) in [
            (r#""horizon":2"#, r#""horizon":0"#, "the horizon is 0"),
            ("[1.5,2.0]", "[1.5]", "mean has 1 values for a horizon of 2"),
            ("[3.0,4.0]", "[3.0,4.0,5.0]", "0.9 has 3 values for a horizon of 2"),
            ("[3.0,4.0]", "[3.0,0.5]", "a higher quantile lies below a lower one"),
            ("2026-01-02", "2026-01-01", "the timestamps do not increase"),
            (r#"{"store":"1"}"#, r#"{"store":"2"}"#, "asked for"),
        ] {
            let found = judged(changed, into);
            assert!(found.iter().any(|fault| fault.starts_with(says)), "{into}: {found:?}");
        }
    }

    #[test]
    fn a_series_that_is_not_answered_is_a_fault() {
        let answer = serde_json::from_str(
            r#"{"model":{"name":"m","version":3},"frequency":"daily","horizon":1,"forecasts":[]}"#,
        )
        .unwrap();
        let request = ForecastRequest::for_series([SeriesKey::from([("store", "1")])]);
        assert_eq!(faults(&request, &answer), ["1 series asked for, 0 answered"]);
    }
}
