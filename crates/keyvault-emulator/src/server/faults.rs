//! The faults in force.

use crate::fault::{FaultAction, FaultFor, RandomFaults};

/// A request, as a fault is matched against it.
#[derive(Debug)]
pub struct Subject<'a, K> {
    /// What it asks for.
    pub kind: K,
    /// The secret it is about, at a vault.
    pub secret: Option<&'a str>,
    /// The vault it goes to.
    pub vault: Option<&'a str>,
    /// Its path.
    pub path: &'a str,
    /// Its query, without the question mark.
    pub query: &'a str,
    /// Where a request is asked about twice, before its token is looked at and after it was accepted: whether it was.
    pub authenticated: Option<bool>,
}

/// The faults in force for requests of the kinds `K`.
#[derive(Debug)]
pub struct FaultBook<K> {
    faults: Vec<FaultFor<K>>,
    random: Option<RandomFaults>,
}

impl<K> Default for FaultBook<K> {
    fn default() -> Self {
        Self {
            faults: Vec::new(),
            random: None,
        }
    }
}

impl<K: Copy + PartialEq> FaultBook<K> {
    /// Adds a fault behind those already there.
    pub fn inject(&mut self, fault: FaultFor<K>) {
        self.faults.push(fault);
    }

    pub(crate) fn set_random(&mut self, random: RandomFaults) {
        self.random = Some(random);
    }

    /// Takes every fault back.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault that hits the next connection, used up by being asked for.
    pub fn for_connection(&mut self) -> Option<FaultAction> {
        self.take(|fault| fault.action.hits_connections())
    }

    /// The fault that hits this request, used up by being asked for.
    pub fn for_request(&mut self, subject: &Subject<'_, K>) -> Option<FaultAction> {
        let chosen = self.take(|fault| {
            !fault.action.hits_connections()
                && subject
                    .authenticated
                    .is_none_or(|authenticated| fault.before_authentication != authenticated)
                && fault.kind.is_none_or(|kind| kind == subject.kind)
                && matches(fault.secret.as_deref(), subject.secret, str::eq_ignore_ascii_case)
                && matches(fault.vault.as_deref(), subject.vault, str::eq_ignore_ascii_case)
                && matches(fault.path.as_deref(), Some(subject.path), |part, path| {
                    path.contains(part)
                })
                && matches(fault.query.as_deref(), Some(subject.query), |part, q| q.contains(part))
        });
        if chosen.is_some() || subject.authenticated != Some(true) {
            return chosen;
        }
        self.random.as_mut().and_then(RandomFaults::next)
    }

    fn take(&mut self, is_hit: impl Fn(&FaultFor<K>) -> bool) -> Option<FaultAction> {
        let mut index = 0;
        while index < self.faults.len() {
            let fault = &mut self.faults[index];
            if !is_hit(fault) {
                index += 1;
            } else if fault.skip > 0 {
                fault.skip -= 1;
                index += 1;
            } else {
                let action = fault.action.clone();
                match &mut fault.times {
                    Some(0) => {
                        self.faults.remove(index);
                        continue;
                    }
                    Some(1) => {
                        self.faults.remove(index);
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

fn matches(wanted: Option<&str>, found: Option<&str>, eq: impl Fn(&str, &str) -> bool) -> bool {
    wanted.is_none_or(|wanted| found.is_some_and(|found| eq(wanted, found)))
}
