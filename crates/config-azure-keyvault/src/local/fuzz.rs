//! A file of any kind, without the file.

use super::{Leaf, leaves_of};

/// The values, or in words why there are none.
pub(crate) fn leaves(bytes: &[u8]) -> Result<Vec<Leaf>, String> {
    leaves_of(bytes).map_err(|why| why.to_string())
}
