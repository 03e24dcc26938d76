//! What is done with the bytes that fuzzing tries; `tests/it/format.rs` does the same with the seeds.
//!
//! Whatever can be read must also predict, and come back the same from what is written of it.

use std::hint::black_box;

use forecast_boost::{Column, ColumnInfo, Features, Model};

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

fn read(bytes: &[u8]) {
    match Model::from_bytes(bytes) {
        Ok(model) => {
            let again = model.to_bytes().expect("what was read can be written");
            assert!(again == bytes, "a model has one form in bytes");
            predict(&model);
        }
        Err(error) => assert!(error.to_string().contains("byte "), "an error without its place: {error}"),
    }
}

/// Values on both sides of most thresholds, odd ones too.
const VALUES: [f32; 9] = [f32::NAN, 0.0, -0.0, 1.0, 2.5, -1.0, 1e-40, 3e38, f32::NEG_INFINITY];
/// One row more than are walked together.
const ROWS: usize = 17;

/// Row by row and in one go. What comes out is not compared: values near the largest number overflow in
/// one order of addition and not in another.
fn predict(model: &Model) {
    let width = model.columns().len();
    let values: Vec<Vec<f32>> = (0..width)
        .map(|column| (0..ROWS).map(|row| VALUES[(row + column) % VALUES.len()]).collect())
        .collect();
    let columns = model.columns().iter().zip(&values);
    let features = columns.fold(Features::new(), |features, (ColumnInfo { name, kind }, values)| {
        features.with(Column { name, kind: *kind, values })
    });
    let together = model.predict(&features).expect("the model's columns were given");
    assert_eq!(together.len(), ROWS);
    for row in 0..ROWS {
        let one: Vec<f32> = values.iter().map(|column| column[row]).collect();
        black_box(model.predict_row(&one).expect("the model's columns were given"));
    }
}
