//! Puts a client together: request → retry → cache, and around that the exchange in the same three.

use std::sync::Arc;
use std::time::Duration;

use super::Counters;
use super::owner::KeyOwner;
use super::parts::{Asked, Behaviour, Parts};
use crate::altinn::{AltinnEnvironment, Exchange};
use crate::authority::{Authority, Environment};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Stage};
use crate::key::{KeySource, Keys};
use crate::settings::MaskinportenSettings;
use crate::token::cache::{Cached, Memory};
use crate::token::http::HttpTokens;
use crate::token::limits::CacheLimits;
use crate::token::retry::{Patience, Retrying};
use crate::token::shared::SharedStore;
use crate::token::store::Guarded;
use crate::transport::{ApiClient, Clients};

/// All that goes into a client but its settings: what stays where they change.
pub(crate) struct Recipe {
    pub(super) tokens_http: Clients,
    pub(super) api_http: ApiClient,
    pub(super) key_source: Option<Arc<dyn KeySource>>,
    pub(super) store: Option<Arc<Guarded>>,
    pub(super) altinn: Option<AltinnEnvironment>,
    pub(super) clock: Clock,
    pub(super) deadline: Duration,
    pub(super) most_tokens: usize,
    pub(super) plain_loopback: bool,
    pub(super) counters: Counters,
}

/// What parts were made of: the next ones take over what is still true.
pub(super) struct Basis {
    pub(super) settings: MaskinportenSettings,
    authority: Authority,
    keys: Keys,
    /// Where tokens are exchanged, if they are.
    exchange: Option<String>,
    tokens: Arc<Memory>,
    altinn: Option<Arc<Memory>>,
}

impl Recipe {
    /// Whether settings have to bring a key.
    pub(super) fn needs_key(&self) -> bool {
        self.key_source.is_none()
    }

    /// Parts for these settings. Tokens of the same client from the same issuer are taken over, and Altinn's of these from the same
    /// exchange: another key does not make them wrong.
    pub(super) fn parts(
        &self,
        settings: MaskinportenSettings,
        before: Option<&Basis>,
    ) -> Result<(Parts, Basis), Error> {
        settings.check()?;
        let altinn = self.altinn_environment(&settings)?;
        if let Some(altinn) = &altinn {
            altinn.check(settings.issuing.plain)?;
        }
        let exchange = altinn.map(|altinn| altinn.endpoint(settings.use_altinn_test_org));
        let same_issuer = before.filter(|before| before.settings.issuing == settings.issuing);
        let same_client = same_issuer.filter(|before| before.settings.client_id == settings.client_id);
        let authority = match same_issuer {
            Some(before) => before.authority.clone(),
            None => Authority::new(settings.issuing.clone(), self.tokens_http.clone(), self.clock.clone()),
        };
        let keys = self.keys(&settings, same_client)?;
        // Nothing fails from here on.
        let era = self.counters.activity.begin();

        let patience = Patience {
            deadline: self.deadline,
            ..Patience::default()
        };
        let memory = |kept: Option<Arc<Memory>>| {
            kept.unwrap_or_else(|| Memory::new(&self.limits(patience), Arc::clone(&self.counters.activity)))
        };
        let told = before.map(|before| (&before.settings, before.exchange.as_deref()));
        settings.tell_at_start(exchange.as_deref(), told);
        let usual = settings.token_request();
        let asking = self.token_requests(&settings, &authority, &keys);
        let tokens = Cached::over(
            memory(same_client.map(|before| Arc::clone(&before.tokens))),
            era,
            Arc::new(Retrying::new(asking.clone(), Stage::Token, patience)),
            Stage::Token,
            self.limits(patience),
            self.shared(&settings, &authority, &keys, String::new()),
            Some(usual.clone()),
        );
        let altinn = exchange.as_ref().map(|endpoint| {
            let http = self.tokens_http.clone();
            let exchange = Exchange::new(tokens.clone(), http, endpoint.clone(), self.clock.clone())
                .counting(Arc::clone(&self.counters.exchange_requests));
            let patience = Patience {
                // A token request inside it that fails tells why itself.
                deadline: patience.deadline + Duration::from_secs(1),
                ..patience
            };
            let same_exchange = same_client.filter(|before| before.exchange.as_ref() == Some(endpoint));
            Cached::over(
                memory(same_exchange.and_then(|before| before.altinn.clone())),
                era,
                Arc::new(Retrying::new(exchange, Stage::Exchange, patience).at(endpoint.clone())),
                Stage::Exchange,
                self.limits(patience),
                self.shared(&settings, &authority, &keys, endpoint.clone()),
                Some(usual.clone()),
            )
        });
        let asked = Asked {
            tokens: Some(asking),
            exchange: exchange.clone(),
        };
        let basis = Basis {
            authority,
            keys,
            exchange,
            tokens: tokens.memory(),
            altinn: altinn.as_ref().map(Cached::memory),
            settings,
        };
        let parts = Parts {
            tokens,
            altinn,
            default_request: usual,
            behaviour: Behaviour {
                exchange: basis.settings.exchange,
                overwrite: basis.settings.overwrite_authorization_header,
                plain_loopback: self.plain_loopback,
                plain_anywhere: basis.settings.allows_insecure_http(),
            },
            asked,
        };
        Ok((parts, basis))
    }

