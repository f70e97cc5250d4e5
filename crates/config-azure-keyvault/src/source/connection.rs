//! The signed-in session of a handle, kept from one load to the next.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::options::Options;
use crate::cloud::Cloud;
use crate::credential::{self, Choice, Guard};
use crate::error::{Error, ErrorKind, Stage};
use crate::settings::Settings;
use crate::transport::{Peer, Transport};
use crate::vault::Session;

/// A session and what it was made for. It is of no use in another runtime: its connections live in their own.
pub(super) struct Connection {
    runtime: tokio::runtime::Id,
    choice: Choice,
    pub(super) session: Session,
    sign_in: Transport,
}

/// What the transports of a connection have counted.
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) challenges: u64,
    pub(super) token_requests: u64,
}

impl Connection {
    /// The session of the last load where it still serves, else a new one.
    pub(super) fn kept_or_new(
        last: Option<Self>,
        settings: &Settings,
        choice: Choice,
        cloud: &Cloud,
        options: &Options,
    ) -> Result<Self, Error> {
        let runtime = Handle::try_current().map_err(|_| no_runtime())?.id();
        if let Some(last) = last
            && last.runtime == runtime
            && last.session.vault == settings.vault
            && last.choice == choice
        {
            return Ok(last);
        }
        let wire = options.http.wire(&options.limits, &options.variables)?;
        let transport = |peer| Transport::new(wire.clone(), peer, options.limits.per_try, options.clock.clone());
        let sign_in = transport(match choice.is_managed() {
            true => Peer::Identity {
                imds: credential::imds(&options.variables)?,
            },
            false => Peer::SignIn,
        });
        let guard = Arc::new(Guard::new(
            choice.clone(),
            sign_in.clone(),
            cloud.configuration(),
            options.limits.credential,
            options.clock.clone(),
        )?);
        let session = Session::new(
            settings.vault.clone(),
            transport(Peer::Vault(settings.vault.clone())),
            guard,
            choice.may_prefetch(),
            &options.http,
            options.clock.clone(),
        )?;
        Ok(Self {
            runtime,
            choice,
            session,
            sign_in,
        })
    }

    pub(super) fn tally(&self) -> Tally {
        Tally {
            requests: self.session.transport.requests(),
            challenges: self.session.transport.challenges(),
            token_requests: self.sign_in.requests(),
        }
    }
}

/// The HTTP client would panic.
fn no_runtime() -> Error {
    let cause = "no tokio runtime runs here, and the async builder needs one";
    Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy(
        "build inside a tokio runtime, or use the sync builder with `.add_source(…)`, which brings its own",
    )
}
