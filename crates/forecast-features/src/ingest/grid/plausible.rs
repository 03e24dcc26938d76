//! Dates that lie far from all others: a mistyped year would otherwise make millions of rows.

use super::Collector;
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::dictionary::MISSING;
use crate::ingest::reporter::Reporter;

/// A table with nothing in between for so long holds a mistyped year. Ten years in microseconds.
const WIDEST_HOLE_MICROS: i64 = 3653 * 24 * 3_600_000_000;

/// Notes the rows whose time lies beyond a hole of ten years, seen from most rows, and takes their
/// time away so that they do no further harm.
pub(crate) fn note_implausible(collector: &mut Collector<'_>) {
    let rows = rows_per_time(collector);
    let Some((first, last)) = main_stretch(&collector.time.times, &rows) else { return };
    let far = |micros: i64| micros < first || micros > last;
    if !collector.time.times.iter().any(|&micros| far(micros)) {
        return;
    }
    for row in 0..collector.rows() {
        let code = collector.time.codes.get(row);
        let Some(&micros) = collector.time.times.get(code as usize) else { continue };
        if !far(micros) {
            continue;
        }
        let Collector { reporter: Reporter { ledger, locator }, keys, series, time, .. } = &mut *collector;
        ledger.note(ProblemCode::ImplausibleTime, || {
            let place = locator.place(row).with_date(time.label(code));
            if series[row] == MISSING { place } else { place.with_series(keys.key(series[row])) }
        });
        collector.time.codes.set_missing(row);
    }
}

/// How many rows have each time code, history and future together.
fn rows_per_time(collector: &Collector<'_>) -> Vec<u64> {
    let mut rows = vec![0; collector.time.times.len()];
    for code in collector.time.codes.iter() {
        if let Some(count) = rows.get_mut(code as usize) {
            *count += 1;
        }
    }
    rows
}

/// First and last time of the stretch without a hole that has most rows.
fn main_stretch(times: &[i64], rows: &[u64]) -> Option<(i64, i64)> {
    let mut sorted: Vec<(i64, u64)> = times.iter().copied().zip(rows.iter().copied()).collect();
    sorted.retain(|(_, rows)| *rows > 0);
    sorted.sort_unstable();
    sorted
        .chunk_by(|left, right| right.0 - left.0 <= WIDEST_HOLE_MICROS)
        .filter_map(|stretch| {
            let rows: u64 = stretch.iter().map(|(_, rows)| rows).sum();
            Some((rows, (stretch.first()?.0, stretch.last()?.0)))
        })
        .max_by_key(|(rows, _)| *rows)
        .map(|(_, ends)| ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_with_most_rows_wins() {
        let year = 365 * 24 * 3_600_000_000;
        let times = [50 * year, 51 * year, 52 * year, -1000 * year, 200 * year];
        assert_eq!(main_stretch(&times, &[1, 1, 1, 1, 1]), Some((50 * year, 52 * year)));
        assert_eq!(main_stretch(&times, &[0, 0, 0, 0, 0]), None);
    }
}
