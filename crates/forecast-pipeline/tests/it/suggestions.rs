//! The `forecast.toml` that a look at a table suggests.

use std::path::Path;

use forecast_core::Horizon;
use forecast_pipeline::{Settings, suggest_config, usual_horizon};

use crate::shop::Shop;

#[test]
fn a_shop_is_understood() {
    let shop = Shop::new();
    let path = shop.path("sales.csv");
    let text = suggest_config(Path::new(&path)).unwrap();
    insta::assert_snapshot!(text.replace(&path, "sales.csv"));
    assert!(Settings::from_toml(&text).unwrap().check().is_ok());
    // A folder is looked at by its first table.
    assert!(suggest_config(shop.folder.path()).is_ok());
}

#[test]
fn other_ways_of_writing_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ventes.csv");
    let rows: String = (1..=28)
        .flat_map(|day| ["Paris", "Lyon"].map(|shop| format!("{day:02}/02/2025;{shop};{day},5;{day}\n")))
        .collect();
    std::fs::write(&path, format!("jour;boutique;prix;ventes\n{rows}")).unwrap();
    let settings = Settings::from_toml(&suggest_config(&path).unwrap()).unwrap();
    assert_eq!(settings.time.as_deref(), Some("jour"));
    assert_eq!(settings.time_format.as_deref(), Some("%d/%m/%Y"));
    assert_eq!(settings.target.as_deref(), Some("ventes"));
    assert_eq!(settings.series.unwrap().0, ["boutique"]);
    assert_eq!(settings.known_future.unwrap().0, ["prix"]);
    assert_eq!(settings.decimal, Some(forecast_features::ingest::DecimalMark::Comma));
    let horizon = usual_horizon(&[path.display().to_string()], "jour", Some("%d/%m/%Y"));
    assert_eq!(horizon.map(Horizon::steps), Some(4), "a sixth of 28 days");
    assert_eq!(usual_horizon(&[path.display().to_string()], "jour", Some("%Y")), None);
    assert_eq!(usual_horizon(&[path.display().to_string()], "nowhere", None), None);
}

#[test]
fn the_horizon_suits_a_table_in_several_files() {
    let folder = tempfile::tempdir().unwrap();
    for month in 1..=3 {
        let rows: String = (1..=28).map(|day| format!("2025-{month:02}-{day:02},{day}\n")).collect();
        std::fs::write(folder.path().join(format!("sales-{month}.csv")), format!("date,sales\n{rows}"))
            .unwrap();
    }
    let root = folder.path().display();
    let steps = |data: &[String]| usual_horizon(data, "date", None).map(Horizon::steps);
    assert_eq!(steps(&[format!("{root}/sales-1.csv")]), Some(4), "a sixth of 28 days");
    assert_eq!(steps(&[format!("{root}/sales-1.csv"), format!("{root}/sales-2.csv")]), Some(28));
    assert_eq!(steps(&[format!("{root}/sales-*.csv")]), Some(28));
    assert_eq!(steps(&[root.to_string()]), Some(28));
    assert!(suggest_config(&folder.path().join("sales-*.csv")).is_ok());
}

#[test]
fn a_table_without_a_header_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.csv");
    std::fs::write(&path, "2025-01-01,3\n2025-01-02,4\n").unwrap();
    let error = suggest_config(&path).unwrap_err().to_string();
    assert!(error.contains("is named `2025-01-01`, like a date"), "{error}");
}
