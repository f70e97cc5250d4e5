//! A machine without CA roots; managed identity where there is one and where there is none.

use std::time::{Duration, Instant};

use super::child::Child;
use super::normal;
use super::reach::free_port;
use crate::support::{World, leaks};

/// A service that signs in to the vault at `localhost` and trusts its CA.
async fn service(world: &World, environment: &[(&str, &str)]) -> String {
    let child = Child {
        vault: &world.emulator.url(),
        ca: Some(world.emulator.ca_pem()),
        environment,
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
    // Whatever answers at the address of managed identity on this machine, it is asked through this.
    let proxy = format!("http://127.0.0.1:{}", free_port());
    let started = Instant::now();
    let text = service(&world, &[("HTTP_PROXY", &proxy), ("NO_PROXY", "localhost")]).await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(12), "{took:?}: {text}");
    assert_eq!(
        text,
        "Azure Key Vault https://localhost:PORT: credential failed: system-assigned managed identity \
             (the environment names nothing else) got no token from 169.254.169.254: no connection: \
             Connection refused (os error 111); give this machine or pod a managed identity, or set \
             AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; on a developer's machine set \
             DOTNET_ENVIRONMENT=Development",
    );
}

#[tokio::test]
async fn managed_identity_behind_a_proxy() {
    let world = world().await;
    world.emulator.inject(
        keyvault_emulator::Fault::new(keyvault_emulator::FaultAction::Html { status: 403 })
            .for_kind(keyvault_emulator::RequestKind::Identity),
    );
    let proxy = world.emulator.imds_authority();
    let text = service(&world, &[("HTTP_PROXY", &proxy), ("NO_PROXY", "localhost")]).await;
    assert_eq!(
        text,
        "Azure Key Vault https://localhost:PORT: credential failed: system-assigned managed identity \
             (the environment names nothing else) got no token from 169.254.169.254: 403: an HTML page of \
             148 bytes instead of the service's reply, as a proxy sends it; a proxy answers in the place of \
             managed identity: let NO_PROXY name 169.254.169.254",
    );
}

#[tokio::test]
async fn managed_identity_of_a_virtual_machine() {
    let world = world().await;
    let proxy = world.emulator.imds_authority();
    let text = service(&world, &[("HTTP_PROXY", &proxy), ("NO_PROXY", "localhost")]).await;
    assert_eq!(text, "loaded 1");
    assert_eq!(world.emulator.counts().identity_requests, 1);
    let other = ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555");
    let text = service(&world, &[("HTTP_PROXY", &proxy), ("NO_PROXY", "localhost"), other]).await;
    assert_eq!(
        text,
        "Azure Key Vault https://localhost:PORT: credential failed: user-assigned managed identity (the \
             environment: AZURE_CLIENT_ID is set) got no token from 169.254.169.254: 400 invalid_request: \
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
