//! A key in use is replaced.

/// The content type of the secret that holds a rotation's state.
pub(super) const ROTATION_TYPE: &str = "application/vnd.maskinporten.rotation+json";
