//! Nothing that is printed may hold a secret: marker values, a subscriber that reads every line at TRACE, and a check of
//! everything else that a scenario can print.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, Once, PoisonError, RwLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Record};
use tracing::{Event, Id, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

/// Every marker holds this, and nothing else in the project does.
const SIGN: &str = "mArKeR";

/// What a token (a JWT) shows of itself, whole or cut off: `{"typ":` or `{"alg":` in base64 at its start, and a second
/// document behind a dot. A page's `$skiptoken` is base64 of JSON as well and no secret.
const TOKEN: [&str; 3] = ["eyJ0eXAi", "eyJhbGci", ".eyJ"];

static CAUGHT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Secrets that somebody else made up. Every line of every thread is searched for them, and none waits for another.
static WATCHED: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// A secret's value that is like no other, to be seeded into a vault.
pub(crate) fn marker() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    listen();
    format!("{SIGN}-{}-s3cr3t", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// From now on this text is a secret as well.
pub(crate) fn watch(secret: impl Into<String>) {
    listen();
    WATCHED
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .push(secret.into());
}

/// Reads every span and event of the whole process from now on, at TRACE.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Registry::default().with(Catch)).expect("the only subscriber");
        // The TLS library and the HTTP client speak to the older of the two.
        log::set_logger(&Catch).expect("the only logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// Fails if any log line so far held a marker or a token.
pub(crate) fn assert_clean_logs() {
    let caught = CAUGHT.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(caught.is_empty(), "log lines hold a secret: {caught:#?}");
}

/// Fails if the text holds a marker or a token.
pub(crate) fn assert_clean(what: &str, text: &str) {
    assert!(!is_leak(text), "{what} holds a secret: {text}");
}

/// Fails if an error prints a secret in any way: Display, Debug, alternate forms, and the whole chain of its sources.
pub(crate) fn assert_clean_error(error: &(dyn Error + 'static)) {
    for error in std::iter::successors(Some(error), |&error| error.source()) {
        for text in [
            format!("{error}"),
            format!("{error:#}"),
            format!("{error:?}"),
            format!("{error:#?}"),
        ] {
            assert_clean("an error", &text);
        }
    }
    assert_clean_logs();
}

/// Fails if the Debug of a value prints a secret.
pub(crate) fn assert_clean_debug(value: &dyn fmt::Debug) {
    assert_clean("a Debug", &format!("{value:?}"));
    assert_clean("a Debug", &format!("{value:#?}"));
}

fn is_leak(text: &str) -> bool {
    // The bytes of a marker, printed as numbers, are a leak too.
    static BYTES: LazyLock<String> =
        LazyLock::new(|| SIGN.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", "));
    let watched = WATCHED.read().unwrap_or_else(PoisonError::into_inner);
    text.contains(SIGN)
        || TOKEN.iter().any(|token| text.contains(token))
        || text.contains(&*BYTES)
        || watched.iter().any(|secret| text.contains(secret))
}

struct Catch;

impl Catch {
    fn look_at(&self, target: &str, line: Line) {
        if is_leak(&line.0) {
            CAUGHT
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(format!("{target}: {}", line.0));
        }
    }
}

impl log::Log for Catch {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.look_at(record.target(), Line(record.args().to_string()));
    }

    fn flush(&self) {}
}

impl<S: Subscriber> Layer<S> for Catch {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut line = Line::default();
        attributes.record(&mut line);
        self.look_at(attributes.metadata().target(), line);
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        values.record(&mut line);
        self.look_at("span", line);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.look_at(event.metadata().target(), line);
    }
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

/// The check checks: a leak in each form is caught.
#[test]
fn a_leak_is_caught() {
    for leak in [
        format!("x {SIGN} y"),
        format!("{:?}", SIGN.as_bytes()),
        "Bearer eyJhbGciOi".to_owned(),
    ] {
        assert!(is_leak(&leak), "{leak}");
    }
    assert!(!is_leak("nothing to see"));
}
