//! What a request's body may hold.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::api::ServiceError;
use crate::vault::Version;

/// Secrets hold 25 KiB.
pub(crate) const MAX_VALUE: usize = 25 * 1024;
const MAX_TAGS: usize = 15;
const MAX_TEXT: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SetBody {
    pub(crate) value: Option<String>,
    #[serde(flatten)]
    pub(crate) properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    content_type: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    attributes: Option<SentAttributes>,
}

/// `created`, `updated` and the recovery level are the service's to say: a client may send them, to no effect.
#[derive(Deserialize)]
struct SentAttributes {
    enabled: Option<bool>,
    nbf: Option<i64>,
    exp: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct RestoreBody {
    pub(crate) value: String,
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    // What serde says may quote the body, so it stays out of the message.
    serde_json::from_slice(body).map_err(|_| invalid_property())
}

/// The service has two blanks where the property's name would be.
fn invalid_property() -> ServiceError {
    ServiceError::bad_parameter("Property  has invalid value")
}

impl Properties {
    pub(crate) fn check(&self) -> Result<(), ServiceError> {
        let long = |text: &String| text.chars().count() > MAX_TEXT;
        if self
            .content_type
            .as_ref()
            .is_some_and(|text| text.chars().count() > MAX_TEXT - 1)
        {
            return Err(invalid_property());
        }
        let tags = self.tags.iter().flatten();
        if tags.clone().count() > MAX_TAGS || tags.clone().any(|(key, value)| long(key) || long(value)) {
            return Err(invalid_property());
        }
        Ok(())
    }

    /// What is not mentioned stays as it is.
    pub(crate) fn apply(self, version: &mut Version) {
        if self.content_type.is_some() {
            version.content_type = self.content_type;
        }
        if self.tags.is_some() {
            version.tags = self.tags;
        }
        if let Some(sent) = self.attributes {
            let attributes = &mut version.attributes;
            attributes.enabled = sent.enabled.unwrap_or(attributes.enabled);
            attributes.not_before = sent.nbf.or(attributes.not_before);
            attributes.expires = sent.exp.or(attributes.expires);
        }
    }
}
