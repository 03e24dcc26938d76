//! Model folders: written, read back, damaged.

use std::fs;
use std::path::Path;

use forecast_model::artifact::{self, ArtifactError, ArtifactInfo};
use forecast_model::{Family, ForecastModel, ForecastRequest};

use crate::support::{HORIZON, SERIES, horizon, levels, panel, trained};

fn about() -> ArtifactInfo {
    ArtifactInfo {
        artifact_path: "model".to_owned(),
        run_id: Some("0123456789abcdef0123456789abcdef".to_owned()),
        model_id: Some("m-0123456789abcdef0123456789abcdef".to_owned()),
        mlflow_version: Some("3.17.2".to_owned()),
    }
}

fn answers(model: &ForecastModel) -> forecast_core::Forecast {
    let all: Vec<usize> = (0..SERIES).collect();
    let levels = levels(&[0.2, 0.8]);
    let request = ForecastRequest { series: &all, horizon: horizon(), levels: &levels, future: None };
    model.forecast(&request).unwrap()
}

#[test]
fn what_was_written_answers_the_same() {
    let panel = panel(HORIZON as usize);
    for &family in Family::all() {
        let (model, _) = trained(&panel, family);
        let dir = tempfile::tempdir().unwrap();
        artifact::write(&model, dir.path(), &about()).unwrap();
        let back = artifact::read(dir.path()).unwrap();
        assert_eq!(answers(&back), answers(&model), "{family}");
        assert_eq!(back.card().family, family);
        assert_eq!(back.feature_importance(), model.feature_importance());
        assert_eq!(back.history(2), model.history(2));
        let levels = levels(&[]);
        let panels = [&back, &model].map(|model| model.forecast_panel(&panel, horizon(), &levels).unwrap());
        assert_eq!(panels[0], panels[1]);
    }
}

#[test]
fn equal_models_are_equal_bytes_whatever_the_clock_says() {
    let panel = panel(HORIZON as usize);
    let digest = || {
        let (model, _) = trained(&panel, Family::ExtraTrees);
        let dir = tempfile::tempdir().unwrap();
        artifact::write(&model, dir.path(), &ArtifactInfo::default()).unwrap().model_sha256
    };
    assert_eq!(digest(), digest());
}

#[test]
fn the_folder_says_what_it_is() {
    let (model, _) = trained(&panel(HORIZON as usize), Family::Ridge);
    let dir = tempfile::tempdir().unwrap();
    let summary = artifact::write(&model, dir.path(), &about()).unwrap();
    let files: Vec<&str> = summary.files.iter().map(|file| file.path.as_str()).collect();
    let expected = [
        "MLmodel",
        "card.json",
        "feature_plan.json",
        "input_example.json",
        "manifest.json",
        "metrics.json",
        "model.bin",
    ];
    assert_eq!(files, expected);
    let size = summary.files.iter().find(|file| file.path == "model.bin").unwrap().bytes;
    let description = fs::read_to_string(dir.path().join("MLmodel")).unwrap();
    insta::assert_snapshot!(
        description.replace(&format!("model_size_bytes: {size}"), "model_size_bytes: [size]")
    );
    insta::assert_snapshot!(fs::read_to_string(dir.path().join("input_example.json")).unwrap());
}

/// A ridge model of few bytes, in a folder.
fn folder() -> tempfile::TempDir {
    let (model, _) = trained(&panel(0), Family::Ridge);
    let dir = tempfile::tempdir().unwrap();
    artifact::write(&model, dir.path(), &about()).unwrap();
    dir
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let dir = folder();
    for name in
        ["MLmodel", "card.json", "feature_plan.json", "input_example.json", "metrics.json", "model.bin"]
    {
        let path = dir.path().join(name);
        let sound = fs::read(&path).unwrap();
        let places = (0..sound.len()).step_by((sound.len() / 60).max(1));
        for place in places {
            let mut broken = sound.clone();
            broken[place] ^= 1;
            fs::write(&path, &broken).unwrap();
            let error = artifact::read(dir.path()).unwrap_err();
            assert!(
                matches!(&error, ArtifactError::Damaged { path: named, .. } if *named == path),
                "{error}"
            );
        }
        fs::write(&path, &sound).unwrap();
    }
    artifact::read(dir.path()).unwrap();
}

