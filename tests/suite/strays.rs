//! A secret that stands where nobody expects it stops nobody, and is named.

use std::fmt;
use std::sync::{Arc, Mutex};

use config::Config;
use config_azure_keyvault::{BindConfig, Warning, ignore_case};
use keyvault_emulator::SecretSeed;
use serde::Deserialize;
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::{World, load, load_over, over};

fn json_of(config: Config) -> serde_json::Value {
    config.try_deserialize().expect("any configuration is JSON")
}

async fn world(secrets: &[&str]) -> World {
    let world = World::start().await;
    for name in secrets {
        world.vault.seed(SecretSeed::new(*name, *name));
    }
    world
}

/// The messages at WARN.
#[derive(Clone, Default)]
struct Warned(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Warned {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::WARN {
            event.record(&mut Message(&self.0));
        }
    }
}

struct Message<'m>(&'m Mutex<Vec<String>>);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.lock().expect("nobody panicked").push(format!("{value:?}"));
        }
    }
}

#[tokio::test]
async fn a_key_beside_a_lists_indexes_is_named_and_lost_to_nobody() {
    for (stray, key) in [("Hosts--01", "01"), ("Hosts--x", "x"), ("Hosts---1", "-1")] {
        let world = world(&["Hosts--0", "Hosts--1", stray, "Other"]).await;
        let source = world.source();
        let warned = Warned::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(warned.clone()));
        let config = load(&source).await.expect("the vault loads");
        drop(guard);

        let report = source.report().expect("a report");
        assert_eq!((report.loaded.len(), report.skipped.len()), (4, 0));
        let [warning @ Warning::Stray { name, key: setting, .. }] = report.warnings.as_slice() else {
            panic!("{:?}", report.warnings)
        };
        assert_eq!((name.as_str(), setting), (stray, &format!("Hosts.{key}")));
        let text = format!(
            "secret `{stray}` may be read by nobody at `Hosts.{key}`: it stands beside the indexes of `Hosts`, and a list takes \
             no other key"
        );
        assert_eq!(warning.to_string(), text);
        assert_eq!(*warned.0.lock().expect("nobody panicked"), [text]);

        // Who reads a list takes the indexes.
        let list: Vec<String> = config.bind_section("Hosts").expect("a list");
        assert_eq!(list, ["Hosts--0", "Hosts--1"]);
        // Who reads a map sees it.
        let hosts: std::collections::BTreeMap<String, String> = config.bind_section("Hosts").expect("a map");
        assert_eq!(hosts.len(), 3);
        assert_eq!(hosts[key], stray);
        assert_eq!(
            json_of(config)["Hosts"],
            json!({ "0": "Hosts--0", "1": "Hosts--1", key: stray })
        );
    }
}

#[tokio::test]
async fn every_value_below_a_stray_key_is_named() {
    let world = world(&[
        "A--Users--0--Name",
        "A--Users--x--Name",
        "A--Users--x--Tags--0",
        "A--Name",
    ])
    .await;
    let source = world.source();
    load(&source).await.expect("the vault loads");
    let warnings = source.report().expect("a report").warnings;
    let mut named: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    named.sort_unstable();
    assert_eq!(named.len(), 2, "{named:?}");
    assert!(named[0].starts_with("secret `A--Users--x--Name` may be read by nobody at `A.Users.x.Name`: "));
    assert!(named[1].starts_with("secret `A--Users--x--Tags--0` may be read by nobody at `A.Users.x.Tags[0]`: "));
}

#[tokio::test]
async fn what_is_no_list_has_no_strays() {
    // The root; a section without an index; a section to which an earlier source gives other keys.
    let world = world(&["0", "x", "Map--x", "Map--y", "Codes--1", "Codes--z"]).await;
    let source = world.source();
    load_over(over(r#"{"Codes": {"0": "f", "ok": "f"}}"#), &source)
        .await
        .expect("the vault loads");
    let report = source.report().expect("a report");
    assert_eq!(
        (report.loaded.len(), report.warnings.len()),
        (6, 0),
        "{:?}",
        report.warnings
    );

    // Indexes of an earlier source make a list too.
    load_over(over(r#"{"Codes": {"0": "f"}}"#), &source)
        .await
        .expect("the vault loads");
    let warnings = source.report().expect("a report").warnings;
    assert!(
        matches!(warnings.as_slice(), [Warning::Stray { name, .. }] if name == "Codes--z"),
        "{warnings:?}"
    );
}

/// A null holds its place in a list, so that the indexes of later sources mean what they meant; what reads the list leaves it out.
#[tokio::test]
async fn a_null_in_a_list_holds_its_place() {
    let world = world(&["Hosts--0", "Hosts--7"]).await;
    let file = r#"{"Hosts": ["a", null, "c", null]}"#;
    let config = load_over(over(file), &world.source()).await.expect("the vault loads");
    assert_eq!(
        json_of(config)["Hosts"],
        json!(["Hosts--0", null, "c", null, "Hosts--7"])
    );

    let later = config::File::from_str(r#"{"hosts": [null, "B", null, "D"]}"#, config::FileFormat::Json);
    let config = over(file)
        .add_async_source(world.source())
        .add_source(ignore_case(later))
        .build()
        .await
        .expect("it builds");
    #[derive(Deserialize)]
    struct App {
        hosts: Vec<String>,
    }
    let app: App = config.bind().expect("no null is left");
    assert_eq!(app.hosts, ["Hosts--0", "B", "c", "D", "Hosts--7"]);
}

/// What `ignore_case` drops is told as what the vault drops is.
#[test]
fn what_ignore_case_drops_is_told_at_warn() {
    for (earlier, source, line) in [
        (
            json!({ "Db": { "Host": "h" } }),
            json!({ "db": "x" }),
            "`db` of an `ignore_case` source was skipped: an earlier source has a section at `Db`, and a section wins over a value",
        ),
        (
            json!({ "Hosts": ["a"] }),
            json!({ "HOSTS": { "x": "b" } }),
            "`HOSTS.x` of an `ignore_case` source was skipped: an earlier source has an array at `Hosts`, and only an index \
             reaches into it",
        ),
        (
            json!({ "Db": 42 }),
            json!({ "DB": { "Host": "h" } }),
            "the value of `Db` gave way to a section of an `ignore_case` source",
        ),
        (
            json!({ "a_b": "1" }),
            json!({ "AB": "2", "a-b": "3" }),
            "of an `ignore_case` source may be read by nobody: it fits `a_b` of an earlier source",
        ),
    ] {
        let warned = Warned::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(warned.clone()));
        let text = source.to_string();
        let source = config::File::from_str(&text, config::FileFormat::Json);
        over(&earlier.to_string())
            .add_source(ignore_case(source))
            .build()
            .expect("it builds");
        drop(guard);
        let warned = warned.0.lock().expect("nobody panicked");
        assert_eq!(warned.len(), 1, "{warned:?}");
        assert!(warned[0].contains(line), "{warned:?}");
    }
}
