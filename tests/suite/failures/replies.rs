//! Replies that are not the vault's, or not whole.

use std::time::Duration;

use config_azure_keyvault::{ErrorKind, Stage};
use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, Protocols, RecordedRequest, RequestKind};

use super::{AT_ONCE, LIMIT, all, assert_loaded, fails, loads};
use crate::support::{World, leaks};

const BOUND: Duration = AT_ONCE;

fn body(body: String) -> FaultAction {
    FaultAction::Status {
        status: 200,
        body,
        headers: Vec::new(),
    }
}

#[tokio::test]
async fn what_is_no_reply_of_a_vault() {
    let row = |action: FaultAction, kind: RequestKind, error: ErrorKind, line: &'static str| {
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
            // What is told at once is given the time that a busy machine takes for all the rows together.
            let deadline = if error == ErrorKind::Timeout { LIMIT } else { LIMIT * 4 };
            fails(&world.source().deadline(deadline), deadline * 2, (error, stage), line).await;
            if error == ErrorKind::InvalidResponse {
                let requests = world.emulator.requests();
                let hit = |request: &&RecordedRequest| {
                    request.kind == kind && request.has_token && (kind != Get || request.secret.as_deref() == Some("B"))
                };
                let tries = requests.iter().filter(hit).count();
                assert!(tries <= 1, "it is not tried again, and was {tries} times: {line}");
            }
        }) as _
    };
    use RequestKind::{Get, List};
    let invalid = ErrorKind::InvalidResponse;
    let secret = leaks::marker();
    let other = |value: &str| format!(r#"{{"value": {{"value": "{value}"}}, "id": "{value}"}}"#);
    all([
        row(
            FaultAction::TruncatedBody,
            List,
            ErrorKind::Timeout,
            "list failed: no success within 5s; last seen: the connection broke before the reply was \
             whole: stream error received: unexpected internal error encountered; check what stands between \
             here and app.vault.azure.test: a proxy, a firewall, the service's health",
        ),
        row(
            FaultAction::TruncatedBody,
            Get,
            ErrorKind::Timeout,
            "get failed for secret `B`: no success within 5s (1 page listed, 2 of 3 secrets loaded); last \
             seen: the connection broke before the reply was whole: stream error received: unexpected \
             internal error encountered; check what stands between here and app.vault.azure.test: a proxy, a \
             firewall, the service's health",
        ),
        row(
            FaultAction::MalformedJson,
            List,
            invalid,
            "list failed: the reply is not the service's: JSON that ends early (line 1, column N); check the \
             URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            FaultAction::MalformedJson,
            Get,
            invalid,
            "get failed for secret `B`: the reply is not the service's: JSON that ends early (line 1, column \
             N); check the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body(format!("{{\"value\": [{secret}")),
            List,
            invalid,
            "list failed: the reply is not the service's: no JSON (line 1, column N); check the URL of \
             app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body(format!("{{\"value\": {secret}")),
            Get,
            invalid,
            "get failed for secret `B`: the reply is not the service's: no JSON (line 1, column N); check \
             the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body(other(&secret)),
            List,
            invalid,
            "list failed: the reply is not the service's: JSON of another form (line 1, column N); check the \
             URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body(other(&secret)),
            Get,
            invalid,
            "get failed for secret `B`: the reply is not the service's: JSON of another form (line 1, column \
             N); check the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body(format!(r#"[["{secret}"]]"#)),
            List,
            invalid,
            "list failed: the reply is not the service's: JSON of another form (line 1, column N); check the \
             URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body(format!(r#"[["{secret}"]]"#)),
            Get,
            invalid,
            "get failed for secret `B`: the reply is not the service's: JSON of another form (line 1, column \
             N); check the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body(r#"{"value": 12}"#.to_owned()),
            Get,
            invalid,
            "get failed for secret `B`: the reply is not the service's: JSON of another form (line 1, column \
             N); check the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body("{}".to_owned()),
            Get,
            invalid,
            "get failed for secret `B`: the reply is not the service's: it holds no value; check the URL of \
             app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body("{}".to_owned()),
            List,
            invalid,
            "list failed: the reply is not the service's: JSON of another form (line 1, column N); check the \
             URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body("null".to_owned()),
            List,
            invalid,
            "list failed: the reply is not the service's: JSON of another form (line 1, column N); check the \
             URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            body(String::new()),
            Get,
            invalid,
            "get failed for secret `B`: the reply is not the service's: it is empty; check the URL of \
             app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            FaultAction::Html { status: 200 },
            List,
            invalid,
            "list failed: 200: an HTML page of 148 bytes instead of the service's reply, as a proxy sends \
             it; check the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            FaultAction::Html { status: 200 },
            Get,
            invalid,
            "get failed for secret `B`: 200: an HTML page of 148 bytes instead of the service's reply, as a \
             proxy sends it; check the URL of app.vault.azure.test and what stands between: a proxy, a \
             firewall",
        ),
        row(
            FaultAction::Html { status: 403 },
            List,
            ErrorKind::Forbidden,
            "list failed: 403: an HTML page of 148 bytes instead of the service's reply, as a proxy sends \
             it; check the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        row(
            FaultAction::Html { status: 403 },
            Get,
            ErrorKind::Forbidden,
            "get failed for secret `B`: 403: an HTML page of 148 bytes instead of the service's reply, as a \
             proxy sends it; check the URL of app.vault.azure.test and what stands between: a proxy, a \
             firewall",
        ),
        row(
            FaultAction::Html { status: 404 },
            Get,
            invalid,
            "get failed for secret `B`: 404: an HTML page of 148 bytes instead of the service's reply, as a \
             proxy sends it; check the URL of app.vault.azure.test and what stands between: a proxy, a \
             firewall",
        ),
        row(
            FaultAction::Html { status: 502 },
            List,
            ErrorKind::Timeout,
            "list failed: no success within 5s; last seen: 502: an HTML page of 148 bytes instead of the \
             service's reply, as a proxy sends it; check the URL of app.vault.azure.test and what stands \
             between: a proxy, a firewall",
        ),
        row(
            FaultAction::Html { status: 407 },
            List,
            invalid,
            "list failed: 407: an HTML page of 148 bytes instead of the service's reply, as a proxy sends \
             it; give the proxy's user and password in HTTPS_PROXY",
        ),
        row(
            FaultAction::Status {
                status: 500,
                body: format!("{secret:#<32}"),
                headers: vec![],
            },
            Get,
            ErrorKind::Timeout,
            "get failed for secret `B`: no success within 5s (1 page listed, 2 of 3 secrets loaded); last \
             seen: 500: 32 bytes that are not in the service's form, as a proxy sends them; check the URL of \
             app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
    ])
    .await;
}

/// Four megabytes take their time, where every frame of them is logged.
#[tokio::test]
async fn a_reply_that_is_too_large() {
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    let large = format!("{{\"value\":\"{}\"}}", "x".repeat(5 << 20));
    world.emulator.inject(Fault::status(200, large).for_secret("B"));
    fails(
        &world.source().try_timeout(Duration::from_secs(20)),
        Duration::from_secs(20),
        (ErrorKind::InvalidResponse, Stage::Get),
        "get failed for secret `B`: the reply is larger than 4194304 bytes; check the URL of app.vault.azure.test and what \
         stands between: a proxy, a firewall",
    )
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
async fn over_http_1_as_well() {
    let start = || async {
        let emulator = KeyVaultEmulator::builder().protocols(Protocols::Http1).start();
        let world = World::of(emulator.await.expect("the emulator starts"));
        world.seed(&["A", "B", "C"]);
        world
    };
    for fault in [
        Fault::new(FaultAction::TruncatedBody)
            .for_kind(RequestKind::List)
            .once(),
        Fault::new(FaultAction::TruncatedBody).for_secret("B").once(),
        Fault::reset().for_secret("C").once(),
    ] {
        let world = start().await;
        world.emulator.inject(fault);
        let config = loads(&world.source(), BOUND).await;
        assert_loaded(&world, &config, &["A", "B", "C"]);
    }
    let world = start().await;
    world
        .emulator
        .inject(Fault::new(FaultAction::TruncatedBody).for_secret("B"));
    fails(
        &world.source().deadline(LIMIT),
        LIMIT * 2,
        (ErrorKind::Timeout, Stage::Get),
        "get failed for secret `B`: no success within 5s (1 page listed, 2 of 3 secrets loaded); last seen: the \
         connection broke before the reply was whole: peer closed connection without sending TLS close_notify; \
         check what stands between here and app.vault.azure.test: a proxy, a firewall, the service's health",
    )
    .await;
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

/// As the service's own links: `https://name.vault.azure.net:443/secrets?…`.
#[tokio::test]
async fn a_next_page_that_names_the_port_that_nobody_writes() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        let emulator = KeyVaultEmulator::builder()
            .client("5e1f0c8a-0000-4000-8000-00000000c11e", leaks::marker())
            .protocols(protocols);
        let world = World::of(emulator.start().await.expect("the emulator starts"));
        let names: Vec<String> = (0..60).map(|n| format!("Key{n:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        world.seed(&names);
        world.vault.set_next_link_port(true);
        // The emulator's client finds it without its port.
        for url in ["https://app.vault.azure.test", "https://app.vault.azure.test:443/"] {
            let source = world.signed_in(config_azure_keyvault::AzureKeyVault::new(url));
            assert_loaded(&world, &loads(&source, AT_ONCE).await, &names);
            let report = source.report().expect("a report");
            assert_eq!((report.pages, report.loaded.len()), (3, 60));
            assert!(report.to_string().contains("https://app.vault.azure.test"), "{report}");
        }
        let links = world.emulator.requests();
        assert!(
            links.iter().any(|request| request.query.contains("skiptoken")),
            "a link was followed"
        );
    }
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
        "list failed: the reply leads to another host, localhost; it was not followed and no token was \
             sent there; if this is no attack, name the host that the vault answers for as the vault's URL",
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
        "list failed: the reply is not the service's: the list leads back to pages that were read \
             already; check the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
    )
    .await;
    assert!(world.emulator.counts().lists <= 8, "{:?}", world.emulator.counts());
}
