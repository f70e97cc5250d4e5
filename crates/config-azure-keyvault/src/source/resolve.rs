//! The references of the earlier sources: each secret is got once, however many keys name it, and each vault is signed in to once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use config::{Value, ValueKind};
use secrecy::ExposeSecret as _;
use tokio::time::Instant;
use url::Url;

use super::connection::{Connection, Signed};
use super::handle::{Shared, lock};
use super::options::Options;
use super::plan::References;
use crate::error::{Error, ErrorKind};
use crate::origin;
use crate::reference::{Found, Reference, put};
use crate::report::{Loaded, Warning};
use crate::vault::{self, Asked, Memory, Secret};

/// The references of one vault.
pub(super) struct OfVault {
    signed: Arc<Signed>,
    /// What is to be got.
    secrets: Vec<Reference>,
}

/// A secret that a reference names.
type Got = (Reference, Secret);

/// What the references name.
#[derive(Default)]
pub(super) struct Resolved {
    values: HashMap<Reference, Value>,
    pub(super) loaded: Vec<Loaded>,
    pub(super) warnings: Vec<Warning>,
}

impl References {
    /// By vault, each with its session; without what is known already.
    pub(super) fn by_vault(
        &self,
        connection: &mut Connection,
        options: &Options,
        shared: &Shared,
    ) -> Result<Vec<OfVault>, Error> {
        let mut vaults: BTreeMap<&Url, BTreeSet<&Reference>> = BTreeMap::new();
        let pinned = lock(&shared.pinned);
        for Found { reference, .. } in &self.found {
            if !pinned.contains_key(reference) {
                vaults.entry(&reference.vault).or_default().insert(reference);
            }
        }
        drop(pinned);
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
        shared: &Shared,
        started: Instant,
    ) -> Result<Resolved, Error> {
        let all = futures::future::try_join_all(vaults.into_iter().map(|vault| vault.get(options, started)));
        let (got, warnings): (Vec<_>, Vec<_>) = all.await.map_err(|error| self.located(error))?.into_iter().unzip();
        let got = self.with_pinned(got.into_iter().flatten().collect(), shared);
        let secrets: HashMap<Reference, Value> = got
            .into_iter()
            .map(|(reference, secret)| {
                let value = value_of(&reference, &secret);
                (reference, value)
            })
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
            warnings: warnings.into_iter().flatten().collect(),
        })
    }

    /// With what was got before, of what is still referred to; the next load knows all of it.
    fn with_pinned(&self, mut got: HashMap<Reference, Secret>, shared: &Shared) -> HashMap<Reference, Secret> {
        let mut pinned = lock(&shared.pinned);
        for Found { reference, .. } in &self.found {
            if let Some(secret) = pinned.get(reference) {
                got.insert(reference.clone(), secret.clone());
            }
        }
        let is_pinned = |(reference, _): &(&Reference, &Secret)| reference.version.is_some();
        *pinned = got
            .iter()
            .filter(is_pinned)
            .map(|(reference, secret)| (reference.clone(), secret.clone()))
            .collect();
        got
    }

    pub(super) fn put(&self, tree: &mut Value, resolved: &Resolved) {
        put(tree, &self.suffix, &resolved.values);
    }
}

impl OfVault {
    pub(super) fn signed(&self) -> Arc<Signed> {
        Arc::clone(&self.signed)
    }

    async fn get(self, options: &Options, started: Instant) -> Result<(Vec<Got>, Vec<Warning>), Error> {
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
        let got = outcome.secrets.into_iter().map(|(_, secret)| secret);
        // All of them are required, so each has an answer, in its place.
        Ok((self.secrets.into_iter().zip(got).collect(), outcome.warnings))
    }
}

fn value_of(reference: &Reference, secret: &Secret) -> Value {
    let vault = reference.vault.as_str().trim_end_matches('/');
    let origin = origin::of_reference(vault, &secret.name, secret.version.as_deref());
    let kind = ValueKind::String(secret.value.expose_secret().to_owned());
    Value::new(Some(&origin), kind)
}
