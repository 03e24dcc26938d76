//! The binary format from outside: files of earlier releases, damage, and what fuzzing found.

use forecast_boost::{BoostError, Booster, Dataset, Features, Model, Objective, Params, QuantileModel};

/// What fuzzing does with bytes; here with its seeds, and with every input that once broke a reader.
#[path = "../../fuzz/src/readers.rs"]
mod readers;

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn what_fuzzing_starts_from_and_what_it_found_is_read_or_refused() {
    for (name, bytes) in files("fuzz/seeds/binary") {
        println!("{name}"); // Shown where the next line panics.
        readers::binary(&bytes);
    }
    for (name, text) in files("fuzz/seeds/lightgbm") {
        println!("{name}");
        readers::lightgbm(&text);
    }
}

fn small_model() -> Vec<u8> {
    let rows = 200;
    let a: Vec<f32> = (0..rows).map(|row| if row % 7 == 0 { f32::NAN } else { (row % 50) as f32 }).collect();
    let b: Vec<f32> = (0..rows).map(|row| (row * 3 % 11) as f32).collect();
    let label: Vec<f32> = (0..rows).map(|row| (row % 50) as f32 + (row * 3 % 11 % 2) as f32 * 9.0).collect();
    let data = Dataset::new(Features::new().numeric("a", &a).categorical("b", &b), &label);
    let objective = Objective::Tweedie { power: 1.5 };
    let params = Params { objective, trees: 2, num_leaves: 4, min_data_in_leaf: 5, ..Params::default() };
    Booster::fit(&params, &data, None).unwrap().to_bytes().unwrap()
}

#[track_caller]
fn said(bytes: &[u8]) -> String {
    match Model::from_bytes(bytes) {
        Err(error @ BoostError::Format { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let bytes = small_model();
    for length in 0..bytes.len() {
        let said = said(&bytes[..length]);
        let expected = if length == 0 { "this is not a model" } else { "copy" };
        assert!(said.contains(expected), "{length} bytes: {said}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(said(&longer).contains("the header promises"));
}

#[test]
fn a_byte_that_changed_anywhere_is_noticed() {
    let bytes = small_model();
    for place in 0..bytes.len() {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[place] ^= flip;
            let said = said(&damaged);
            let expected = match place {
                0..8 => "this is not a model of forecast-boost",
                12..20 => "the header promises",
                _ => "was damaged; copy it again from its source",
            };
            assert!(said.contains(expected), "byte {place}: {said}");
        }
    }
}

/// A byte of the header set to something else by somebody who knows how to compute checksums.
fn forged(place: usize, value: u8) -> Vec<u8> {
    let mut bytes = small_model();
    bytes[place] = value;
    let body = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn files_of_a_newer_release_are_told_from_damaged_ones() {
    assert_eq!(
        said(&forged(8, 2)),
        "cannot read the model: it has format version 2, but this release reads 1 to 1; \
         read it with the release that wrote it, or a newer one (byte 8)"
    );
    assert!(said(&forged(8, 0)).contains("format version 0"));
    assert!(said(&forged(10, 77)).contains("it holds kind 77"));
}

#[test]
fn an_objective_of_the_caller_is_not_stored() {
    #[derive(Debug)]
    struct Mine;
    impl forecast_boost::Loss for Mine {
        fn start(&self, _: &Dataset<'_>) -> f64 {
            0.0
        }
        fn gradients(
            &self,
            _: &[f64],
            _: forecast_boost::RowsOf<'_>,
            gradients: &mut [forecast_boost::Gradient],
        ) {
            gradients.fill(forecast_boost::Gradient { grad: 0.0, hess: 1.0 });
        }
        fn loss(&self, _: f64, _: f64) -> f64 {
            0.0
        }
    }
    let (a, label) = ([1.0, 2.0], [1.0, 2.0]);
    let data = Dataset::new(Features::new().numeric("a", &a), &label);
    let params = Params { objective: Objective::Custom(std::sync::Arc::new(Mine)), ..Params::default() };
    let error = Booster::fit(&params, &data, None).unwrap().to_bytes().unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot store the model: its objective Mine is code of yours, which a file cannot hold; \
         fit with a built-in objective"
    );
}

/// Rows that the golden models are asked about: columns "amount", "gaps" and "store".
const ASKED: [[f32; 3]; 4] =
    [[0.0, f32::NAN, 0.0], [5.0, -10.0, 4.0], [10.0, 56.0, 22.0], [2.5, f32::NAN, 7.0]];

/// Equal but for the order in which trees are added up.
#[track_caller]
fn assert_close(found: &[f64], expected: &[f64]) {
    let close = |found: f64, expected: f64| (found - expected).abs() <= 1e-14 * expected.abs();
    let all = found.len() == expected.len()
        && found.iter().zip(expected).all(|(&found, &expected)| close(found, expected));
    assert!(all, "{found:?}, not {expected:?}");
}

#[test]
fn a_model_of_format_version_1_predicts_as_ever() {
    let bytes = include_bytes!("golden/model-v1.bin");
    let model = Model::from_bytes(bytes).unwrap();
    assert!(matches!(*model.objective(), Objective::Tweedie { power } if power == 1.3));
    let names: Vec<&str> = model.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["amount", "gaps", "store"]);
    assert_close(
        &ASKED.map(|row| model.predict_row(&row).unwrap()),
        &[5.6786545455357, 6.403573922468713, 7.171423144884141, 5.97935361734744],
    );
    assert_eq!(model.to_bytes().unwrap(), bytes);
}

#[test]
fn several_quantiles_of_format_version_1_predict_as_ever() {
    let bytes = include_bytes!("golden/quantiles-v1.bin");
    let model = QuantileModel::from_bytes(bytes).unwrap();
    assert_eq!(model.levels(), [0.1, 0.5, 0.9]);
    let found = ASKED.map(|row| {
        let mut levels = [0.0; 3];
        model.predict_row(&row, &mut levels).unwrap();
        levels
    });
    let expected = [
        [1.8100000023841858, 6.539999997615814, 9.8],
        [2.2899999976158143, 6.540000009536743, 9.7],
        [2.2899999976158143, 7.570000004768372, 10.497999997138978],
        [2.0899999998509884, 6.539999997615814, 9.8],
    ];
    assert_close(found.as_flattened(), expected.as_flattened());
    assert_eq!(model.to_bytes().unwrap(), bytes);
}
