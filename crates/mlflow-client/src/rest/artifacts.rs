//! Files through the server's artifact proxy, streamed both ways.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, Method, Response};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;
use url::Url;
use uuid::Uuid;

use super::RestStore;
use super::answer::{Effect, Failure, transport};
use super::call::Repeat;
use crate::store::READ_LIMIT_BYTES;
use crate::types::FileInfo;
use crate::{ArtifactStore, ArtifactUri, Error, Result};

const UPLOAD: &str = "upload artifact";
const DOWNLOAD: &str = "download artifact";
const LIST: &str = "list artifacts";

#[derive(Deserialize)]
struct Listing {
    #[serde(default)]
    files: Vec<FileInfo>,
}

impl RestStore {
    /// The path below the proxy's root that an address stands for.
    fn proxied<'a>(&self, operation: &'static str, uri: &'a ArtifactUri) -> Result<&'a str> {
        let refuse = |why: &str| {
            Err(Error::Unsupported {
                operation,
                detail: format!(
                    "{why} ({uri}); run the server with `--serve-artifacts --artifacts-destination …`, so \
                     that its runs and models have `mlflow-artifacts:` addresses"
                ),
            })
        };
        let Some(rest) = uri.as_str().strip_prefix("mlflow-artifacts:") else {
            return refuse("only artifacts that the server itself serves can be reached");
        };
        let rest = rest.split('?').next().unwrap_or_default();
        match rest.strip_prefix("//") {
            None => Ok(rest.trim_matches('/')),
            Some(rest) => {
                let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                if !host.is_empty() && host != self.http.host() {
                    return refuse("the artifacts are on another server, which gets none of our credentials");
                }
                Ok(path.trim_matches('/'))
            }
        }
    }

    fn artifact_url(&self, operation: &'static str, uri: &ArtifactUri) -> Result<Url> {
        let path = self.proxied(operation, uri)?;
        Ok(self.http.url(["api", "2.0", "mlflow-artifacts", "artifacts"].into_iter().chain(path.split('/'))))
    }

    /// The time that an upload may take.
    fn upload_timeout(&self, size_bytes: u64) -> Duration {
        let timeouts = &self.http.timeouts;
        let slowest = u64::from(timeouts.slowest_upload_bytes_per_s.get());
        timeouts.request.saturating_add(Duration::from_secs(size_bytes / slowest))
    }

    async fn put_file(&self, local: &Path, url: Url) -> Result<u64, Failure> {
        let unreadable = |source| Error::File { operation: UPLOAD, path: local.to_owned(), source };
        let file = tokio::fs::File::open(local).await.map_err(unreadable)?;
        let size = file.metadata().await.map_err(unreadable)?.len();
        // The length is promised before; a file that grows meanwhile is sent as it was.
        let body = Body::wrap_stream(ReaderStream::new(file.take(size)));
        let request = self
            .http
            .request(Method::PUT, url, Some(self.upload_timeout(size)))
            .header(CONTENT_LENGTH, size)
            .body(body);
        self.http.send(UPLOAD, request).await?;
        Ok(size)
    }

    /// Asks for a file. The answer has to begin within the usual time; how long the rest takes
    /// depends on its size, so that only pauses are limited (see [`next_piece`](Self::next_piece)).
    async fn get(&self, url: &Url) -> Result<Response, Failure> {
        let request = self.http.request(Method::GET, url.clone(), None);
        match tokio::time::timeout(self.http.timeouts.request, self.http.send(DOWNLOAD, request)).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(late(self.http.timeouts.request, elapsed)),
        }
    }

    async fn next_piece(&self, response: &mut Response) -> Result<Option<impl AsRef<[u8]> + use<>>, Failure> {
        match tokio::time::timeout(self.http.timeouts.idle, response.chunk()).await {
            Ok(piece) => piece.map_err(|error| transport(&self.http, DOWNLOAD, error)),
            Err(elapsed) => Err(late(self.http.timeouts.idle, elapsed)),
        }
    }

    async fn get_file(&self, url: &Url, part: &Path) -> Result<u64, Failure> {
        let unwritable = |source| Error::File { operation: DOWNLOAD, path: part.to_owned(), source };
        let mut response = self.get(url).await?;
        let mut file = tokio::fs::File::create(part).await.map_err(unwritable)?;
        let mut size = 0;
        while let Some(piece) = self.next_piece(&mut response).await? {
            file.write_all(piece.as_ref()).await.map_err(unwritable)?;
            size += piece.as_ref().len() as u64;
        }
        file.flush().await.map_err(unwritable)?;
        Ok(size)
    }

    async fn get_bytes(&self, url: &Url) -> Result<Vec<u8>, Failure> {
        let mut response = self.get(url).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = self.next_piece(&mut response).await? {
            bytes.extend_from_slice(piece.as_ref());
            if bytes.len() as u64 > READ_LIMIT_BYTES {
                let detail = format!("the artifact is over {READ_LIMIT_BYTES} bytes; download it to a file");
                return Err(Error::InvalidParameter { operation: DOWNLOAD, detail }.into());
            }
        }
        Ok(bytes)
    }
}

