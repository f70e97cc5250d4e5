//! What a setter takes: a text, or perhaps one.

use std::borrow::Cow;

/// A text, or an `Option` of one: what the configuration may or may not say goes into a setter as it is. `None` and what is blank is not
/// set.
///
/// ```
/// use maskinporten::{Environment, MaskinportenSettings};
///
/// let resource: Option<String> = None; // as an app's own configuration has it
/// let settings = MaskinportenSettings::new("0ab1", Environment::Test)
///     .scope("altinn:serviceowner/instances.read")
///     .resource(resource);
/// assert_eq!(settings.default_resource(), None);
/// ```
pub trait MaybeText {
    /// The text, if there is one.
    fn text(self) -> Option<String>;
}

macro_rules! texts {
    ($($kind:ty),*) => {$(
        impl MaybeText for $kind {
            fn text(self) -> Option<String> {
                Some(self.into())
            }
        }

        impl MaybeText for Option<$kind> {
            fn text(self) -> Option<String> {
                self.map(Into::into)
            }
        }
    )*};
}

texts!(&str, String, &String, Box<str>, Cow<'_, str>);
