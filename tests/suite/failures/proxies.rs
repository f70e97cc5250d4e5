//! A proxy that the environment names: it is what cannot be reached, and not the vault.

use std::time::Duration;

use config_azure_keyvault::{AzureKeyVault, ErrorKind, Obstacle, Stage};

use super::reach::free_port;
use super::{AT_ONCE, all, assert_loaded, fails, loads};
use crate::support::proxy::{Manner, Proxy};
use crate::support::{World, leaks};

const UNREACHABLE: (ErrorKind, Stage) = (ErrorKind::Unreachable, Stage::List);

/// A source that makes its own client, by these variables and no others. The vault's host is none that is found without a proxy,
/// the token endpoint is `localhost`.
fn source(world: &World, variables: &[(&str, &str)]) -> AzureKeyVault {
    let more = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    AzureKeyVault::new(&world.url)
        .environment("Production")
        .process_environment(world.variables().into_iter().chain(more))
        .mounted_settings("/nowhere")
        .ca_pem(world.emulator.ca_pem())
        .connect_timeout(Duration::from_millis(400))
}

#[tokio::test]
async fn a_proxy_that_leads_to_the_vault() {
    let world = World::start().await;
    world.seed(&["A"]);
    let proxy = Proxy::start().await;
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let before = proxy.connections();
        let source = source(&world, &[(variable, &proxy.url())]);
        assert_loaded(&world, &loads(&source, AT_ONCE).await, &["A"]);
        assert!(proxy.connections() > before, "{variable}");
    }
    let asked = proxy.asked();
    assert!(
        asked
            .iter()
            .all(|line| line.starts_with("CONNECT app.vault.azure.test:")),
        "`localhost` is asked directly: {asked:?}"
    );
}

#[tokio::test]
async fn a_proxy_that_is_dead_is_named() {
    let row = |manner: Option<Manner>, variable: &'static str, line: &'static str| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A"]);
            let proxy = match manner {
                Some(manner) => Some(Proxy::of(manner).await),
                None => None,
            };
            let url = match &proxy {
                Some(proxy) => proxy.url(),
                None => format!("http://127.0.0.1:{}", free_port()),
            };
            // The password is for the proxy and nobody else.
            let url = url.replace("://", &format!("://user:{}@", leaks::marker()));
            let source = source(&world, &[(variable, &url)]);
            let error = fails(&source, AT_ONCE * 2, UNREACHABLE, line).await;
            assert_eq!(error.obstacle(), Some(Obstacle::Proxy));
        }) as _
    };
    all([
        row(
            None,
            "HTTPS_PROXY",
            "list failed: no connection through the proxy http://127.0.0.1:PORT of HTTPS_PROXY: Connection refused (os error \
             111); check HTTPS_PROXY, and NO_PROXY if app.vault.azure.test is to be reached without a proxy",
        ),
        row(
            None,
            "all_proxy",
            "list failed: no connection through the proxy http://127.0.0.1:PORT of all_proxy: Connection refused (os error \
             111); check all_proxy, and NO_PROXY if app.vault.azure.test is to be reached without a proxy",
        ),
        row(
            Some(Manner::WantsAPassword),
            "HTTPS_PROXY",
            "list failed: no connection through the proxy http://127.0.0.1:PORT of HTTPS_PROXY: tunnel error: proxy \
             authorization required; give the proxy's user and password in HTTPS_PROXY",
        ),
        row(
            Some(Manner::Refuses),
            "HTTPS_PROXY",
            "list failed: no connection through the proxy http://127.0.0.1:PORT of HTTPS_PROXY: tunnel error: unsuccessful; \
             check HTTPS_PROXY, and NO_PROXY if app.vault.azure.test is to be reached without a proxy",
        ),
        row(
            Some(Manner::Hangs),
            "HTTPS_PROXY",
            "list failed: no connection through the proxy http://127.0.0.1:PORT of HTTPS_PROXY: connecting took too long; \
             check HTTPS_PROXY, and NO_PROXY if app.vault.azure.test is to be reached without a proxy",
        ),
    ])
    .await;
}

/// The vault is reached without a proxy, and who signs in with one.
#[tokio::test]
async fn a_dead_proxy_before_the_token_endpoint_is_named() {
    let world = World::start().await;
    world.emulator.default_vault().set("A", leaks::marker());
    let port = world.emulator.authority();
    let port = port.rsplit(':').next().expect("a port");
    let variables = world
        .variables()
        .into_iter()
        .filter(|(name, _)| name != "AZURE_AUTHORITY_HOST")
        .chain([
            (
                "AZURE_AUTHORITY_HOST".to_owned(),
                format!("https://login.example:{port}"),
            ),
            ("HTTPS_PROXY".to_owned(), format!("http://127.0.0.1:{}", free_port())),
        ]);
    let source = AzureKeyVault::new(world.emulator.url())
        .environment("Production")
        .process_environment(variables)
        .mounted_settings("/nowhere")
        .ca_pem(world.emulator.ca_pem())
        .verify_challenge_resource(false);
    let error = fails(
        &source,
        AT_ONCE * 2,
        (ErrorKind::Credential, Stage::Credential),
        "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token from login.example: no \
         connection through the proxy http://127.0.0.1:PORT of HTTPS_PROXY: Connection refused (os error 111); check HTTPS_PROXY, \
         and NO_PROXY if the token endpoint login.example is to be reached without a proxy",
    )
    .await;
    assert_eq!(error.obstacle(), Some(Obstacle::Proxy));
}

#[tokio::test]
async fn socks_is_not_spoken() {
    for scheme in ["socks4", "socks5", "socks5h"] {
        let world = World::start().await;
        let url = format!("{scheme}://user:{}@127.0.0.1:{}", leaks::marker(), free_port());
        for variable in ["ALL_PROXY", "HTTPS_PROXY"] {
            let line = format!(
                "list failed: {variable} names the SOCKS proxy {scheme}://127.0.0.1:PORT, and SOCKS is not spoken here; name an \
                 HTTP proxy in HTTPS_PROXY, let NO_PROXY name app.vault.azure.test, or give `http_client` a client that speaks \
                 SOCKS"
            );
            let source = source(&world, &[(variable, &url)]);
            let error = fails(&source, AT_ONCE, UNREACHABLE, &line).await;
            assert_eq!(error.obstacle(), Some(Obstacle::Proxy));
        }
    }
}
