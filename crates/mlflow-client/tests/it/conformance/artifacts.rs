//! Artifacts: files and trees, both ways, whatever their names and sizes.

use std::path::Path;

use mlflow_client::MlflowStore;
use mlflow_client::types::Transfer;

use super::run;
use crate::support::refused;

const NAMES: [&str; 5] =
    ["MLmodel", "data/model.bin", "data/deep/er/x.json", "with space & =+;'.txt", "é/ünï.txt"];

pub(super) async fn check(store: &dyn MlflowStore) {
    files(store).await;
    trees(store).await;
}

async fn files(store: &dyn MlflowStore) {
    let root = run(store).await.info.artifact_root().unwrap();
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(store.list_artifacts(&root).await.unwrap(), []);

    let local = dir.path().join("local.bin");
    let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
    std::fs::write(&local, &bytes).unwrap();
    let target = root.join("folder/remote.bin").unwrap();
    assert_eq!(store.upload_file(&local, &target).await.unwrap(), 300_000);
    assert_eq!(store.read_artifact(&target).await.unwrap(), bytes);
    let back = dir.path().join("back.bin");
    assert_eq!(store.download_file(&target, &back).await.unwrap(), 300_000);
    assert_eq!(std::fs::read(&back).unwrap(), bytes);

    // A second upload replaces the first; nothing is no problem.
    store.upload_bytes(b"short".to_vec(), &target).await.unwrap();
    assert_eq!(store.read_artifact(&target).await.unwrap(), b"short");
    let empty = root.join("empty").unwrap();
    store.upload_bytes(Vec::new(), &empty).await.unwrap();
    assert_eq!(store.read_artifact(&empty).await.unwrap(), b"");

    let listed = store.list_artifacts(&root).await.unwrap();
    let entries: Vec<_> =
        listed.iter().map(|f| (f.path.as_str(), f.is_dir, f.size_bytes.unwrap_or(-1))).collect();
    assert_eq!(entries, [("empty", false, 0), ("folder", true, -1)]);
    let inside = store.list_artifacts(&root.join("folder").unwrap()).await.unwrap();
    assert_eq!((inside[0].path.as_str(), inside[0].size_bytes), ("remote.bin", Some(5)));
    assert_eq!(store.list_artifacts(&root.join("nowhere").unwrap()).await.unwrap(), []);

    let missing = root.join("missing").unwrap();
    refused!(store.read_artifact(&missing).await, NotFound);
    refused!(store.download_file(&missing, &dir.path().join("missing")).await, NotFound);
    refused!(store.upload_file(&dir.path().join("nowhere"), &target).await, File);
    refused!(store.download_file(&target, &dir.path().join("no/such/folder")).await, File);
    assert_eq!(names_in(dir.path()), ["back.bin", "local.bin"], "failed downloads leave nothing behind");
}

async fn trees(store: &dyn MlflowStore) {
    let root = run(store).await.info.artifact_root().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    for name in NAMES {
        let file = from.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, name.repeat(3)).unwrap();
    }
    let bytes = NAMES.iter().map(|name| name.len() as u64 * 3).sum();
    let whole = Transfer { files: 5, bytes };
    let target = root.join("model").unwrap();
    assert_eq!(store.upload_dir(&from, &target).await.unwrap(), whole);
    assert_eq!(store.download_dir(&target, &to).await.unwrap(), whole);
    for name in NAMES {
        assert_eq!(std::fs::read_to_string(to.join(name)).unwrap(), name.repeat(3));
    }
    refused!(store.download_dir(&root.join("nowhere").unwrap(), &to).await, NotFound);
    refused!(store.upload_dir(&dir.path().join("nowhere"), &target).await, File);
    std::fs::write(from.join("50%.txt"), "x").unwrap();
    refused!(store.upload_dir(&from, &target).await, InvalidParameter);
}

fn names_in(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}
