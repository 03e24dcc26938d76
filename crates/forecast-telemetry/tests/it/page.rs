//! The Prometheus page: its names are what dashboards and alerts are built on.

use std::time::{Duration, SystemTime};

use forecast_telemetry::{ApiMetrics, ModelInfo, ModelLoadOutcome, QueueLoad, build};

use crate::support::{Lines, config};

fn page() -> String {
    let (_dispatch, telemetry) = build(&config(&[]), Lines::default()).unwrap();
    let metrics = ApiMetrics::new(telemetry.metrics());
    metrics.begin_request("POST", Some("/forecast")).finish(200);
    metrics.forecast_served(3);
    metrics.expect_refusals(["overloaded"]);
    metrics.observe_queue(QueueLoad::default);
    metrics.model_loaded(ModelLoadOutcome::Registry);
    metrics.set_model(ModelInfo {
        name: "demand-forecast".to_owned(),
        version: "7".to_owned(),
        run_id: "0a1b".to_owned(),
        alias: "production".to_owned(),
        trained_at: SystemTime::now() - Duration::from_secs(60),
    });
    metrics.render_prometheus().unwrap()
}

#[test]
fn the_families_have_stable_names_and_types() {
    let page = page();
    let mut families: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).collect();
    // Only there where the machine that tests has a limit.
    families.retain(|line| !line.contains("process_memory_limit_bytes"));
    families.sort_unstable();
    insta::assert_snapshot!(families.join("\n"));
}

#[test]
fn the_durations_fall_into_the_conventions_buckets() {
    let page = page();
    let labels = "http_request_method=\"POST\",http_response_status_code=\"200\",http_route=\"/forecast\"";
    let family = "http_server_request_duration_seconds";
    for bound in ["0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "10"] {
        let bucket = format!("{family}_bucket{{{labels},le=\"{bound}\"}}");
        assert!(page.contains(&bucket), "{bucket} in {page}");
    }
    assert!(page.contains(&format!("{family}_bucket{{{labels},le=\"+Inf\"}} 1")), "{page}");
    assert!(page.contains(&format!("{family}_count{{{labels}}} 1")), "{page}");
}

#[test]
fn the_program_is_named() {
    let page = page();
    let info = page.lines().find(|line| line.starts_with("target_info{")).unwrap();
    assert!(info.contains("service_name=\"forecast-api\""), "{info}");
    assert!(info.contains("service_version=\"1.0.0\""), "{info}");
}
