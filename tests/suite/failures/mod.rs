//! What an operator reads at 3 a.m.: every way a load can fail, the whole line it fails with, and how soon.

mod between;
mod child;
mod credential;
mod identity;
mod large;
mod listing;
mod proxies;
mod quoted;
mod random;
mod reach;
mod refused;
mod replies;
mod throttle;
mod withdrawn;

pub(crate) use reach::free_port;

use std::future::Future;
use std::time::{Duration, Instant};

use config::Config;
use config_azure_keyvault::{AzureKeyVault, Error, ErrorKind, Stage};
use futures::stream::{self, StreamExt as _};

use crate::support::{World, builder, check_built, load};

/// A short limit, for what is never going to work: long enough for all that comes before, on a machine that does much else.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// What is not waited for: less than any limit of the source's own (10 s and more), and long enough for a machine that does much
/// else. That something is not tried again is seen in the requests, and not in the time.
pub(super) const AT_ONCE: Duration = Duration::from_secs(9);

/// Loads, and sees the load fail: with this line, of this kind, within this time, and with nothing half-loaded.
pub(super) async fn fails(
    source: &AzureKeyVault,
    within: Duration,
    (kind, stage): (ErrorKind, Stage),
    line: &str,
) -> Error {
    let before = source.report().map(|report| report.to_string());
    let started = Instant::now();
    let built = builder(source).build().await;
    let took = started.elapsed();
    check_built(source, &built);
    let error = match built {
        Err(config::ConfigError::Foreign(error)) => *error.downcast::<Error>().expect("an error of ours"),
        Err(other) => panic!("not ours: {other}"),
        Ok(_) => panic!("it loaded"),
    };
    let vault = error.vault().expect("the vault is known");
    assert_eq!(
        normal(&error.to_string()),
        format!("Azure Key Vault {}: {line}", normal(vault))
    );
    assert_eq!((error.kind(), error.stage()), (kind, stage), "{error}");
    assert_parts(&error);
    assert!(took < within, "after {took:?}, not within {within:?}: {error}");
    let after = source.report().map(|report| report.to_string());
    assert_eq!(before, after, "a load that failed changed the report");
    error
}

/// The line is place, cause and remedy, each to be had alone.
fn assert_parts(error: &Error) {
    let remedy = error.remedy().expect("a remedy");
    let end = format!(": {}; {remedy}", error.cause());
    assert!(
        !error.cause().is_empty() && error.to_string().ends_with(&end),
        "{error}"
    );
}

/// Loads, and sees it work within this time.
pub(super) async fn loads(source: &AzureKeyVault, within: Duration) -> Config {
    let started = Instant::now();
    let config = load(source).await.expect("it loads");
    let took = started.elapsed();
    assert!(took < within, "after {took:?}, not within {within:?}");
    config
}

/// A value of the vault's, where it was put.
pub(super) fn assert_loaded(world: &World, config: &Config, names: &[&str]) {
    for name in names {
        let value = config.get_string(&name.replace("--", ".")).ok();
        // Compared, not printed: the value is a secret.
        assert!(
            value.is_some() && value == world.vault.value(name),
            "`{name}` is not there"
        );
    }
}

/// What a run decides by chance, out of a line: ports, ids, and the length of a marker.
fn normal(line: &str) -> String {
    let mut normal = String::with_capacity(line.len());
    // A connection that is reset while a request is being written breaks at whichever end notices first.
    let line = line.replace("stream closed because of a broken pipe", "connection reset");
    let mut rest = line.as_str();
    while let Some(first) = rest.chars().next() {
        if let Some(id) = rest.get(..36).filter(|id| is_uuid(id)) {
            normal.push_str("ID");
            rest = &rest[id.len()..];
            continue;
        }
        let digits = rest
            .get(1..)
            .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
        if first == ':' && digits >= 4 {
            normal.push_str(":PORT");
            rest = &rest[1 + digits..];
            continue;
        }
        if let Some(behind) = rest.strip_prefix("column ") {
            normal.push_str("column N");
            rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
            continue;
        }
        normal.push(first);
        rest = &rest[first.len_utf8()..];
    }
    normal
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(n, byte)| match n {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// So many scenarios of a table go on at once. Each has an emulator of its own, and what one is given to be told something must not
/// go into the others' start.
const AT_A_TIME: usize = 4;

/// Every scenario of a table, several at a time: most of their time is waiting.
pub(crate) async fn all(rows: impl IntoIterator<Item = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>) {
    stream::iter(rows).buffer_unordered(AT_A_TIME).collect::<()>().await;
}

#[test]
fn what_chance_decides_is_taken_out() {
    assert_eq!(
        normal("https://a:41234/x 0b6d6d3e-1f1a-4b0e-9d1a-0123456789ab: 8s é, line 1, column 19)"),
        "https://a:PORT/x ID: 8s é, line 1, column N)"
    );
}
