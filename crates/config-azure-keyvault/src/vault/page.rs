//! Is it a page of the list at all?

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::failure::Failure;
use crate::transport::place;

/// A page's form. The SDK takes any JSON object for an empty page, and an empty vault would load.
#[derive(Deserialize)]
struct Page {
    #[serde(rename = "value")]
    _value: Vec<IgnoredAny>,
}

pub(super) fn is_page(body: &[u8]) -> Result<(), Failure> {
    match serde_json::from_slice::<Page>(body) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::Unreadable { cause: place(&error) }),
    }
}
