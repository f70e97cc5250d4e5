//! Much, and of every shape.

use std::time::Duration;

use keyvault_emulator::SecretSeed;

use super::{AT_ONCE, loads};
use crate::support::{World, leaks};

/// The service's own limit: 4,000 transactions in 10 s. This vault takes 5,201.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_secrets() {
    let world = World::start().await;
    let name = |n: usize| format!("Section{}--Key{n:04}", n % 50);
    let values: Vec<String> = (0..5_000).map(|_| leaks::marker()).collect();
    for (n, value) in values.iter().enumerate() {
        world.vault.seed(SecretSeed::new(name(n), value));
    }
    // Not the default 30 s: here both ends are debug builds that share the machine with the other tests.
    let source = world.source().deadline(Duration::from_secs(300));
    let config = loads(&source, Duration::from_secs(300)).await;
    for (n, value) in values.iter().enumerate() {
        let found = config.get_string(&name(n).replace("--", ".")).ok();
        assert!(found.as_ref() == Some(value), "{} is not what it was", name(n));
    }
    let report = source.report().expect("a report");
    assert_eq!(
        (report.loaded.len(), report.skipped.len(), report.pages),
        (5_000, 0, 200)
    );
}

#[tokio::test]
async fn values_of_every_shape() {
    let world = World::start().await;
    let marker = leaks::marker();
    let values = [
        ("Large", format!("{marker}{}", "x".repeat(25 * 1024 - marker.len()))),
        ("Empty", String::new()),
        ("Blank", "  \t ".to_owned()),
        (
            "Lines",
            format!("-----BEGIN {marker}-----\r\nline\n\nline\r\n-----END-----\n"),
        ),
        ("Json", format!(r#"{{"a": ["{marker}", "\u0000\"\\"]}}"#)),
        ("Unicode", format!("{marker} æøå 🔑 \u{0}\u{7f}\u{2028}")),
        ("Number", "0042".to_owned()),
    ];
    for (name, value) in &values {
        world.vault.seed(SecretSeed::new(*name, value));
    }
    let config = loads(&world.source(), AT_ONCE).await;
    for (name, value) in &values {
        assert!(config.get_string(name).ok().as_ref() == Some(value), "{name}");
    }
}
