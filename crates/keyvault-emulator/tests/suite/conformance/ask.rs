//! What is asked, and what comes back: the same for every runner.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

/// A request, with every placeholder filled.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Ask {
    #[serde(rename = "do")]
    pub(super) operation: Operation,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) body: Option<Value>,
    pub(super) api_version: Option<String>,
    pub(super) maxresults: Option<String>,
    /// Follow the links to the last page and answer with all of them in one.
    #[serde(default)]
    pub(super) all: bool,
    #[serde(default)]
    pub(super) token: Token,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// Of an [`Operation::Request`]; with its whole query, or without any.
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    /// Of a given request: the name under which its version, or its blob, is known afterwards.
    #[serde(rename = "as")]
    pub(super) known_as: Option<String>,
}

/// What the REST specification knows, and anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Operation {
    Set,
    Get,
    Update,
    Delete,
    List,
    ListVersions,
    ListDeleted,
    GetDeleted,
    Recover,
    Purge,
    Backup,
    Restore,
    Request,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Token {
    #[default]
    Good,
    None,
    Nonsense,
}

/// An answer. An SDK keeps headers to itself.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) headers: Option<HeaderMap>,
    pub(super) body: Value,
}

/// Whoever can put a question to a vault.
pub(super) trait Client {
    async fn ask(&self, ask: &Ask) -> Seen;
}

impl Ask {
    pub(super) const API_VERSION: &str = "2025-07-01";

    pub(super) fn of(filled: Value) -> Self {
        let shown = filled.to_string();
        serde_json::from_value(filled).unwrap_or_else(|error| panic!("no request: {error}: {shown}"))
    }

    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    pub(super) fn api_version(&self) -> &str {
        self.api_version.as_deref().unwrap_or(Self::API_VERSION)
    }
}

/// Pages in one: how many items each has, how many there are, the items, and the first link.
#[derive(Default)]
pub(super) struct Pages {
    sizes: Vec<usize>,
    items: Vec<Value>,
    first_link: Option<Value>,
}

impl Pages {
    /// Takes a page and gives the link to the next one.
    pub(super) fn add(&mut self, page: &Value) -> Option<String> {
        let items = page["value"].as_array().cloned().unwrap_or_default();
        self.sizes.push(items.len());
        self.items.extend(items);
        self.first_link.get_or_insert_with(|| page["nextLink"].clone());
        page["nextLink"].as_str().map(str::to_owned)
    }

    pub(super) fn json(self) -> Value {
        json!({ "pages": self.sizes, "items": self.items.len(), "value": self.items, "nextLink": self.first_link })
    }
}

/// What a given request's answer is remembered by.
pub(super) fn remembered(seen: &Seen) -> Value {
    let version = seen.body["id"].as_str().and_then(|id| id.rsplit('/').next());
    version.map_or_else(|| seen.body["value"].clone(), Value::from)
}

/// Whether there may be a secret of that name afterwards.
pub(super) fn may_make(ask: &Value) -> bool {
    ["set", "restore"].contains(&ask["do"].as_str().unwrap_or_default())
}
