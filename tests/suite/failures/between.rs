//! What stands between speaks in the vault's place: a gateway's JSON, an echo of the token, a redirect.

use std::future::Future;
use std::time::Duration;

use config_azure_keyvault::{ErrorKind, SkipReason, Stage};
use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, RequestKind, service_error};

use super::{AT_ONCE, all, assert_loaded, fails, loads};
use crate::support::{World, error_of, leaks};

const BOUND: Duration = AT_ONCE;

const NOT_FOUND: [&str; 5] = [
    r#"{"message":"no Route matched with those values"}"#,
    r#"{"statusCode":404,"message":"Resource not found"}"#,
    r#"{"error":"not found"}"#,
    r#"{"error":{"message":"not found"}}"#,
    r#"{"error":{"code":404,"message":"not found"}}"#,
];

#[tokio::test]
async fn a_gateway_that_knows_no_such_route() {
    for body in NOT_FOUND {
        let world = World::start().await;
        world.seed(&["A", "B"]);
        let fault = Fault::status(404, body).for_kind(RequestKind::Get);
        world.emulator.inject(fault.for_secret("B"));
        let foreign = format!(
            "404: {} bytes that are not in the service's form, as a proxy sends them; check the URL of \
             app.vault.azure.test and what stands between: a proxy, a firewall",
            body.len()
        );
        let line = format!("get failed for secret `B`: {foreign}");
        fails(&world.source(), BOUND, (ErrorKind::InvalidResponse, Stage::Get), &line).await;
        // Nor is a name that may be missing.
        let optional = world.source().names([config_azure_keyvault::SecretName::optional("B")]);
        fails(&optional, BOUND, (ErrorKind::InvalidResponse, Stage::Get), &line).await;
        world.emulator.clear_faults();
        world
            .emulator
            .inject(Fault::status(404, body).for_kind(RequestKind::List));
        let line = format!("list failed: {foreign}");
        fails(&world.source(), BOUND, (ErrorKind::InvalidResponse, Stage::List), &line).await;
    }
}

