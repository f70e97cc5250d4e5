//! Nobody there, or nobody who speaks.

use std::net::TcpListener;
use std::time::Duration;

use config_azure_keyvault::{AzureKeyVault, ErrorKind, Obstacle, Stage};
use keyvault_emulator::{Fault, FaultAction, RequestKind};

use super::{AT_ONCE, LIMIT, all, assert_loaded, fails, loads};
use crate::support::World;

const UNREACHABLE: (ErrorKind, Stage) = (ErrorKind::Unreachable, Stage::List);
const TIMEOUT: (ErrorKind, Stage) = (ErrorKind::Timeout, Stage::List);

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

#[tokio::test]
async fn a_ca_of_its_own_serves() {
    let world = World::start().await;
    world.emulator.default_vault().set("A", crate::support::leaks::marker());
    loads(&world.direct(), AT_ONCE).await;
}

#[tokio::test]
async fn wrong_host_name() {
    let world = World::start().await;
    world.seed(&["A"]);
    let source = AzureKeyVault::new(world.url.replace("//app.", "//ap."))
        .environment("Production")
        .http_client(world.emulator.http_client())
        .process_environment(world.variables())
        .mounted_settings("/nowhere");
    let error = fails(
        &source,
        AT_ONCE * 2,
        UNREACHABLE,
        "list failed: no connection: no emulator answers for ap.vault.azure.test; check the \
             name of ap.vault.azure.test and this machine's DNS",
    )
    .await;
    assert_eq!(error.obstacle(), Some(Obstacle::Name));
}

#[tokio::test]
async fn a_host_that_no_resolver_knows() {
    let world = World::start().await;
    // RFC 6761, section 6.4: `.invalid` never resolves; what the resolver says of it is the machine's own.
    let source = AzureKeyVault::new("https://app.vault.invalid")
        .environment("Production")
        .process_environment(world.variables())
        .mounted_settings("/nowhere");
    let text = crate::support::error_of(&source).await;
    assert!(
        text.starts_with("Azure Key Vault https://app.vault.invalid: list failed: no connection: "),
        "{text}"
    );
    assert!(
        text.ends_with("; check the name of app.vault.invalid and this machine's DNS"),
        "{text}"
    );
}

#[tokio::test]
async fn refused_port() {
    let world = World::start().await;
    let source = AzureKeyVault::new(format!("https://127.0.0.1:{}", free_port()))
        .environment("Production")
        .http_client(world.emulator.http_client())
        .process_environment(world.variables())
        .mounted_settings("/nowhere");
    let error = fails(
        &source,
        AT_ONCE * 2,
        UNREACHABLE,
        "list failed: no connection: Connection refused (os error 111); check the host and port of \
             127.0.0.1 and what stands between",
    )
    .await;
    assert_eq!(error.obstacle(), Some(Obstacle::Refused));
}

#[tokio::test]
async fn untrusted_certificate() {
    let world = World::start().await;
    let source = AzureKeyVault::new(world.emulator.url())
        .environment("Production")
        .process_environment(world.variables())
        .mounted_settings("/nowhere");
    let error = fails(
        &source,
        AT_ONCE * 2,
        UNREACHABLE,
        "list failed: no connection: invalid peer certificate: UnknownIssuer; if a proxy or an emulator \
             stands before localhost, trust its CA with `ca_pem` or SSL_CERT_FILE",
    )
    .await;
    assert_eq!(error.obstacle(), Some(Obstacle::Certificate));
    let counts = world.emulator.counts();
    assert_eq!(
        (counts.requests, counts.token_requests),
        (0, 0),
        "nothing is sent to a stranger"
    );
    assert!(counts.connections <= 2, "it is not tried again: {counts:?}");
}

#[tokio::test]
async fn the_certificate_of_another_host() {
    let world = World::start().await;
    let port = world
        .emulator
        .url()
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port");
    let client = world
        .emulator
        .http_client_builder()
        .resolve("vault.example", ([127, 0, 0, 1], port).into())
        .build()
        .expect("a client");
    let source = AzureKeyVault::new(format!("https://vault.example:{port}"))
        .environment("Production")
        .http_client(client)
        .process_environment(world.variables())
        .mounted_settings("/nowhere");
    let error = fails(
        &source,
        AT_ONCE,
        UNREACHABLE,
        "list failed: no connection: invalid peer certificate: certificate not valid for name \
             \"vault.example\"; certificate is only valid for DnsName(\"localhost\"), IpAddress(127.0.0.1), \
             IpAddress(0::1), DnsName(\"*.vault.azure.test\") or DnsName(\"vault.azure.test\"); check the \
             URL of vault.example: another host answers there",
    )
    .await;
    assert_eq!(error.obstacle(), Some(Obstacle::CertificateName));
}

