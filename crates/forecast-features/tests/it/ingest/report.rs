//! The data-quality report of a small table with a bit of everything.

use std::cell::RefCell;

use forecast_features::ingest::{IngestRequest, IngestStage, QualityReport, ingest};

use super::support::{Ingestion, Tables, setup};

fn table() -> Ingestion {
    let mut text = "date,store,sales,price,region,stock\n".to_owned();
    for day in 1..=28 {
        text.push_str(&format!("2024-01-{day:02},steady,{},9.5,north,1\n", 4 + day % 3));
        text.push_str(&format!("2024-01-{day:02},zero,0,,south,1\n"));
    }
    text.push_str("2024-01-01,gone,3,1,north,1\n2024-01-03,gone,2,1,north,0\n");
    text.push_str("2024-01-05,rare,1,1,,1\n2024-01-15,rare,40,1,,\n2024-01-28,young,-1,1,north,1\n");
    let described = setup()
        .covariates(&["price"])
        .statics(&["region"])
        .spec(|spec| spec.available = Some("stock".into()))
        .options(|options| options.gaps = Some(forecast_features::ingest::Gaps::Zero));
    Ingestion { tables: Tables::of(&text), setup: described }
}

#[test]
fn the_report_says_what_the_table_is_like() {
    let ingested = table().run();
    insta::assert_json_snapshot!("quality_report", ingested.quality);
    let text = serde_json::to_string(&ingested.quality).unwrap();
    assert_eq!(serde_json::from_str::<QualityReport>(&text).unwrap(), ingested.quality);
}

#[test]
fn the_report_can_be_read_by_people() {
    let ingestion = table();
    let quality = ingestion.run().quality;
    insta::assert_snapshot!("quality_report_markdown", ingestion.tables.cleaned(&quality.to_markdown()));
    assert!(quality.to_string().contains("Series constant / dead / ended early"));
}

#[test]
fn the_source_is_described_for_the_tracker() {
    let ingested = table().run();
    assert_eq!(ingested.source.rows, 61);
    assert_eq!(ingested.source.digest.len(), 32);
    insta::assert_json_snapshot!("schema", ingested.source.schema);
}

#[test]
fn progress_is_told_to_the_end() {
    let Ingestion { tables, setup } = table();
    let seen = RefCell::new(Vec::new());
    let data = [tables.path("sales.csv").display().to_string()];
    let request = IngestRequest { data: &data, future: &[], spec: &setup.spec, options: &setup.options };
    ingest(&request, &|progress| seen.borrow_mut().push(progress)).unwrap();
    let seen = seen.into_inner();
    let stages: Vec<IngestStage> = seen.iter().map(|progress| progress.stage).collect();
    assert_eq!(stages, [IngestStage::Reading, IngestStage::Assembling, IngestStage::Profiling]);
    let last = seen.last().unwrap();
    assert_eq!((last.rows, last.bytes_read), (61, last.bytes_total));
}
