//! One header of the SDK's.

use azure_core::http::headers::{HeaderName, Headers};

/// Its value, if it is there. The SDK's own `get_optional_str` makes an error of one that is not, and with `RUST_BACKTRACE` set a
/// backtrace for it, which costs more than the request's own work.
pub(crate) fn header<'h>(headers: &'h Headers, name: &HeaderName) -> Option<&'h str> {
    let found = headers.get_optional_with(name, |value| Ok::<_, std::convert::Infallible>(value.as_str()));
    found.ok().flatten()
}
