//! What a figure for all series together hides.

use forecast_model::ModelResult;

/// How much worse than seasonal naive, series by series, is worth a word.
const MARGIN: f64 = 1.05;

const CAUTION: &str = " But that is the sum over all series, which large ones decide: taken series by series (MASE), \
                       seasonal naive does better. Look at small series before you rely on their forecasts, or \
                       choose with --metric mase.";

/// The headline, and a caution where the champion wins by the large series at the cost of the small.
pub(super) fn cautioned(headline: String, champion: &ModelResult, baseline: Option<&ModelResult>) -> String {
    match baseline {
        Some(baseline) if hides(champion.overall.mase, baseline.overall.mase) => headline + CAUTION,
        _ => headline,
    }
}

fn hides(champion: f64, naive: f64) -> bool {
    champion > MARGIN * naive
}

#[cfg(test)]
mod tests {
    use super::hides;

    #[test]
    fn only_a_clear_loss_is_worth_a_word() {
        assert!(hides(186.0, 1.8) && hides(1.2, 1.1));
        assert!(!hides(0.9, 1.0) && !hides(1.01, 1.0));
        assert!(!hides(f64::NAN, 1.0) && !hides(1.0, f64::NAN));
    }
}
