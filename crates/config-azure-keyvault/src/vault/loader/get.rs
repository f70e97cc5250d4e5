//! One secret: asked for, read, judged.

use std::sync::Arc;

use azure_core::http::response::ResponseBody;
use azure_security_keyvault_secrets::models::SecretClientGetSecretOptions;
use secrecy::SecretString;

use super::context::Load;
use super::outcome::Loaded;
use crate::error::{Error, Stage};
use crate::failure::Failure;
use crate::report::{SkipReason, Skipped, Warning};
use crate::telemetry;
use crate::vault::memory::Secret;
use crate::vault::page;
use crate::vault::properties::SecretProperties;
use crate::vault::refusal::{answer, of_failure, translate};
use crate::vault::selection::{Validity, lost};

/// A secret to get, in its place in the list.
pub(super) struct Wanted {
    pub(super) order: usize,
    pub(super) name: String,
    /// The newest where none is named.
    pub(super) version: Option<String>,
    pub(super) path: Vec<String>,
    pub(super) by: WantedBy,
}

/// Why a secret is got.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WantedBy {
    /// The list told of it: it must not stop the app.
    List,
    /// It was asked for by name, and the load fails without it if it is required.
    Name { required: bool },
}

impl WantedBy {
    fn is_required(self) -> bool {
        self == Self::Name { required: true }
    }
}

pub(super) enum Got {
    Secret(Box<Loaded>, Option<Warning>),
    Skipped(Skipped),
}

impl Load<'_> {
    pub(super) async fn get(&self, wanted: Wanted) -> Result<Got, Error> {
        let span = telemetry::get(self.session.host(), &wanted.name);
        let got = async {
            match self.reply_for(&wanted.name, wanted.version.as_deref()).await {
                Ok(body) => self.read(wanted, body.as_ref()),
                Err(refused) => self.refused(wanted, &refused),
            }
        };
        telemetry::within(span, got).await
    }

    async fn reply_for(&self, name: &str, version: Option<&str>) -> azure_core::Result<ResponseBody> {
        let getting = version.map_or_else(|| name.to_owned(), |version| format!("{name}/{version}"));
        self.under_way().getting.insert(getting.clone());
        let options = version.map(|version| SecretClientGetSecretOptions {
            secret_version: Some(version.to_owned()),
            ..Default::default()
        });
        let reply = self.session.client.get_secret(name, options).await;
        let mut under_way = self.under_way();
        under_way.getting.remove(&getting);
        under_way.done += 1;
        reply.map(azure_core::http::Response::into_body)
    }

    fn refused(&self, wanted: Wanted, refused: &azure_core::Error) -> Result<Got, Error> {
        let Wanted { name, version, by, .. } = wanted;
        let reason = answer(refused)
            .filter(|_| !by.is_required())
            .and_then(|answer| match by {
                _ if answer.is_secret_disabled() => Some(SkipReason::Disabled),
                _ if !answer.is_no_such_secret() => None,
                WantedBy::Name { .. } => Some(SkipReason::Missing),
                WantedBy::List => Some(SkipReason::Deleted),
            });
        match reason {
            Some(reason) => Ok(Got::Skipped(Skipped::new(name, reason))),
            None => Err(translate(refused, Stage::Get, self.session.host())
                .with_secret(&name)
                .with_version(version.as_deref())),
        }
    }

    fn read(&self, wanted: Wanted, body: &[u8]) -> Result<Got, Error> {
        let Wanted {
            order, name, path, by, ..
        } = wanted;
        let (secret, properties) = secret_of(&name, body)
            .map_err(|failure| of_failure(&failure, Stage::Get, self.session.host()).with_secret(&name))?;
        match self.judged(&properties, by)? {
            Ok(warning) => Ok(Got::Secret(Box::new(Loaded { order, path, secret }), warning)),
            Err(reason) if by.is_required() => Err(lost(&name, &reason, Stage::Get)),
            Err(reason) => Ok(Got::Skipped(Skipped::new(name, reason))),
        }
    }

    /// What the list told was judged before; of a name nothing was known until now.
    fn judged(&self, properties: &SecretProperties, by: WantedBy) -> Result<Validity, Error> {
        match by {
            WantedBy::List => Ok(Ok(None)),
            WantedBy::Name { .. } => self.selection.judge_named(properties, self.session.clock.now()),
        }
    }
}

fn secret_of(name: &str, body: &[u8]) -> Result<(Secret, SecretProperties), Failure> {
    let got = page::Got::read(body)?;
    let (version, properties) = (got.version(), got.properties(name.to_owned()));
    let value = got.value.ok_or_else(|| Failure::Unreadable {
        cause: "it holds no value".to_owned(),
    })?;
    let secret = Secret {
        name: name.to_owned(),
        value: Arc::new(SecretString::from(value)),
        version,
        updated: properties.updated_unix(),
    };
    Ok((secret, properties))
}
