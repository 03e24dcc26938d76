//! What is done with the bytes that fuzzing tries; `tests/it/format.rs` does the same with the seeds.
//!
//! Whatever can be read must also predict, and come back the same from what is written of it.

use std::hint::black_box;

use forecast_boost::{BoostError, Column, ColumnInfo, Features, Model, QuantileModel};

/// Magic, version, kind and length of the binary format; the length is the last 8 bytes of it.
const HEADER: usize = 20;
/// The checksum at the end.
const CHECKSUM: usize = 4;

/// Bytes as they are, and once more with the right length and checksum: what is behind these is seldom
/// reached otherwise.
pub(crate) fn binary(data: &[u8]) {
    read(data);
    if data.len() >= HEADER + CHECKSUM {
        let mut sealed = data[..data.len() - CHECKSUM].to_vec();
        let length = (sealed.len() - HEADER) as u64;
        sealed[HEADER - size_of::<u64>()..HEADER].copy_from_slice(&length.to_le_bytes());
        let checksum = crc32fast::hash(&sealed);
        sealed.extend(checksum.to_le_bytes());
        read(&sealed);
    }
}

/// A text, and what is written of it in both formats.
pub(crate) fn lightgbm(data: &[u8]) {
    let Ok(model) = Model::from_lightgbm(data) else { return };
    predict(&model);
    let bytes = model.to_bytes().expect("what was read can be stored");
    read(&bytes);
    let text = model.to_lightgbm().expect("what was read can be written");
    let again = Model::from_lightgbm(&text).expect("what was written can be read");
    assert_eq!(again.to_lightgbm().as_ref(), Ok(&text), "what is written says all that can be read");
    let values = values(model.columns().len());
    for row in rows(&values) {
        let [before, after] = [&model, &again].map(|model| model.predict_row(&row).map(f64::to_bits));
        assert_eq!(before, after, "{row:?}");
    }
}

fn read(bytes: &[u8]) {
    match Model::from_bytes(bytes) {
        Ok(model) => {
            assert_same(bytes, &model.to_bytes().expect("what was read can be written"));
            predict(&model);
        }
        Err(error) => assert_has_place(&error),
    }
    match QuantileModel::from_bytes(bytes) {
        Ok(model) => {
            assert_same(bytes, &model.to_bytes().expect("what was read can be written"));
            predict_levels(&model);
        }
        Err(error) => assert_has_place(&error),
    }
}

fn assert_same(read: &[u8], written: &[u8]) {
    assert!(read == written, "a model has one form in bytes");
}

fn assert_has_place(error: &BoostError) {
    assert!(error.to_string().contains("byte "), "an error without its place: {error}");
}

/// Values on both sides of most thresholds, odd ones too.
const VALUES: [f32; 9] = [f32::NAN, 0.0, -0.0, 1.0, 2.5, -1.0, 1e-40, 3e38, f32::NEG_INFINITY];
/// One row more than are walked together.
const ROWS: usize = 17;

/// What a column holds.
fn values(width: usize) -> Vec<Vec<f32>> {
    (0..width).map(|column| (0..ROWS).map(|row| VALUES[(row + column) % VALUES.len()]).collect()).collect()
}

fn features<'a>(columns: &'a [ColumnInfo], values: &'a [Vec<f32>]) -> Features<'a> {
    columns.iter().zip(values).fold(Features::new(), |features, (ColumnInfo { name, kind }, values)| {
        features.with(Column { name, kind: *kind, values })
    })
}

fn rows(values: &[Vec<f32>]) -> impl Iterator<Item = Vec<f32>> {
    (0..ROWS).map(|row| values.iter().map(|column| column[row]).collect())
}

/// Row by row and in one go. What comes out is not compared: values near the largest number overflow in
/// one order of addition and not in another.
fn predict(model: &Model) {
    let values = values(model.columns().len());
    let together = model.predict(&features(model.columns(), &values)).expect("these are its columns");
    assert_eq!(together.len(), ROWS);
    let explainer = model.explainer();
    let mut contributions = vec![0.0; values.len() + 1];
    for row in rows(&values) {
        black_box(model.predict_row(&row).expect("these are its columns"));
        explainer.explain_row(&row, &mut contributions).expect("these are its columns");
    }
}

fn predict_levels(model: &QuantileModel) {
    let values = values(model.columns().len());
    let together = model.predict(&features(model.columns(), &values)).expect("these are its columns");
    let mut levels = vec![0.0; model.levels().len()];
    assert_eq!(together.len(), ROWS * levels.len());
    for row in rows(&values) {
        model.predict_row(&row, &mut levels).expect("these are its columns");
        assert!(levels.is_sorted_by(|a, b| a.total_cmp(b).is_le()), "levels cross: {levels:?}");
    }
}