    fn token_requests(&self, settings: &MaskinportenSettings, authority: &Authority, keys: &Keys) -> HttpTokens {
        let mut http = HttpTokens::new(
            self.tokens_http.clone(),
            authority.clone(),
            keys.clone(),
            settings.client_id.clone(),
            self.clock.clone(),
        );
        http.scope_setting = settings.scope_setting();
        http.debug = settings.debug_logging;
        // One try that hangs leaves time for another; Maskinporten has been seen to take 15 s.
        http.limit = http.limit.min(self.deadline * 4 / 5);
        http.requests = Arc::clone(&self.counters.token_requests);
        http
    }

    /// A key that did not change stays as it is, and so does one whose source is the caller's.
    fn keys(&self, settings: &MaskinportenSettings, before: Option<&Basis>) -> Result<Keys, Error> {
        let unchanged = |before: &&Basis| !self.needs_key() || settings.has_keys_of(&before.settings);
        if let Some(before) = before.filter(unchanged) {
            return Ok(before.keys.clone());
        }
        let mut keys = settings.keys(self.key_source.clone())?;
        if let Some(before) = before {
            keys = keys.in_place_of(&before.keys, self.clock.instant());
        }
        if let Some(key) = keys.current() {
            keys.look_at_its_end(&key, self.clock.unix());
        }
        Ok(keys)
    }

    fn limits(&self, patience: Patience) -> CacheLimits {
        CacheLimits {
            most_tokens: self.most_tokens,
            deadline: patience.deadline,
            patience: patience.deadline + Duration::from_secs(5),
        }
    }

    fn shared(
        &self,
        settings: &MaskinportenSettings,
        authority: &Authority,
        keys: &Keys,
        exchange: String,
    ) -> Option<SharedStore> {
        let client_id = settings.client_id.clone();
        let owner = KeyOwner::new(authority.clone(), keys.clone(), client_id, exchange);
        Some(SharedStore::new(
            self.store.clone()?,
            Arc::new(owner),
            self.clock.clone(),
        ))
    }

    fn altinn_environment(&self, settings: &MaskinportenSettings) -> Result<Option<AltinnEnvironment>, Error> {
        let found = match (&self.altinn, &settings.exchange_environment, settings.environment()) {
            (Some(altinn), ..) => Some(altinn.clone()),
            (None, Some(name), _) => Some(AltinnEnvironment::of_setting(name, settings.issuing.plain)?),
            (None, None, Environment::Prod) => Some(AltinnEnvironment::Prod),
            (None, None, Environment::Test) => Some(AltinnEnvironment::Tt02),
            (None, None, _) => None,
        };
        if found.is_none() && settings.exchange {
            let cause = "ExchangeToAltinnToken is set, but no Altinn environment goes with this authority";
            return Err(
                Error::new(ErrorKind::Settings, Stage::Settings, cause).with_remedy("set TokenExchangeEnvironment")
            );
        }
        Ok(found)
    }
}
