//! What looks like a secret, whoever's it is: a token that was sent at another time, or by somebody else, and the user of an address.

use std::ops::Range;

/// How every JWT begins: `{"` in base64url.
const JWT: [char; 3] = ['e', 'y', 'J'];
/// With so many characters it is one, however little is left of it.
const LEAST_OF_A_JWT: usize = 10;
/// No word is that long with all kinds of characters in a muddle; ids in hexadecimal digits have no two cases.
const MUDDLE: usize = 24;
/// Nor that long at all.
const LONG: usize = 64;

/// The words that look like tokens: runs of base64url, with the dots between them.
pub(super) fn tokens(chars: &[char]) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let without_end = |word: Range<usize>| {
        let dots = chars[word.clone()].iter().rev().take_while(|c| **c == '.').count();
        word.start..word.end - dots
    };
    runs(chars, is_part)
        .map(without_end)
        .filter(|word| chars[word.clone()].split(|c| *c == '.').any(is_like_a_token))
        .collect()
}

fn is_like_a_token(part: &[char]) -> bool {
    let jwt = part.len() >= LEAST_OF_A_JWT && part.starts_with(&JWT);
    jwt || part.len() >= LONG || part.len() >= MUDDLE && is_muddled(part)
}

/// `OAuth2AuthenticationException` is not: what stands beside a character is mostly of the same kind there.
fn is_muddled(part: &[char]) -> bool {
    let kind = |c: char| match c {
        'A'..='Z' => 1,
        'a'..='z' => 2,
        '0'..='9' => 3,
        _ => 4,
    };
    let changes = part.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    let has = |wanted: u8| part.iter().any(|c| kind(*c) == wanted);
    changes * 3 >= part.len() && has(1) && has(2) && has(3)
}

/// What stands before the `@` of an address, which is mostly a password.
pub(super) fn users(chars: &[char]) -> Vec<Range<usize>> {
    let is_authority = |c: char| !c.is_whitespace() && !"/?#\"'`<>".contains(c);
    let starts = chars
        .windows(3)
        .enumerate()
        .filter(|(_, three)| **three == [':', '/', '/']);
    starts
        .filter_map(|(at, _)| {
            let start = at + 3;
            let rest = &chars[start..];
            let end = rest.iter().position(|c| !is_authority(*c)).unwrap_or(rest.len());
            let user = rest[..end].iter().rposition(|c| *c == '@')?;
            (user > 0).then_some(start..start + user)
        })
        .collect()
}

/// The longest stretches of such characters.
fn runs(chars: &[char], is_part: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + chars[at..].iter().position(|c| is_part(*c))?;
        at = start + chars[start..].iter().take_while(|c| is_part(**c)).count();
        Some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, find: fn(&[char]) -> Vec<Range<usize>>) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        find(&chars)
            .into_iter()
            .map(|range| chars[range].iter().collect())
            .collect()
    }

    #[test]
    fn a_token_is_told_from_a_word() {
        for token in [
            "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2ln",
            "eyJhbGciOi",
            "xK9_pQ2vLm7-Zt4RbN8wYc1D",
            "Hf3kQ9zLw0Xv7Tn2Rb5Yc8Md1Pa6Ge4U",
            &"a1".repeat(32),
        ] {
            for text in [
                format!("it was '{token}' here"),
                token.to_owned(),
                format!("...no {token}."),
            ] {
                assert_eq!(found(&text, tokens), [token]);
            }
        }
        for text in [
            "Invalid assertion. Client authentication failed. Unknown key identifier (kid) for client",
            "3f1c7a52-0d0e-4a7c-9b7e-1f2f2c6f0a11",
            "3F1C7A52-0D0E-4A7C-9B7E-1F2F2C6F0A11",
            "3566aa00bb11cc22dd33ee44ff556677",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "invalid_altinn_customer_configuration",
            "org.springframework.security.oauth2.core.OAuth2AuthenticationException",
            "AbstractBase64UrlJwtAssertionValidator",
            "https://maskinporten.no/errors/MP-121",
            "https://platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten?test=true",
            "altinn:serviceowner/instances.read skatteetaten:summertskattegrunnlag",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "2026-09-21T14:15:20Z",
            "eyJ is how one begins",
        ] {
            assert_eq!(found(text, tokens), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn an_addresss_user_is_found() {
        for (text, user) in [
            ("redis://:hemmelig@host:6379/0", Some(":hemmelig")),
            ("at https://user:a@b@host/path?x=y is wrong", Some("user:a@b")),
            ("'https://user@host'", Some("user")),
            ("https://host/user@example", None),
            ("https://host?mail=user@example", None),
            ("https://host user@example", None),
            ("https://@host", None),
        ] {
            assert_eq!(found(text, users).first().map(String::as_str), user, "{text}");
        }
    }
}
