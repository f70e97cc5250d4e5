//! Addresses as they are shown: a password may be in one, and a query may be another.

use url::Url;

/// An address, or what was given as one, without user, password, query and fragment. What has none of them stays as it is, to the
/// letter.
pub(crate) fn address(text: &str) -> String {
    let Some(mut url) = Url::parse(text).ok().filter(Url::has_host) else {
        return unread(text);
    };
    let bare = !names_user(&url) && url.query().is_none() && url.fragment().is_none();
    // A host that is all that is there has none of them either.
    if bare || url.set_username("").is_err() || url.set_password(None).is_err() {
        return text.to_owned();
    }
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// What cannot be read: wherever the password is in it, it ends at an `@`; and a query begins at a `?`, a fragment at a `#`.
fn unread(text: &str) -> String {
    let is_query = |c: char| matches!(c, '?' | '#');
    let Some((before, rest)) = text.rsplit_once('@') else {
        return text.split(is_query).next().unwrap_or_default().to_owned();
    };
    let scheme = match before.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) => &before[..scheme.len() + 3],
        _ => "",
    };
    // Is it in the password, or the `@` in a query? Both would be shown from here on.
    match before.contains(is_query) {
        true => format!("{scheme}…"),
        false => format!("{scheme}…@{}", rest.split(is_query).next().unwrap_or_default()),
    }
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// A text that has, or may have, a user or a password in an address.
pub(crate) fn has_user(text: &str) -> bool {
    match Url::parse(text) {
        Ok(url) if url.has_host() => names_user(&url),
        _ => text.contains('@'),
    }
}

/// An address that says who asks.
pub(crate) fn names_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (text, shown) in [
            ("https://user:hemmelig@host/path", "https://host/path"),
            ("https://hemmelig@host", "https://host/"),
            ("https://:hemmelig@host/?sig=hemmelig#hemmelig", "https://host/"),
            ("https://host/path?sig=hemmelig", "https://host/path"),
            ("redis://:hemmelig@host:6379/0", "redis://host:6379/0"),
            // What cannot be read.
            ("https://user:hemme/lig@ho st/", "https://…@ho st/"),
            ("user:hemmelig@host", "…@host"),
            ("user:hemme://lig@ho st", "…@ho st"),
            ("host/path?sig=hemmelig", "host/path"),
            ("host/path#hemmelig", "host/path"),
            ("https://ho st/path?sig=hemmelig", "https://ho st/path"),
            ("urn:example:api?sig=hemmelig", "urn:example:api"),
            ("user:p@host/path?sig=hemmelig", "…@host/path"),
            // Either may be in the other.
            ("user:hemme?lig@host", "…"),
            ("host/path?sig=hem@melig", "…"),
            ("https://ho st/?sig=hem@melig", "https://…"),
            // To the letter.
            ("https://host", "https://host"),
            ("HTTPS://Host/Path/", "HTTPS://Host/Path/"),
            ("https://host/@user", "https://host/@user"),
            ("tt02", "tt02"),
            ("urn:example:api", "urn:example:api"),
            ("", ""),
        ] {
            assert_eq!(address(text), shown);
        }
        for text in [
            "https://user:p@host/",
            "https://user@host/",
            "user:p@host",
            "https://u:p/q@h st",
        ] {
            assert!(has_user(text), "{text}");
        }
        for text in ["https://host/@user", "https://host", "tt02", ""] {
            assert!(!has_user(text), "{text}");
        }
    }
}
