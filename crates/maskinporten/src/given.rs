//! What a setter takes that may be given nothing.

use std::borrow::Cow;

/// A text, or an `Option` of one: what setters take, so that what may be absent needs no `if`. `None` sets nothing.
///
/// ```
/// use maskinporten::{SystemUser, TokenRequest};
///
/// struct Customer {
///     organisation: String,
///     reference: Option<String>,
/// }
///
/// fn request(customer: &Customer, resource: Option<&str>) -> TokenRequest {
///     let user = SystemUser::of(&customer.organisation).external_ref(customer.reference.as_deref());
///     TokenRequest::new(["altinn:serviceowner"]).resource(resource).system_user(user)
/// }
///
/// let customer = Customer { organisation: "310000000".to_owned(), reference: None };
/// assert_eq!(request(&customer, None), request(&customer, None).resource(None::<String>));
/// ```
///
/// Nobody else implements it.
pub trait OptionalText: sealed::Sealed {}

mod sealed {
    pub trait Sealed {
        fn text(self) -> Option<String>;
    }
}

/// As it was given.
pub(crate) fn text(given: impl OptionalText) -> Option<String> {
    sealed::Sealed::text(given)
}

/// The same without blanks around it; what is blank says nothing.
pub(crate) fn filled(given: impl OptionalText) -> Option<String> {
    let text = text(given)?;
    let trimmed = text.trim();
    match trimmed.len() {
        0 => None,
        all if all == text.len() => Some(text),
        _ => Some(trimmed.to_owned()),
    }
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl OptionalText for $text {}

        impl sealed::Sealed for $text {
            fn text(self) -> Option<String> {
                Some(self.into())
            }
        }
    )*};
}

texts!(&str, String, Box<str>, Cow<'_, str>);

/// Of a `String` or a `Box<str>`, and of a `&str` that was borrowed once more.
impl<T: AsRef<str> + ?Sized> OptionalText for &&T {}

impl<T: AsRef<str> + ?Sized> sealed::Sealed for &&T {
    fn text(self) -> Option<String> {
        Some((**self).as_ref().to_owned())
    }
}

impl OptionalText for &String {}

impl sealed::Sealed for &String {
    fn text(self) -> Option<String> {
        Some(self.clone())
    }
}

impl<T: OptionalText> OptionalText for Option<T> {}

impl<T: OptionalText> sealed::Sealed for Option<T> {
    fn text(self) -> Option<String> {
        self.and_then(sealed::Sealed::text)
    }
}

impl<T: AsRef<str>> OptionalText for &Option<T> {}

impl<T: AsRef<str>> sealed::Sealed for &Option<T> {
    fn text(self) -> Option<String> {
        self.as_ref().map(|text| text.as_ref().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_hold_a_text_is_one_and_so_is_an_option_of_it() {
        let owned = "a text".to_owned();
        let some = Some(owned.clone());
        let twice: &&str = &"a text";
        let all = [
            text("a text"),
            text(&owned),
            text(twice),
            text(owned.clone()),
            text(owned.clone().into_boxed_str()),
            text(Cow::Borrowed("a text")),
            text(Some("a text")),
            text(some.as_deref()),
            text(some.as_ref()),
            text(&some),
            text(some.clone()),
            text(Some(some.clone())),
        ];
        assert!(all.iter().all(|text| text.as_deref() == Some("a text")), "{all:?}");
        assert_eq!(text(None::<&str>), None);
        assert_eq!(text(&None::<String>), None);
    }

    #[test]
    fn what_is_blank_says_nothing() {
        assert_eq!(filled(" \t\n"), None);
        assert_eq!(filled(""), None);
        assert_eq!(filled(None::<&str>), None);
        assert_eq!(filled(" a text\n").as_deref(), Some("a text"));
        assert_eq!(filled("a text".to_owned()).as_deref(), Some("a text"));
        assert_eq!(text(" ").as_deref(), Some(" "));
    }
}
