//! Whose tokens a shared store holds, and the key that seals them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use secrecy::ExposeSecret as _;

use crate::authority::Authority;
use crate::key::{Keys, SigningKey};
use crate::token::identity::Identity;
use crate::token::seal::Seal;
use crate::token::shared::{Owned, Owner};

/// What is signed to derive the sealing key. It is no set of claims: nobody takes it for an assertion.
const LABEL: &str = "maskinporten token store, version 1";

/// The client with its present key.
pub(crate) struct KeyOwner {
    authority: Authority,
    keys: Keys,
    client_id: String,
    exchange: String,
    /// Made once for each key: a signature takes a millisecond or more.
    made: Mutex<Option<Arc<Owner>>>,
}

impl KeyOwner {
    pub(crate) fn new(authority: Authority, keys: Keys, client_id: String, exchange: String) -> Self {
        Self {
            authority,
            keys,
            client_id,
            exchange,
            made: Mutex::new(None),
        }
    }

    /// The signature over a fixed text is a secret that only the holder of the private key can make, and always the same
    /// (RSASSA-PKCS1-v1_5 is deterministic): it serves where the key itself cannot be had, such as in a hardware module.
    fn make(&self, issuer: &str, key: &SigningKey) -> Option<Owner> {
        let secret = key.sign(&LABEL).ok()?;
        Some(Owner {
            identity: Identity {
                issuer: issuer.to_owned(),
                client_id: self.client_id.clone(),
                key: key.identity().to_owned(),
                exchange: self.exchange.clone(),
            },
            seal: Seal::derive(secret.expose_secret().as_bytes()).ok()?,
        })
    }
}

#[async_trait]
impl Owned for KeyOwner {
    /// `None` where there is no key or no issuer: the token request says why.
    async fn owner(&self) -> Option<Arc<Owner>> {
        let issuer = &self.authority.endpoints().await.ok()?.issuer;
        let key = self.keys.get().await.ok()?;
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |owner: &Owner| owner.identity.key == key.identity() && owner.identity.issuer == *issuer;
        if let Some(owner) = made().clone().filter(|owner| same(owner)) {
            return Some(owner);
        }
        let owner = Arc::new(self.make(issuer, &key)?);
        *made() = Some(owner.clone());
        Some(owner)
    }
}

impl fmt::Debug for KeyOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyOwner")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