#[tokio::test]
async fn a_port_that_speaks_no_tls() {
    let world = World::start().await;
    let source = AzureKeyVault::new(world.emulator.imds_authority().replace("http:", "https:"))
        .environment("Production")
        .http_client(world.emulator.http_client())
        .process_environment(world.variables())
        .mounted_settings("/nowhere");
    let error = fails(
        &source,
        AT_ONCE * 2,
        UNREACHABLE,
        "list failed: no connection: received corrupt message of type InvalidContentType; check the port \
             of 127.0.0.1: what answers there speaks no TLS",
    )
    .await;
    assert_eq!(error.obstacle(), Some(Obstacle::NoTls));
}

#[tokio::test]
async fn accepts_and_hangs() {
    let row = |fault: Fault, connect: u64, try_: u64, deadline: Duration, outcome, line: &'static str| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A"]);
            world.emulator.inject(fault);
            let source = world
                .direct()
                .connect_timeout(Duration::from_millis(connect))
                .try_timeout(Duration::from_millis(try_))
                .deadline(deadline);
            fails(&source, LIMIT * 4, outcome, line).await;
        }) as _
    };
    all([
        // Five times is enough for a host that never answered: not the deadline ends it.
        row(
            Fault::new(FaultAction::HangConnection),
            200,
            5_000,
            LIMIT * 10,
            UNREACHABLE,
            "list failed: no connection: connecting took too long; check \
             the route to localhost: firewall, private endpoint, proxy",
        ),
        row(
            Fault::new(FaultAction::HangConnection),
            5_000,
            200,
            LIMIT,
            TIMEOUT,
            "list failed: no success within 5s; last seen: no answer within 200ms; check what stands \
             between here and localhost: a proxy, a firewall, the service's health",
        ),
        row(
            Fault::hang().for_kind(RequestKind::List).before_authentication(),
            5_000,
            200,
            LIMIT,
            TIMEOUT,
            "list failed: no success within 5s; last seen: no answer within 200ms; check what stands \
             between here and localhost: a proxy, a firewall, the service's health",
        ),
        row(
            Fault::hang().for_kind(RequestKind::List).before_authentication(),
            5_000,
            5_000,
            LIMIT,
            TIMEOUT,
            "list failed: no answer within 5s; check the route to localhost, or allow more time",
        ),
        row(
            Fault::hang().for_kind(RequestKind::List),
            5_000,
            200,
            LIMIT,
            TIMEOUT,
            "list failed: no success within 5s; last seen: no answer within 200ms; check what stands \
             between here and localhost: a proxy, a firewall, the service's health",
        ),
    ])
    .await;
}

#[tokio::test]
async fn one_get_hangs() {
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    world.emulator.inject(Fault::hang().for_secret("B"));
    let source = world.source().try_timeout(Duration::from_millis(200)).deadline(LIMIT);
    fails(
        &source,
        LIMIT * 2,
        (ErrorKind::Timeout, Stage::Get),
        "get failed for secret `B`: no success within 5s (1 page listed, 2 of 3 secrets loaded); last \
             seen: no answer within 200ms; check what stands between here and app.vault.azure.test: a proxy, \
             a firewall, the service's health",
    )
    .await;
}

#[tokio::test]
async fn a_get_that_hangs_is_named_and_not_one_that_was_slow() {
    let world = World::start().await;
    world.seed(&["A", "B"]);
    world.emulator.inject(Fault::throttled(None).for_secret("A").once());
    world.emulator.inject(Fault::hang().for_secret("B"));
    let source = world.source().deadline(LIMIT);
    fails(
        &source,
        LIMIT * 2,
        (ErrorKind::Timeout, Stage::Get),
        "get failed for secret `B`: not done within 5s (1 page listed, 1 of 2 secrets loaded); check \
             the route to app.vault.azure.test, or allow more time",
    )
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_once_is_made_again() {
    for fault in [
        Fault::reset().for_kind(RequestKind::List).once(),
        Fault::reset().for_secret("B").once(),
        Fault::new(FaultAction::ResetConnection).once(),
        Fault::reset().for_kind(RequestKind::Token).once(),
    ] {
        let world = World::start().await;
        world.seed(&["A", "B", "C"]);
        world.emulator.inject(fault);
        let config = loads(&world.source(), AT_ONCE).await;
        assert_loaded(&world, &config, &["A", "B", "C"]);
    }
}

#[tokio::test]
async fn a_connection_that_always_breaks() {
    let world = World::start().await;
    world.seed(&["A"]);
    world.emulator.inject(Fault::reset().for_secret("A"));
    let source = world.source().deadline(LIMIT);
    fails(
        &source,
        LIMIT * 2,
        (ErrorKind::Timeout, Stage::Get),
        "get failed for secret `A`: no success within 5s (1 page listed, 0 of 1 secrets loaded); last \
             seen: the connection broke before the reply was whole: connection reset; check what stands \
             between here and app.vault.azure.test: a proxy, a firewall, the service's health",
    )
    .await;
    world.emulator.clear_faults();
    world.emulator.inject(Fault::new(FaultAction::ResetConnection));
    let source = world.source();
    fails(
        &source,
        LIMIT * 4,
        UNREACHABLE,
        "list failed: no connection: Connection reset by peer (os error 104); check the route to \
             app.vault.azure.test: firewall, private endpoint, proxy",
    )
    .await;
}
