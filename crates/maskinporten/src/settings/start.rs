//! What is said of settings when a client begins to use them.

use super::MaskinportenSettings;
use crate::authority::Environment;
use crate::quoted;
use crate::transport::is_loopback;
use url::Url;

impl MaskinportenSettings {
    /// Once for a client, and again where what it is about has changed. `exchange` is where tokens are exchanged.
    pub(crate) fn tell_at_start(&self, exchange: Option<&str>, before: Option<(&Self, Option<&str>)>) {
        if self.scopes.is_none() && before.is_none_or(|(before, _)| before.scopes.is_some()) {
            let setting = self.place.path("Scope");
            tracing::warn!("`{setting}` is not set: a request that names no scopes itself cannot be sent");
        }
        let as_before = before.is_some_and(|(before, at)| before.issuing == self.issuing && at == exchange);
        if self.allows_insecure_http() && !as_before {
            let setting = self.place.path("AllowInsecureHttp");
            let plain = self.asked_without_tls(exchange);
            let asked = match plain.is_empty() {
                true => String::new(),
                false => format!(", and these are asked without TLS: {}", plain.join(", ")),
            };
            tracing::warn!(
                "`{setting}` is set: tokens may go to any API over plain HTTP{asked}; whoever is on the way can read and use what is \
                 sent, so it is for tests only"
            );
        }
    }

    fn asked_without_tls(&self, exchange: Option<&str>) -> Vec<String> {
        let metadata = match &self.issuing.environment {
            Environment::Other(url) if self.issuing.constants().is_none() => Some(url.to_string()),
            _ => None,
        };
        let token_endpoint = self.issuing.token_endpoint.clone();
        let token_endpoint = token_endpoint.or_else(|| Some(self.issuing.constants()?.token_endpoint));
        let all = [metadata, token_endpoint, exchange.map(str::to_owned)];
        let plain = |text: &String| Url::parse(text).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url));
        let plain = all.into_iter().flatten().filter(plain);
        plain.map(|text| quoted::address(&text)).collect()
    }
}
