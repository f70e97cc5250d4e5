//! A machine without CA roots; managed identity where there is one and where there is none.

use std::time::{Duration, Instant};

use super::child::Child;
use super::normal;
use crate::support::{World, leaks};

#[tokio::test]
async fn no_ca_roots_on_the_machine() {
    let world = World::start().await;
    world.emulator.default_vault().set("A", leaks::marker());
    let empty = tempfile::tempdir().expect("a directory");
    let directory = empty.path().to_str().expect("its name");
    let nowhere = empty.path().join("nothing.pem");
    let mut environment = vec![
        ("SSL_CERT_DIR", directory),
        ("SSL_CERT_FILE", nowhere.to_str().expect("a name")),
    ];
    let variables = world.variables();
    environment.extend(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let run = |ca| {
        Child {
            vault: "https://localhost:1",
            ca,
            proxy: None,
            environment: &environment,
        }
        .run()
    };
    assert_eq!(run(None).await, "noca");
    // With roots of its own it needs none of the system's.
    let url = world.emulator.url();
    let with_ca = Child {
        vault: &url,
        ca: Some(world.emulator.ca_pem()),
        proxy: None,
        environment: &environment,
    }
    .run();
    assert_eq!(with_ca.await, "loaded 1");
}

#[tokio::test]
async fn managed_identity_where_there_is_none() {
    let world = World::start().await;
    let url = world.emulator.url();
    let started = Instant::now();
    let text = Child {
        vault: &url,
        ca: Some(world.emulator.ca_pem()),
        proxy: None,
        environment: &[],
    }
    .run()
    .await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(13), "{took:?}: {text}");
    assert_eq!(normal(&text), "none");
}

#[tokio::test]
async fn managed_identity_where_there_is_one() {
    let world = World::start().await;
    world.emulator.default_vault().set("A", leaks::marker());
    let url = world.emulator.url();
    let endpoint = world.emulator.identity_endpoint();
    let environment = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", world.emulator.identity_header()),
    ];
    let child = Child {
        vault: &url,
        ca: Some(world.emulator.ca_pem()),
        proxy: None,
        environment: &environment,
    };
    assert_eq!(child.run().await, "loaded 1");
    assert_eq!(world.emulator.counts().identity_requests, 1);

    let environment = [
        environment[0],
        environment[1],
        ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555"),
    ];
    let child = Child {
        vault: &url,
        ca: Some(world.emulator.ca_pem()),
        proxy: None,
        environment: &environment,
    };
    assert_eq!(normal(&child.run().await), "unknown");

    let environment = [environment[0], ("IDENTITY_HEADER", "wrong")];
    let child = Child {
        vault: &url,
        ca: Some(world.emulator.ca_pem()),
        proxy: None,
        environment: &environment,
    };
    assert_eq!(normal(&child.run().await), "wrong header");
}
