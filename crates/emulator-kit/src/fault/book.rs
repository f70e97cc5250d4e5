//! The faults in force.

use std::sync::Mutex;

use hyper::http::request::Parts;

use super::damage::{self, Damage};
use super::{FaultAction, FaultFor, RandomFaults};
use crate::lock::lock;
use crate::origin::Origin;
use crate::reply::Reply;

/// A request, as a fault is matched against it.
///
/// What an emulator of letters tells of a request, so that a fault can be meant for one letter:
///
/// ```
/// use emulator_kit::Subject;
/// use emulator_kit::hyper::http::request::Parts;
///
/// #[derive(Clone, Copy, PartialEq)]
/// enum RequestKind { Letter }
///
/// fn subject(parts: &Parts, token_is_good: bool) -> Subject<'_, RequestKind> {
///     let letter = parts.uri.path().strip_prefix("/letters/");
///     Subject::new(RequestKind::Letter, parts).named("letter", letter).authenticated(token_is_good)
/// }
/// ```
///
/// The test says `FaultFor::hang().for_named("letter", "7")`.
#[derive(Clone, Debug)]
pub struct Subject<'a, K> {
    kind: K,
    path: &'a str,
    query: &'a str,
    names: Vec<(&'static str, &'a str)>,
    authenticated: Option<bool>,
    spared: bool,
}

impl<'a, K> Subject<'a, K> {
    /// A request of that kind.
    pub fn new(kind: K, parts: &'a Parts) -> Self {
        Self {
            kind,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            names: Vec::new(),
            authenticated: None,
            spared: false,
        }
    }

    /// The request is about the thing of that name, if it names one; `what` is a word of the emulator's own: see
    /// [`FaultFor::for_named`].
    #[must_use]
    pub fn named(mut self, what: &'static str, name: Option<&'a str>) -> Self {
        self.names.extend(name.map(|name| (what, name)));
        self
    }

    /// For an emulator that asks twice about a request, before its token is looked at and after it was accepted: whether it
    /// was. Random faults wait until it was.
    #[must_use]
    pub fn authenticated(mut self, authenticated: bool) -> Self {
        self.authenticated = Some(authenticated);
        self
    }

    /// Random faults spare this request; injected ones hit it.
    #[must_use]
    pub fn spared(mut self) -> Self {
        self.spared = true;
        self
    }

    fn is_named(&self, what: &str, name: &str) -> bool {
        let mut names = self.names.iter();
        names.any(|(known, found)| *known == what && found.eq_ignore_ascii_case(name))
    }
}

/// The faults in force for requests of the kinds `K`.
///
/// An emulator holds one, shows it each request, and hands on what a test injects:
///
/// ```
/// use emulator_kit::hyper::http::request::Parts;
/// use emulator_kit::hyper::{Response, StatusCode};
/// use emulator_kit::{Damage, FaultBook, FaultFor, Origin, Payload, Reply, Subject};
///
/// #[derive(Clone, Copy, PartialEq)]
/// enum RequestKind { Letter }
///
/// #[derive(Default)]
/// struct Letters {
///     faults: FaultBook<RequestKind>,
/// }
///
/// impl Letters {
///     async fn answer(&self, origin: &Origin, parts: &Parts) -> Response<Payload> {
///         let mut damage = Damage::None;
///         let subject = Subject::new(RequestKind::Letter, parts);
///         let throttled = |seconds| Reply::empty(StatusCode::TOO_MANY_REQUESTS).retry_after(seconds);
///         let instead = self.faults.act(&subject, origin, &mut damage, throttled).await;
///         damage.send(instead.unwrap_or_else(|| Reply::text(StatusCode::OK, "text/plain", "Dear reader")))
///     }
/// }
///
/// let letters = Letters::default();
/// letters.faults.inject(FaultFor::throttled(Some(1)).once());
/// ```
#[derive(Debug)]
pub struct FaultBook<K>(Mutex<Faults<K>>);

#[derive(Debug)]
struct Faults<K> {
    injected: Vec<FaultFor<K>>,
    random: Option<RandomFaults>,
}

impl<K> Default for Faults<K> {
    fn default() -> Self {
        Self {
            injected: Vec::new(),
            random: None,
        }
    }
}

impl<K> Default for FaultBook<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + PartialEq> FaultBook<K> {
    /// Puts a fault in force, behind those already there.
    pub fn inject(&self, fault: FaultFor<K>) {
        lock(&self.0).injected.push(fault);
    }

    /// Puts random faults in force, behind the injected ones, in place of earlier random ones.
    pub fn set_random(&self, random: RandomFaults) {
        lock(&self.0).random = Some(random);
    }

    /// Takes every fault back, the random ones too.
    pub fn clear(&self) {
        *lock(&self.0) = Faults::default();
    }

    /// The fault that hits the next connection, used up by being asked for.
    pub fn for_connection(&self) -> Option<FaultAction> {
        lock(&self.0).take(|fault| fault.action.hits_connections())
    }

    /// Lets the fault that hits this request act, if one does: the answer it gives instead of the service's, or nothing where
    /// the service is to answer, late or damaged. `throttled` words the service's own 429, with `Retry-After` in seconds if
    /// given. A request that hangs, or whose connection was reset, never comes back from here.
    pub async fn act(
        &self,
        subject: &Subject<'_, K>,
        origin: &Origin,
        damage: &mut Damage,
        throttled: impl FnOnce(Option<u64>) -> Reply,
    ) -> Option<Reply> {
        let action = self.for_request(subject)?;
        tracing::debug!(path = subject.path, ?action, "fault");
        damage::act(action, origin, damage, throttled).await
    }

    fn for_request(&self, subject: &Subject<'_, K>) -> Option<FaultAction> {
        let mut faults = lock(&self.0);
        let chosen = faults.take(|fault| {
            !fault.action.hits_connections()
                && subject
                    .authenticated
                    .is_none_or(|authenticated| fault.before_authentication != authenticated)
                && fault.kind.is_none_or(|kind| kind == subject.kind)
                && fault.names.iter().all(|(what, name)| subject.is_named(what, name))
                && fault.path.as_deref().is_none_or(|part| subject.path.contains(part))
                && fault.query.as_deref().is_none_or(|part| subject.query.contains(part))
        });
        if chosen.is_some() || subject.spared || subject.authenticated == Some(false) {
            return chosen;
        }
        faults.random.as_mut().and_then(RandomFaults::draw)
    }
}

impl<K> Faults<K> {
    fn take(&mut self, is_hit: impl Fn(&FaultFor<K>) -> bool) -> Option<FaultAction> {
        let mut index = 0;
        while index < self.injected.len() {
            let fault = &mut self.injected[index];
            if !is_hit(fault) {
                index += 1;
            } else if fault.skip > 0 {
                fault.skip -= 1;
                index += 1;
            } else {
                let action = fault.action.clone();
                match &mut fault.times {
                    Some(0) => {
                        self.injected.remove(index);
                        continue;
                    }
                    Some(1) => {
                        self.injected.remove(index);
                    }
                    Some(left) => *left -= 1,
                    None => {}
                }
                return Some(action);
            }
        }
        None
    }
}
