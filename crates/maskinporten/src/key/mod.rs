//! The signing key and where it comes from. A text goes from its `source` through `spelling` to `material`, and is checked in `signing`.

mod algorithm;
mod certificate;
mod encoded;
mod ending;
mod jwk;
mod keys;
mod material;
mod numbers;
mod options;
mod pem;
mod pkcs12;
mod private;
mod problem;
mod signing;
mod source;
mod spare;
mod spelling;

pub use algorithm::Algorithm;
pub(crate) use keys::Keys;
pub use options::KeyOptions;
pub use signing::SigningKey;
pub(crate) use source::SettingsKey;
pub use source::{FileKey, KeySource};
