//! What a server of MLflow 3.17 takes in one request (read in its validation code, see the
//! conformance suite for the proof).

/// Metrics in one batch.
pub const BATCH_METRICS: usize = 1_000;
/// Params in one batch.
pub const BATCH_PARAMS: usize = 100;
/// Tags in one batch.
pub const BATCH_TAGS: usize = 100;
/// Metrics, params and tags together in one batch.
pub const BATCH_TOTAL: usize = 1_000;
/// Characters in the body of one batch.
pub const BATCH_BODY_CHARS: usize = 1_000_000;
/// Characters in the key of a metric, param or tag.
pub const KEY_CHARS: usize = 250;
/// Characters in the value of a param; a server truncates silently beyond.
pub const PARAM_VALUE_CHARS: usize = 6_000;
/// Characters in the value of a run's tag; a server truncates silently beyond.
pub const TAG_VALUE_CHARS: usize = 8_000;
/// Characters in an alias.
pub const ALIAS_CHARS: usize = 255;
/// Params in one request to create a logged model; the rest must follow.
pub const LOGGED_MODEL_PARAMS: usize = 100;
