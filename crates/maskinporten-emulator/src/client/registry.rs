//! Who and what Maskinporten and Altinn know.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use super::{Client, ClientSpec};
use crate::key::ClientKey;
use crate::self_service::Posted;

/// A system user that its organisation approved.
#[derive(Clone, Debug)]
pub(crate) struct SystemUser {
    pub(crate) id: String,
    /// Which vendor's system it uses.
    pub(crate) system_id: String,
}

#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// In the order of registration.
    clients: Vec<ClientSpec>,
    /// By organisation and external reference.
    system_users: BTreeMap<(String, String), SystemUser>,
    /// By id and party; when they were given, in unix seconds.
    consents: BTreeMap<(String, String), i64>,
    /// By scope and consumer.
    delegations: BTreeSet<(String, String)>,
    /// Scopes that an organisation has no access to.
    withdrawn: BTreeSet<(String, String)>,
    /// How long a token with this scope may live (`at_max_age`).
    max_age: BTreeMap<String, Duration>,
    /// Codes of service owners, by organisation.
    org_codes: BTreeMap<String, String>,
    /// Sets of keys that came by the self-service API, by client.
    posted: BTreeMap<String, Posted>,
}

impl Registry {
    pub(crate) fn register(&mut self, mut spec: ClientSpec) -> Client {
        if spec.keys.is_empty() {
            spec.keys.push(ClientKey::generate());
        }
        let client = spec.client();
        self.posted.remove(&spec.client_id);
        match self.clients.iter_mut().find(|known| known.client_id == spec.client_id) {
            Some(known) => *known = spec,
            None => self.clients.push(spec),
        }
        client
    }

    pub(crate) fn remove(&mut self, client_id: &str) -> bool {
        let before = self.clients.len();
        self.clients.retain(|client| client.client_id != client_id);
        self.clients.len() < before
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<&ClientSpec> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    pub(crate) fn clients(&self) -> impl Iterator<Item = &ClientSpec> {
        self.clients.iter()
    }

    pub(crate) fn set_keys(&mut self, client_id: &str, keys: Vec<ClientKey>) -> Option<Client> {
        let spec = self.clients.iter_mut().find(|client| client.client_id == client_id)?;
        spec.keys = keys;
        self.posted.remove(client_id);
        Some(spec.client())
    }

    /// What a client's keys became by the self-service API, whether it is in force yet or not.
    pub(crate) fn posted(&self, client_id: &str) -> Option<&Posted> {
        self.posted.get(client_id)
    }

    pub(crate) fn post(&mut self, client_id: &str, posted: Posted) {
        self.posted.insert(client_id.to_owned(), posted);
    }

    /// Puts in force what is due by now. Certificates are not registered, and stay.
    pub(crate) fn settle(&mut self, now: i64) {
        for (client_id, posted) in self.posted.iter().filter(|(_, posted)| posted.due <= now) {
            if let Some(spec) = self.clients.iter_mut().find(|client| client.client_id == *client_id) {
                spec.keys.retain(|key| key.leaf().is_some());
                spec.keys.extend(posted.keys.iter().cloned());
            }
        }
    }

    pub(crate) fn approve_system_user(&mut self, org: &str, external_ref: &str) -> String {
        let key = (org.to_owned(), external_ref.to_owned());
        let user = self.system_users.entry(key).or_insert_with(|| SystemUser {
            id: Uuid::new_v4().to_string(),
            system_id: format!("{}_emulated_system", super::DEFAULT_ORG),
        });
        user.id.clone()
    }

    pub(crate) fn remove_system_user(&mut self, org: &str, external_ref: &str) {
        self.system_users.remove(&(org.to_owned(), external_ref.to_owned()));
    }

    pub(crate) fn system_user(&self, org: &str, external_ref: &str) -> Option<&SystemUser> {
        self.system_users.get(&(org.to_owned(), external_ref.to_owned()))
    }

    pub(crate) fn give_consent(&mut self, id: &str, from: &str, now: i64) {
        self.consents.insert((id.to_ascii_lowercase(), from.to_owned()), now);
    }

    pub(crate) fn consent(&self, id: &str, from: &str) -> Option<i64> {
        self.consents.get(&(id.to_ascii_lowercase(), from.to_owned())).copied()
    }

    pub(crate) fn delegate(&mut self, scope: &str, consumer: &str) {
        self.delegations.insert((scope.to_owned(), consumer.to_owned()));
    }

    pub(crate) fn undelegate(&mut self, scope: &str, consumer: &str) {
        self.delegations.remove(&(scope.to_owned(), consumer.to_owned()));
    }

    pub(crate) fn has_delegated(&self, scope: &str, consumer: &str) -> bool {
        self.delegations.contains(&(scope.to_owned(), consumer.to_owned()))
    }

    pub(crate) fn withdraw(&mut self, scope: &str, org: &str) {
        self.withdrawn.insert((scope.to_owned(), org.to_owned()));
    }

    pub(crate) fn grant(&mut self, scope: &str, org: &str) {
        self.withdrawn.remove(&(scope.to_owned(), org.to_owned()));
    }

    pub(crate) fn is_withdrawn(&self, scope: &str, org: &str) -> bool {
        self.withdrawn.contains(&(scope.to_owned(), org.to_owned()))
    }

    pub(crate) fn set_max_age(&mut self, scope: &str, max_age: Duration) {
        self.max_age.insert(scope.to_owned(), max_age);
    }

    /// The lowest of the scopes' limits wins (the `at_max_age` of Maskinporten's scope API).
    pub(crate) fn max_age<'a>(&self, scopes: impl IntoIterator<Item = &'a str>) -> Option<Duration> {
        scopes
            .into_iter()
            .filter_map(|scope| self.max_age.get(scope).copied())
            .min()
    }

    pub(crate) fn set_org_code(&mut self, org: &str, code: &str) {
        self.org_codes.insert(org.to_owned(), code.to_owned());
    }

    pub(crate) fn org_code(&self, org: &str) -> Option<&str> {
        self.org_codes.get(org).map(String::as_str)
    }
}
