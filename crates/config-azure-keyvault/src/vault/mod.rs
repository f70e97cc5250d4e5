//! Talking to Key Vault: client, list, get, the overlapped loader, limits and deadlines.

mod client;
mod editor;
#[cfg(test)]
pub(crate) mod fuzz;
mod http;
mod limits;
mod loader;
mod memory;
mod page;
mod policies;
mod properties;
mod refusal;
mod selection;

pub(crate) use client::Session;
pub use editor::{CurrentSecret, NewSecret, SecretEditor};
pub(crate) use http::HttpSettings;
pub(crate) use limits::Limits;
pub(crate) use loader::{Outcome, load};
pub(crate) use memory::{Memory, Secret};
pub use properties::SecretProperties;
pub(crate) use selection::{Asked, Filter, KeyMapper, Selection, lost};
pub use selection::{Managed, SecretName, ValidityPolicy};
