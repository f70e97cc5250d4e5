//! The real loader, on a wire that ends in the counting vault.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use tokio::time::{Instant, sleep};
use url::Url;

use super::vault::Line;
use crate::clock::Clock;
use crate::error::Error;
use crate::failure::CredentialFailure;
use crate::sign_in::SignIn;
use crate::transport::{Peer, Simulated, Transport, Wire};
use crate::vault::{HttpSettings, Limits, Memory, Selection, Session, load as load_vault};

const VAULT: &str = "https://fleet.vault.azure.net/";

/// It builds requests, and sends none.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    builder.build().expect("it needs nothing")
});

/// What a process does that has just started.
pub(super) async fn load(line: &Arc<Line>, secrets: usize, deadline: Duration) -> Result<(), Error> {
    let vault = Url::parse(VAULT).expect("it is one");
    let (limits, clock) = (
        Limits {
            deadline,
            ..Limits::default()
        },
        Clock::default(),
    );
    let service = Answers {
        line: Arc::clone(line),
        secrets,
    };
    let wire = Wire::simulated(CLIENT.clone(), Arc::new(service));
    let transport = Transport::new(wire, Peer::Vault(vault.clone()), limits.per_try, clock.clone());
    let http = HttpSettings::default();
    let session = Session::new(vault, transport, Arc::new(SignedIn), true, &http, clock)?;
    let (selection, memory) = (Selection::default(), Memory::default());
    let outcome = load_vault(&session, &selection, None, &limits, &memory, Instant::now()).await?;
    assert_eq!(outcome.secrets.len(), secrets);
    Ok(())
}

/// The vault's answers, over one instance's line.
struct Answers {
    line: Arc<Line>,
    secrets: usize,
}

const PAGE: usize = 25;

#[async_trait::async_trait]
impl Simulated for Answers {
    async fn answer(&self, request: &reqwest::Request) -> (u16, Vec<(&'static str, String)>, String) {
        if !request.headers().contains_key("authorization") {
            Line::knock().await;
            let challenge =
                "Bearer authorization=\"https://login.example.com/t\", resource=\"https://vault.azure.net\"";
            return (401, vec![("www-authenticate", challenge.to_owned())], String::new());
        }
        if self.line.ask(1).await == 0 {
            let pause = self.line.vault.rules.retry_after;
            let headers = pause.map(|pause| ("retry-after", pause.as_secs().to_string()));
            let body = r#"{"error":{"code":"Throttled","message":"Request was not processed because too many requests were received."}}"#;
            return (429, headers.into_iter().collect(), body.to_owned());
        }
        let body = match request.url().path().trim_matches('/').split_once('/') {
            Some((_, name)) => {
                format!(r#"{{"value":"a value","id":"{VAULT}secrets/{name}/0123456789abcdef0123456789abcdef"}}"#)
            }
            None => self.page(request.url()),
        };
        (200, Vec::new(), body)
    }
}

impl Answers {
    fn page(&self, url: &Url) -> String {
        let from = url.query_pairs().find(|(name, _)| name == "from");
        let from: usize = from.and_then(|(_, from)| from.parse().ok()).unwrap_or(0);
        let to = self.secrets.min(from + PAGE);
        let item =
            |n| format!(r#"{{"id":"{VAULT}secrets/Section--Key{n}","attributes":{{"enabled":true,"updated":1}}}}"#);
        let items: Vec<String> = (from..to).map(item).collect();
        let next = match to < self.secrets {
            true => format!("\"{VAULT}secrets?from={to}\""),
            false => "null".to_owned(),
        };
        format!(r#"{{"value":[{}],"nextLink":{next}}}"#, items.join(","))
    }
}

/// A credential with a token at hand, after the way to who issues it.
#[derive(Debug)]
struct SignedIn;

#[async_trait::async_trait]
impl TokenCredential for SignedIn {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        sleep(Duration::from_millis(1)).await;
        let lives = azure_core::time::Duration::hours(24);
        Ok(AccessToken::new(
            Secret::new("token"),
            OffsetDateTime::now_utc() + lives,
        ))
    }
}

#[async_trait::async_trait]
impl SignIn for SignedIn {
    fn begin(&self, _: Instant) {}

    fn out_of_time(&self, _: Duration) -> Option<CredentialFailure> {
        None
    }

    fn accepted(&self, _: &str) {}

    fn instead_of(&self, _: &str) -> Option<String> {
        None
    }

    async fn anew(&self, _: &str) -> azure_core::Result<Option<String>> {
        Ok(None)
    }
}
