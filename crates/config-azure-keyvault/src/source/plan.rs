//! Which vaults, as whom, and what to ask them for: settled before anybody signs in.

use std::collections::HashSet;

use config::Value;
use url::Url;

use super::options::Options;
use crate::cloud::Cloud;
use crate::credential::{self, Choice};
use crate::error::{Error, ErrorKind, Stage};
use crate::reference::{self, Found};
use crate::settings;
use crate::vault::Asked;

/// Everything that a load does.
pub(super) struct Plan<'o> {
    /// In the order in which they are laid over each other.
    pub(super) vaults: Vec<Part<'o>>,
    pub(super) references: Option<References>,
}

/// A vault that is loaded.
pub(super) struct Part<'o> {
    pub(super) options: &'o Options,
    pub(super) vault: Url,
    /// How the vault is named in errors and origins.
    pub(super) name: String,
    pub(super) named_by: String,
    pub(super) cloud: Cloud,
    pub(super) choice: Choice,
    /// `None` where the vault is listed.
    pub(super) asked: Option<Vec<Asked>>,
}

/// The references in the earlier sources.
pub(super) struct References {
    pub(super) found: Vec<Found>,
    /// What follows a vault's name in its host, where a reference gives the name alone.
    pub(super) suffix: String,
    named: Option<Cloud>,
    pub(super) choice: Choice,
}

impl<'o> Plan<'o> {
    pub(super) fn of(options: &'o Options, earlier: &Value) -> Result<Self, Error> {
        let own: Vec<&Options> = match &options.layers {
            _ if options.references.is_all() => Vec::new(),
            None => vec![options],
            Some(layers) if layers.is_empty() => return Err(no_layer()),
            Some(layers) => layers.iter().map(AsRef::as_ref).collect(),
        };
        let vaults: Vec<Part<'o>> = own
            .into_iter()
            .map(|layer| Part::of(layer, options, earlier))
            .collect::<Result<_, _>>()?;
        let references = match options.references.are_resolved() {
            true => References::of(options, vaults.first(), earlier)?,
            false => None,
        };
        Ok(Self { vaults, references })
    }

    /// Nobody is to be asked.
    pub(super) fn is_empty(&self) -> bool {
        self.vaults.is_empty() && self.references.is_none()
    }

    /// The host of the vault, where there is one.
    pub(super) fn host(&self) -> Option<&str> {
        match self.vaults.as_slice() {
            [one] => one.vault.host_str(),
            _ => None,
        }
    }

    /// An error of all that is done names the vault, where there is one.
    pub(super) fn located(&self, error: Error) -> Error {
        match self.vaults.as_slice() {
            [one] => error.with_vault(&one.name),
            _ => error,
        }
    }
}

impl<'o> Part<'o> {
    /// What it has for itself is its layer's, what it shares with others the handle's.
    fn of(layer: &'o Options, handle: &Options, earlier: &Value) -> Result<Self, Error> {
        let named = named_cloud(handle)?;
        let settings = settings::read(
            layer.given(),
            earlier,
            &handle.mounted,
            &handle.variables,
            named.as_ref().unwrap_or(&Cloud::Public).vault_suffix(),
        )?;
        let name = settings.vault.as_str().trim_end_matches('/').to_owned();
        let located = |error: Error| error.with_vault(&name);
        let asked = layer.selection.asked().map_err(located)?;
        let choice =
            credential::choose(layer.credential.as_ref(), &settings.identity, &handle.variables).map_err(located)?;
        Ok(Self {
            options: layer,
            cloud: cloud_of(named, &settings.vault),
            vault: settings.vault,
            named_by: settings.named_by,
            name,
            choice,
            asked,
        })
    }

    /// The names that the load fails without.
    pub(super) fn required(&self) -> HashSet<String> {
        let asked = self.asked.iter().flatten().filter(|asked| asked.required);
        asked.map(|asked| asked.name.clone()).collect()
    }
}

impl References {
    /// `None` where there are none: then nobody signs in for them.
    fn of(options: &Options, own: Option<&Part<'_>>, earlier: &Value) -> Result<Option<Self>, Error> {
        let named = named_cloud(options)?;
        let own_suffix = own.and_then(|own| own.vault.host_str()?.split_once('.'));
        let suffix = match own_suffix {
            Some((_, suffix)) => suffix.to_owned(),
            None => named.as_ref().unwrap_or(&Cloud::Public).vault_suffix().to_owned(),
        };
        let found = reference::found_in(earlier, &suffix)?;
        if found.is_empty() {
            return Ok(None);
        }
        let choice = match own {
            Some(own) => own.choice.clone(),
            None => {
                let identity = settings::identity(earlier, &options.mounted)?;
                credential::choose(options.credential.as_ref(), &identity, &options.variables)?
            }
        };
        Ok(Some(Self {
            found,
            suffix,
            named,
            choice,
        }))
    }

    pub(super) fn cloud_of(&self, vault: &Url) -> Cloud {
        cloud_of(self.named.clone(), vault)
    }
}

fn no_layer() -> Error {
    Error::new(ErrorKind::NoVault, Stage::Settings, "`layered` was given no vault")
        .with_remedy("give it one, or use `AzureKeyVault::default()`, which finds the vault in the settings")
}

fn cloud_of(named: Option<Cloud>, vault: &Url) -> Cloud {
    named
        .or_else(|| Cloud::of_host(vault.host_str().unwrap_or_default()))
        .unwrap_or(Cloud::Public)
}

/// The cloud that the code or the environment names.
fn named_cloud(options: &Options) -> Result<Option<Cloud>, Error> {
    let authority = options
        .variables
        .get("AZURE_AUTHORITY_HOST")
        .filter(|host| !host.trim().is_empty());
    match (&options.cloud, authority) {
        (Some(cloud), _) => cloud.checked().map(Some),
        (None, Some(authority)) => Cloud::of_authority(&authority).map(Some),
        (None, None) => Ok(None),
    }
}
