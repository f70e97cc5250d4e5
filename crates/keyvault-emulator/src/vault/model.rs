//! Secrets, their versions, and the JSON in which the service shows them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock::{DAY, unix_now};

/// What the service reports for a vault with soft delete and without purge protection.
const RECOVERY_LEVEL: &str = "Recoverable+Purgeable";
const RECOVERABLE_DAYS: i64 = 90;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attributes {
    pub(crate) enabled: bool,
    pub(crate) not_before: Option<i64>,
    pub(crate) expires: Option<i64>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

impl Attributes {
    pub(crate) fn now() -> Self {
        let now = unix_now();
        Self {
            enabled: true,
            not_before: None,
            expires: None,
            created: now,
            updated: now,
        }
    }

    fn json(&self) -> Value {
        let mut attributes = Map::new();
        attributes.insert("enabled".to_owned(), json!(self.enabled));
        if let Some(not_before) = self.not_before {
            attributes.insert("nbf".to_owned(), json!(not_before));
        }
        if let Some(expires) = self.expires {
            attributes.insert("exp".to_owned(), json!(expires));
        }
        attributes.insert("created".to_owned(), json!(self.created));
        attributes.insert("updated".to_owned(), json!(self.updated));
        attributes.insert("recoveryLevel".to_owned(), json!(RECOVERY_LEVEL));
        attributes.insert("recoverableDays".to_owned(), json!(RECOVERABLE_DAYS));
        Value::Object(attributes)
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) value: String,
    pub(crate) content_type: Option<String>,
    /// Only where somebody set any, be it none at all.
    pub(crate) tags: Option<BTreeMap<String, String>>,
    pub(crate) attributes: Attributes,
    pub(crate) managed: bool,
    /// A certificate in PKCS#12, as PEM.
    pub(crate) pem: Option<String>,
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version")
            .field("id", &self.id)
            .field("attributes", &self.attributes)
            .field("managed", &self.managed)
            .finish_non_exhaustive()
    }
}

impl Version {
    pub(crate) fn new(value: String) -> Self {
        Self {
            // 32 hexadecimal digits, as of the service.
            id: Uuid::new_v4().simple().to_string(),
            value,
            content_type: None,
            tags: None,
            attributes: Attributes::now(),
            managed: false,
            pem: None,
        }
    }

    fn members(&self, id: String) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("id".to_owned(), Value::String(id));
        if let Some(content_type) = &self.content_type {
            members.insert("contentType".to_owned(), json!(content_type));
        }
        members.insert("attributes".to_owned(), self.attributes.json());
        if let Some(tags) = &self.tags {
            members.insert("tags".to_owned(), json!(tags));
        }
        if self.managed {
            members.insert("managed".to_owned(), json!(true));
        }
        members
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub(crate) name: String,
    /// Oldest first; never empty.
    pub(crate) versions: Vec<Version>,
}

impl Secret {
    pub(crate) fn new(name: &str, version: Version) -> Self {
        Self {
            name: name.to_owned(),
            versions: vec![version],
        }
    }

    pub(crate) fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub(crate) fn version(&self, id: Option<&str>) -> Option<&Version> {
        match id {
            None => self.latest(),
            Some(id) => self.versions.iter().find(|version| version.id.eq_ignore_ascii_case(id)),
        }
    }

    pub(crate) fn version_mut(&mut self, id: Option<&str>) -> Option<&mut Version> {
        match id {
            None => self.versions.last_mut(),
            Some(id) => self
                .versions
                .iter_mut()
                .find(|version| version.id.eq_ignore_ascii_case(id)),
        }
    }

    pub(crate) fn is_managed(&self) -> bool {
        self.latest().is_some_and(|version| version.managed)
    }

    /// With the value: what a get and a set answer. `previous` says whether the caller knows `previousVersion`.
    pub(crate) fn bundle(&self, base: &str, version: &Version, previous: bool) -> Value {
        let mut members = Map::new();
        members.insert("value".to_owned(), json!(version.value));
        members.extend(version.members(self.version_id(base, version)));
        if let Some(before) = self.before(version).filter(|_| previous) {
            members.insert("previousVersion".to_owned(), json!(before.id));
        }
        Value::Object(members)
    }

    /// The version that this one took the place of. Only certificates tell.
    fn before(&self, version: &Version) -> Option<&Version> {
        let index = self.versions.iter().position(|known| known.id == version.id)?;
        self.versions.get(index.checked_sub(1)?).filter(|_| version.managed)
    }

    /// Without the value: what an update, a recovery and a list of versions answer.
    pub(crate) fn description(&self, base: &str, version: &Version) -> Value {
        Value::Object(version.members(self.version_id(base, version)))
    }

    /// Without the value, and with an id that names no version: an item of the list.
    pub(crate) fn item(&self, base: &str, version: &Version) -> Value {
        Value::Object(version.members(format!("{base}/secrets/{}", self.name)))
    }

    fn version_id(&self, base: &str, version: &Version) -> String {
        format!("{base}/secrets/{}/{}", self.name, version.id)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Deleted {
    pub(crate) secret: Secret,
    pub(crate) at: i64,
}

impl Deleted {
    pub(crate) fn new(secret: Secret) -> Self {
        Self { secret, at: unix_now() }
    }

    /// What a delete and a get of a deleted secret answer: no value. `previous` says whether the caller knows
    /// `previousVersion`.
    pub(crate) fn bundle(&self, base: &str, previous: bool) -> Value {
        let mut shown = self.json(base, Secret::description);
        let before = self.secret.latest().and_then(|version| self.secret.before(version));
        if let Some(before) = before.filter(|_| previous) {
            shown["previousVersion"] = json!(before.id);
        }
        shown
    }

    pub(crate) fn item(&self, base: &str) -> Value {
        self.json(base, Secret::item)
    }

    fn json(&self, base: &str, show: fn(&Secret, &str, &Version) -> Value) -> Value {
        let mut shown = self
            .secret
            .latest()
            .map_or_else(|| json!({}), |version| show(&self.secret, base, version));
        if let Some(members) = shown.as_object_mut() {
            let recovery = format!("{base}/deletedsecrets/{}", self.secret.name);
            members.insert("recoveryId".to_owned(), json!(recovery));
            members.insert("deletedDate".to_owned(), json!(self.at));
            let purge = self.at + RECOVERABLE_DAYS * DAY;
            members.insert("scheduledPurgeDate".to_owned(), json!(purge));
        }
        shown
    }
}
