//! PKCS#12 (RFC 7292). It is known when it is seen whatever is built in, so that nobody is told that their certificate is no key.

#[cfg(feature = "pkcs12")]
mod pbe;
#[cfg(feature = "pkcs12")]
mod read;
#[cfg(not(feature = "pkcs12"))]
mod unread;

use der::asn1::AnyRef;
use der::{Decode as _, Tag, Tagged as _};

#[cfg(feature = "pkcs12")]
pub(super) use read::read;
#[cfg(not(feature = "pkcs12"))]
pub(super) use unread::read;

/// By its shape (section 4): version 3, what is protected, and perhaps what protects its integrity.
pub(super) fn is(bytes: &[u8]) -> bool {
    let shape = |file: AnyRef<'_>| {
        file.sequence(|parts| {
            let version = u8::decode(parts)?;
            let protected = AnyRef::decode(parts)?.tag();
            Option::<AnyRef<'_>>::decode(parts)?;
            Ok(version == 3 && protected == Tag::Sequence)
        })
    };
    AnyRef::from_der(bytes).and_then(shape).unwrap_or_default()
}
