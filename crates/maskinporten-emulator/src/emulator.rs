//! The running emulator.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use emulator_kit::{Server, is_local};
use serde_json::json;
use uuid::Uuid;

use crate::client::{Client, ClientSpec};
use crate::fault::Fault;
use crate::key::ClientKey;
use crate::lock::lock;
use crate::record::{Counts, RecordedRequest, RequestKind};
use crate::state::{Shared, paths};

/// A running emulator: Maskinporten, Altinn's exchange and an API that both protect. It stops when it is dropped.
///
/// ```
/// use maskinporten_emulator::MaskinportenEmulator;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = MaskinportenEmulator::start().await?;
/// let http = emulator.http_client(); // other programs trust `ca_pem()`
///
/// let form = [
///     ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
///     ("assertion", &emulator.assertion(&emulator.client(), "altinn:serviceowner")),
/// ];
/// let reply = http.post(emulator.token_endpoint()).form(&form).send().await?.text().await?;
/// let token = reply.split('"').nth(3).expect("the first member is the token");
///
/// let api = http.get(emulator.api_url()).bearer_auth(token).send().await?;
/// assert!(api.text().await?.contains("altinn:serviceowner"));
/// # Ok(())
/// # }
/// ```
pub struct MaskinportenEmulator {
    shared: Arc<Shared>,
    server: Server,
}

impl fmt::Debug for MaskinportenEmulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskinportenEmulator")
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}

impl MaskinportenEmulator {
    pub(crate) fn new(server: Server, shared: Arc<Shared>) -> Self {
        Self { shared, server }
    }

