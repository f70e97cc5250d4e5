//! Who is signed in and where, kept from one load to the next.

use std::sync::Arc;

use tokio::runtime::{Handle, Id};
use url::Url;

use super::options::Options;
use crate::cloud::Cloud;
use crate::credential::{self, Choice, Guard};
use crate::error::{Error, ErrorKind, Stage};
use crate::transport::{Peer, Transport, Wire};
use crate::vault::Session;

/// The sessions of one runtime: they are of no use in another, as their connections live in their own. Those that sign in alike share
/// credential and token.
pub(super) struct Connection {
    runtime: Id,
    /// Of the credentials; a vault has its own, unless the HTTP client is the caller's.
    wire: Wire,
    sign_ins: Vec<Arc<SignedIn>>,
    sessions: Vec<Arc<Signed>>,
}

/// A credential, and the transport that it signs in by.
struct SignedIn {
    choice: Choice,
    cloud: Cloud,
    guard: Arc<Guard>,
    transport: Transport,
}

/// A session of a vault.
pub(super) struct Signed {
    pub(super) session: Session,
    by: Arc<SignedIn>,
}

/// What the transports of some sessions have counted.
#[derive(Default, Clone, Copy)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) challenges: u64,
    pub(super) token_requests: u64,
}

impl Connection {
    /// That of the last load where it still serves, else a new one.
    pub(super) fn kept_or_new(last: Option<Self>, options: &Options) -> Result<Self, Error> {
        let runtime = Handle::try_current().map_err(|_| no_runtime())?.id();
        if let Some(last) = last.filter(|last| last.runtime == runtime) {
            return Ok(last);
        }
        Ok(Self {
            runtime,
            wire: options.http.wire(&options.limits, &options.variables)?,
            sign_ins: Vec::new(),
            sessions: Vec::new(),
        })
    }

    /// The session of that vault, signed in by that choice.
    pub(super) fn session(
        &mut self,
        vault: &Url,
        choice: &Choice,
        cloud: &Cloud,
        options: &Options,
    ) -> Result<Arc<Signed>, Error> {
        let is_it = |signed: &&Arc<Signed>| {
            signed.session.vault == *vault && signed.by.choice == *choice && signed.by.cloud == *cloud
        };
        if let Some(signed) = self.sessions.iter().find(is_it) {
            return Ok(Arc::clone(signed));
        }
        let by = self.sign_in(choice, cloud, options)?;
        let session = self.session_by(vault, &by, options)?;
        let signed = Arc::new(Signed { session, by });
        self.sessions.push(Arc::clone(&signed));
        Ok(signed)
    }

    /// As [`session`](Self::session), of a connection that serves nobody else.
    pub(super) fn into_session(
        mut self,
        vault: &Url,
        choice: &Choice,
        cloud: &Cloud,
        options: &Options,
    ) -> Result<Session, Error> {
        let by = self.sign_in(choice, cloud, options)?;
        self.session_by(vault, &by, options)
    }

    fn session_by(&self, vault: &Url, by: &SignedIn, options: &Options) -> Result<Session, Error> {
        let own = options.http.wire_of(vault, &options.limits, &options.variables)?;
        let wire = own.unwrap_or_else(|| self.wire.clone());
        Session::new(
            vault.clone(),
            transport(wire, Peer::Vault(vault.clone()), options),
            Arc::clone(&by.guard),
            by.choice.may_prefetch(),
            &options.http,
            options.clock.clone(),
        )
    }

    fn sign_in(&mut self, choice: &Choice, cloud: &Cloud, options: &Options) -> Result<Arc<SignedIn>, Error> {
        let is_it = |by: &&Arc<SignedIn>| by.choice == *choice && by.cloud == *cloud;
        if let Some(by) = self.sign_ins.iter().find(is_it) {
            return Ok(Arc::clone(by));
        }
        let peer = match choice.is_managed() {
            true => Peer::Identity {
                imds: credential::imds(&options.variables)?,
            },
            false => Peer::SignIn,
        };
        let transport = transport(self.wire.clone(), peer, options);
        let guard = Guard::new(
            choice.clone(),
            transport.clone(),
            cloud.configuration(),
            options.limits.credential,
            options.clock.clone(),
        )?;
        let by = Arc::new(SignedIn {
            choice: choice.clone(),
            cloud: cloud.clone(),
            guard: Arc::new(guard),
            transport,
        });
        self.sign_ins.push(Arc::clone(&by));
        Ok(by)
    }

    /// Keeps these and no others: what was asked for once need not be again.
    pub(super) fn keep_only(&mut self, used: &[Arc<Signed>]) {
        self.sessions
            .retain(|known| used.iter().any(|signed| Arc::ptr_eq(signed, known)));
        self.sign_ins
            .retain(|by| used.iter().any(|signed| Arc::ptr_eq(&signed.by, by)));
    }

    /// What all of it has counted so far.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for signed in &self.sessions {
            tally.requests += signed.session.transport.requests();
            tally.challenges += signed.session.transport.challenges();
        }
        tally.token_requests = self.sign_ins.iter().map(|by| by.transport.requests()).sum();
        tally
    }
}

fn transport(wire: Wire, peer: Peer, options: &Options) -> Transport {
    Transport::new(wire, peer, options.limits.per_try, options.clock.clone())
}

/// The HTTP client would panic.
fn no_runtime() -> Error {
    let cause = "no tokio runtime runs here, and the async builder needs one";
    Error::new(ErrorKind::InvalidSetting, Stage::Settings, cause).with_remedy(
        "build inside a tokio runtime, or use the sync builder with `.add_source(…)`, which brings its own",
    )
}
