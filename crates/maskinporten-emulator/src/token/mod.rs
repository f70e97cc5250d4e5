//! Access tokens: what Maskinporten signs, what Altinn signs, and what the API believes.

mod verify;

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{ClientSpec, Registry};
use crate::lock::lock;
use crate::party::party;
use crate::state::Shared;

pub(crate) use verify::{Claims, verify};

/// The issuer of the authority where a consumer delegates, as the documentation has it.
const DELEGATION_SOURCE: &str = "https://www.altinn.no";

/// A token of Maskinporten's before it is signed. Claims:
/// <https://docs.digdir.no/docs/Maskinporten/maskinporten_protocol_token>.
pub(crate) struct AccessToken {
    pub(crate) client_id: String,
    /// How the client showed who it is.
    pub(crate) client_amr: &'static str,
    pub(crate) scope: String,
    pub(crate) consumer: String,
    pub(crate) supplier: Option<String>,
    pub(crate) resource: Vec<String>,
    pub(crate) pid: Option<String>,
    pub(crate) details: Option<Value>,
    /// Unix seconds.
    pub(crate) issued: i64,
    /// In seconds.
    pub(crate) lifetime: i64,
}

/// The client's own setting, else the emulator's; a scope may only shorten it.
pub(crate) fn lifetime_of(shared: &Shared, registry: &Registry, client: &ClientSpec, scope: &str) -> i64 {
    let lifetime = client.token_lifetime.unwrap_or_else(|| lock(&shared.tokens).lifetime);
    let capped = match registry.max_age(scope.split(' ')) {
        Some(max_age) => lifetime.min(max_age),
        None => lifetime,
    };
    seconds(capped)
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

impl AccessToken {
    pub(crate) fn sign(&self, shared: &Shared) -> String {
        let jti = Uuid::new_v4().to_string();
        let mut claims = json!({
            "iss": shared.issuer(),
            "client_id": self.client_id,
            "client_amr": self.client_amr,
            "consumer": party(&self.consumer),
            "scope": self.scope,
            "token_type": "Bearer",
            "iat": self.issued,
            "exp": self.issued.saturating_add(self.lifetime),
            "jti": jti,
        });
        if let Some(supplier) = &self.supplier {
            claims["supplier"] = party(supplier);
            claims["delegation_source"] = json!(DELEGATION_SOURCE);
        }
        match self.resource.as_slice() {
            // Without a resource there is no audience at all.
            [] => {}
            [one] => claims["aud"] = json!(one),
            several => claims["aud"] = json!(several),
        }
        if let Some(pid) = &self.pid {
            claims["pid"] = json!(pid);
        }
        if let Some(details) = &self.details {
            claims["authorization_details"] = details.clone();
        }
        let mut tokens = lock(&shared.tokens);
        tokens.issued.insert(jti);
        tokens.keys[0].sign(&claims)
    }
}

/// A token of Altinn's for one of Maskinporten's, as Altinn's own authentication component makes it
/// (`AuthenticateMaskinportenToken`): `aud`, `iss`, `client_amr` and `sid` are dropped, the rest is kept.
pub(crate) fn exchange(shared: &Shared, mut claims: Claims, org: &str, code: Option<&str>) -> String {
    for dropped in ["aud", "iss", "client_amr", "sid"] {
        claims.remove(dropped);
    }
    let now = shared.now();
    let sid = Uuid::new_v4().to_string();
    let mut tokens = lock(&shared.tokens);
    let own = [
        ("iss", json!(shared.altinn_issuer())),
        ("sid", json!(sid)),
        ("nbf", json!(now)),
        ("iat", json!(now)),
        ("exp", json!(now.saturating_add(seconds(tokens.altinn_lifetime)))),
        ("urn:altinn:orgNumber", json!(org)),
        ("urn:altinn:authenticatemethod", json!("maskinporten")),
        ("urn:altinn:authlevel", json!(3)),
    ];
    claims.extend(own.map(|(name, value)| (name.to_owned(), value)));
    if let Some(code) = code {
        claims.insert("urn:altinn:org".to_owned(), json!(code));
    }
    tokens.issued.insert(sid);
    tokens.altinn_key.sign(&Value::Object(claims))
}