#[test]
fn a_changed_manifest_is_refused_or_says_the_same() {
    let dir = folder();
    let path = dir.path().join("manifest.json");
    let sound = fs::read(&path).unwrap();
    let expected = answers_without_future(dir.path()).unwrap();
    for place in 0..sound.len() {
        let mut broken = sound.clone();
        broken[place] ^= 1;
        fs::write(&path, &broken).unwrap();
        if let Ok(answer) = answers_without_future(dir.path()) {
            assert_eq!(answer, expected, "byte {place}");
        }
    }
}

fn answers_without_future(dir: &Path) -> Result<Vec<(String, f64)>, ArtifactError> {
    artifact::read(dir).map(|model| model.feature_importance())
}

#[test]
fn cut_and_missing_files_are_refused() {
    let dir = folder();
    let path = dir.path().join("model.bin");
    let sound = fs::read(&path).unwrap();
    for length in [0, 7, 51, 52, sound.len() - 1] {
        fs::write(&path, &sound[..length]).unwrap();
        let error = artifact::read(dir.path()).unwrap_err();
        assert!(error.to_string().contains("instead of"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    let error = artifact::read(dir.path()).unwrap_err();
    assert!(
        error.to_string().contains("model.bin is missing: fetch the whole model folder again"),
        "{error}"
    );
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(artifact::read(empty.path()), Err(ArtifactError::Missing { .. })));
}

#[test]
fn a_newer_format_names_the_remedy() {
    let dir = folder();
    let path = dir.path().join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(r#""major": 1"#, r#""major": 3"#)).unwrap();
    let error = artifact::read(dir.path()).unwrap_err();
    assert!(matches!(error, ArtifactError::NewerFormat { .. }));
    assert!(error.to_string().contains("has model format 3.0, but this release reads up to 2.0"), "{error}");
}

/// Folders that a release wrote, by the version of their format, with what it forecast then: the mean of
/// the first series over the first three steps.
const GOLDEN: [(&str, Family, [f64; 3]); 2] = [
    ("format-1.0-ridge", Family::Ridge, [3.5982793268565203, 3.5629740418260254, 6.276992771081846]),
    ("format-2.0-boosted", Family::Boosted, [4.184234074735009, 3.2252900578886345, 5.812146060728344]),
];

#[test]
fn folders_of_every_format_are_still_read() {
    for (name, family, expected) in GOLDEN {
        let model = artifact::read(&Path::new("tests/golden").join(name)).unwrap();
        assert_eq!(model.card().family, family, "{name}");
        let levels = levels(&[]);
        let horizon = forecast_core::Horizon::new(3).unwrap();
        let request = ForecastRequest { series: &[0], horizon, levels: &levels, future: None };
        let answer = model.forecast(&request).unwrap();
        for (found, expected) in answer.series[0].mean.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9 * expected, "{name}: {found} for {expected}");
        }
    }
}

#[test]
fn only_boosted_trees_need_the_newest_format() {
    let panel = panel(0);
    for (family, major) in [(Family::Ridge, 1), (Family::Boosted, 2)] {
        let dir = tempfile::tempdir().unwrap();
        artifact::write(&trained(&panel, family).0, dir.path(), &about()).unwrap();
        let manifest = fs::read_to_string(dir.path().join("manifest.json")).unwrap();
        assert!(manifest.contains(&format!("\"major\": {major}")), "{family}: {manifest}");
        let description = fs::read_to_string(dir.path().join("MLmodel")).unwrap();
        assert!(description.contains(&format!("format: '{major}.0'")), "{family}: {description}");
        assert_eq!(fs::read(dir.path().join("model.bin")).unwrap()[8], major);
    }
}
