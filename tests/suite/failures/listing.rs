//! Items of the list that are odd: none of them stops the app.

use std::time::Duration;

use config_azure_keyvault::SkipReason;
use keyvault_emulator::{Fault, RequestKind};

use super::{AT_ONCE, assert_loaded, loads};
use crate::support::{World, leaks};

const BOUND: Duration = AT_ONCE;

const ID: &str = "https://app.vault.azure.test/secrets";

#[tokio::test]
async fn odd_items_are_skipped_and_odd_attributes_absent() {
    let world = World::start().await;
    let names = ["A", "B", "C", "D", "E", "F", "G"];
    world.seed(&names);
    let items = [
        format!(r#"{{"id":"{ID}/A","attributes":{{"enabled":true}},"tags":{{"a":null,"b":"c"}}}}"#),
        format!(r#"{{"id":"{ID}/B","attributes":{{"enabled":true,"exp":1700000000000}}}}"#),
        format!(
            r#"{{"id":"{ID}/C","attributes":{{"enabled":true,"exp":1700000000.5,"nbf":"soon","updated":-1e300}}}}"#
        ),
        // What is not said to be enabled is not, as for .NET's provider.
        format!(r#"{{"id":"{ID}/D","attributes":[1],"tags":"x","contentType":7,"managed":"no"}}"#),
        format!(r#"{{"id":"{ID}/E","attributes":{{"enabled":"yes"}}}}"#),
        format!(r#"{{"id":"{ID}/F","attributes":null,"tags":null,"contentType":null,"managed":null}}"#),
        format!(r#"{{"id":"{ID}/my_secret"}}"#),
        format!(r#"{{"contentType":"{}"}}"#, leaks::marker()),
        "null".to_owned(),
        r#"{"id":12}"#.to_owned(),
        format!(r#"{{"id":"{ID}/a%2Fb"}}"#),
        format!(r#"{{"id":"{ID}/G"}}"#),
    ];
    let page = format!(r#"{{"value":[{}],"nextLink":null}}"#, items.join(","));
    world
        .emulator
        .inject(Fault::status(200, page).for_kind(RequestKind::List));
    let source = world.source();
    let config = loads(&source, BOUND).await;
    assert_loaded(&world, &config, &names[..3]);
    let report = source.report().expect("a report");
    let skipped_for = |reason: &SkipReason| {
        let skipped = report.skipped.iter().filter(|skipped| skipped.reason == *reason);
        skipped.map(|skipped| skipped.name.clone()).collect::<Vec<_>>()
    };
    let unnamed = ["item 10 of page 1", "item 8 of page 1", "item 9 of page 1"];
    let unreadable = SkipReason::NotPlaced("its listing cannot be read".to_owned());
    assert_eq!(
        skipped_for(&unreadable),
        [&["a%2Fb"], &unnamed[..], &["my_secret"]].concat()
    );
    assert_eq!(skipped_for(&SkipReason::Disabled), names[3..]);
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    // A name that the prefix leaves out is none of ours.
    let source = world.source().prefix("my");
    loads(&source, BOUND).await;
    let report = source.report().expect("a report");
    assert_eq!((report.skipped.len(), report.filtered), (4, 8), "{report}");
}

#[tokio::test]
async fn odd_attributes_of_a_secret_are_absent() {
    let world = World::start().await;
    world.seed(&["A", "B"]);
    let value = world.vault.value("B").expect("it is seeded");
    let body = format!(
        r#"{{"value":"{value}","id":"{ID}/B/0123","attributes":{{"exp":1700000000000,"nbf":1.5}},"tags":{{"a":null}}}}"#
    );
    world.emulator.inject(Fault::status(200, body).for_secret("B"));
    for source in [world.source(), world.source().names(["A", "B"])] {
        let config = loads(&source, BOUND).await;
        assert_loaded(&world, &config, &["A", "B"]);
        let report = source.report().expect("a report");
        assert_eq!(report.loaded[1].version.as_deref(), Some("0123"));
    }
}
