//! Big files through a real server, in little memory.

use std::io::{Read, Write};
use std::path::Path;

use forecast_testkit::mlflow::MlflowServer;
use mlflow_client::connect;
use mlflow_client::types::{NewExperiment, NewRun};

use crate::support::{config, unique};

const SIZE: usize = 96 << 20;
/// Far below the file; other tests of the process allocate at the same time.
const MEMORY: u64 = 32 << 20;

#[tokio::test]
async fn big_files_pass_in_little_memory() {
    let server = MlflowServer::shared().unwrap();
    let store = connect(&config(server.url())).await.unwrap();
    let experiment = store.create_experiment(&NewExperiment::new(unique("big"))).await.unwrap();
    let run = store.create_run(&NewRun::new(experiment)).await.unwrap().info;
    let uri = run.artifact_root().unwrap().join("big.bin").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from.bin"), dir.path().join("to.bin"));
    write_numbers(&from);

    let before = peak_memory();
    assert_eq!(store.upload_file(&from, &uri).await.unwrap(), SIZE as u64);
    assert_eq!(store.download_file(&uri, &to).await.unwrap(), SIZE as u64);
    let grown = peak_memory() - before;
    assert!(same(&from, &to));
    assert!(grown < MEMORY, "memory grew by {grown} bytes");
    let error = store.read_artifact(&uri).await.unwrap_err().to_string();
    assert!(error.contains("download it to a file"), "{error}");
}

/// Every eight bytes count on, so that a piece lost, doubled or moved shows.
fn write_numbers(path: &Path) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for number in 0..(SIZE as u64 / 8) {
        file.write_all(&number.to_le_bytes()).unwrap();
    }
}

fn same(a: &Path, b: &Path) -> bool {
    let mut files = [a, b].map(|path| std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let mut blocks = [vec![0; 1 << 16], vec![0; 1 << 16]];
    for _ in 0..SIZE >> 16 {
        for (file, block) in files.iter_mut().zip(&mut blocks) {
            file.read_exact(block).unwrap();
        }
        if blocks[0] != blocks[1] {
            return false;
        }
    }
    true
}

/// The most memory that this process has had, in bytes; zero where the system does not say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1_024
}
