//! One keep-alive connection that hides nothing: no pool, no retry.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::tally::Failure;

/// Where to connect to, and what to ask there.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// `host:port`.
    pub(crate) authority: String,
    /// Path of the request.
    pub(crate) path: String,
}

impl Target {
    /// `POST /forecast` below a base address.
    pub(crate) fn forecast(base_url: &str) -> Result<Self, String> {
        let uri: Uri = base_url.parse().map_err(|reason| format!("{base_url} is no address: {reason}"))?;
        let authority = uri.authority().ok_or_else(|| format!("{base_url} names no host"))?;
        if uri.scheme_str() != Some("http") {
            return Err(format!("{base_url} is not http: load it behind its TLS, such as by a port-forward"));
        }
        let port = uri.port_u16().unwrap_or(80);
        let path = format!("{}/forecast", uri.path().trim_end_matches('/'));
        Ok(Self { authority: format!("{}:{port}", authority.host()), path })
    }
}

/// A connection that is open, as far as is known.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> Result<Self, Failure> {
        let stream = TcpStream::connect(&target.authority).await;
        let stream = stream.map_err(|reason| Failure::new("not connected", &reason))?;
        stream.set_nodelay(true).map_err(|reason| Failure::new("not connected", &reason))?;
        let (sender, driver) =
            handshake(TokioIo::new(stream)).await.map_err(|reason| Failure::new("not connected", &reason))?;
        // Its errors arrive at the request that they are about.
        tokio::spawn(async move { drop(driver.await) });
        Ok(Self { sender })
    }

    /// Whether the other side may still be asked: it has not closed, nor said that it will.
    pub(crate) async fn is_open(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Asks once, and reads the whole answer.
    pub(crate) async fn post(
        &mut self,
        target: &Target,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let request = Request::post(&target.path)
            .header(HOST, &target.authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|reason| Failure::new("not sent", &reason))?;
        let sent = self.sender.send_request(request).await;
        let answer = sent.map_err(|reason| Failure::new("no answer", &whole(&reason)))?;
        let status = answer.status();
        let body = answer.into_body().collect().await;
        let body = body.map_err(|reason| Failure::new("answer broke off", &whole(&reason)))?;
        Ok((status, body.to_bytes()))
    }
}

fn whole(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forecast_path_is_below_the_base_address() {
        let target = Target::forecast("http://localhost:8080/ml/").unwrap();
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("localhost:8080", "/ml/forecast"));
        assert_eq!(Target::forecast("http://forecast-service").unwrap().authority, "forecast-service:80");
    }

    #[test]
    fn addresses_that_cannot_be_loaded_are_named() {
        for (address, says) in
            [("/forecast", "names no host"), ("localhost:8080", "is not http"), ("https://x", "is not http")]
        {
            let refused = Target::forecast(address).map(|target| target.authority).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
    }
}
