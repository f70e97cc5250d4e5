//! How a program ends.

use std::io;

/// Listens for SIGINT and SIGTERM from now on; the future is ready once one came. Wants a runtime to be entered.
#[cfg(unix)]
pub(super) fn ended_by_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The future is ready once Ctrl-C was pressed.
#[cfg(not(unix))]
pub(super) fn ended_by_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
