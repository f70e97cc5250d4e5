//! No token.

use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use config_azure_keyvault::{AzureKeyVault, ErrorKind, Stage};
use keyvault_emulator::{Fault, FaultAction, RequestKind, entra_error};

use super::reach::free_port;
use super::{AT_ONCE, LIMIT, all, assert_loaded, fails, loads};
use crate::support::{World, error_of, leaks};

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
            let error = fails(&source, AT_ONCE, CREDENTIAL, line).await;
            assert!(error.code().is_some_and(|code| code.starts_with("AADSTS")), "{error:?}");
            assert_eq!(world.emulator.counts().token_requests, 1, "it is not tried again");
        }) as _
    };
    all([
        // The description goes on behind `\r\n`, which the SDK's own error stumbles over.
        row(
            "AZURE_CLIENT_SECRET",
            leaks::marker(),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 401 AADSTS7000215: Invalid client secret provided; set the secret's value (not \
             its id) of a client secret that has not expired",
        ),
        row(
            "AZURE_TENANT_ID",
            "11111111-2222-3333-4444-555555555555".to_owned(),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 400 AADSTS90002: Tenant 'ID' not found; check the tenant id",
        ),
        row(
            "AZURE_CLIENT_ID",
            "11111111-2222-3333-4444-555555555555".to_owned(),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 400 AADSTS700016: Application with identifier 'ID' was not found in the \
             directory 'Emulator'; check the client id and that the app is registered in this tenant",
        ),
        row(
            "AZURE_TENANT_ID",
            "contoso.example".to_owned(),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 400 AADSTS90002: Tenant 'contoso.example' not found; check the tenant id",
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_the_token_endpoint_may_say() {
    let row = |action: FaultAction, line: &'static str| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A"]);
            world.emulator.inject(Fault::new(action).for_kind(RequestKind::Token));
            let source = world.source().credential_timeout(LIMIT);
            fails(&source, LIMIT * 2, CREDENTIAL, line).await;
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
            entra_error(
                401,
                "invalid_client",
                7_000_222,
                "The provided client secret keys for app 'x' are expired.",
            ),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 401 AADSTS7000222: The provided client secret keys for app 'x' are expired; set \
             the secret's value (not its id) of a client secret that has not expired",
        ),
        row(
            FaultAction::Html { status: 200 },
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 200: an HTML page of 148 bytes instead of the service's reply, as a proxy sends \
             it; check the URL of the token endpoint localhost and what stands between: a proxy, a firewall",
        ),
        row(
            FaultAction::Html { status: 403 },
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 403: an HTML page of 148 bytes instead of the service's reply, as a proxy sends \
             it; check the URL of the token endpoint localhost and what stands between: a proxy, a firewall",
        ),
        row(
            FaultAction::Html { status: 502 },
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: no success within 5s; last seen: 502: an HTML page of 148 bytes instead of \
             the service's reply, as a proxy sends it; check the URL of the token endpoint localhost and \
             what stands between: a proxy, a firewall",
        ),
        row(
            status(500, String::new()),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: no success within 5s; last seen: 500: the reply is empty and not the \
             service's own; check the URL of the token endpoint localhost and what stands between: a proxy, \
             a firewall",
        ),
        row(
            FaultAction::Throttled {
                retry_after: Some(3_600),
            },
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 429 Throttled: Request was not processed because too many requests were \
             received. Reason: VaultRequestTypeLimitReached (it asks for a pause of 3600 s, past the \
             deadline); wait, spread the starts of your instances, or allow more time with `deadline`",
        ),
        row(
            status(200, "{}".to_owned()),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: the token is empty, or holds what no header may hold; check the URL of the \
             token endpoint localhost and what stands between: a proxy, a firewall",
        ),
        row(
            status(200, format!(r#"[["{secret}"]]"#)),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: the reply is not the service's: JSON of another form (line 1, column N); check \
             the URL of the token endpoint localhost and what stands between: a proxy, a firewall",
        ),
        row(
            status(
                200,
                format!(r#"{{"access_token": "{secret}", "expires_in": "{secret}""#),
            ),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: the reply is not the service's: JSON of another form (line 1, column N); check \
             the URL of the token endpoint localhost and what stands between: a proxy, a firewall",
        ),
        row(
            status(400, format!("{secret:#<32}")),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 400: 32 bytes that are not in the service's form, as a proxy sends them; check \
             the URL of the token endpoint localhost and what stands between: a proxy, a firewall",
        ),
        row(
            FaultAction::MalformedJson,
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: the reply is not the service's: JSON that ends early (line 1, column N); check \
             the URL of the token endpoint localhost and what stands between: a proxy, a firewall",
        ),
        row(
            FaultAction::TruncatedBody,
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: no success within 5s; last seen: the connection broke before the reply was \
             whole: stream error received: unexpected internal error encountered; check what stands between \
             here and the token endpoint localhost: a proxy, a firewall, the service's health",
        ),
        row(
            FaultAction::Hang,
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: no answer within 5s; check the route to the token endpoint localhost, or \
             allow more time",
        ),
        row(
            status(302, String::new()),
            "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 302: the reply is empty and not the service's own; check the URL of the token \
             endpoint localhost and what stands between: a proxy, a firewall",
        ),
    ])
    .await;
}

/// What helps is said of what was sent, whatever was sent: none of these is about a proxy.
#[tokio::test]
async fn what_a_refusal_means() {
    for (number, words) in [
        (700_024, "the federated token has expired"),
        (700_027, "the federated token's signature does not fit"),
        (7_000_216, "no secret and no federated token arrived"),
        (7_000_218, "no secret and no federated token arrived"),
        (50_027, "hold one whole token"),
        (50_013, "hold one whole token"),
        (50_196, "find what restarts in a loop"),
        (7_000_215, "set the secret's value"),
        (70_021, "check the app's federated credential"),
    ] {
        let world = World::start().await;
        let refusal = entra_error(400, "invalid_request", number, "It is refused.");
        world.emulator.inject(Fault::new(refusal).for_kind(RequestKind::Token));
        let text = error_of(&world.source()).await;
        assert!(text.contains(&format!("AADSTS{number}: It is refused; ")), "{text}");
        assert!(text.contains(words) && !text.contains("proxy"), "{text}");
    }
}

#[tokio::test]
async fn a_token_endpoint_out_of_reach() {
    let world = World::start().await;
    let source = with(
        &world,
        "AZURE_AUTHORITY_HOST",
        &format!("https://127.0.0.1:{}", free_port()),
    );
    fails(
        &source,
        AT_ONCE * 2,
        CREDENTIAL,
        "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from 127.0.0.1: no connection: Connection refused (os error 111); check the host and port of \
             the token endpoint 127.0.0.1 and what stands between",
    )
    .await;
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
    fails(
        &source,
        AT_ONCE,
        CREDENTIAL,
        "credential failed: the credential (given in code) gave no token: no answer within 400ms; look into \
         the credential that the code gives with `credential`",
    )
    .await;
    // The deadline may be the first to pass; it is the credential that it waits for all the same.
    let source = world
        .source()
        .credential(Arc::new(Given::Hangs))
        .deadline(Duration::from_millis(400));
    fails(
        &source,
        AT_ONCE,
        CREDENTIAL,
        "credential failed: the credential (given in code) gave no token: no answer within 400ms; look \
             into the credential that the code gives with `credential`",
    )
    .await;
    // As read from a file, its line break included: no header takes it, and the SDK would print it.
    let token = Given::Gives(format!("{}\n", leaks::marker()));
    let source = world.source().credential(Arc::new(token));
    fails(
        &source,
        AT_ONCE,
        CREDENTIAL,
        "credential failed: the credential (given in code) gave no token: the token is empty, or holds \
             what no header may hold; look into the credential that the code gives with `credential`",
    )
    .await;
    let source = world
        .source()
        .credential(Arc::new(Given::Says("the smart card\r\nis not in its reader")));
    fails(
        &source,
        AT_ONCE,
        CREDENTIAL,
        "credential failed: the credential (given in code) gave no token: the smart card is not in its \
             reader; look into the credential that the code gives with `credential`",
    )
    .await;
}

#[tokio::test]
async fn a_failure_is_forgiven_when_it_is_over() {
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world.source();
    world
        .emulator
        .inject(Fault::new(FaultAction::Html { status: 403 }).for_kind(RequestKind::Token));
    fails(
        &source,
        AT_ONCE,
        CREDENTIAL,
        "credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) got no token \
             from localhost: 403: an HTML page of 148 bytes instead of the service's reply, as a proxy sends \
             it; check the URL of the token endpoint localhost and what stands between: a proxy, a firewall",
    )
    .await;
    world.emulator.clear_faults();
    let config = loads(&source, AT_ONCE).await;
    assert_loaded(&world, &config, &["A"]);
    // And the other way round: what was loaded stays reported when the vault fails later.
    world
        .emulator
        .inject(Fault::new(FaultAction::Html { status: 403 }).for_kind(RequestKind::List));
    fails(
        &source,
        AT_ONCE,
        (ErrorKind::Forbidden, Stage::List),
        "list failed: 403: an HTML page of 148 bytes instead of the service's reply, as a proxy sends \
             it; check the URL of app.vault.azure.test and what stands between: a proxy, a firewall",
    )
    .await;
    assert!(source.report().is_some());
}
