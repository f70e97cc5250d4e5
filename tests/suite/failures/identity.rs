//! A machine without CA roots; managed identity where there is one and where there is none.

use std::time::{Duration, Instant};

use config_azure_keyvault::AzureKeyVault;
use keyvault_emulator::{Fault, FaultAction, RequestKind};

use super::child::Child;
use super::reach::free_port;
use super::{all, assert_loaded, loads, normal};
use crate::support::proxy::Proxy;
use crate::support::{World, leaks};

/// Names another place for the instance metadata service than its own address.
pub(super) const AUTHORITY: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// A service that signs in to the vault at `localhost` and trusts its CA.
async fn service(world: &World, environment: &[(&str, &str)]) -> String {
    let child = Child {
        vault: &world.emulator.url(),
        ca: Some(world.emulator.ca_pem()),
        environment,
        loads: 1,
    };
    normal(&child.run().await)
}

async fn world() -> World {
    let world = World::start().await;
    world.emulator.default_vault().set("A", leaks::marker());
    world
}

#[tokio::test]
async fn no_ca_roots_on_the_machine() {
    let world = world().await;
    let empty = tempfile::tempdir().expect("a directory");
    let directory = empty.path().to_str().expect("its name");
    let nowhere = empty.path().join("nothing.pem");
    let mut environment = vec![
        ("SSL_CERT_DIR", directory),
        ("SSL_CERT_FILE", nowhere.to_str().expect("a name")),
    ];
    let variables = world.variables();
    environment.extend(variables.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let bare = Child {
        vault: &world.emulator.url(),
        ca: None,
        environment: &environment,
        loads: 1,
    };
    assert_eq!(
        normal(&bare.run().await),
        "Azure Key Vault https://localhost:PORT: settings failed: no HTTPS client can be built: No CA \
             certificates were loaded from the system; install the CA certificates of the system \
             (ca-certificates), point SSL_CERT_FILE at them, or give roots with `ca_pem`",
    );
    // Who brings roots needs none of the system's.
    assert_eq!(service(&world, &environment).await, "loaded 1");
}

#[tokio::test]
async fn managed_identity_where_there_is_none() {
    let world = world().await;
    // Whatever answers at the address of managed identity on this machine, this is asked.
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let started = Instant::now();
    let text = service(&world, &[(AUTHORITY, &nobody)]).await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(12), "{took:?}: {text}");
    assert_eq!(
        text,
        "Azure Key Vault https://localhost:PORT: credential failed: system-assigned managed identity \
             (the environment names nothing else) got no token from IMDS at 127.0.0.1: no connection: \
             Connection refused (os error 111); give this machine or pod a managed identity, or set \
             AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; on a developer's machine set \
             DOTNET_ENVIRONMENT=Development",
    );
}

#[tokio::test]
async fn something_else_in_the_place_of_managed_identity() {
    let world = world().await;
    world
        .emulator
        .inject(Fault::new(FaultAction::Html { status: 403 }).for_kind(RequestKind::Identity));
    let imds = world.emulator.imds_authority();
    let text = service(&world, &[(AUTHORITY, &imds)]).await;
    assert_eq!(
        text,
        "Azure Key Vault https://localhost:PORT: credential failed: system-assigned managed identity \
             (the environment names nothing else) got no token from IMDS at 127.0.0.1: 403: an HTML page of \
             148 bytes instead of the service's reply; what answers there is not managed identity: check where this \
             machine's or pod's network leads",
    );
}

#[tokio::test]
async fn managed_identity_of_a_virtual_machine() {
    let world = world().await;
    let imds = world.emulator.imds_authority();
    let text = service(&world, &[(AUTHORITY, &imds)]).await;
    assert_eq!(text, "loaded 1");
    assert_eq!(world.emulator.counts().identity_requests, 1);
    let other = ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555");
    let text = service(&world, &[(AUTHORITY, &imds), other]).await;
    assert_eq!(
        text,
        "Azure Key Vault https://localhost:PORT: credential failed: user-assigned managed identity (the \
             environment: AZURE_CLIENT_ID is set) got no token from IMDS at 127.0.0.1: 400 invalid_request: \
             Identity not found; check that the identity of AZURE_CLIENT_ID is assigned to this machine or \
             pod, or set AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE for an app",
    );
}

#[tokio::test]
async fn managed_identity_of_an_app_service() {
    let world = world().await;
    let endpoint = world.emulator.identity_endpoint();
    let endpoint = ("IDENTITY_ENDPOINT", endpoint.as_str());
    let header = ("IDENTITY_HEADER", world.emulator.identity_header());
    assert_eq!(service(&world, &[endpoint, header]).await, "loaded 1");
    assert_eq!(world.emulator.counts().identity_requests, 1);

    let other = ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555");
    assert_eq!(
        service(&world, &[endpoint, header, other]).await,
        "Azure Key Vault https://localhost:PORT: credential failed: user-assigned managed identity (the \
             environment: AZURE_CLIENT_ID is set) got no token from 127.0.0.1: 400: No User Assigned or \
             Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId; check that the \
             identity of AZURE_CLIENT_ID is assigned to this machine or pod, or set AZURE_CLIENT_SECRET or \
             AZURE_FEDERATED_TOKEN_FILE for an app",
    );
    assert_eq!(
        service(&world, &[endpoint, ("IDENTITY_HEADER", "wrong-header")]).await,
        "Azure Key Vault https://localhost:PORT: credential failed: system-assigned managed identity \
             (the environment names nothing else) got no token from 127.0.0.1: 401: The X-IDENTITY-HEADER \
             header is missing or wrong; give this machine or pod a managed identity, or set \
             AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; on a developer's machine set \
             DOTNET_ENVIRONMENT=Development",
    );
}