    /// `https://localhost:{port}/`, with the slash: what an assertion's `aud` is to be.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.shared.issuer()
    }

    /// Where assertions go.
    #[must_use]
    pub fn token_endpoint(&self) -> String {
        self.shared.token_endpoint()
    }

    /// Maskinporten's metadata (RFC 8414). The same is served at `/.well-known/openid-configuration`.
    #[must_use]
    pub fn metadata_url(&self) -> String {
        self.at(paths::METADATA)
    }

    /// The keys that Maskinporten's tokens are signed with.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        self.at(paths::JWKS)
    }

    /// Altinn's platform: `https://localhost:{port}`, in place of `https://platform.altinn.no`.
    #[must_use]
    pub fn exchange_base(&self) -> String {
        self.shared.base()
    }

    /// Where a token of Maskinporten's is exchanged for one of Altinn's.
    #[must_use]
    pub fn exchange_url(&self) -> String {
        self.at(paths::EXCHANGE)
    }

    /// The keys that Altinn's tokens are signed with.
    #[must_use]
    pub fn altinn_jwks_url(&self) -> String {
        self.at(paths::ALTINN_JWKS)
    }

    /// The protected API. It and everything below it answer with what the token says.
    #[must_use]
    pub fn api_url(&self) -> String {
        self.at(paths::API)
    }

    /// The self-service API, in place of `https://api.samarbeid.digdir.no`: `/clients/{client_id}/jwks` is served, for a token with the
    /// scope `idporten:dcr.write`.
    #[must_use]
    pub fn self_service_url(&self) -> String {
        self.shared.base()
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.shared.base())
    }

    /// The certificate to trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.server.ca_pem()
    }

    /// The certificate to trust, as DER.
    #[must_use]
    pub fn ca_der(&self) -> &[u8] {
        self.server.ca_der()
    }

    /// A client that trusts this emulator only, finds no other host, follows no redirect and uses no proxy.
    ///
    /// # Panics
    ///
    /// If the client cannot be built, which these settings give no reason for.
    #[must_use]
    pub fn http_client(&self) -> reqwest::Client {
        self.http_client_builder()
            .build()
            .expect("a client with a root of its own can be built")
    }

    /// The same settings as [`MaskinportenEmulator::http_client`], to add to.
    ///
    /// # Panics
    ///
    /// If the emulator's own certificate is not accepted, which there is no reason for.
    pub fn http_client_builder(&self) -> reqwest::ClientBuilder {
        self.server.http_client_builder(is_local)
    }

    /// The first client that was registered.
    ///
    /// # Panics
    ///
    /// If it was removed.
    #[must_use]
    pub fn client(&self) -> Client {
        self.find_client(&self.shared.default_client)
            .expect("the default client is registered")
    }

    /// The client of that id, if it is registered.
    #[must_use]
    pub fn find_client(&self, client_id: &str) -> Option<Client> {
        lock(&self.shared.registry).client(client_id).map(ClientSpec::client)
    }

    /// Every client, in the order of registration.
    #[must_use]
    pub fn clients(&self) -> Vec<Client> {
        lock(&self.shared.registry).clients().map(ClientSpec::client).collect()
    }

    /// The keys of a client as the token endpoint knows them, the newest last; none without such a client.
    #[must_use]
    pub fn keys(&self, client_id: &str) -> Vec<ClientKey> {
        let now = self.shared.now();
        let mut registry = lock(&self.shared.registry);
        registry.settle(now);
        registry
            .client(client_id)
            .map_or_else(Vec::new, |client| client.keys.clone())
    }

    /// Registers a client, in place of one of that id. Without a key it gets a new one.
    pub fn register(&self, client: ClientSpec) -> Client {
        lock(&self.shared.registry).register(client)
    }

    /// Removes a client: its assertions are refused with MP-100. Says whether there was one.
    pub fn remove_client(&self, client_id: &str) -> bool {
        lock(&self.shared.registry).remove(client_id)
    }

    /// Gives a client a new key in place of all others, which are refused from then on: "Unknown key identifier (kid) for
    /// client". Nothing without such a client.
    pub fn rotate_key(&self, client_id: &str) -> Option<Client> {
        self.set_keys(client_id, [ClientKey::generate()])
    }

    /// Gives a client these keys in place of all others, as posting a set to the self-service does. The last one is the
    /// one it signs with. Nothing without such a client or without a key.
    pub fn set_keys(&self, client_id: &str, keys: impl IntoIterator<Item = ClientKey>) -> Option<Client> {
        let keys: Vec<_> = keys.into_iter().collect();
        if keys.is_empty() {
            return None;
        }
        lock(&self.shared.registry).set_keys(client_id, keys)
    }

    /// An organisation approves a system user under this reference; without one of its own, the reference is the
    /// organisation's number. Gives the system user's id.
    pub fn approve_system_user(&self, org: &str, external_ref: &str) -> String {
        lock(&self.shared.registry).approve_system_user(org, external_ref)
    }

    /// An organisation takes its approval back: MP-303 from then on.
    pub fn remove_system_user(&self, org: &str, external_ref: &str) {
        lock(&self.shared.registry).remove_system_user(org, external_ref);
    }

    /// A party, such as `urn:altinn:person:identifier-no:…`, gives the consent of this id (a UUID).
    pub fn give_consent(&self, id: &str, from: &str) {
        let now = self.shared.now();
        lock(&self.shared.registry).give_consent(id, from, now);
    }

    /// A consumer delegates a scope to the organisations of this emulator's clients.
    pub fn delegate(&self, scope: &str, consumer_org: &str) {
        lock(&self.shared.registry).delegate(scope, consumer_org);
    }

    /// A consumer takes a delegation back: MP-251 from then on.
    pub fn undelegate(&self, scope: &str, consumer_org: &str) {
        lock(&self.shared.registry).undelegate(scope, consumer_org);
    }

    /// A scope's owner takes an organisation's access away: MP-250 from then on.
    pub fn withdraw_scope(&self, scope: &str, org: &str) {
        lock(&self.shared.registry).withdraw(scope, org);
    }

    /// A scope's owner gives an organisation access again.
    pub fn grant_scope(&self, scope: &str, org: &str) {
        lock(&self.shared.registry).grant(scope, org);
    }

    /// How long tokens with this scope may live at most (`at_max_age`). The lowest of a token's scopes wins.
    pub fn set_scope_max_age(&self, scope: &str, max_age: Duration) {
        lock(&self.shared.registry).set_max_age(scope, max_age);
    }

    /// The code of a service owner, which the exchange looks up. 991825827 is `digdir` from the start.
    pub fn set_org_code(&self, org: &str, code: &str) {
        lock(&self.shared.registry).set_org_code(org, code);
    }

    /// Signs Maskinporten's tokens with a new key. The last two keys stay published and valid.
    pub fn rotate_signing_key(&self) {
        lock(&self.shared.tokens).rotate();
    }

    /// The API answers 401 to every token that was issued so far, of either issuer. The exchange knows nothing of it.
    pub fn revoke_tokens(&self) {
        lock(&self.shared.tokens).issued.clear();
    }

    /// How long tokens live that Maskinporten issues from now on, unless a client or a scope says otherwise.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        lock(&self.shared.tokens).lifetime = lifetime;
    }

    /// How long a set of keys takes to reach the token endpoint that is posted to the self-service API from now on, in whole seconds.
    pub fn set_propagation(&self, propagation: Duration) {
        *lock(&self.shared.propagation) = propagation;
    }

    /// How long tokens live that Altinn issues from now on.
    pub fn set_altinn_token_lifetime(&self, lifetime: Duration) {
        lock(&self.shared.tokens).altinn_lifetime = lifetime;
    }

    /// A fresh assertion of a client's for this scope, which the token endpoint accepts once. Empty if the emulator does
    /// not know the client's private key.
    #[must_use]
    pub fn assertion(&self, client: &Client, scope: &str) -> String {
        let now = self.shared.now();
        let claims = json!({
            "aud": self.issuer(),
            "iss": client.client_id(),
            "scope": scope,
            "iat": now,
            "exp": now + 100,
            "jti": Uuid::new_v4().to_string(),
        });
        client.key().sign(&claims).unwrap_or_default()
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.journal.requests()
    }

    /// Forgets every request so far and counts connections from 0 again. Used assertions stay used.
    pub fn clear_requests(&self) {
        self.shared.journal.clear();
    }

    /// How often the emulator was asked what, since the start or [`MaskinportenEmulator::clear_requests`].
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(&self.shared.journal)
    }

    /// The `jti` of every assertion that arrived since then, in that order, whatever it was answered: one that comes
    /// twice is here twice.
    #[must_use]
    pub fn seen_jtis(&self) -> Vec<String> {
        let mut seen = Vec::new();
        self.shared.journal.each(|request| {
            if request.kind == RequestKind::Token {
                seen.extend(request.jti.clone());
            }
        });
        seen
    }

    /// Puts a fault in force, behind those already there.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.inject(fault);
    }

    /// Takes every fault back.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }
}
