//! The signing key and where it comes from. A key's text goes `spelling` → `material` → `signing`; `source` says whose text it is.

mod algorithm;
mod certificate;
mod encoded;
mod jwk;
mod material;
mod numbers;
mod options;
mod pem;
mod pkcs12;
mod private;
mod problem;
mod signing;
mod source;
mod spelling;

pub use algorithm::Algorithm;
pub use options::KeyOptions;
pub use signing::SigningKey;
pub use source::{FileKey, KeySource};
pub(crate) use source::{Keys, SettingsKey};
