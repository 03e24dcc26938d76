//! Splits a batch into requests that a server takes.

use serde::Serialize;

use crate::limits::{BATCH_BODY_CHARS, BATCH_METRICS, BATCH_PARAMS, BATCH_TAGS, BATCH_TOTAL};
use crate::types::{Batch, Metric, Param, Tag};

/// Characters of a request around its items: braces, field names and the run's id.
const ENVELOPE_CHARS: usize = 1_000;

/// A part of a batch, as one request.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Part<'a> {
    pub(super) params: &'a [Param],
    pub(super) tags: &'a [Tag],
    pub(super) metrics: &'a [Metric],
}

/// Parts in the order in which they have to be sent: params, tags, metrics. A later kind begins
/// only when the one before is used up, so that a metric never shows before the params behind it.
pub(super) fn split(batch: &Batch) -> Vec<Part<'_>> {
    let (mut params, mut tags, mut metrics) = (&batch.params[..], &batch.tags[..], &batch.metrics[..]);
    let mut parts = Vec::new();
    while !(params.is_empty() && tags.is_empty() && metrics.is_empty()) {
        let mut room = Room { items: BATCH_TOTAL, chars: BATCH_BODY_CHARS - ENVELOPE_CHARS };
        let mut part = Part { params: room.take(&mut params, BATCH_PARAMS), ..Part::default() };
        if params.is_empty() {
            part.tags = room.take(&mut tags, BATCH_TAGS);
        }
        if params.is_empty() && tags.is_empty() {
            part.metrics = room.take(&mut metrics, BATCH_METRICS);
        }
        parts.push(part);
    }
    parts
}

/// What still fits into a request.
struct Room {
    items: usize,
    chars: usize,
}

impl Room {
    /// Takes as many items from the front as fit. The first item of a request always fits: one
    /// that is too large alone is the server's to refuse.
    fn take<'a, T: Serialize>(&mut self, from: &mut &'a [T], most: usize) -> &'a [T] {
        let mut count = 0;
        while count < most.min(from.len()) && self.items > 0 {
            let chars = serde_json::to_string(&from[count]).map_or(0, |json| json.len() + 1);
            if chars > self.chars && self.items < BATCH_TOTAL {
                self.items = 0;
                break;
            }
            self.chars = self.chars.saturating_sub(chars);
            self.items -= 1;
            count += 1;
        }
        let (taken, rest) = from.split_at(count);
        *from = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::split;
    use crate::limits::BATCH_BODY_CHARS;
    use crate::types::{Batch, Metric, Param, Tag};

    fn batch(params: usize, tags: usize, metrics: usize) -> Batch {
        Batch {
            params: (0..params).map(|i| Param::new(format!("p{i}"), i)).collect(),
            tags: (0..tags).map(|i| Tag::new(format!("t{i}"), i)).collect(),
            metrics: (0..metrics).map(|i| Metric::new(format!("m{i}"), 0.5)).collect(),
        }
    }

    fn sizes(batch: &Batch) -> Vec<(usize, usize, usize)> {
        split(batch).iter().map(|part| (part.params.len(), part.tags.len(), part.metrics.len())).collect()
    }

    #[test]
    fn keeps_to_every_limit_and_to_the_order() {
        assert_eq!(sizes(&batch(0, 0, 0)), []);
        assert_eq!(sizes(&batch(3, 2, 5)), [(3, 2, 5)]);
        assert_eq!(sizes(&batch(100, 1, 900)), [(100, 1, 899), (0, 0, 1)]);
        assert_eq!(
            sizes(&batch(150, 120, 2_500)),
            [(100, 0, 0), (50, 100, 0), (0, 20, 980), (0, 0, 1_000), (0, 0, 520)]
        );
    }

    #[test]
    fn keeps_bodies_small_and_loses_nothing() {
        let batch = Batch {
            params: (0..90).map(|i| Param::new(format!("p{i}"), "é".repeat(12_000))).collect(),
            tags: vec![Tag::new("huge", "x".repeat(2 * BATCH_BODY_CHARS)), Tag::new("small", "y")],
            metrics: vec![Metric::new("m", 1.0)],
        };
        let parts = split(&batch);
        let alone =
            parts.iter().filter(|part| part.tags.iter().any(|tag| tag.key == "huge")).collect::<Vec<_>>();
        assert_eq!((alone.len(), alone[0].params.len(), alone[0].tags.len()), (1, 0, 1));
        for part in parts.iter().filter(|part| part.tags.first().is_none_or(|tag| tag.key != "huge")) {
            assert!(serde_json::to_string(part).unwrap().len() < BATCH_BODY_CHARS);
        }
        assert_eq!(parts.iter().map(|part| part.params.len()).sum::<usize>(), 90);
        assert_eq!(parts.iter().map(|part| part.tags.len() + part.metrics.len()).sum::<usize>(), 3);
    }
}
