//! What every spelling of a key comes to.

use super::algorithm::Algorithm;
use super::numbers::Numbers;

/// What is read from a key's text, before it is checked.
pub(super) struct Material {
    pub(super) numbers: Numbers,
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// DER, leaf first.
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) expires: Option<i64>,
}

impl Material {
    /// Numbers alone: what PKCS#1 and PKCS#8 hold.
    pub(super) fn bare(numbers: Numbers) -> Self {
        Self {
            numbers,
            algorithm: Algorithm::default(),
            kid: None,
            chain: Vec::new(),
            expires: None,
        }
    }
}
