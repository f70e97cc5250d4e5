//! Numbers for a health endpoint.

use std::time::Duration;

use serde::Serialize;

/// What a client did since its start, and how old its token is. Never a value.
///
/// What a health endpoint may tell: ages and numbers, and nothing else.
///
/// ```
/// use maskinporten::{MaskinportenClient, Stats};
///
/// fn health(client: &MaskinportenClient) -> String {
///     let Stats { token_age, token_requests, failures, .. } = client.stats();
///     match token_age {
///         Some(age) => format!("a token of {} s, {token_requests} requests, {failures} failures", age.as_secs()),
///         None => "no token yet".to_owned(),
///     }
/// }
/// assert_eq!(Stats::default().token_age, None);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Requests to Maskinporten's token endpoint, those that were tried again included.
    pub token_requests: u64,
    /// Requests to Altinn's exchange.
    pub exchange_requests: u64,
    /// Tokens that were answered from memory.
    pub cached: u64,
    /// Times that Maskinporten or the exchange was asked and gave no token: once each, however many callers waited for it.
    pub failures: u64,
    /// Tokens in memory, of both kinds; those on their way do not count.
    pub tokens: usize,
    /// How long ago the token of the default request was received, if there is one.
    pub token_age: Option<Duration>,
}