#[async_trait]
impl ArtifactStore for RestStore {
    async fn list_artifacts(&self, folder: &ArtifactUri) -> Result<Vec<FileInfo>> {
        let mut url = self.http.url(["api", "2.0", "mlflow-artifacts", "artifacts"]);
        url.query_pairs_mut().append_pair("path", self.proxied(LIST, folder)?);
        let attempt = || async {
            let request = self.http.request(Method::GET, url.clone(), Some(self.http.timeouts.request));
            let response = self.http.send(LIST, request).await?;
            response.json::<Listing>().await.map_err(|error| transport(&self.http, LIST, error))
        };
        let mut files = self.http.repeating(LIST, Repeat::Freely, attempt).await?.files;
        for file in files.iter_mut().filter(|file| !file.is_dir) {
            // The server leaves out a size of zero, as it does every zero.
            file.size_bytes.get_or_insert(0);
        }
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    async fn upload_file(&self, local: &Path, target: &ArtifactUri) -> Result<u64> {
        let url = self.artifact_url(UPLOAD, target)?;
        self.http.repeating(UPLOAD, Repeat::Freely, || self.put_file(local, url.clone())).await
    }

    async fn upload_bytes(&self, bytes: Vec<u8>, target: &ArtifactUri) -> Result<()> {
        let url = self.artifact_url(UPLOAD, target)?;
        let attempt = || async {
            let timeout = self.upload_timeout(bytes.len() as u64);
            let request = self.http.request(Method::PUT, url.clone(), Some(timeout)).body(bytes.clone());
            self.http.send(UPLOAD, request).await.map(|_| ())
        };
        self.http.repeating(UPLOAD, Repeat::Freely, attempt).await
    }

    async fn download_file(&self, source: &ArtifactUri, local: &Path) -> Result<u64> {
        let url = self.artifact_url(DOWNLOAD, source)?;
        let part = PartFile::beside(local);
        let size = self.http.repeating(DOWNLOAD, Repeat::Freely, || self.get_file(&url, &part.path)).await?;
        part.finish(local).await?;
        Ok(size)
    }

    async fn read_artifact(&self, source: &ArtifactUri) -> Result<Vec<u8>> {
        let url = self.artifact_url(DOWNLOAD, source)?;
        self.http.repeating(DOWNLOAD, Repeat::Freely, || self.get_bytes(&url)).await
    }
}

fn late(after: Duration, elapsed: tokio::time::error::Elapsed) -> Failure {
    let error = Error::Timeout { operation: DOWNLOAD, after, source: elapsed.into() };
    Failure { error, effect: Effect::Unknown }
}

/// A download under way. It is removed unless it was finished, also when its future is dropped.
#[derive(Debug)]
struct PartFile {
    path: PathBuf,
}

impl PartFile {
    fn beside(local: &Path) -> Self {
        let name = local.file_name().unwrap_or_default().to_string_lossy();
        Self { path: local.with_file_name(format!(".{name}.{}.part", Uuid::new_v4().simple())) }
    }

    async fn finish(self, local: &Path) -> Result<()> {
        tokio::fs::rename(&self.path, local).await.map_err(|source| Error::File {
            operation: DOWNLOAD,
            path: local.to_owned(),
            source,
        })
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // Gone already after a rename; where it cannot be removed there is nobody to tell.
        let _ignored = std::fs::remove_file(&self.path);
    }
}
