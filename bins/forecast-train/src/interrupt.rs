//! Ctrl-C and SIGTERM: the first asks the run to end, the second ends the process at once.

use forecast_pipeline::Cancellation;

use crate::exit::Exit;

/// Cancels when the process is asked to end. Must be called inside a runtime.
pub(crate) fn cancel_on_signal(cancel: Cancellation) {
    tokio::spawn(async move {
        asked_to_end().await;
        eprintln!("forecast-train: stopping; press Ctrl-C again to stop at once");
        cancel.cancel();
        asked_to_end().await;
        std::process::exit(Exit::Interrupted as i32);
    });
}

#[cfg(unix)]
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => ctrl_c().await,
    }
}

#[cfg(not(unix))]
async fn asked_to_end() {
    ctrl_c().await;
}

/// Waits for ever where the system cannot tell.
async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
