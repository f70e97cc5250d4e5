//! The references of the earlier sources: each secret is got once, however many keys name it, and each vault is signed in to once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use config::{Value, ValueKind};
use secrecy::ExposeSecret as _;
use tokio::time::Instant;
use url::Url;

use super::connection::{Connection, Signed};
use super::options::Options;
use super::plan::References;
use crate::error::{Error, ErrorKind};
use crate::origin;
use crate::reference::{Found, Reference, put};
use crate::report::Loaded;
use crate::vault::{self, Asked, Memory};

/// The references of one vault.
pub(super) struct OfVault {
    signed: Arc<Signed>,
    secrets: Vec<Reference>,
}

/// What the references name.
#[derive(Default)]
pub(super) struct Resolved {
    values: HashMap<Reference, Value>,
    pub(super) loaded: Vec<Loaded>,
}

impl References {
    /// By vault, each with its session.
    pub(super) fn by_vault(&self, connection: &mut Connection, options: &Options) -> Result<Vec<OfVault>, Error> {
        let mut vaults: BTreeMap<&Url, BTreeSet<&Reference>> = BTreeMap::new();
        for Found { reference, .. } in &self.found {
            vaults.entry(&reference.vault).or_default().insert(reference);
        }
        let of_vault = |(vault, secrets): (&Url, BTreeSet<&Reference>)| {
            Ok(OfVault {
                signed: connection.session(vault, &self.choice, &self.cloud_of(vault), options)?,
                secrets: secrets.into_iter().cloned().collect(),
            })
        };
        vaults.into_iter().map(of_vault).collect()
    }

    /// The error of a secret names the key that wants it.
    fn located(&self, error: Error) -> Error {
        let vault = error.vault().unwrap_or_default().to_owned();
        let wanted = |found: &&Found| {
            let reference = &found.reference;
            let is_it = |secret: &str| secret == reference.name && error.version() == reference.version.as_deref();
            reference.vault.as_str().trim_end_matches('/') == vault && error.secret().is_none_or(is_it)
        };
        match self.found.iter().find(wanted) {
            Some(Found { key, .. }) => {
                let key = key.clone();
                let error = match error.kind() {
                    ErrorKind::Secret => {
                        error.with_remedy("set the secret, recover or enable it, or change the reference")
                    }
                    _ => error,
                };
                error.with_key(key)
            }
            None => error,
        }
    }

    /// Gets them all.
    pub(super) async fn resolve(
        &self,
        vaults: Vec<OfVault>,
        options: &Options,
        started: Instant,
    ) -> Result<Resolved, Error> {
        let all = futures::future::try_join_all(vaults.into_iter().map(|vault| vault.get(options, started)));
        let secrets: HashMap<Reference, Value> = all
            .await
            .map_err(|error| self.located(error))?
            .into_iter()
            .flatten()
            .collect();
        let loaded = self.found.iter().map(|Found { key, reference }| {
            let told = secrets.get(reference).and_then(origin::secret_of_value);
            Loaded {
                name: reference.name.clone(),
                key: key.clone(),
                version: told.and_then(|(_, version)| version).map(str::to_owned),
                vault: Some(reference.vault.as_str().trim_end_matches('/').to_owned()),
            }
        });
        Ok(Resolved {
            loaded: loaded.collect(),
            values: secrets,
        })
    }

    pub(super) fn put(&self, tree: &mut Value, resolved: &Resolved) {
        put(tree, &self.suffix, &resolved.values);
    }
}

impl OfVault {
    pub(super) fn signed(&self) -> Arc<Signed> {
        Arc::clone(&self.signed)
    }

    async fn get(self, options: &Options, started: Instant) -> Result<Vec<(Reference, Value)>, Error> {
        let asked = self.secrets.iter().map(|reference| Asked {
            name: reference.name.clone(),
            version: reference.version.clone(),
            required: true,
            // Where it goes is the reference's matter.
            path: Ok(Vec::new()),
        });
        let session = &self.signed.session;
        let (selection, limits) = (options.selection.of_references(), &options.limits);
        let memory = Memory::default();
        let asked = Some(asked.collect());
        let outcome = vault::load(session, &selection, asked, limits, &memory, started).await?;
        let got = outcome.secrets.into_iter().map(|(_, secret)| {
            let origin = origin::of_reference(session.name(), &secret.name, secret.version.as_deref());
            Value::new(
                Some(&origin),
                ValueKind::String(secret.value.expose_secret().to_owned()),
            )
        });
        // All of them are required, so each has an answer, in its place.
        Ok(self.secrets.into_iter().zip(got).collect())
    }
}
