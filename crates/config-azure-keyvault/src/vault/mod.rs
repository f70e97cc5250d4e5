//! Talking to Key Vault: client, list, get, the overlapped loader, limits and deadlines.

mod client;
mod limits;
mod loader;
mod memory;
mod page;
mod policies;
mod properties;
mod refusal;
mod selection;
mod under_way;

pub(crate) use client::{HttpSettings, Session};
pub(crate) use limits::Limits;
pub(crate) use loader::load;
pub(crate) use memory::Memory;
pub use properties::SecretProperties;
pub use selection::{SecretName, ValidityPolicy};
pub(crate) use selection::{Selection, lost};
