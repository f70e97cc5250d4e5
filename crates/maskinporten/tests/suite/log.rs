//! What a test's own thread logs.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Level};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

/// Everything that this thread logs while the guard lives.
pub(crate) fn capture() -> (Log, DefaultGuard) {
    capture_at(Level::TRACE)
}

/// The same down to this level.
pub(crate) fn capture_at(level: Level) -> (Log, DefaultGuard) {
    capture_with(level, FmtSpan::NONE)
}

/// The same, with the spans that close.
pub(crate) fn capture_spans() -> (Log, DefaultGuard) {
    capture_with(Level::INFO, FmtSpan::CLOSE)
}

/// Where there is but one subscriber, tracing asks that of the thread which comes by first whether anybody listens, and stays with
/// it; other tests' threads have none.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

fn capture_with(level: Level, spans: FmtSpan) -> (Log, DefaultGuard) {
    LazyLock::force(&ANOTHER);
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_span_events(spans)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    #[cfg(feature = "redis")]
    pub(crate) fn count(&self, text: &str) -> usize {
        self.text().matches(text).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
