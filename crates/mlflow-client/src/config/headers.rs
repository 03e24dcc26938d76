//! A hook for headers that depend on the moment.

use std::fmt;
use std::sync::Arc;

/// Gives the headers to add to a request, asked once per attempt. This is how tracing context
/// (`traceparent`) gets in without this crate knowing any telemetry library.
#[derive(Clone)]
pub struct HeaderInjector(Arc<dyn Fn() -> Vec<(String, String)> + Send + Sync>);

impl HeaderInjector {
    /// Wraps a function that gives names and values. Malformed ones are left out.
    pub fn new(headers: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static) -> Self {
        Self(Arc::new(headers))
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        (self.0)()
    }
}

impl fmt::Debug for HeaderInjector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeaderInjector(..)")
    }
}
