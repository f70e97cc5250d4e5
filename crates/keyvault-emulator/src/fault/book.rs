//! The faults in force.

use super::{Fault, FaultAction, RandomFaults};
use crate::record::RequestKind;

/// What a fault is matched against.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) kind: RequestKind,
    pub(crate) secret: Option<&'a str>,
    pub(crate) vault: Option<&'a str>,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// Whether the token has been accepted, or none is asked for.
    pub(crate) authenticated: bool,
}

#[derive(Debug, Default)]
pub(crate) struct FaultBook {
    faults: Vec<Fault>,
    random: Option<RandomFaults>,
}

impl FaultBook {
    pub(crate) fn inject(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn set_random(&mut self, random: RandomFaults) {
        self.random = Some(random);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn for_connection(&mut self) -> Option<FaultAction> {
        self.take(|fault| fault.action.hits_connections())
    }

    /// Asked twice for a vault's request: before its token is looked at and after it was accepted.
    pub(crate) fn for_request(&mut self, subject: &Subject<'_>) -> Option<FaultAction> {
        let needs_token = subject.kind.is_vault();
        let chosen = self.take(|fault| {
            !fault.action.hits_connections()
                && (!needs_token || fault.before_authentication != subject.authenticated)
                && fault.kind.is_none_or(|kind| kind == subject.kind)
                && matches(fault.secret.as_deref(), subject.secret, str::eq_ignore_ascii_case)
                && matches(fault.vault.as_deref(), subject.vault, str::eq_ignore_ascii_case)
                && matches(fault.path.as_deref(), Some(subject.path), |part, path| {
                    path.contains(part)
                })
                && matches(fault.query.as_deref(), Some(subject.query), |part, q| q.contains(part))
        });
        if chosen.is_some() || !needs_token || !subject.authenticated {
            return chosen;
        }
        self.random.as_mut().and_then(RandomFaults::next)
    }

    fn take(&mut self, is_hit: impl Fn(&Fault) -> bool) -> Option<FaultAction> {
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
