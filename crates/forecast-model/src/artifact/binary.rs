//! `model.bin`: magic (8 bytes), major and minor version (u16 each), length of the content (u64),
//! SHA-256 of all of these and the content (32 bytes), and the content in postcard's encoding. All
//! numbers little-endian. What depends on the clock is not in it, so that equal models are equal bytes.

use std::path::Path;
use std::sync::Arc;

use forecast_features::plan::FeaturePlan;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ArtifactError;
use crate::calibration::Calibration;
use crate::fitted::{FittedFamily, Global, calendar_span};
use crate::floor::Floor;
use crate::global::GlobalModel;
use crate::memory::{SeriesMemory, States};
use crate::{Family, ForecastModel, ModelCard};

/// A reader refuses a newer major version.
pub(super) const MAJOR: u16 = 2;
/// What models of all families but the boosted one are written as: releases before it read them still.
const MAJOR_WITHOUT_BOOSTED: u16 = 1;
/// A newer minor version adds files beside `model.bin` that a reader may ignore.
pub(super) const MINOR: u16 = 0;

const MAGIC: [u8; 8] = *b"FCSTMODL";
const PREFIX: usize = 8 + 2 + 2 + 8;
const HEADER: usize = PREFIX + 32;

/// The content, borrowed for writing. The same fields in the same order as [`Stored`].
#[derive(Serialize)]
struct StoredRef<'a> {
    global: Option<(&'a FeaturePlan, &'a GlobalModel)>,
    memory: &'a SeriesMemory,
    calibration: &'a Calibration,
}

/// The content.
#[derive(Deserialize)]
struct Stored {
    global: Option<(FeaturePlan, GlobalModel)>,
    memory: SeriesMemory,
    calibration: Calibration,
}

pub(super) fn encode(model: &ForecastModel) -> Result<Vec<u8>, postcard::Error> {
    let stored = StoredRef {
        global: model.fitted.global_part().map(|global| (global.featurizer.plan(), &*global.model)),
        memory: &model.memory,
        calibration: &model.calibration,
    };
    let mut bytes = vec![0; HEADER];
    bytes = postcard::to_extend(&stored, bytes)?;
    let length = (bytes.len() - HEADER) as u64;
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..10].copy_from_slice(&major_of(model.card.family).to_le_bytes());
    bytes[10..12].copy_from_slice(&MINOR.to_le_bytes());
    bytes[12..PREFIX].copy_from_slice(&length.to_le_bytes());
    let digest = digest(&bytes);
    bytes[PREFIX..HEADER].copy_from_slice(&digest);
    Ok(bytes)
}

/// The oldest major version that can hold a model of a family.
pub(super) fn major_of(family: Family) -> u16 {
    if family == Family::Boosted { MAJOR } else { MAJOR_WITHOUT_BOOSTED }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(&bytes[..PREFIX]).chain_update(&bytes[HEADER..]).finalize().into()
}

pub(super) fn decode(path: &Path, bytes: &[u8], card: ModelCard) -> Result<ForecastModel, ArtifactError> {
    let damaged = |reason: &str| ArtifactError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    if bytes.len() < HEADER || bytes[..8] != MAGIC {
        return Err(damaged("it does not begin like a model"));
    }
    let number = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let (major, minor) = (number(8), number(10));
    if major > MAJOR {
        return Err(ArtifactError::NewerFormat {
            path: path.to_owned(),
            found: format!("{major}.{minor}"),
            supported: format!("{MAJOR}.{MINOR}"),
        });
    }
    if bytes[PREFIX..HEADER] != digest(bytes)
        || bytes[12..PREFIX] != (bytes.len() as u64 - HEADER as u64).to_le_bytes()
    {
        return Err(damaged("its checksum does not fit its content"));
    }
    let (stored, rest) = postcard::take_from_bytes::<Stored>(&bytes[HEADER..])
        .map_err(|error| damaged(&format!("its content cannot be read: {error}")))?;
    if !rest.is_empty() {
        return Err(damaged("bytes follow its content"));
    }
    assemble(stored, card).map_err(damaged)
}

fn assemble(stored: Stored, card: ModelCard) -> Result<ForecastModel, &'static str> {
    let Stored { global, memory, calibration } = stored;
    if let Some(fault) = memory.fault().or_else(|| calibration.fault()) {
        return Err(fault);
    }
    if memory.keys.len() != card.series {
        return Err("it has another number of series than its card");
    }
    let floor = Floor::of_counts(card.counts);
    let fitted = match (global, &memory.states) {
        (Some((plan, model)), States::Global { statics, .. }) => {
            if statics.len() != plan.input_statics().len() || !model.fits(plan.columns().len()) {
                return Err("its parts belong to different features");
            }
            let featurizer = plan.compile(card.frequency, calendar_span(card.first, card.last));
            let global = Global { featurizer, model: Arc::new(model) };
            FittedFamily::global(card.family, floor, global)
        }
        (None, States::Local(_)) => FittedFamily::local(card.family, floor),
        _ => return Err("its parts belong to different families"),
    };
    Ok(ForecastModel { card, fitted, memory, calibration })
}
