//! No token.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use config_azure_keyvault::{AzureKeyVault, ErrorKind, Stage};
use keyvault_emulator::{Fault, FaultAction, RequestKind};

use super::reach::free_port;
use super::{SOON, all, assert_loaded, fails, loads};
use crate::support::{World, leaks};

const CREDENTIAL: (ErrorKind, Stage) = (ErrorKind::Credential, Stage::Credential);

fn with(world: &World, name: &str, value: &str) -> AzureKeyVault {
    let mut variables = world.variables();
    variables.retain(|(key, _)| key != name);
    variables.push((name.to_owned(), value.to_owned()));
    world.source().process_environment(variables)
}

#[tokio::test]
async fn what_entra_refuses() {
    let row = |variable: &'static str, value: String, line: &'static str| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A"]);
            let source = with(&world, variable, &value);
            let error = fails(&source, Duration::from_secs(3), CREDENTIAL, line).await;
            assert!(error.code().is_some_and(|code| code.starts_with("AADSTS")), "{error:?}");
            assert_eq!(world.emulator.counts().token_requests, 1, "it is not tried again");
        }) as _
    };
    all([
        // The description goes on behind `\r\n`, which the SDK's own error stumbles over.
        row("AZURE_CLIENT_SECRET", leaks::marker(), "secret"),
        row(
            "AZURE_TENANT_ID",
            "11111111-2222-3333-4444-555555555555".to_owned(),
            "tenant",
        ),
        row(
            "AZURE_CLIENT_ID",
            "11111111-2222-3333-4444-555555555555".to_owned(),
            "client",
        ),
        row("AZURE_TENANT_ID", "contoso.example".to_owned(), "tenant2"),
    ])
    .await;
}

#[tokio::test]
async fn what_the_token_endpoint_may_say() {
    let row = |name: &'static str, action: FaultAction, line: &'static str| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A"]);
            world.emulator.inject(Fault::new(action).for_kind(RequestKind::Token));
            let source = world.source().credential_timeout(SOON);
            let _ = name;
            fails(&source, SOON * 2, CREDENTIAL, line).await;
        }) as _
    };
    let status = |status, body: String| FaultAction::Status {
        status,
        body,
        headers: Vec::new(),
    };
    let secret = leaks::marker();
    all([
        row(
            "expired",
            FaultAction::entra_error(
                401,
                "invalid_client",
                7_000_222,
                "The provided client secret keys for app 'x' are expired.",
            ),
            "@credential expired",
        ),
        row("html 200", FaultAction::Html { status: 200 }, "@credential html 200"),
        row("html 403", FaultAction::Html { status: 403 }, "@credential html 403"),
        row("html 502", FaultAction::Html { status: 502 }, "@credential html 502"),
        row("500", status(500, String::new()), "@credential 500"),
        row(
            "429",
            FaultAction::Throttled {
                retry_after: Some(3_600),
            },
            "@credential 429",
        ),
        row("no token", status(200, "{}".to_owned()), "@credential no token"),
        row("other", status(200, format!(r#"[["{secret}"]]"#)), "@credential other"),
        row(
            "marker",
            status(
                200,
                format!(r#"{{"access_token": "{secret}", "expires_in": "{secret}""#),
            ),
            "@credential marker",
        ),
        row(
            "no json",
            status(400, format!("{secret} is wrong")),
            "@credential no json",
        ),
        row("malformed", FaultAction::MalformedJson, "@credential malformed"),
        row("truncated", FaultAction::TruncatedBody, "@credential truncated"),
        row("hang", FaultAction::Hang, "@credential hang"),
        row("redirect", status(302, String::new()), "@credential redirect"),
    ])
    .await;
}

#[tokio::test]
async fn a_token_endpoint_out_of_reach() {
    let world = World::start().await;
    let source = with(
        &world,
        "AZURE_AUTHORITY_HOST",
        &format!("https://127.0.0.1:{}", free_port()),
    );
    fails(&source, Duration::from_secs(6), CREDENTIAL, "reach").await;
}

#[derive(Debug)]
enum Given {
    Hangs,
    Says(&'static str),
    Gives(String),
}

#[async_trait::async_trait]
impl TokenCredential for Given {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        match self {
            Self::Gives(token) => Ok(AccessToken::new(
                token.clone(),
                OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1),
            )),
            Self::Hangs => std::future::pending().await,
            Self::Says(text) => Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                *text,
            )),
        }
    }
}

#[tokio::test]
async fn a_credential_given_in_code() {
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world
        .source()
        .credential(Arc::new(Given::Hangs))
        .credential_timeout(Duration::from_millis(400));
    fails(&source, SOON, CREDENTIAL, "hang").await;
    // The deadline may be the first to pass; it is the credential that it waits for all the same.
    let source = world
        .source()
        .credential(Arc::new(Given::Hangs))
        .deadline(Duration::from_millis(400));
    fails(&source, SOON, CREDENTIAL, "hang2").await;
    // As read from a file, its line break included: no header takes it, and the SDK would print it.
    let token = Given::Gives(format!("{}\n", leaks::marker()));
    let source = world.source().credential(Arc::new(token));
    fails(&source, SOON, CREDENTIAL, "token with a line break").await;
    let source = world
        .source()
        .credential(Arc::new(Given::Says("the smart card\r\nis not in its reader")));
    fails(&source, SOON, CREDENTIAL, "says").await;
}

#[tokio::test]
async fn a_failure_is_forgiven_when_it_is_over() {
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world.source();
    world
        .emulator
        .inject(Fault::new(FaultAction::Html { status: 403 }).for_kind(RequestKind::Token));
    fails(&source, SOON, CREDENTIAL, "html").await;
    world.emulator.clear_faults();
    let config = loads(&source, SOON).await;
    assert_loaded(&world, &config, &["A"]);
    // And the other way round: what was loaded stays reported when the vault fails later.
    world
        .emulator
        .inject(Fault::new(FaultAction::Html { status: 403 }).for_kind(RequestKind::List));
    fails(&source, SOON, (ErrorKind::Forbidden, Stage::List), "html2").await;
    assert!(source.report().is_some());
}