#[tokio::test]
async fn a_gateway_that_refuses() {
    let world = World::start().await;
    world.seed(&["A"]);
    world
        .emulator
        .inject(Fault::status(403, r#"{"message":"Forbidden"}"#).for_kind(RequestKind::List));
    fails(
        &world.source(),
        BOUND,
        (ErrorKind::Forbidden, Stage::List),
        "list failed: 403: 23 bytes that are not in the service's form, as a proxy sends them; check the URL of \
         app.vault.azure.test and what stands between: a proxy, a firewall",
    )
    .await;
}

/// There is one code that says that a secret is not there. Whatever else is not found fails the load, which would be empty without an
/// error where every get says so.
#[tokio::test]
async fn what_else_is_not_found_is_no_deleted_secret() {
    let checks = "check that app.vault.azure.test is a Key Vault, and what stands between: a gateway, a proxy";
    for (code, inner, remedy) in [
        (
            "VaultNotFound",
            None,
            "check that the vault of app.vault.azure.test is there and is named right",
        ),
        ("NotFound", None, checks),
        ("ResourceNotFound", None, checks),
        (
            "ApiVersionNotFound",
            None,
            "name a version that the vault knows with `api_version`, or none",
        ),
        (
            "SecretNotFound",
            Some("VaultNotFound"),
            "check that the vault of app.vault.azure.test is there and is named right",
        ),
        ("secret_not_found", None, checks),
        (
            "com.example.vault.service.exception.of.a.very.long.name.NotFoundException",
            None,
            checks,
        ),
    ] {
        let world = World::start().await;
        world.seed(&["A"]);
        let fault = Fault::new(service_error(404, code, inner, "It is not found."));
        world.emulator.inject(fault.for_kind(RequestKind::Get));
        let shown = match inner.unwrap_or(code) {
            code if code.len() > 64 => String::new(),
            code => format!(" {code}"),
        };
        let line = format!("get failed for secret `A`: 404{shown}: It is not found; {remedy}");
        let kind = (ErrorKind::InvalidResponse, Stage::Get);
        fails(&world.source(), BOUND, kind, &line).await;
        let optional = world.source().names([config_azure_keyvault::SecretName::optional("A")]);
        fails(&optional, BOUND, kind, &line).await;
        let required = world.source().names(["A"]);
        fails(&required, BOUND, kind, &line).await;
    }
    // The one that counts, as the inner code too.
    for (code, inner) in [("SecretNotFound", None), ("NotFound", Some("SecretNotFound"))] {
        let world = World::start().await;
        world.seed(&["A", "B"]);
        let fault = Fault::new(service_error(404, code, inner, "Not found."));
        world.emulator.inject(fault.for_secret("B"));
        let source = world.source();
        assert_loaded(&world, &loads(&source, BOUND).await, &["A"]);
        let skipped = source.report().expect("a report").skipped;
        assert_eq!((skipped.len(), &skipped[0].reason), (1, &SkipReason::Deleted));
    }
}

/// Status, body and headers, made of the token.
type Reply = fn(&str) -> (u16, String, Vec<(String, String)>);

#[tokio::test]
async fn an_echo_of_the_token_goes_no_further() {
    let row = |reply: Reply, kind: RequestKind| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A"]);
            let token = world.emulator.access_token("https://vault.azure.test");
            leaks::watch(token.clone());
            let (status, body, headers) = reply(&token);
            let action = FaultAction::Status { status, body, headers };
            world.emulator.inject(Fault::new(action).for_kind(kind));
            let text = error_of(&world.source()).await;
            assert!(!text.contains("eyJ"), "{text}");
        }) as std::pin::Pin<Box<dyn Future<Output = ()> + Send>>
    };
    let replies: [Reply; 8] = [
        |t| {
            (
                400,
                format!(r#"{{"error":{{"code":"BadParameter","message":"Got Bearer {t}."}}}}"#),
                vec![],
            )
        },
        |t| (400, format!(r#"{{"error":{{"code":"{t}","message":"No."}}}}"#), vec![]),
        |t| (400, format!(r#"{{"error":"{t}"}}"#), vec![]),
        |t| (400, format!(r#"{{"error":"bad","error_description":"{t}"}}"#), vec![]),
        |t| (400, format!(r#"{{"message":"{t}"}}"#), vec![]),
        |t| {
            let inner = format!(r#"{{"code":"{t}","innererror":{{"code":"Bearer {t}"}}}}"#);
            (
                400,
                format!(r#"{{"error":{{"code":"C","message":"No.","innererror":{inner}}}}}"#),
                vec![],
            )
        },
        |t| {
            let challenge = format!(r#"Bearer error="invalid_token", error_description="{t}""#);
            (401, String::new(), vec![("www-authenticate".to_owned(), challenge)])
        },
        |t| {
            let challenge = format!(r#"Bearer authorization="https://{t}/", resource="https://{t}""#);
            (401, String::new(), vec![("www-authenticate".to_owned(), challenge)])
        },
    ];
    let kinds = [RequestKind::List, RequestKind::Get, RequestKind::Token];
    all(kinds.into_iter().flat_map(|kind| replies.map(|reply| row(reply, kind)))).await;
}

#[tokio::test]
async fn a_given_client_that_follows_redirects() {
    let world = World::start().await;
    world.seed(&["A"]);
    let other = KeyVaultEmulator::start().await.expect("the emulator starts");
    let empty = Fault::status(200, r#"{"value":[]}"#).before_authentication();
    other.inject(empty.for_kind(RequestKind::List));
    let location = format!("{}/secrets?api-version=7.5", other.url());
    let fault = Fault::status(307, "").header("location", &location);
    world.emulator.inject(fault.for_kind(RequestKind::List));
    let client = |redirect| {
        let root = reqwest::Certificate::from_pem(other.ca_pem().as_bytes()).expect("a certificate");
        let builder = world.emulator.http_client_builder().tls_certs_merge([root]);
        builder.redirect(redirect).build().expect("a client")
    };
    let source = world
        .source()
        .http_client(client(reqwest::redirect::Policy::limited(5)));
    fails(
        &source,
        BOUND,
        (ErrorKind::InvalidResponse, Stage::List),
        "list failed: the reply came from another host, localhost, where a redirect led; give `http_client` a \
         client that follows no redirects, and name the host that the vault answers for as the vault's URL",
    )
    .await;
    let counts = other.counts();
    assert_eq!(counts.connections, 1, "it was led there: {counts:?}");
}

#[tokio::test]
async fn a_list_that_leads_out_of_tls() {
    let world = World::start().await;
    let names: Vec<String> = (0..30).map(|n| format!("Key{n:02}")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let plain = world.url.replace("https:", "http:");
    world.vault.set_next_link_origin(Some(&plain));
    fails(
        &world.source(),
        BOUND,
        (ErrorKind::InvalidResponse, Stage::List),
        "list failed: the list leads to http://app.vault.azure.test, and nothing secret may travel in the clear; it was \
         not followed; check what stands between here and app.vault.azure.test: a proxy that ends TLS may rewrite links",
    )
    .await;
}
