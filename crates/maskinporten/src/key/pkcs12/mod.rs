//! PKCS#12 (RFC 7292).

mod pbe;
mod read;

pub(super) use read::{is, read};
