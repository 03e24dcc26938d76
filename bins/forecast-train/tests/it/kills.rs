//! `kill -9` at ten moments of a run: whatever is registered is complete, and the next run works.

use std::io::{BufRead, BufReader};
use std::path::Path;

use forecast_model::artifact;
use forecast_pipeline::mlflow::MlflowStore;
use forecast_pipeline::mlflow::store::all_model_versions;
use forecast_pipeline::mlflow::types::{LoggedModelStatus, RegistryQuery, RunStatus};

use crate::shop::{BASICS, Shop};

const MOMENTS: usize = 10;
const MODEL: &str = "survivor";

#[tokio::test]
async fn killed_runs_leave_no_half_of_a_version() {
    let shop = Shop::new();
    let arguments = [&BASICS[..], &["--register", MODEL]].concat();
    let whole = shop.run(&arguments);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let lines = whole.stderr.lines().count();
    assert!(lines >= MOMENTS, "moments to be killed at: {}", whole.stderr);
    for moment in 0..MOMENTS {
        let after = 1 + moment * (lines - 1) / (MOMENTS - 1);
        let mut program = shop.program(&arguments).spawn().unwrap();
        let said = BufReader::new(program.stderr.take().unwrap()).lines().take(after).count();
        program.kill().unwrap();
        program.wait().unwrap();
        assert_eq!(said, after, "it was killed after a line that it said");
    }
    let killed = registered(shop.store().await.as_ref(), shop.folder()).await;
    let again = shop.run(&arguments);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let after = registered(shop.store().await.as_ref(), shop.folder()).await;
    assert_eq!(after, killed + 1);

    let runs = shop.runs().await;
    assert_eq!(runs.len(), MOMENTS + 2);
    let unfinished = runs.iter().filter(|run| run.info.status == RunStatus::Running).count();
    assert!(unfinished > 0, "some of them were really in the middle");
}

/// How many versions there are; all of them are complete.
async fn registered(store: &dyn MlflowStore, folder: &Path) -> usize {
    let versions = all_model_versions(store, RegistryQuery::default()).await.unwrap();
    for version in &versions {
        let model = store.get_logged_model(&version.model_id).await.unwrap();
        assert_eq!(model.info.status, LoggedModelStatus::Ready, "{version:?}");
        let to = folder.join(format!("download-{}", version.version));
        let from = store.get_download_uri(&version.name, version.version).await.unwrap();
        store.download_dir(&from, &to).await.unwrap();
        artifact::read(&to).unwrap();
    }
    versions.len()
}
