//! A page of the list and a secret, read leniently: what is odd about one secret must not stop the app.

use azure_security_keyvault_secrets::ResourceId;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::properties::SecretProperties;
use crate::error::one_line;
use crate::failure::{Failure, place};
use crate::names::is_secret_name;
use crate::transport::stays_with;

/// A page of the list.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) items: Vec<Item>,
    /// Where the next page is, at the same origin.
    pub(super) next_link: Option<String>,
}

/// What a page lists.
#[derive(Debug)]
pub(super) enum Item {
    Secret(SecretProperties),
    /// It has no name to ask for, or none that a secret can have.
    Odd {
        name: Option<String>,
    },
}

/// A page's form: an object in any case, as flattening demands it. An object without `value` is no empty vault.
#[derive(Deserialize)]
struct RawPage {
    value: Vec<Value>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
    #[serde(flatten)]
    _rest: Map<String, Value>,
}

impl Page {
    /// Reads a page that came from this URL.
    pub(super) fn read(body: &[u8], from: &Url) -> Result<Self, Failure> {
        let page: RawPage = read(body)?;
        let next_link = page.next_link.filter(|link| !link.is_empty());
        if let Some(link) = &next_link {
            let next = from.join(link).map_err(|_| Failure::Unreadable {
                cause: "its link to the next page is no URL".to_owned(),
            })?;
            stays_with(from, &next)?;
        }
        Ok(Self {
            items: page.value.iter().map(Item::read).collect(),
            next_link,
        })
    }
}

impl Item {
    fn read(item: &Value) -> Self {
        let item = item.as_object();
        let name = item.and_then(name_of);
        match (item, name) {
            (Some(item), Some(name)) if is_secret_name(&name) => Self::Secret(SecretProperties::read(name, item)),
            (_, name) => Self::Odd {
                name: name.map(|name| one_line(&name)),
            },
        }
    }
}

/// A secret as it was got.
#[derive(Deserialize)]
pub(super) struct Got {
    /// Its value: a text, or it is no secret.
    pub(super) value: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Got {
    pub(super) fn read(body: &[u8]) -> Result<Self, Failure> {
        read(body)
    }

    pub(super) fn version(&self) -> Option<String> {
        id_of(&self.rest)?.version
    }

    pub(super) fn properties(&self, name: String) -> SecretProperties {
        SecretProperties::read(name, &self.rest)
    }
}

fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::Unreadable { cause: place(&error) })
}

fn id_of(item: &Map<String, Value>) -> Option<ResourceId> {
    item.get("id")?.as_str()?.parse().ok()
}

fn name_of(item: &Map<String, Value>) -> Option<String> {
    Some(id_of(item)?.name)
}
