//! Ctrl-C and SIGTERM: the first asks the run to end, the second ends the process at once.

use std::io;

use forecast_pipeline::Cancellation;

use crate::exit::Exit;
use crate::say::say;

/// Cancels when the process is asked to end. From the return of this function on no signal is lost.
/// Must be called inside a runtime.
///
/// # Errors
/// The system does not let signals be heard.
pub(crate) fn cancel_on_signal(cancel: Cancellation) -> io::Result<()> {
    let mut signals = Signals::listen()?;
    tokio::spawn(async move {
        signals.next().await;
        say(format_args!("forecast-train: stopping; press Ctrl-C again to stop at once"));
        cancel.cancel();
        signals.next().await;
        std::process::exit(Exit::Interrupted as i32);
    });
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