/// Whatever a proxy's variable says, what is on this machine is asked directly: its header and its token are for nobody else.
#[tokio::test]
async fn managed_identity_is_never_asked_through_a_proxy() {
    let world = world().await;
    let trap = Proxy::start().await;
    let url = trap.url();
    let proxies = [
        ("HTTP_PROXY", url.as_str()),
        ("http_proxy", &url),
        ("HTTPS_PROXY", &url),
        ("ALL_PROXY", &url),
    ];
    let endpoint = world.emulator.identity_endpoint();
    let app_service = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", world.emulator.identity_header()),
    ];
    let imds = world.emulator.imds_authority();
    for place in [&app_service[..], &[(AUTHORITY, imds.as_str())]] {
        let environment: Vec<_> = proxies.iter().chain(place).copied().collect();
        assert_eq!(service(&world, &environment).await, "loaded 1");
    }
    assert_eq!(trap.connections(), 0);

    // Its own address: whether anybody is there or not, the proxy is not asked, be it a client of the caller's that has one.
    let client = reqwest::Proxy::all(&url).expect("a proxy");
    let client = world.emulator.http_client_builder().proxy(client).build();
    let sources = [
        world.source().http_client(client.expect("a client")),
        AzureKeyVault::new("https://localhost:1").environment("Production"),
    ];
    for source in sources {
        let source = source
            .process_environment(proxies)
            .mounted_settings("/nowhere")
            .connect_timeout(Duration::from_millis(200))
            .credential_timeout(Duration::from_millis(600))
            .deadline(Duration::from_millis(1_500));
        crate::support::error_of(&source).await;
    }
    let asked = trap.asked();
    assert!(!asked.iter().any(|line| line.contains("169.254")), "{asked:?}");
}

/// As on a machine that has just begun: what its documentation asks for is done, and no shorter limit cuts it off.
#[tokio::test]
async fn managed_identity_that_is_not_ready_yet() {
    let status = |status| Fault::status(status, "{}");
    let rows = [404, 410, 429, 500, 501, 502, 503, 504, 511].map(status);
    let rows = rows.into_iter().chain([
        Fault::new(FaultAction::Html { status: 410 }),
        Fault::status(503, "").header("retry-after", "3"),
        Fault::reset(),
        Fault::throttled(Some(2)),
    ]);
    all(rows.map(|fault| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A"]);
            world.emulator.inject(fault.for_kind(RequestKind::Identity).once());
            let source = world
                .source()
                .process_environment([(AUTHORITY, world.emulator.imds_authority())])
                .credential_timeout(Duration::from_secs(2));
            let config = loads(&source, Duration::from_secs(20)).await;
            assert_loaded(&world, &config, &["A"]);
            assert_eq!(world.emulator.counts().identity_requests, 2);
        }) as _
    }))
    .await;
}

#[tokio::test]
async fn managed_identity_that_is_never_ready() {
    let row = |fault: Fault, words: &'static str, remedy: &'static str| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A"]);
            world.emulator.inject(fault.for_kind(RequestKind::Identity));
            let source = world
                .source()
                .process_environment([(AUTHORITY, world.emulator.imds_authority())])
                .credential_timeout(Duration::from_secs(2))
                .deadline(Duration::from_secs(5));
            let started = Instant::now();
            let text = crate::support::error_of(&source).await;
            assert!(started.elapsed() >= Duration::from_secs(3), "{:?}", started.elapsed());
            let start = "credential failed: system-assigned managed identity (the environment names nothing else) got no token \
                         from IMDS at 127.0.0.1: no success within ";
            assert!(text.contains(start), "{text}");
            assert!(
                text.contains(words) && text.contains(remedy) && !text.contains("proxy"),
                "{text}"
            );
        }) as _
    };
    all([
        row(
            Fault::status(410, "{}"),
            "last seen: 410: ",
            "; IMDS is being updated, for up to 70 s",
        ),
        row(
            Fault::new(FaultAction::Html { status: 404 }),
            "last seen: 404: an HTML page",
            "; IMDS is not ready, or this machine has none",
        ),
        row(Fault::status(500, ""), "last seen: 500: ", "; IMDS is not ready"),
        row(Fault::reset(), "last seen: the connection broke", "; IMDS is not ready"),
    ])
    .await;
}

#[tokio::test]
async fn another_place_for_managed_identity_is_near_by() {
    let world = World::start().await;
    for place in ["http://10.0.0.1", "nonsense", "ftp://127.0.0.1", "http://imds.example"] {
        let source = world.source().process_environment([(AUTHORITY, place)]);
        assert_eq!(
            normal(&crate::support::error_of(&source).await),
            "Azure Key Vault https://app.vault.azure.test:PORT: settings failed: AZURE_POD_IDENTITY_AUTHORITY_HOST names neither \
             https nor a loopback or link-local address; write it as http://127.0.0.1:PORT, or unset it",
            "{place}"
        );
    }
}
