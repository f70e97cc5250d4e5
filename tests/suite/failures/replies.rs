//! Replies that are not the vault's, or not whole.

use std::time::Duration;

use config_azure_keyvault::{ErrorKind, Stage};
use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, RequestKind};

use super::{SOON, all, assert_loaded, fails, loads};
use crate::support::{World, leaks};

const BOUND: Duration = Duration::from_secs(3);

fn body(body: String) -> FaultAction {
    FaultAction::Status {
        status: 200,
        body,
        headers: Vec::new(),
    }
}

#[tokio::test]
async fn what_is_no_reply_of_a_vault() {
    let row = |name: &'static str, action: FaultAction, kind: RequestKind, error: ErrorKind, line: &'static str| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A", "B", "C"]);
            let fault = Fault::new(action).for_kind(kind);
            let (stage, fault) = if kind == Get {
                (Stage::Get, fault.for_secret("B"))
            } else {
                (Stage::List, fault)
            };
            world.emulator.inject(fault);
            let _ = name;
            fails(&world.source().deadline(SOON), SOON * 2, (error, stage), line).await;
        }) as _
    };
    use RequestKind::{Get, List};
    let invalid = ErrorKind::InvalidResponse;
    let secret = leaks::marker();
    let other = |value: &str| format!(r#"{{"value": {{"value": "{value}"}}, "id": "{value}"}}"#);
    all([
        row(
            "truncated list",
            FaultAction::TruncatedBody,
            List,
            ErrorKind::Timeout,
            "@replies truncated list",
        ),
        row(
            "truncated get",
            FaultAction::TruncatedBody,
            Get,
            ErrorKind::Timeout,
            "@replies truncated get",
        ),
        row(
            "malformed list",
            FaultAction::MalformedJson,
            List,
            invalid,
            "@replies malformed list",
        ),
        row(
            "malformed get",
            FaultAction::MalformedJson,
            Get,
            invalid,
            "@replies malformed get",
        ),
        row(
            "no json list",
            body(format!("{{\"value\": [{secret}")),
            List,
            invalid,
            "@replies no json list",
        ),
        row(
            "no json get",
            body(format!("{{\"value\": {secret}")),
            Get,
            invalid,
            "@replies no json get",
        ),
        row(
            "other json list",
            body(other(&secret)),
            List,
            invalid,
            "@replies other json list",
        ),
        row(
            "other json get",
            body(other(&secret)),
            Get,
            invalid,
            "@replies other json get",
        ),
        row(
            "array list",
            body(format!(r#"[["{secret}"]]"#)),
            List,
            invalid,
            "@replies array list",
        ),
        row(
            "array get",
            body(format!(r#"[["{secret}"]]"#)),
            Get,
            invalid,
            "@replies array get",
        ),
        row(
            "number get",
            body(r#"{"value": 12}"#.to_owned()),
            Get,
            invalid,
            "@replies number get",
        ),
        row(
            "no value get",
            body("{}".to_owned()),
            Get,
            invalid,
            "@replies no value get",
        ),
        row(
            "no value list",
            body("{}".to_owned()),
            List,
            invalid,
            "@replies no value list",
        ),
        row(
            "null list",
            body("null".to_owned()),
            List,
            invalid,
            "@replies null list",
        ),
        row("empty get", body(String::new()), Get, invalid, "@replies empty get"),
        row(
            "a name with a slash",
            body(r#"{"value": [{"id": "https://app.vault.azure.test/secrets/a%2Fb"}]}"#.to_owned()),
            List,
            invalid,
            "@replies a name with a slash",
        ),
        row(
            "no id",
            body(format!(r#"{{"value": [{{"contentType": "{secret}"}}]}}"#)),
            List,
            invalid,
            "@replies no id",
        ),
        row(
            "html 200 list",
            FaultAction::Html { status: 200 },
            List,
            invalid,
            "@replies html 200 list",
        ),
        row(
            "html 200 get",
            FaultAction::Html { status: 200 },
            Get,
            invalid,
            "@replies html 200 get",
        ),
        row(
            "html 403 list",
            FaultAction::Html { status: 403 },
            List,
            ErrorKind::Forbidden,
            "@replies html 403 list",
        ),
        row(
            "html 403 get",
            FaultAction::Html { status: 403 },
            Get,
            ErrorKind::Forbidden,
            "@replies html 403 get",
        ),
        row(
            "html 404 get",
            FaultAction::Html { status: 404 },
            Get,
            invalid,
            "@replies html 404 get",
        ),
        row(
            "html 502 list",
            FaultAction::Html { status: 502 },
            List,
            ErrorKind::Timeout,
            "@replies html 502 list",
        ),
        row(
            "html 407",
            FaultAction::Html { status: 407 },
            List,
            invalid,
            "@replies html 407",
        ),
        row(
            "marker error",
            FaultAction::Status {
                status: 500,
                body: format!("oops {secret}"),
                headers: vec![],
            },
            Get,
            ErrorKind::Timeout,
            "@replies marker error",
        ),
        row(
            "too large",
            body(format!("{{\"value\":\"{}\"}}", "x".repeat(5 << 20))),
            Get,
            invalid,
            "@replies too large",
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_heals_by_itself() {
    for fault in [
        Fault::new(FaultAction::TruncatedBody)
            .for_kind(RequestKind::List)
            .once(),
        Fault::new(FaultAction::TruncatedBody).for_secret("B").once(),
        Fault::new(FaultAction::Html { status: 502 })
            .for_kind(RequestKind::List)
            .once(),
        Fault::new(FaultAction::Html { status: 503 })
            .for_kind(RequestKind::Token)
            .once(),
    ] {
        let world = World::start().await;
        world.seed(&["A", "B", "C"]);
        world.emulator.inject(fault);
        let config = loads(&world.source(), BOUND).await;
        assert_loaded(&world, &config, &["A", "B", "C"]);
    }
}

#[tokio::test]
async fn an_empty_page_in_the_middle() {
    let world = World::start().await;
    let names: Vec<String> = (0..60).map(|n| format!("Key{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.seed(&names);
    world.vault.set_empty_pages([0, 2]);
    let source = world.source();
    let config = loads(&source, BOUND).await;
    assert_loaded(&world, &config, &names);
    assert_eq!(source.report().expect("a report").pages, 5);
}

#[tokio::test]
async fn a_next_page_at_another_host() {
    let world = World::start().await;
    let other = KeyVaultEmulator::start().await.expect("the emulator starts");
    let names: Vec<String> = (0..30).map(|n| format!("Key{n:02}")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    world.vault.set_next_link_origin(Some(&other.url()));
    fails(
        &world.source(),
        BOUND,
        (ErrorKind::InvalidResponse, Stage::List),
        "foreign",
    )
    .await;
    assert_eq!(
        (other.counts().connections, other.counts().requests),
        (0, 0),
        "nothing went there"
    );

    // The same host at another port, another vault of the same service, and plain HTTP are other hosts as well.
    let plain = world.url.replace("https:", "http:");
    for link in [world.emulator.vault_url("other"), plain] {
        world.vault.set_next_link_origin(Some(&link));
        world.emulator.clear_requests();
        crate::support::error_of(&world.source()).await;
        assert!(
            world
                .emulator
                .requests()
                .iter()
                .all(|request| request.vault.as_deref().is_none_or(|vault| vault == "app"))
        );
        assert_eq!(world.emulator.counts().lists, 1);
    }
}

#[tokio::test]
async fn a_list_that_never_ends() {
    let world = World::start().await;
    let names: Vec<String> = (0..60).map(|n| format!("Key{n:02}")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    world.vault.set_next_link_loop(true);
    fails(
        &world.source(),
        BOUND,
        (ErrorKind::InvalidResponse, Stage::List),
        "loop",
    )
    .await;
    assert!(world.emulator.counts().lists <= 5, "{:?}", world.emulator.counts());
}
